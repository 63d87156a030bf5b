# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
The package as its user meets it on ROS: build, the launch files, their arguments and their end.

Where launch_ros and the command ros2 are installed; with colcon on the path, on the package that
it builds, otherwise on this checkout.
"""

import os
from pathlib import Path
import shutil
import signal
import subprocess

import psutil
import pytest

pytest.importorskip('rclpy')
pytest.importorskip('launch_ros', reason='needs launch_ros: source a ROS installation')
if shutil.which('ros2') is None:
    pytest.skip('needs the command ros2', allow_module_level=True)

from diagnostic_msgs.msg import DiagnosticArray  # noqa: E402
from launched import ROOT, Launched, installed, linked  # noqa: E402
from rosgraph_msgs.msg import Clock  # noqa: E402
from sensor_msgs.msg import Image  # noqa: E402
from waiting import TIMEOUT  # noqa: E402

import depth_distill_ros  # noqa: E402
from depth_distill_ros.installation import PACKAGE  # noqa: E402
from depth_distill_ros.ros.conversions import images  # noqa: E402
from depth_distill_ros.shipped import shipped_start  # noqa: E402

pytestmark = pytest.mark.slow
# for rosdep: without the graph's own ROS_HOME, below which it would look for its index, and
# without the packages that are installed here
ENVIRONMENT = {name: value for name, value in os.environ.items()
               if name not in ('AMENT_PREFIX_PATH', 'ROS_DISTRO')}
COLCON = shutil.which('colcon') is not None
# a launch file of the user around the package's own
OUTER = """
from launch import LaunchDescription
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch_ros.actions import PushRosNamespace, SetRemap
from launch_ros.substitutions import FindPackageShare
from launch.substitutions import PathJoinSubstitution


def generate_launch_description():
    file = PathJoinSubstitution(
        [FindPackageShare('depth_distill_ros'), 'launch', 'distill.launch.py'])
    return LaunchDescription([
        PushRosNamespace('trial'), SetRemap('/trial/depth/student', '/trial/front/depth'),
        IncludeLaunchDescription(PythonLaunchDescriptionSource(file), launch_arguments={
            'params_file': 'PARAMS', 'use_sim_time': 'true', 'model': 'MODEL', 'scan': 'base_scan',
        }.items())])
"""
PARAMS = """
/**:
  ros__parameters: {work_dir: WORK}
/**/simulator:
  ros__parameters: {height: 48, width: 64, rate: 3.0}
/trial/robot_camera:
  ros__parameters: {rate: 10.0}
"""


@pytest.fixture(scope='module')
def environment(graph, tmp_path_factory):
    folder = tmp_path_factory.mktemp('workspace')
    return installed(folder) if COLCON else linked(folder)


@pytest.fixture
def launch(environment, tmp_path):
    """Start `ros2 launch`; what it leaves running is ended after the test."""
    started = []

    def start(*words):
        started.append(Launched(tmp_path / f'{len(started)}.log', environment, *words))
        return started[-1]

    yield start
    for one in started:
        with one:
            pass


@pytest.mark.skipif(not COLCON, reason='needs colcon')
def test_after_build_and_source_the_command_runs_with_the_python_of_the_path(
        environment, tmp_path):
    def output(*words, path=environment['PATH']):
        return subprocess.run(words, env={**environment, 'PATH': path}, check=True, text=True,
                              capture_output=True).stdout

    version = depth_distill_ros.__version__
    assert output('depth-distill', '--version').strip() == version
    assert output('ros2', 'run', PACKAGE, 'depth-distill', '--version').strip() == version
    python = tmp_path / 'python3'
    python.write_text('#!/bin/sh\necho the first of the path: "$@"\n')
    python.chmod(0o755)
    assert output('depth-distill', 'demo', path=f'{tmp_path}:{environment["PATH"]}') == \
        'the first of the path: -m depth_distill_ros demo\n'
    share = Path(output('ros2', 'pkg', 'prefix', '--share', PACKAGE).strip())
    for file in ('package.xml', 'launch/distill.launch.py', 'config/depth_distill.rviz',
                 'sim/isaac/stream.py'):
        assert (share / file).is_file(), file
    nodes = output('ros2', 'pkg', 'executables', PACKAGE)
    assert {f'{PACKAGE} {name.name}' for name in (ROOT / 'scripts').iterdir()} == set(
        nodes.splitlines())


def test_a_users_launch_file_pushes_remaps_and_sets_what_it_includes(graph, launch, tmp_path):
    work, outer, params = tmp_path / 'run', tmp_path / 'outer.launch.py', tmp_path / 'mine.yaml'
    params.write_text(PARAMS.replace('WORK', str(work)))
    model = shipped_start('mobilenetv2')
    outer.write_text(OUTER.replace('PARAMS', str(params)).replace('MODEL', str(model)))
    status, machines = {}, set()

    def on_diagnostics(message):
        for each in message.status:
            status[each.name] = {entry.key: entry.value for entry in each.values}
            machines.add(each.hardware_id)

    graph.listen(DiagnosticArray, '/diagnostics', callback=on_diagnostics)
    clock = graph.listen(Clock, '/clock')
    depth = graph.listen(Image, '/trial/front/depth')
    camera = graph.listen(Image, '/trial/camera/image_raw')
    running = launch(str(outer))
    names = ('simulator', 'robot_camera', 'stream', 'auxiliary', 'distiller', 'inference',
             'evaluator')
    running.wait_until(lambda: all(status.get(f'/trial/{name}', {}).get('state') == 'active'
                                   for name in names), 'seven active nodes')
    running.wait_until(lambda: len(depth) >= 5, 'depth on the remapped topic')
    running.wait_until(lambda: int(status['/trial/evaluator'].get('evaluated', 0)) >= 5,
                       'evaluated frames')
    running.wait_until(lambda: int(status['/trial/stream'].get('stored', 0)) >= 3, 'frames')
    topics = {name for name, _ in graph.node.get_topic_names_and_types()}
    assert '/trial/base_scan' in topics and '/trial/depth/student/scan' not in topics
    stamps = [images.stamp_ns(message) for message in camera]
    assert len(set(stamps)) == len(stamps), 'two frames have one stamp'
    ticks = [message.clock.sec * 10**9 + message.clock.nanosec for message in clock]
    assert ticks == sorted(ticks)
    assert len(set(ticks)) > 10 * int(status['/trial/simulator']['published'])
    assert f'{work}: new run' in running.log
    assert f'model {model.name} answers' in running.log
    assert os.uname().nodename in machines
    assert running.log.count('process started') == len(names)
    assert running.signalled(signal.SIGINT) == 0
    assert running.log.count('process has finished cleanly') == len(names), running.log
    assert 'Traceback' not in running.log
    assert not running.left()


def test_a_node_that_crashes_comes_again_and_all_end_with_a_launch_that_is_terminated(
        launch, tmp_path):
    running = launch(PACKAGE, 'inference.launch.py', f'work_dir:={tmp_path}/none',
                     'log_level:=debug')
    no_release = f'no release yet in {tmp_path}/none/releases'
    running.wait_for(no_release)
    first = running.nodes()['inference_node']
    first.send_signal(signal.SIGKILL)
    running.wait_for('inference is started again in 2 s')
    running.wait_for(no_release, times=2)
    node = running.nodes()['inference_node']
    running.wait_for('activated')
    assert node.pid != first.pid
    debug = {line.split('] [')[-1].split(']')[0] for line in running.log.splitlines()
             if '[DEBUG]' in line}
    assert debug == {'inference'}
    assert running.signalled(signal.SIGTERM) != 0
    assert not running.left()


def test_gazebo_its_bridges_and_the_flight_end_with_a_launch_that_is_terminated(
        environment, tmp_path):
    """With executables that stand in for Gazebo's and for the nodes."""
    def executable(path, text):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'#!/bin/sh\n{text}\n')
        path.chmod(0o755)

    stand_in = f'echo $$ "$0" >> {tmp_path}/started; exec sleep 600'
    executable(tmp_path / 'bin' / 'gz',
               f'case $1 in service) echo "data: true";; *) {stand_in};; esac')
    executable(tmp_path / 'lib' / 'ros_gz_bridge' / 'parameter_bridge', stand_in)
    for name in ('stream_node', 'distiller_node', 'inference_node'):
        executable(tmp_path / 'lib' / PACKAGE / name, 'exit 0')
    for name in ('ros_gz_bridge', PACKAGE):
        marker = tmp_path / 'share' / 'ament_index' / 'resource_index' / 'packages' / name
        marker.parent.mkdir(parents=True, exist_ok=True)
        marker.touch()
    paths = {'PATH': str(tmp_path / 'bin'), 'AMENT_PREFIX_PATH': str(tmp_path)}
    running = Launched(tmp_path / 'log', environment | {
        name: f'{path}{os.pathsep}{environment[name]}' for name, path in paths.items()},
        str(ROOT / 'launch' / 'gazebo.launch.py'), 'robot:=real', 'gazebo:=harmonic')
    with running:
        running.wait_for('fly_camera: through the command gz')
        running.wait_until(lambda: (tmp_path / 'started').is_file() and len(
            (tmp_path / 'started').read_text().splitlines()) == 4, 'Gazebo and three bridges')
        processes = psutil.Process(running.process.pid).children()
        names = [' '.join(process.cmdline()) for process in processes]
        assert sum('sleep 600' in name for name in names) == 4, names
        assert sum('fly_camera.py' in name for name in names) == 1, names
        running.signalled(signal.SIGTERM)
        gone, left = psutil.wait_procs(processes, TIMEOUT)
        for process in left:
            process.kill()
        assert not left


def test_a_node_that_is_told_to_end_stays_ended(launch):
    running = launch(PACKAGE, 'inference.launch.py')
    running.wait_for('no release yet')
    running.nodes()['inference_node'].send_signal(signal.SIGINT)
    assert running.ended() == 0
    assert 'started again' not in running.log
    assert running.log.count('process started') == 1


def test_without_respawn_a_node_that_crashes_stays_ended(launch):
    running = launch(PACKAGE, 'inference.launch.py', 'respawn:=false')
    running.wait_for('no release yet')
    running.nodes()['inference_node'].send_signal(signal.SIGKILL)
    assert running.ended() == 0
    assert running.log.count('process started') == 1


@pytest.mark.parametrize('words, message', [
    (['inference.launch.py', 'model:=/nonexistent'], '/nonexistent'),
    (['inference.launch.py', 'params_file:=INTEGER'], 'write a whole number as 1.0'),
    (['distill.launch.py', 'simulator:=none', 'robot:=real', 'work_dir:=/dev/null/run'],
     'cannot write /dev/null/run: Not a directory; choose another work_dir'),
    (['distill.launch.py', 'teacher:=/nonexistent'], '/nonexistent'),
    (['distill.launch.py', 'params_file:=/nonexistent'], '/nonexistent is not a file')])
def test_an_error_that_no_restart_mends_ends_the_launch_with_its_line(
        launch, tmp_path, words, message):
    file = tmp_path / 'integer.yaml'
    file.write_text('/**/inference: {ros__parameters: {free_beyond: 6}}\n')
    running = launch(PACKAGE, *(word.replace('INTEGER', str(file)) for word in words))
    assert running.ended() == 1
    assert message in running.log
    assert 'started again' not in running.log and 'Traceback' not in running.log
    assert not running.left()


def test_isaac_launch_names_the_script_that_must_be_started(launch):
    running = launch(PACKAGE, 'isaac.launch.py', 'robot:=real', 'autostart:=false')
    running.wait_for('sim/isaac/stream.py rooms/room_*/room.usda')
    running.wait_until(lambda: len(running.nodes()) == 3, 'three executables')
    assert running.signalled(signal.SIGINT) == 0
    assert not running.left()


@pytest.mark.parametrize('name, package', [
    ('gazebo.launch.py', 'ros_gz_bridge'), ('depth_processing.launch.py', 'depth_image_proc')])
def test_a_launch_whose_partner_is_not_installed_ends_with_the_line_that_installs_it(
        launch, name, package):
    from ament_index_python.packages import PackageNotFoundError, get_package_prefix
    try:
        get_package_prefix(package)
        pytest.skip(f'{package} is installed')
    except PackageNotFoundError:
        pass
    running = launch(PACKAGE, name)
    assert running.ended() == 1
    assert 'apt install ros-$ROS_DISTRO-' in running.log
    assert not running.left() and 'process started' not in running.log


@pytest.mark.parametrize('name', [path.name for path in (ROOT / 'launch').glob('*.launch.py')])
def test_the_arguments_of_every_launch_file_are_shown(environment, name):
    done = subprocess.run(['ros2', 'launch', PACKAGE, name, '--show-args'], env=environment,
                          check=True, capture_output=True, text=True)
    assert "'namespace':" in done.stdout


@pytest.mark.skipif(shutil.which('rosdep') is None, reason='needs rosdep')
@pytest.mark.parametrize('distribution, ubuntu', [
    ('humble', 'jammy'), ('jazzy', 'noble'), ('kilted', 'noble'), ('lyrical', 'resolute')])
def test_rosdep_installs_everything_by_apt(distribution, ubuntu):
    done = subprocess.run(
        ['rosdep', 'install', '--from-paths', str(ROOT), '--ignore-src', '--simulate', '-y',
         '--rosdistro', distribution, '--os', f'ubuntu:{ubuntu}'], capture_output=True, text=True,
        env=ENVIRONMENT)
    if 'rosdep update' in done.stderr or 'rosdep init' in done.stderr:
        pytest.skip('rosdep has no index here: rosdep update')
    assert done.returncode == 0, done.stderr
    assert 'pip' not in done.stdout
    assert f'ros-{distribution}-rclpy' in done.stdout
