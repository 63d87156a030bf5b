# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Dots that a lens has bent lie after rectification where a pinhole shows them."""

import cv2
import numpy as np
import pytest

from depth_distill_ros.geometry.intrinsics import GeometryError, Intrinsics
from depth_distill_ros.geometry.rectification import Rectifier

RAW = Intrinsics(300.0, 305.0, 316.2, 243.7, 480, 640)
LENSES = [
    ('plumb_bob', [-0.28, 0.07, 0.0002, -0.0001, 0.0]),
    ('plumb_bob', [0.12, -0.03, 0.001, 0.002]),
    ('rational_polynomial', [0.5, 0.1, 0.0001, 0.0002, 0.01, 0.85, 0.2, 0.03]),
    ('equidistant', [-0.02, 0.004, -0.002, 0.0003])]


def turn(angles):
    return cv2.Rodrigues(np.array(angles, np.float64))[0]


def bent(points, model, d):
    """Return the pixels at which the lens shows points of its own frame."""
    if model == 'equidistant':
        pixels = cv2.fisheye.projectPoints(
            points[:, None], np.zeros(3), np.zeros(3), RAW.matrix(), np.array(d))[0]
    else:
        pixels = cv2.projectPoints(
            points, np.zeros(3), np.zeros(3), RAW.matrix(), np.array(d))[0]
    return pixels[:, 0]


def image_of_a_dot(pixel):
    v, u = np.mgrid[:480, :640]
    dot = 250 * np.exp(-((u - pixel[0]) ** 2 + (v - pixel[1]) ** 2) / (2 * 2.0 ** 2))
    return np.repeat(dot.astype(np.uint8)[..., None], 3, 2)


@pytest.mark.parametrize('rotation', [None, turn((0.01, -0.03, 0.02))])
@pytest.mark.parametrize(('model', 'd'), LENSES)
def test_dots_land_where_the_rectified_camera_projects_them(model, d, rotation):
    p = Intrinsics(280.0, 280.0, 320.0, 240.0, 480, 640)
    for rectified in (p, None):
        rectifier = Rectifier(RAW, model, d, rotation, rectified)
        v, u = (grid.ravel() for grid in np.mgrid[40:480:130, 50:640:180])
        camera = rectifier.camera
        rays = np.stack([(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy,
                         np.ones(len(u))], 1)
        in_lens = rays if rotation is None else rays @ rotation  # R turns the lens's into these
        for pixel, target in zip(bent(in_lens, model, d), zip(u, v, strict=True), strict=True):
            if not (10 < pixel[0] < 629 and 10 < pixel[1] < 469):
                continue
            found = rectifier.image(image_of_a_dot(pixel))[..., 0].astype(float)
            rows, columns = np.mgrid[:480, :640]
            centre = (found * columns).sum() / found.sum(), (found * rows).sum() / found.sum()
            assert np.hypot(*np.subtract(centre, target)) <= 0.3


@pytest.mark.parametrize(('model', 'd'), LENSES)
def test_without_p_the_view_is_as_wide_as_the_lens_saw_everything(model, d):
    rectifier = Rectifier(RAW, model, d)
    assert rectifier.camera.size == RAW.size and rectifier.camera.fx == rectifier.camera.fy
    assert rectifier.seen.mean() >= 0.995
    wider = Intrinsics(rectifier.camera.fx * 0.93, rectifier.camera.fy * 0.93,
                       rectifier.camera.cx, rectifier.camera.cy, 480, 640)
    assert Rectifier(RAW, model, d, rectified=wider).seen.mean() < 0.99


def test_what_the_lens_did_not_see_is_black_and_marked():
    wide = Intrinsics(100.0, 100.0, 319.5, 239.5, 480, 640)
    rectifier = Rectifier(RAW, *LENSES[0], rectified=wide)
    found = rectifier.image(np.full((480, 640, 3), 200, np.uint8))
    assert not rectifier.seen[0, 0] and rectifier.seen[240, 320]
    assert (found[~cv2.dilate(rectifier.seen.astype(np.uint8), np.ones((3, 3))).astype(bool)]
            == 0).all()


@pytest.mark.parametrize('arguments, words', [
    ((RAW, 'mustache', [0.0] * 5), '"mustache" is not one of plumb_bob'),
    ((RAW, 'plumb_bob', [0.1] * 6), 'has at most 5'),
    ((RAW, 'equidistant', [0.0, np.nan, 0.0, 0.0]), 'calibrate the camera again'),
    ((RAW, 'plumb_bob', [0.0] * 5, np.ones((3, 3))), 'R is not a rotation')])
def test_a_lens_that_nobody_knows_is_refused(arguments, words):
    with pytest.raises(GeometryError, match=words):
        Rectifier(*arguments)


def test_an_image_of_another_size_is_refused():
    with pytest.raises(GeometryError, match=r'\(240, 320\)'):
        Rectifier(RAW, *LENSES[0]).image(np.zeros((240, 320, 3), np.uint8))


def test_a_distortion_that_leaves_no_image_and_a_reflection_are_refused():
    with pytest.raises(GeometryError, match='leaves hardly a pixel .*calibrate the camera again'):
        Rectifier(RAW, 'plumb_bob', [1e9] * 5, rectified=RAW)
    with pytest.raises(GeometryError, match='R is not a rotation'):
        Rectifier(RAW, 'plumb_bob', [0.1] * 4, np.diag([1.0, 1.0, -1.0]))
