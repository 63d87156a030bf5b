# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Another lens, other metres: the factor is exact for magnified images, and helps real ones."""

import math

import cv2
import numpy as np
import pytest

from depth_distill_ros.geometry.intrinsics import Intrinsics, focal_factor
from depth_distill_ros.geometry.view import View
from depth_distill_ros.inference.engines.torch_engine import TorchEngine
from depth_distill_ros.shipped import shipped_start
from depth_distill_ros.worlds.mujoco.camera import SimulatedCamera

LEARNED = Intrinsics.from_vertical_fov(math.radians(45.0), (96, 128))


@pytest.mark.parametrize('fov', [45.0, 60.0, 90.0])
@pytest.mark.parametrize('size', [(480, 640), (96, 128), (720, 1280)])
def test_the_factor_is_the_ratio_of_the_focal_lengths_at_the_networks_pixels(fov, size):
    camera = Intrinsics.from_vertical_fov(math.radians(fov), size)
    seen = View.fit(size, LEARNED.size).intrinsics(camera)
    expected = math.tan(math.radians(22.5)) / math.tan(math.radians(fov / 2))
    # A crop of whole pixels makes others a little longer than wide.
    assert focal_factor(LEARNED, seen) == pytest.approx(expected, rel=5e-3)


def test_a_pad_sees_the_same_things_smaller_and_so_nearer_by_the_same_measure():
    camera = Intrinsics.from_vertical_fov(math.radians(45.0), (720, 1280))
    fitted, padded = (rule((720, 1280), LEARNED.size).intrinsics(camera)
                      for rule in (View.fit, View.pad))
    assert focal_factor(LEARNED, padded) == pytest.approx(
        0.75 * focal_factor(LEARNED, fitted), rel=5e-3)


def test_pixels_that_are_not_square_count_by_their_area():
    wide = Intrinsics(2 * LEARNED.fx, 0.5 * LEARNED.fy, 63.5, 47.5, 96, 128)
    assert focal_factor(LEARNED, wide) == pytest.approx(1.0)


@pytest.fixture(scope='module')
def network():
    return TorchEngine(shipped_start('resnet18'), 'cpu')


@pytest.mark.slow
@pytest.mark.parametrize(('fov', 'most'), [(45.0, 1.001), (60.0, 0.6), (90.0, 0.6)])
def test_a_shipped_networks_error_on_other_lenses_falls_by_the_factor(network, fov, most):
    plain, scaled = [], []
    with SimulatedCamera('target', 90210, (192, 256), 1, math.radians(fov)) as camera:
        for _ in range(6):
            frame = next(camera)
            view = View.fit((192, 256), network.input_size)
            factor = focal_factor(network.card.intrinsics, view.intrinsics(camera.intrinsics))
            depth = network(frame.image, view).depth
            truth = cv2.resize(view.depth(frame.depth), depth.shape[::-1],
                               interpolation=cv2.INTER_NEAREST)
            counted = np.isfinite(truth) & (truth > 0)
            for errors, found in ((plain, depth), (scaled, depth * factor)):
                errors.append(np.mean(np.abs(found - truth)[counted] / truth[counted]))
    assert np.mean(scaled) <= most * np.mean(plain)
