# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Sliding windows: where they lie, and what is made of their overlaps."""

import pytest
import torch

from depth_distill_ros.inference.sliding_window import positions, sliding_window


def test_windows_lie_every_half_window_and_the_last_at_the_border():
    assert positions(375, 256) == [0, 119]
    assert positions(1242, 512) == [0, 256, 512, 730]
    assert positions(512, 512) == positions(300, 512) == [0]
    assert positions(768, 512) == [0, 256]


@pytest.mark.parametrize('size', [(375, 1242), (256, 512), (300, 520), (200, 700), (90, 70)])
def test_a_network_that_sees_one_pixel_gives_the_same_in_windows(size):
    image = torch.rand(2, 3, *size)
    seen = []

    def network(x):
        seen.append(tuple(x.shape[-2:]))
        return x[:, :1] * 2

    torch.testing.assert_close(sliding_window(network, image), image[:, :1] * 2)
    assert set(seen) == {(256, 512)}


def test_overlaps_are_the_mean_of_their_windows():
    numbers = iter((1.0, 3.0))
    depth = sliding_window(
        lambda x: x.new_full((1, 1, *x.shape[-2:]), next(numbers)), torch.rand(1, 3, 4, 12),
        window=(4, 8))
    assert depth[0, 0, 0].tolist() == [1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3]


def test_both_views_of_a_pair_are_cut_alike_and_smaller_answers_are_enlarged():
    left = torch.rand(1, 3, 10, 20)
    depth = sliding_window(
        lambda a, b: (a - b).abs().sum().view(1, 1, 1, 1).expand(1, 1, 3, 5), left, left.clone(),
        window=(6, 10))
    assert depth.shape == (1, 1, 10, 20) and not depth.any()
