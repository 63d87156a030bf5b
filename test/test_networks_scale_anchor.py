# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The scale anchor: what factor is learned from which frames, and which camera it is for."""

import math

import numpy as np
import pytest

from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.networks.scale_anchor import (
    FEWEST,
    LARGEST,
    STEP,
    ScaleAnchor,
    learned,
)

CAMERA = Intrinsics.from_vertical_fov(0.8, (96, 128))
OTHER = Intrinsics.from_vertical_fov(1.0, (96, 128))


def depths(factors, noise=0.0, seed=0):
    """Return the teacher's and the student's metres, whose ratio is the factor of each frame."""
    random = np.random.default_rng(seed)
    student = random.uniform(0.5, 5.0, (len(factors), 12, 16))
    teacher = student * np.reshape(factors, (-1, 1, 1)) * np.exp(
        noise * random.normal(size=student.shape))
    return teacher.astype(np.float32), student.astype(np.float32)


def test_frames_that_agree_on_a_factor_teach_it():
    anchor = learned(*depths([1.2] * 20, noise=0.3), CAMERA)
    assert anchor.factor == pytest.approx(1.2, rel=0.02)
    assert (anchor.frames, anchor.camera) == (20, CAMERA)
    assert learned(*depths([1.0] * 20)).factor == pytest.approx(1.0)


def test_few_frames_that_differ_move_it_less_than_many():
    spread = 1.2 * np.exp(0.4 * np.tile([-1.0, -0.4, 0.4, 1.0], 50))
    few, many = (learned(*depths(spread[:count])).factor for count in (FEWEST, 200))
    assert 1.0 < few < many < 1.2
    assert math.log(many) > 0.9 * math.log(1.2) > 1.2 * math.log(few)


def test_too_few_frames_teach_nothing_and_those_without_depth_do_not_count():
    teacher, student = depths([1.2] * FEWEST)
    assert learned(teacher, student).frames == FEWEST
    student[0], teacher[1] = np.nan, -1.0
    assert learned(teacher, student) is None


def test_strange_frames_and_strange_pixels_hardly_move_it():
    teacher, student = depths([1.1] * 17 + [9.0] * 3)
    teacher[:, :3] *= 5.0  # a quarter of each frame
    student[:, 3, :4] = np.nan
    assert learned(teacher, student).factor == pytest.approx(1.1, rel=0.01)


def test_it_has_limits_and_moves_by_one_step_from_release_to_release():
    far = depths([3.0] * 20)
    assert learned(*far).factor == pytest.approx(LARGEST)
    assert learned(*depths([0.2] * 20)).factor == pytest.approx(1 / LARGEST)
    previous = ScaleAnchor(0.9, 50, CAMERA)
    assert learned(*far, CAMERA, previous).factor == pytest.approx(0.9 * STEP)
    assert learned(*depths([0.6] * 20), CAMERA, previous).factor == pytest.approx(0.9 / STEP)
    assert learned(*depths([0.95] * 20), CAMERA, previous).factor == pytest.approx(0.95)


def test_another_lens_begins_anew_and_gets_no_factor_of_the_first():
    assert learned(*depths([1.3] * 20), OTHER, ScaleAnchor(0.9, 50, CAMERA)).factor == \
        pytest.approx(1.3)
    anchor = ScaleAnchor(0.9, 50, CAMERA)
    assert anchor.at(CAMERA) == anchor.at(CAMERA.resized((480, 640))) == 0.9
    assert anchor.at(OTHER) == 1.0
    assert anchor.at(None) == ScaleAnchor(0.9, 50).at(OTHER) == 0.9
