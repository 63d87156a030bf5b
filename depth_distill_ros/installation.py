# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where the package's own files lie: in a clone, under pip or under colcon."""

from __future__ import annotations

import os
from pathlib import Path
import random
import shutil

from depth_distill_ros.errors import DepthDistillError

PACKAGE = 'depth_distill_ros'
_WITH_FAST_DDS_2 = ('humble', 'iron', 'jazzy')
# Each process allocates its segment (config/fastdds.xml) as a whole when it starts. One that
# finds no room falls back to UDP, which loses images; a container has 64 MB by default.
_ROOM_FOR_LARGE_SEGMENTS = 400 * 2**20


class InstallationError(DepthDistillError):
    """A file of the package that is not where the installation puts it."""


def source_tree() -> Path | None:
    """Return the repository root where this runs from a clone, None where it is installed."""
    root = Path(__file__).resolve().parents[1]
    return root if (root / 'package.xml').is_file() and (root / 'scripts').is_dir() else None


def prefix() -> Path:
    """Return the installation prefix this module was installed under."""
    for folder in Path(__file__).resolve().parents:
        if (folder / 'share' / PACKAGE / 'package.xml').is_file():
            return folder
    raise InstallationError(
        f'share/{PACKAGE} is not beside the installed package: install with "pip install ." '
        '(not -e) or with colcon')


def share() -> Path:
    """Return the folder that holds launch/ and config/: the source tree's or the installed."""
    return source_tree() or prefix() / 'share' / PACKAGE


def executable(name: str) -> Path:
    """Return the path of an executable of this package."""
    tree = source_tree()
    return tree / 'scripts' / name if tree else prefix() / 'lib' / PACKAGE / name


def fastdds_profile() -> dict[str, str]:
    """
    Return the environment that gives Fast DDS a shared-memory segment that holds images.

    Without it, most best-effort images larger than 0.5 MB are lost. Where shared memory is
    short, as in most containers, the segment is smaller. A profile that the user has chosen
    stays. Fast DDS 2 (up to Jazzy) and 3 read variables of different names, and 3
    warns of the older one.
    """
    older, newer = 'FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE'
    if os.environ.get(older) or os.environ.get(newer):
        return {}
    name = older if os.environ.get('ROS_DISTRO') in _WITH_FAST_DDS_2 else newer
    file = 'fastdds.xml' if _free_shared_memory() >= _ROOM_FOR_LARGE_SEGMENTS else \
        'fastdds_small.xml'
    return {name: str(share() / 'config' / file)}


def _free_shared_memory() -> int:
    try:
        return shutil.disk_usage('/dev/shm').free
    except OSError:
        return 0


def environment() -> dict[str, str]:
    """Return what a node's process needs beyond the environment of its parent."""
    added = fastdds_profile()
    tree = source_tree()
    if tree:
        added['PYTHONPATH'] = _prepended('PYTHONPATH', str(tree))
    else:
        added['AMENT_PREFIX_PATH'] = _prepended('AMENT_PREFIX_PATH', str(prefix()))
    return added


def graph_of_its_own(logs: Path) -> dict[str, str]:
    """Return the environment of nodes that discover only one another, on this machine."""
    added = {**environment(), 'ROS_LOG_DIR': str(logs / 'ros')}
    if 'ROS_DOMAIN_ID' not in os.environ:
        added['ROS_DOMAIN_ID'] = str(random.SystemRandom().randint(1, 100))
    # Humble knows the first name alone; later distributions warn of it.
    older = os.environ.get('ROS_DISTRO') == 'humble'
    local = {'ROS_LOCALHOST_ONLY': '1'} if older else {
        'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST'}
    return {**added, **local}


def _prepended(variable: str, path: str) -> str:
    others = [part for part in os.environ.get(variable, '').split(os.pathsep) if part != path]
    return os.pathsep.join([path, *filter(None, others)])
