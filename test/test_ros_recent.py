# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The last frames decide the level of a node; the commonest reason is in its message."""

import pytest

pytest.importorskip('rclpy')
from depth_distill_ros.errors import DepthDistillError  # noqa: E402
from depth_distill_ros.ros.cameras.names import check_names  # noqa: E402
from depth_distill_ros.ros.support.recent import RecentFrames  # noqa: E402


def test_without_lost_frames_there_is_no_problem():
    recent = RecentFrames()
    assert recent.problem() == ''
    for _ in range(100):
        recent.used()
    assert recent.problem() == '' and not recent.reasons()


def test_the_commonest_reason_is_told_with_its_last_line():
    recent = RecentFrames()
    recent.used()
    for number in range(5):
        recent.lost('image', f'image {number}')
    recent.lost('camera_info', 'no K')
    assert recent.problem() == '6 of the last 7 frames lost: image (5): image 4'
    assert recent.reasons() == {'image': 5, 'camera_info': 1}


def test_a_loss_now_and_then_is_no_problem_and_old_ones_are_forgotten():
    recent = RecentFrames()
    for _ in range(40):
        recent.lost('image', 'bad')
    for number in range(1000):
        if number % 20:
            recent.used()
        else:
            recent.lost('image', 'bad')
    assert recent.problem() == ''
    recent.lost('image', 'bad')
    recent.clear()
    assert recent.problem() == ''


@pytest.mark.parametrize('name, proposal', [
    ('front-left', 'front_left'), ('1cam', 'camera_1cam'), ('front left', 'front_left'),
    ('caméra', 'cam_ra'), ('/', 'camera'), ('a//b', 'a_b'), ('cam/', 'cam'), (' ', 'camera'),
    ('a/1', 'a_1'), ('~cam', 'cam'), ('{node}', 'node'), ('cam.left', 'cam_left'),
    ('cam\n', 'cam')])
def test_a_camera_whose_name_can_begin_no_topic_is_refused_with_one_that_can(name, proposal):
    with pytest.raises(DepthDistillError, match=f'call it {proposal}$'):
        check_names(['good', name])
    check_names([proposal])


def test_names_that_ros_allows_are_allowed():
    check_names([''])
    check_names(['front', 'front_2', 'Rear', 'arm/wrist', '_x', '/abs', '~/own'])
    for names in ([], ['a', 'a']):
        with pytest.raises(DepthDistillError, match='give each camera its own name'):
            check_names(names)
