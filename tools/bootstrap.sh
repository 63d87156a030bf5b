#!/usr/bin/env bash
# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
#
# Makes .venv with everything `make demo` and `make test` need, the package itself included.
# Does nothing, in under a second, when nothing has changed since the last time.
# On a sourced ROS installation its rclpy, cv2 and numpy are used; elsewhere wheels are.
set -euo pipefail
cd "$(dirname "$0")/.."

venv=$PWD/.venv
log=$venv/install.log
sources=(depth_distill_ros launch config sim scripts resource package.xml setup.py setup.cfg
         LICENSE)
# The rclpy wheels put a mark into the environment; one of another venv would mislead them.
unset _ROS_WHEELS_BOOTSTRAP_COMPLETE

say() { echo "[setup] $*"; }
fail() { echo "[setup] $*" >&2; exit 1; }

on_ros() { [[ -n ${ROS_DISTRO:-} ]] && python3 -c 'import rclpy' 2>/dev/null; }

suitable() {
    "$1" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 15))' 2>/dev/null
}

find_python() {
    local name
    for name in python3 python3.12 python3.11 python3.13 python3.14 python3.10; do
        if suitable "$name"; then echo "$name"; return; fi
    done
}

missing_system_packages() {
    local python=$1 library
    if [[ -z $python ]]; then
        echo python3 python3-venv libatomic1 libegl1 libgl1
        return
    fi
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        local version
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        [[ $python == python3 ]] && echo python3-venv || echo "python$version-venv"
    fi
    for library in libEGL.so.1:libegl1 libGL.so.1:libgl1 libatomic.so.1:libatomic1; do
        "$python" -c "import ctypes; ctypes.CDLL('${library%:*}')" 2>/dev/null || echo "${library#*:}"
    done
}

install_system_packages() {
    local command=(apt-get install -y --no-install-recommends "$@") sudo=
    command -v apt-get >/dev/null || fail "please install what Debian calls: $*"
    if [[ $(id -u) != 0 ]]; then
        sudo -n true 2>/dev/null || fail "please run:  sudo ${command[*]}"
        sudo=sudo
    fi
    say "installing system packages: $*"
    local output
    output=$(mktemp)
    if ! { $sudo apt-get update && $sudo env DEBIAN_FRONTEND=noninteractive "${command[@]}"; } \
            >"$output" 2>&1; then
        tail -n 15 "$output" >&2
        fail "the system packages could not be installed; please run:  $sudo apt-get update && $sudo ${command[*]}"
    fi
    rm -f "$output"
}

# Shows the large downloads of a pip run, and all of its last words if it fails.
pip_install() {
    if ! "$venv/bin/python" -m pip --disable-pip-version-check install --no-input \
            --progress-bar off --no-warn-script-location "$@" 2>&1 | tee "$log" \
            | awk '/Downloading .*\([0-9.]+ [MG]B\)/ {
                       size = $(NF - 1) $NF; name = $2; sub(/.*\//, "", name); sub(/-cp.*|-py.*/, "", name)
                       if ($NF == "GB)" || substr($(NF - 1), 2) + 0 >= 50) {
                           print "[setup]   " name " " size; fflush() } }'; then
        tail -n 25 "$log" >&2
        fail "pip failed; its whole output is in $log"
    fi
}

make_venv() {
    local python=$1; shift
    if [[ -x $venv/bin/python ]] && "$venv/bin/python" -c '' 2>/dev/null; then return; fi
    say "creating .venv with $("$python" --version)"
    "$python" -m venv --clear "$@" "$venv"
}

install_dependencies() {
    local extras=$1 stamp=$venv/.dependencies; shift
    local wanted
    wanted="$extras $("$venv/bin/python" --version) $(sha256sum setup.py | cut -d' ' -f1)"
    [[ -f $stamp && $(<"$stamp") == "$wanted" ]] && return
    say 'installing Python packages (torch among them: several GB, some minutes)'
    pip_install "$@" --upgrade pip
    # torch and torchvision in one command from one index, or they may not fit each other.
    with_copy pip_install "$@" setuptools wheel "COPY[$extras]"
    rm -f "$venv/.package"
    echo "$wanted" >"$stamp"
}

install_package() {
    local stamp=$venv/.package wanted
    wanted=$(find "${sources[@]}" -type f ! -name '*.pyc' -print0 | LC_ALL=C sort -z \
        | xargs -0 sha256sum | sha256sum)
    [[ -f $stamp && $(<"$stamp") == "$wanted" ]] && return
    say 'installing the package'
    with_copy pip_install --no-deps --no-build-isolation --force-reinstall COPY
    echo "$wanted" >"$stamp"
}

# Runs a command with COPY replaced by a copy of the sources: setuptools leaves build/ behind,
# and would install from there what has since been deleted here.
with_copy() {
    local copy
    copy=$(mktemp -d)
    cp -r "${sources[@]}" "$copy"
    "${@/COPY/$copy}"
    rm -rf "$copy"
}

main() {
    local everywhere=simulation,drive,view,networks,imagenet,teachers,datasets,onnxruntime,openvino,int8,isaac,render,test
    local python extras venv_options=() pip_options=() missing
    python=$(find_python)
    missing=$(missing_system_packages "$python" | xargs)
    if [[ -n $missing ]]; then
        # shellcheck disable=SC2086
        install_system_packages $missing
        python=$(find_python)
        [[ -n $python ]] || fail 'this system has no Python 3.10 to 3.14; please install one'
    fi
    if on_ros; then
        python=python3
        venv_options=(--system-site-packages)
        extras=$everywhere
        # cv_bridge and the distribution's cv2 are built for the distribution's numpy.
        pip_options=("$(python3 -c 'import numpy; print(f"numpy=={numpy.__version__}")')")
    else
        [[ $(uname -m) == x86_64 ]] || fail \
            "rclpy wheels exist for x86_64 only; on $(uname -m), source a ROS installation first"
        extras=wheels,$everywhere
    fi
    make_venv "$python" "${venv_options[@]}"
    install_dependencies "$extras" "${pip_options[@]}"
    install_package
}

main
