# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""package.xml, setup.py, the licence and the house's rules about imports."""

import ast
from functools import cache
import json
import os
from pathlib import Path
import re
import shutil
import subprocess
import sys
from types import SimpleNamespace
import xml.etree.ElementTree as ElementTree

import conftest
import pytest

import depth_distill_ros

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / 'depth_distill_ros'
ROS = {'rclpy', 'launch', 'launch_ros', 'cv_bridge', 'sensor_msgs', 'std_msgs', 'std_srvs',
       'diagnostic_msgs', 'lifecycle_msgs', 'rcl_interfaces', 'rosgraph_msgs',
       'builtin_interfaces', 'ament_index_python', 'vision_msgs', 'tf2_ros'}
# The rosdep key of each import; None: there is none, or one that pip installs.
KEYS = {
    'cv2': 'python3-opencv', 'lmdb': None, 'matplotlib': 'python3-matplotlib',
    'mujoco': None, 'numpy': 'python3-numpy', 'psutil': 'python3-psutil',
    'rich': 'python3-rich', 'safetensors': None, 'tensorboard': None,
    'torch': 'python3-torch', 'torchvision': 'python3-torchvision', 'yaml': 'python3-yaml',
    'tf2_ros': 'tf2_ros_py'}
# What one command or one network wants: an extra of pip, imported when it is used.
OPTIONAL = {'drjit', 'fsspec', 'h5py', 'mitsuba', 'nncf', 'onnx', 'onnxruntime', 'openvino', 'pxr',
            'pyoidn', 'rerun', 'rosbags', 'scipy', 'tensorrt', 'timm', 'transformers', 'triton'}


@cache
def manifest():
    return ElementTree.parse(ROOT / 'package.xml').getroot()


@cache
def setup_py():
    """Return the keyword arguments that setup.py gives to setuptools."""
    source = (
        'import json, setuptools, sys;'
        'setuptools.setup = lambda **k: print(json.dumps(k));'
        "exec(compile(open('setup.py').read(), 'setup.py', 'exec'))")
    return json.loads(subprocess.run(
        [sys.executable, '-c', source], cwd=ROOT, check=True, capture_output=True,
        text=True).stdout)


def sources():
    found = sorted(PACKAGE.rglob('*.py'))
    assert len(found) > 100
    return found


@cache
def imported(path):
    """Return the top-level names of all absolute imports of a file, at whatever depth."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition('.')[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module.partition('.')[0])
    return names


def test_version_and_licence_are_the_same_everywhere():
    package, setup = manifest(), setup_py()
    assert package.findtext('version') == setup['version'] == depth_distill_ros.__version__
    assert package.findtext('license') == setup['license'] == 'Apache-2.0'
    licence = (ROOT / package.find('license').get('file')).read_text(encoding='utf-8')
    assert 'Apache License' in licence and 'Version 2.0, January 2004' in licence
    # as bloom and catkin_prepare_release read it: a version gets its heading at its release
    changelog = (ROOT / 'CHANGELOG.rst').read_text(encoding='utf-8')
    assert re.search(r'^(Forthcoming\n-{11}|\d+\.\d+\.\d+ \(\d{4}-\d\d-\d\d\)\n-+)$', changelog,
                     re.MULTILINE)


def test_package_xml_is_an_ament_python_package_of_format_3():
    package = manifest()
    assert package.get('format') == '3'
    assert package.findtext('name') == 'depth_distill_ros'
    assert package.findtext('export/build_type') == 'ament_python'


def test_pytest_is_a_test_dependency():
    assert 'python3-pytest' in [entry.text for entry in manifest().iter('test_depend')]


def test_package_xml_names_a_website_a_repository_and_a_place_for_faults():
    assert {entry.get('type') for entry in manifest().iter('url')} == {
        'website', 'repository', 'bugtracker'}


def test_the_imports_of_package_and_launch_files_are_the_declared_dependencies_and_no_others():
    files = [*sources(), *(ROOT / 'launch').glob('*.launch.py')]
    used = set().union(*map(imported, files)) - set(sys.stdlib_module_names)
    used -= {'depth_distill_ros'}
    assert used <= ROS | set(KEYS) | OPTIONAL, 'an import without a dependency'
    declared = {entry.text for entry in manifest().iter('exec_depend')}
    needed = {KEYS.get(name, name) for name in used - OPTIONAL} - {None}
    # programs that launch files run are no imports
    assert needed | {'ros2launch', 'tf2_ros'} == declared
    # Ubuntu 24.04 and newer refuse what rosdep would install by pip
    assert not [key for key in declared if key.endswith('-pip')]
    setup = setup_py()
    wheels = ' '.join([*setup['install_requires'], *sum(setup['extras_require'].values(), [])])
    for name in used - ROS:
        # the wheels of mitsuba and torch bring drjit and triton along
        wheel = {'cv2': 'opencv-python', 'drjit': 'mitsuba', 'pxr': 'usd-core',
                 'triton': 'torch', 'yaml': 'pyyaml'}.get(name, name)
        assert wheel in wheels


def test_types_of_the_package_are_seen_by_those_who_install_it():
    assert 'py.typed' in setup_py()['package_data']['depth_distill_ros']
    assert (PACKAGE / 'py.typed').is_file()


def test_pyproject_configures_tools_alone_and_leaves_the_build_to_setup_py():
    # colcon (ament_python) reads setup.py; a [project] would be a second description.
    tables = re.findall(r'^\[(\w[\w-]*)', (ROOT / 'pyproject.toml').read_text(encoding='utf-8'),
                        re.MULTILINE)
    assert set(tables) == {'tool'}


def test_lark_is_never_asked_for():
    # It overwrites the lark-parser that the rclpy wheels need.
    assert not re.search(r'\blark\b', (ROOT / 'setup.py').read_text(encoding='utf-8'))


def test_launch_config_and_executables_are_installed_where_ros_looks():
    files = {folder: names for folder, names in setup_py()['data_files']}
    assert files['share/ament_index/resource_index/packages'] == ['resource/depth_distill_ros']
    assert set(files['lib/depth_distill_ros']) == {
        str(path.relative_to(ROOT)) for path in (ROOT / 'scripts').iterdir() if path.is_file()}
    assert files['bin'] == ['scripts/depth-distill']
    installed = set().union(*files.values())
    config = [path for path in ROOT.glob('config/**/*') if path.is_file()]
    assert ROOT / 'config' / 'looks' / 'stream.yaml' in config
    for path in [*ROOT.glob('launch/*.launch.py'), *config]:
        assert str(path.relative_to(ROOT)) in installed


def test_executables_run_with_the_python_of_the_environment():
    scripts = list((ROOT / 'scripts').iterdir())
    assert len(scripts) >= 6
    for path in scripts:
        shebang = '#!/bin/sh' if path.name == 'depth-distill' else '#!/usr/bin/env python3'
        assert path.read_text(encoding='utf-8').startswith(f'{shebang}\n'), path
        assert path.stat().st_mode & 0o111, path


@pytest.mark.parametrize('beside', [True, False])
def test_the_command_takes_the_python_beside_it_else_the_first_of_the_path(tmp_path, beside):
    for folder in ('bin', 'path'):
        (tmp_path / folder).mkdir()
        if folder == 'path' or beside:
            python = tmp_path / folder / 'python3'
            python.write_text(f'#!/bin/sh\necho {folder} "$@"\n')
            python.chmod(0o755)
    command = shutil.copy(ROOT / 'scripts' / 'depth-distill', tmp_path / 'bin')
    environment = {**os.environ, 'PATH': f'{tmp_path / "path"}:{os.environ["PATH"]}'}
    done = subprocess.run([command, 'demo', 'a b'], env=environment, check=True, text=True,
                          capture_output=True)
    assert done.stdout == f'{"bin" if beside else "path"} -m depth_distill_ros demo a b\n'


def test_every_package_folder_is_a_package():
    for path in sources():
        assert (path.parent / '__init__.py').is_file(), path


def test_every_source_carries_the_licence():
    trees = ['depth_distill_ros', 'launch', 'test', 'benchmarks', 'examples', 'sim']
    for path in [*(p for tree in trees for p in (ROOT / tree).rglob('*.py')), ROOT / 'setup.py']:
        head = path.read_text(encoding='utf-8').removeprefix('#!/usr/bin/env python3\n')
        assert head.startswith(
            '# Copyright 2026 The depth_distill_ros authors\n'
            '# SPDX-License-Identifier: Apache-2.0\n'), path


def test_only_the_room_ros_imports_ros():
    for path in sources():
        place = path.relative_to(PACKAGE)
        if place.parts[0] != 'ros':
            assert not imported(path) & ROS, path


@pytest.mark.slow
def test_the_core_imports_with_neither_ros_nor_any_extra_installed():
    modules = [
        '.'.join(path.relative_to(ROOT).with_suffix('').parts) for path in sources()
        if path.name not in ('__init__.py', '__main__.py')
        and path.relative_to(PACKAGE).parts[0] != 'ros'
        and path.relative_to(PACKAGE).parts[:2] != ('worlds', 'mujoco')]
    source = (
        'import sys, importlib\n'
        # as if not installed, also to who only asks whether it is
        f'sys.modules.update(dict.fromkeys({ROS | OPTIONAL!r}))\n'
        f'for name in {modules!r}: importlib.import_module(name)\n')
    done = subprocess.run([sys.executable, '-c', source], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize('words, status, text', [
    (['--version'], 0, depth_distill_ros.__version__),
    (['demo', '--help'], 0, 'example: depth-distill demo'),
    (['dance'], 2, 'invalid choice'),
    (['demo', '--teacher', '/nowhere'], 1, '/nowhere')])
def test_the_command_line_answers_and_ends_with_the_right_status(words, status, text):
    pytest.importorskip('rclpy')
    done = subprocess.run(
        [sys.executable, '-m', 'depth_distill_ros', *words], cwd=ROOT, capture_output=True,
        text=True)
    assert done.returncode == status
    assert text in done.stdout + done.stderr
    assert 'Traceback' not in done.stderr


@pytest.mark.parametrize('prefix, given, marks', [
    ('depth_distill_ros', '', 'not ros and not slow'), ('depth_distill_ros', 'ros', 'ros'),
    ('', '', '')])
def test_colcon_test_runs_the_quick_tests_where_no_others_are_asked_for(prefix, given, marks):
    # colcon names the package in --junit-prefix
    option = SimpleNamespace(junitprefix=prefix, markexpr=given, keyword='')
    conftest.pytest_configure(SimpleNamespace(option=option))
    assert option.markexpr == marks
