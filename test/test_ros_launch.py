# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
A user's parameter file on a real graph: each value that launch arguments once overrode is obeyed.

The nodes are started by `ros2 launch` where launch_ros is installed, and by the process arguments
of bringup, as the demo starts them, everywhere.
"""

import os
import shutil
import signal

import pytest

pytest.importorskip('rclpy')

from launched import Launched, linked  # noqa: E402
from rcl_interfaces.srv import GetParameters  # noqa: E402
from rclpy.parameter import parameter_value_to_python  # noqa: E402
from waiting import TIMEOUT  # noqa: E402

from depth_distill_ros import installation  # noqa: E402
from depth_distill_ros.ros.bringup import distillation_graph  # noqa: E402
from depth_distill_ros.settings.launch import LoopLaunch, from_texts  # noqa: E402
from depth_distill_ros.shipped import shipped_start  # noqa: E402

PARAMETER_FILE = """
/**:
  ros__parameters: {work_dir: WORK, use_sim_time: true, autostart: false, seed: 7}
/**/distiller:
  ros__parameters: {teacher: TEACHER, auxiliary_share: 0.25, robot_frames: judge,
                   reading: B}
/**/simulator:
  ros__parameters: {look: target}
/**/robot_camera:
  ros__parameters: {data: 'tum:/data/fr1_desk'}
/**/inference:
  ros__parameters: {model: WORK/releases/000004, cameras: [front, rear]}
/**/stream:
  ros__parameters: {height: 48, width: 64}
"""


@pytest.fixture
def arguments(tmp_path):
    """Write the file; return launch arguments that name it, and the folder that it names."""
    path, work = tmp_path / 'mine.yaml', tmp_path / 'work'
    path.write_text(PARAMETER_FILE.replace('WORK', str(work)).replace(
        'TEACHER', str(shipped_start('mobilenetv2'))))
    return {'params_file': str(path), 'namespace': f'launch{os.getpid()}'}, str(work)


def expected(work, **given):
    shared = {'autostart': False, 'work_dir': work}
    return {
        'simulator': {'look': 'target', 'seed': 7, 'publish_clock': True, 'use_sim_time': False,
                      'vertical_fov': 0.8727},
        'robot_camera': {'data': 'tum:/data/fr1_desk', 'rate': 10.0, 'use_sim_time': True},
        'stream': {**shared, 'height': 48, 'width': 64, 'capacity': 20000, **given},
        'auxiliary': {**shared, 'store': 'auxiliary', 'semantics': 'none', **given},
        'distiller': {**shared, 'seed': 7, 'teacher': str(shipped_start('mobilenetv2')),
                      'g_trains_on': 'own_and_student', 'g_form': 'light', 'auxiliary_share': 0.25,
                      'robot_frames': 'judge',
                      **given},
        'inference': {**shared, 'model': f'{work}/releases/000004', 'cameras': ['front', 'rear'],
                      **given},
        'evaluator': {**shared, 'use_sim_time': True, **given}}


def require(graph, namespace, nodes):
    """Assert that running nodes have these parameters."""
    for node, values in nodes.items():
        answer = graph.call(GetParameters, f'/{namespace}/{node}/get_parameters',
                            GetParameters.Request(names=list(values)), again=True)
        found = [parameter_value_to_python(value) for value in answer.values]
        assert dict(zip(values, found, strict=True)) == values, node


def test_the_processes_of_the_graph_obey_the_users_file(graph, arguments, tmp_path):
    words, work = arguments
    running = []
    for spec in distillation_graph(from_texts(LoopLaunch, words)):
        with (tmp_path / spec.name).open('w') as log:
            running.append(graph.host.start(
                [installation.executable(spec.executable), *spec.ros_arguments()], log))
    try:
        require(graph, words['namespace'], expected(work))
    finally:
        for node in running:
            node.send_signal(signal.SIGINT)
        assert [node.wait(TIMEOUT) for node in running] == [0] * len(running)


@pytest.mark.slow
def test_ros2_launch_obeys_the_users_file_and_a_launch_argument_before_it(
        graph, arguments, tmp_path):
    pytest.importorskip('launch_ros', reason='needs launch_ros: source a ROS installation')
    if shutil.which('ros2') is None:
        pytest.skip('needs the command ros2')
    words, _ = arguments
    given = str(tmp_path / 'given')
    with Launched(tmp_path / 'launch.log', linked(tmp_path), installation.PACKAGE,
                  'distill.launch.py', f'work_dir:={given}',
                  *(f'{name}:={value}' for name, value in words.items())):
        require(graph, words['namespace'], expected(arguments[1], work_dir=given))
