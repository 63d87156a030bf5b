# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Every node through every transition, as a process, driven by the life-cycle services."""

import signal

import pytest

pytest.importorskip('rclpy')
import students  # noqa: E402

from depth_distill_ros.errors import PERMANENT  # noqa: E402

NODES = ['simulator_node', 'robot_camera_node', 'stream_node', 'distiller_node', 'inference_node',
         'evaluator_node']


def parameters_of(executable, folder):
    if executable == 'robot_camera_node':
        return {}
    if executable == 'simulator_node':
        return {'height': 60, 'width': 80}
    if executable == 'distiller_node':
        students.save_teacher(folder / 'teacher')
        return {'work_dir': str(folder), 'teacher': str(folder / 'teacher'), 'g_width': 0.05}
    return {'work_dir': str(folder)}


@pytest.mark.parametrize('executable', NODES)
def test_every_transition_works_twice_and_two_ctrl_c_end_the_node_cleanly(
        nodes, tmp_path, executable):
    node = nodes.start(executable, wait_for='unconfigured', torn_down=True,
                       autostart=False, **parameters_of(executable, tmp_path))
    for _ in range(2):
        for transition, state in (
                ('configure', 'inactive'), ('activate', 'active'), ('deactivate', 'inactive'),
                ('activate', 'active'), ('deactivate', 'inactive'), ('cleanup', 'unconfigured')):
            assert node.change(transition), f'{transition}\n{node.log}'
            node.wait_for_state(state)
    assert node.change('configure') and node.change('activate')
    assert node.interrupt(signal.SIGINT, signal.SIGINT) == 0
    assert 'Traceback' not in node.log and 'ERROR' not in node.log, node.log


@pytest.mark.parametrize('state, transitions', [
    ('unconfigured', ()), ('inactive', ('configure',)), ('active', ('configure', 'activate'))])
def test_shutdown_from_any_state_finalizes_and_the_process_still_ends_cleanly(
        nodes, tmp_path, state, transitions):
    node = nodes.start('stream_node', wait_for='unconfigured', autostart=False,
                       work_dir=str(tmp_path))
    for transition in transitions:
        assert node.change(transition)
    assert node.change(f'shutdown {state}')
    assert node.state() == 'finalized'
    assert node.interrupt(signal.SIGTERM) == 0


def test_a_failed_configure_leaves_the_node_up_unconfigured_and_able_to_try_again(
        nodes, tmp_path):
    work_dir = tmp_path / 'run'
    work_dir.write_text('a file where a folder belongs')
    node = nodes.start('stream_node', wait_for='unconfigured', autostart=False,
                       work_dir=str(work_dir))
    assert not node.change('configure')
    assert node.state() == 'unconfigured'
    line = next(x for x in node.log.splitlines() if 'configure failed' in x)
    assert str(work_dir) in line and 'Traceback' not in node.log
    work_dir.unlink()
    assert node.change('configure') and node.change('activate')


def test_a_failed_autostart_ends_the_process_with_the_code_of_what_no_restart_mends(nodes):
    node = nodes.start('stream_node', wait_for=None)
    assert node.exit_code() == PERMANENT
    assert 'work_dir' in node.log and 'Traceback' not in node.log
