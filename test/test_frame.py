# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A simulated frame is whole or it is refused."""

import numpy as np
import pytest

from depth_distill_ros.frame import Frame, FrameError, FrameSizeError
from depth_distill_ros.geometry.intrinsics import Intrinsics


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
