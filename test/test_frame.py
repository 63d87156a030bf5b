# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A frame is whole or refused, and its parts go through a view together."""

import numpy as np
import pytest

from depth_distill_ros.frame import Frame, FrameError, FrameSizeError
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.geometry.view import View


def parts(**changes):
    return {
        'image': np.zeros((4, 6, 3), np.uint8), 'semantics': np.zeros((4, 6), np.uint8),
        'intrinsics': Intrinsics(5.0, 5.0, 2.5, 1.5, 4, 6), 'stamp': 7, **changes}


def test_a_whole_frame_knows_its_size():
    assert Frame(**parts(depth=np.ones((4, 6), np.float32))).size == (4, 6)


@pytest.mark.parametrize('changes', [
    {'semantics': np.zeros((2, 3), np.uint8)},
    {'right': np.zeros((2, 3, 3), np.uint8)},
    {'intrinsics': Intrinsics(5.0, 5.0, 2.5, 1.5, 2, 3)},
])
def test_parts_of_another_size_are_refused_with_both_sizes(changes):
    with pytest.raises(FrameSizeError, match='2x3.*4x6'):
        Frame(**parts(**changes))


@pytest.mark.parametrize(('changes', 'culprit'), [
    ({'image': np.zeros((4, 6), np.uint8)}, 'image'),
    ({'image': np.zeros((4, 6, 4), np.uint8)}, 'image'),
    ({'image': np.zeros((0, 6, 3), np.uint8)}, 'image'),
    ({'image': np.zeros((4, 6, 3), np.float32)}, 'image.*float32'),
    ({'image': [[0]]}, 'image.*list'),
    ({'semantics': np.zeros((4, 6), np.int32)}, 'semantics.*int32'),
    ({'semantics': np.zeros((4, 6, 1), np.uint8)}, 'semantics'),
    ({'depth': np.zeros((4, 6), np.float64)}, 'depth.*float64'),
    ({'stamp': -1}, 'stamp'), ({'stamp': 1.5}, 'stamp'), ({'stamp': True}, 'stamp'),
])
def test_parts_of_another_type_are_refused_by_name(changes, culprit):
    with pytest.raises(FrameError, match=culprit):
        Frame(**parts(**changes))


def test_every_part_goes_through_a_view_and_the_rest_stays():
    rows, columns = np.mgrid[:4, :6].astype(np.float32)
    image = np.stack([10 * columns, 10 * rows, 0 * rows], -1).astype(np.uint8)
    depth = columns + 1
    depth[:, 1] = np.nan
    whole = Frame(image, depth, columns.astype(np.uint8), Intrinsics(5.0, 5.0, 2.5, 1.5, 4, 6),
                  image[:, ::-1].copy(), stamp=9, name='wall')
    seen = whole.through(View((0, 1, 4, 4), (4, 4)))
    np.testing.assert_array_equal(seen.image, image[:, 1:5])
    np.testing.assert_array_equal(seen.right, image[:, ::-1][:, 1:5])
    np.testing.assert_array_equal(seen.depth, depth[:, 1:5])
    np.testing.assert_array_equal(seen.semantics, columns[:, 1:5])
    assert (seen.intrinsics.cx, seen.intrinsics.size) == (1.5, (4, 4))
    assert (seen.stamp, seen.name) == (9, 'wall')
    small = whole.through(View((0, 0, 4, 6), (2, 3)))
    # images are averaged over areas, depth and classes come from the nearest pixel
    assert small.image[0, :, 0].tolist() == [5, 25, 45]
    assert small.semantics[0].tolist() == [1, 3, 5]
    np.testing.assert_array_equal(small.depth[0], [np.nan, 4, 6])


def test_parts_that_are_missing_stay_missing_and_depth_of_another_size_is_refused():
    seen = Frame(np.zeros((4, 6, 3), np.uint8)).through(View.fit((4, 6), (2, 2)))
    assert seen.size == (2, 2)
    assert {seen.depth, seen.semantics, seen.intrinsics, seen.right} == {None}
    with pytest.raises(FrameSizeError, match='wall: depth of size 4x5 for an image of 4x6'):
        Frame(np.zeros((4, 6, 3), np.uint8), np.ones((4, 5), np.float32), name='wall').through(
            View.fit((4, 6), (2, 2)))
