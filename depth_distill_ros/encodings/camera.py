# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Intrinsics and rectification of a CameraInfo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from depth_distill_ros.geometry.intrinsics import GeometryError, Intrinsics, SizeError
from depth_distill_ros.geometry.plausible import problem_of
from depth_distill_ros.geometry.rectification import Rectifier

_NO_P = (0.0,) * 12
_LARGEST = 1 << 15  # pixels, side
_CALIBRATE = 'calibrate the camera or publish its calibration'
_RECTIFY = ('P describes a camera: if the images are rectified (image_rect), set rectify of the '
            'inference node to upstream, else calibrate the camera')


class CameraInfoError(GeometryError):
    """A camera_info without calibration or image size."""


def image_size(message: Any) -> tuple[int, int]:
    """Return (height, width) of the images that belong to this CameraInfo, pixels."""
    rows = message.roi.height or message.height
    columns = message.roi.width or message.width
    return rows // max(1, message.binning_y), columns // max(1, message.binning_x)


def check_size(message: Any, size: tuple[int, int]) -> None:
    """Raise SizeError, which names the cause, unless this CameraInfo is for (height, width)."""
    found = image_size(message)
    if found != size:
        raise SizeError(f'camera_info is for {_text(found)} and the image is {_text(size)} '
                        f'(height x width): {_cause_of_other_size(message, size)}')


def to_intrinsics(message: Any) -> Intrinsics:
    """
    Return K after ROI and binning: the intrinsics of the images of this CameraInfo.

    Raises:
        CameraInfoError: no size or no calibration, or a K that no camera has.
    """
    _check_layout(message)
    k = message.k
    problem = problem_of('K', (k[:3], k[3:6], k[6:]), (message.height, message.width))
    if problem:
        cure = _RECTIFY if to_rectified_intrinsics(message) else _CALIBRATE
        raise CameraInfoError(f'camera_info is not calibrated ({problem}): {cure}')
    return _pinhole(message, k[0], k[4], k[2], k[5])


def to_rectified_intrinsics(message: Any) -> Intrinsics | None:
    """Return P after ROI and binning: the camera of rectified images; None without a usable P."""
    p = _p(message)
    return None if rectified_problem(message) else _pinhole(message, p[0], p[5], p[2], p[6])


def rectified_problem(message: Any) -> str:
    """Return what P lacks to be the camera of rectified images, '' if it is one."""
    p = _p(message)
    return problem_of('P', (p[:4], p[4:8], p[8:]), (message.height, message.width))


def to_rectifier(message: Any) -> Rectifier | None:
    """
    Return the Rectifier of the images of this CameraInfo; None if they need no rectification.

    That is so without distortion and rotation, if P is absent or equal to K.
    """
    raw, rectified = to_intrinsics(message), to_rectified_intrinsics(message)
    rotation = np.array(message.r, np.float64).reshape(3, 3)
    if not rotation.any():  # not filled in
        rotation = np.eye(3)
    if not any(message.d) and np.allclose(rotation, np.eye(3)) and rectified in (None, raw):
        return None
    # Drivers leave the model empty where there is no distortion.
    model, coefficients = message.distortion_model, list(message.d)
    if not any(coefficients):
        model, coefficients = 'plumb_bob', [0.0] * 5
    return Rectifier(raw, model, coefficients, rotation, rectified)


def _p(message: Any) -> Sequence[float]:
    return getattr(message, 'p', _NO_P)


def _check_layout(message: Any) -> None:
    """Raise CameraInfoError unless size, ROI and binning describe an image."""
    height, width, roi = message.height, message.width, message.roi
    if not (0 < height <= _LARGEST and 0 < width <= _LARGEST):
        raise CameraInfoError(f'camera_info has the image size {height}x{width} (height x width): '
                              'the driver must fill in both')
    if roi.y_offset + roi.height > height or roi.x_offset + roi.width > width:
        raise CameraInfoError(f'camera_info: its ROI of {roi.height}x{roi.width} at '
                              f'({roi.y_offset}, {roi.x_offset}) does not lie inside '
                              f'{height}x{width} (height x width): fill in zeros for no ROI')
    if not all(image_size(message)):
        raise CameraInfoError(f'camera_info: its binning of {_binning(message)} leaves no pixel '
                              f'of {height}x{width}: fill in 1 for no binning')


def _pinhole(message: Any, fx: float, fy: float, cx: float, cy: float) -> Intrinsics:
    bx, by = max(1, message.binning_x), max(1, message.binning_y)
    full = Intrinsics(fx, fy, cx - message.roi.x_offset, cy - message.roi.y_offset,
                      message.roi.height or message.height, message.roi.width or message.width)
    if bx == 1 and by == 1:
        return full
    rows, columns = image_size(message)
    # Binning sums whole blocks from the top left corner: the scale is exactly 1 / binning.
    return replace(full, fx=full.fx / bx, fy=full.fy / by, cx=(full.cx + 0.5) / bx - 0.5,
                   cy=(full.cy + 0.5) / by - 0.5, height=rows, width=columns)


def _cause_of_other_size(message: Any, size: tuple[int, int]) -> str:
    """Return the likely reason why images of ``size`` do not fit this message, with a cure."""
    full, roi = (message.height, message.width), message.roi
    region = (roi.height or message.height, roi.width or message.width)
    bins = max(1, message.binning_y), max(1, message.binning_x)
    binned, cropped = max(bins) > 1, region != full
    without_roi = (full[0] // bins[0], full[1] // bins[1])
    if not all(full):
        return 'the driver must fill in the size'
    if binned and size == region:
        return f'its binning of {_binning(message)} does not hold for the image: fill in 1'
    if cropped and size == without_roi:
        return f'its ROI of {_text(region)} does not hold for the image: fill in zeros'
    if binned and cropped and size == full:
        return (f'its binning of {_binning(message)} and its ROI of {_text(region)} do not hold '
                'for the image: fill in 1 and zeros')
    if size == image_size(message)[::-1]:
        return 'height and width are exchanged: is the image turned?'
    scales = {round(have / want, 3) for have, want in zip(image_size(message), size, strict=True)}
    if len(scales) == 1 and 0.0 not in scales:
        return ('was the image resized without its camera_info? Publish the camera_info of the '
                'resized image, or take the full one')
    return 'is camera_info remapped to the same camera?'


def _binning(message: Any) -> str:
    return f'{message.binning_x}x{message.binning_y}'


def _text(size: tuple[int, int]) -> str:
    return f'{size[0]}x{size[1]}'
