# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The simulator node as a process on a real graph."""

import numpy as np
import pytest

pytest.importorskip('rclpy')
from ros_graph import wait_until  # noqa: E402
from rosgraph_msgs.msg import Clock  # noqa: E402
from sensor_msgs.msg import CameraInfo, Image  # noqa: E402

from depth_distill_ros.errors import PERMANENT  # noqa: E402
from depth_distill_ros.ros.conversions import (
    camera_info,
    images,  # noqa: E402
)
from depth_distill_ros.ros.nodes.simulator import CoreLimit  # noqa: E402
from depth_distill_ros.stream.classes import NYU13  # noqa: E402

SIZE = {'height': 60, 'width': 80}


def frames_of(nodes, count):
    """Return {topic: messages} of the first stamps that all topics have."""
    topics = {name: nodes.listen(kind, name) for name, kind in (
        ('image', Image), ('semantics', Image), ('depth', Image), ('camera_info', CameraInfo))}
    by_stamp = {}

    def together():
        for name, messages in topics.items():
            by_stamp[name] = {images.stamp_ns(m): m for m in list(messages)}
        return sorted(set.intersection(*(set(m) for m in by_stamp.values())))

    stamps = wait_until(lambda: len(s := together()) >= count and s, f'{count} whole frames')
    return [{name: messages[s] for name, messages in by_stamp.items()} for s in stamps]


@pytest.mark.parametrize('look', ['stream', 'robot'])
def test_image_classes_depth_and_intrinsics_of_one_stamp_fit_together(nodes, look):
    node = nodes.start('simulator_node', look=look, rate=20.0, frames_per_room=4, **SIZE)
    for frame in frames_of(nodes, 6):
        assert {m.header.frame_id for m in frame.values()} == {'camera_optical_frame'}
        assert {(m.height, m.width) for m in frame.values()} == {(60, 80)}
        assert frame['image'].encoding == 'rgb8' and frame['depth'].encoding == '32FC1'
        semantics = images.read_array(frame['semantics'])
        assert semantics.max() < len(NYU13) and len(np.unique(semantics)) > 1
        depth = images.read_depth(frame['depth'])
        assert np.nanmin(depth) > 0.0 and np.nanmax(depth) < 30.0
        assert camera_info.to_intrinsics(frame['camera_info']).vertical_fov == pytest.approx(
            np.radians(45.0))
    assert node.interrupt() == 0


def test_its_clock_runs_through_the_frames_stamps_and_jumps_back_when_it_starts_again(nodes):
    node = nodes.start('simulator_node', rate=20.0, publish_clock=True, **SIZE)
    clocks = nodes.graph.listen(Clock, '/clock')
    first = nodes.listen(Image, 'image')

    def ticks():
        return {m.clock.sec * 10**9 + m.clock.nanosec for m in list(clocks)} or {0}

    def passed():
        return [m for m in list(first) if min(ticks()) < images.stamp_ns(m) <= max(ticks())]

    wait_until(lambda: len(passed()) > 5, 'frames whose stamps the clock has passed')
    frames = len(first)
    assert len(ticks()) > frames
    last, seen = images.stamp_ns(first[-1]), len(first)
    assert node.change('deactivate') and node.change('activate')
    wait_until(lambda: any(images.stamp_ns(m) < last for m in first[seen:]), 'time to begin again')


def test_an_impossible_parameter_ends_the_node_with_a_line_that_names_it(nodes):
    node = nodes.start('simulator_node', wait_for=None, rate=-1.0, **SIZE)
    assert node.exit_code() == PERMANENT
    assert 'parameter rate' in node.log and 'Traceback' not in node.log


@pytest.mark.parametrize(('cores', 'period'), [(0.5, 0.2), (0.25, 0.4), (2.0, 0.1), (0.0, 0.1)])
def test_its_frames_are_so_far_apart_that_they_take_no_more_than_the_cores_it_may_use(
        cores, period):
    now, used = [10.0], [3.0]
    limit, began = CoreLimit(lambda: now[0], lambda: used[0]), []
    for _ in range(5):
        began.append(now[0])
        now[0], used[0] = now[0] + 0.1, used[0] + 0.1
        now[0] += limit.rest(cores)
    np.testing.assert_allclose(np.diff(began), period)


def test_a_frame_that_waits_for_its_time_anyway_waits_no_longer():
    now, used = [10.0], [3.0]
    limit = CoreLimit(lambda: now[0], lambda: used[0])
    now[0], used[0] = 10.5, 3.1
    assert limit.rest(0.5) == 0.0
