# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The evaluator node as a process on a real graph."""

import csv
import signal

import numpy as np
import pytest

pytest.importorskip('rclpy')
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue  # noqa: E402
from rcl_interfaces.srv import SetParameters  # noqa: E402
from ros_graph import wait_until  # noqa: E402
from sensor_msgs.msg import Image  # noqa: E402

from depth_distill_ros.evaluation.blind_map import learn  # noqa: E402
from depth_distill_ros.frame import Frame  # noqa: E402
from depth_distill_ros.geometry.depth import metres_to_millimetres  # noqa: E402
from depth_distill_ros.ros.conversions import images  # noqa: E402
from depth_distill_ros.ros.support.qos import profile  # noqa: E402


class Depths:
    """Publishes a student's depth and a reference of another size."""

    def __init__(self, nodes, reference_qos=None):
        self._depth = nodes.talk(Image, 'depth')
        self._reference = nodes.talk(Image, 'reference', reference_qos)

    def send(self, seconds, student, reference, encoding='32FC1'):
        stamp = images.time_message(round(seconds * 1e9))
        metres = np.full((40, 50), reference, np.float32)
        metres[0] = np.nan
        pixels = metres if encoding == '32FC1' else metres_to_millimetres(metres)
        self._reference.publish(images.from_array(pixels, encoding, stamp, 'eye'))
        if student is not None:
            self._depth.publish(images.from_array(
                np.broadcast_to(np.float32(student), (10, 10)), '32FC1', stamp, 'eye'))


def set_window(node, value):
    request = SetParameters.Request(parameters=[Parameter(name='window', value=ParameterValue(
        type=ParameterType.PARAMETER_INTEGER, integer_value=value))])
    return node.call(SetParameters, 'set_parameters', request, again=True).results[0]


def rows_of(path):
    with path.open() as file:
        return list(csv.DictReader(file))


def test_frames_of_one_stamp_are_compared_over_a_window_that_can_be_changed(nodes, tmp_path):
    node = nodes.start('evaluator_node', work_dir=str(tmp_path), window=2)
    depths = Depths(nodes)
    depths.send(1.0, 3.0, 2.0)
    depths.send(2.0, None, 2.0)
    depths.send(3.0, 2.0, 2.0)
    depths.send(4.0, 2.2, 2.0, encoding='16UC1')
    values = node.wait_for_values(evaluated=3, unpaired=1, rejected=0)
    assert float(values['delta1']) == 1.0
    assert float(values['rmse']) == pytest.approx(0.1, abs=1e-5)
    assert float(values['rmse_pooled']) == pytest.approx(0.02 ** 0.5, abs=1e-5)
    assert float(values['rel']) == pytest.approx(0.05, abs=1e-5)
    refused = set_window(node, 0)
    assert not refused.successful and refused.reason
    assert set_window(node, 1).successful
    depths.send(5.0, 2.4, 2.0)
    assert float(node.wait_for_values(evaluated=4, window=1)['rel']) == pytest.approx(0.2)
    rows = rows_of(tmp_path / 'evaluation.csv')
    assert [float(r['stamp']) for r in rows] == [1.0, 3.0, 4.0, 5.0]
    assert [float(r['delta1']) for r in rows] == [0.0, 1.0, 1.0, 1.0]
    assert float(rows[1]['window_delta1']) == 0.5


def test_the_blind_map_is_compared_on_the_same_frames(nodes, tmp_path):
    depths = np.full((40, 50), 2.0, np.float32)
    depths[:20] = 3.0
    learn([Frame(np.zeros((40, 50, 3), np.uint8), depths)]).save(tmp_path / 'map.npz')
    node = nodes.start('evaluator_node', blind_map=str(tmp_path / 'map.npz'))
    talk = Depths(nodes)
    talk.send(1.0, 3.0, 2.0)
    values = node.wait_for_values(evaluated=1)
    assert float(values['delta1']) == 0.0
    assert float(values['blind_delta1']) == pytest.approx(0.5, abs=0.1)
    assert float(values['blind_rmse']) > 0.5


def test_nothing_is_compared_where_the_student_has_no_depth_and_the_share_is_shown(
        nodes, tmp_path):
    blind = np.full((40, 50), 2.0, np.float32)
    blind[:, :10] = 9.0  # wrong where the student has no depth
    learn([Frame(np.zeros((40, 50, 3), np.uint8), blind)]).save(tmp_path / 'map.npz')
    node = nodes.start('evaluator_node', blind_map=str(tmp_path / 'map.npz'),
                       work_dir=str(tmp_path))
    # as of a camera with a wider image than the network's, and with free_beyond
    student = np.full((10, 10), 2.0, np.float32)
    student[:, :2], student[5:, 8:] = np.nan, np.inf
    Depths(nodes).send(1.0, student, 2.0)
    values = node.wait_for_values(evaluated=1, rejected=0)
    assert float(values['delta1']) == float(values['blind_delta1']) == 1.0
    assert float(values['rmse']) == pytest.approx(0.0, abs=1e-6)
    assert float(values['covered']) == pytest.approx(0.7, abs=0.03)
    wait_until(lambda: f'on {float(values["covered"]):.0%} of the reference' in node.message(),
               'the share in the message')
    assert rows_of(tmp_path / 'evaluation.csv')[0]['covered'] == values['covered'][:8]


def test_the_file_survives_a_kill_with_its_rows_and_one_header(nodes, tmp_path):
    node = nodes.start('evaluator_node', work_dir=str(tmp_path))
    Depths(nodes).send(1.0, 2.0, 2.0)
    node.wait_for_values(evaluated=1)
    node.interrupt(signal.SIGKILL)
    path = tmp_path / 'evaluation.csv'
    with path.open('a') as file:
        file.write('17.5,0.')  # a row cut short by the kill
    nodes.leave_the_dead()
    again = nodes.start('evaluator_node', work_dir=str(tmp_path))
    depths = Depths(nodes)
    depths.send(2.0, 2.0, 2.0)
    again.wait_for_values(evaluated=1)
    lines = path.read_text().splitlines()
    assert [line.startswith('time,stamp,') for line in lines] == [True, False, False]
    assert rows_of(path)[-1]['stamp'] == '2.000000000'


def test_a_file_with_other_columns_is_kept_beside_the_new_one(nodes, tmp_path):
    path = tmp_path / 'evaluation.csv'
    for number in ('', '.1'):
        path.with_suffix(f'{number}.csv').write_text('time,stamp,delta1\n1,2,0.5\n')
    node = nodes.start('evaluator_node', work_dir=str(tmp_path))
    Depths(nodes).send(1.0, 2.0, 2.0)
    node.wait_for_values(evaluated=1)
    wait_until(lambda: len(path.read_text().splitlines()) == 2, 'a row in a new file')
    assert path.with_suffix('.2.csv').read_text() == 'time,stamp,delta1\n1,2,0.5\n'
    assert node.level() == 0


def test_a_reset_of_the_clock_and_unreadable_depth_are_survived(nodes, tmp_path):
    node = nodes.start('evaluator_node', work_dir=str(tmp_path))
    depths = Depths(nodes, profile(10, reliable=False))
    wait_until(lambda: depths._reference.get_subscription_count(), 'the evaluator to follow')
    depths.send(100.0, None, 2.0)
    depths.send(101.0, 2.0, 2.0)
    node.wait_for_values(evaluated=1)
    depths.send(1.0, 2.0, 2.0)
    node.wait_for_values(evaluated=2, resets=1)
    depths.send(2.0, 2.0, float('nan'))
    node.wait_for_values(rejected=1)
    depths.send(3.0, float('nan'), 2.0)
    found = node.wait_for_values(rejected=2, evaluated=2)
    assert 'the student has no depth where the reference has' in found['last_rejection']
    assert 'Traceback' not in node.log
