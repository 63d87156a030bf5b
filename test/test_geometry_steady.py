# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Depth is averaged where the image stands still, and nowhere else."""

import numpy as np

from depth_distill_ros.geometry.steady import SteadyDepth

SIZE = (48, 64)


def scene(left):
    """Return an image and a depth with a bright box before a dark wall, from a column on."""
    image, depth = np.full((96, 128, 3), 60, np.uint8), np.full(SIZE, 3.0, np.float32)
    image[20:70, 2 * left:2 * left + 30] = 200
    depth[10:35, left:left + 15] = 1.5
    return image, depth


def noisy(rng, image, depth):
    grain = rng.normal(0, 4, image.shape)
    return (np.clip(image + grain, 0, 255).astype(np.uint8),
            (depth * (1 + rng.normal(0, 0.02, depth.shape))).astype(np.float32))


def test_the_variance_of_a_still_camera_is_less_than_half():
    rng, steady = np.random.default_rng(0), SteadyDepth()
    frames = [noisy(rng, *scene(20)) for _ in range(40)]
    averaged = np.stack([steady(depth, image, 0.7) for image, depth in frames])[20:]
    plain = np.stack([depth for _, depth in frames])[20:]
    assert averaged.var(0).mean() < 0.4 * plain.var(0).mean()
    assert abs(averaged.mean() - plain.mean()) < 0.01


def test_what_moves_leaves_no_trail_however_slow():
    for pace in (1, 4):
        steady = SteadyDepth()
        for left in range(5, 45, pace):
            for _ in range(3):
                image, depth = scene(left)
                found = steady(depth, image, 0.9)
        np.testing.assert_array_equal(found, depth)


def test_a_camera_that_moves_gets_the_newest_depth():
    rng, steady = np.random.default_rng(0), SteadyDepth()
    for _ in range(5):
        image = np.repeat(np.repeat(rng.integers(0, 255, (6, 8, 3), np.uint8), 16, 0), 16, 1)
        depth = rng.uniform(1, 5, SIZE).astype(np.float32)
        assert (steady(depth, image, 0.9) == depth).mean() > 0.9


def test_missing_depth_is_not_filled_and_another_size_begins_anew():
    steady, (image, depth) = SteadyDepth(), scene(20)
    steady(depth, image, 0.9)
    hole = depth.copy()
    hole[5] = np.nan
    assert np.isnan(steady(hole, image, 0.9)[5]).all()
    np.testing.assert_array_equal(steady(depth, image, 0.9)[5], depth[5])
    np.testing.assert_array_equal(steady(depth[:20], image, 0.9), depth[:20])
