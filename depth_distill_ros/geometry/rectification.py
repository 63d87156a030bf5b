# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Rectification: from the image of a real lens to that of a pinhole camera."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from depth_distill_ros.geometry.intrinsics import GeometryError, Intrinsics, SizeError

# Distortion models of sensor_msgs, and how many coefficients each may have.
_MODELS = {'plumb_bob': (4, 5), 'rational_polynomial': (8, 12, 14), 'equidistant': (4,)}


_LEAST_SEEN = 0.02  # share of the rectified pixels


class Rectifier:
    """
    Removes the distortion from the images of one camera.

    Attributes:
        camera: of the rectified images, without distortion
        seen: H×W bool; False where a rectified pixel lies outside the raw image
    Args:
        raw: K of camera_info, at the size of the images
        model: 'plumb_bob', 'rational_polynomial' or 'equidistant' (fisheye)
        coefficients: D of camera_info; zeros at its end may be there or not
        rotation: R of camera_info, 3x3, from the camera's frame to the rectified one
        rectified: P of camera_info; by default a camera of the same size whose whole image lies in
            the raw image
    Raises:
        GeometryError: an unknown model, a wrong number of coefficients, or no rotation.
    """

    def __init__(self, raw: Intrinsics, model: str, coefficients: Sequence[float],
                 rotation: np.ndarray | None = None,
                 rectified: Intrinsics | None = None) -> None:
        if model not in _MODELS:
            raise GeometryError(f'distortion model "{model}" is not one of {", ".join(_MODELS)}: '
                                'name the right one in camera_info, or rectify the images '
                                'upstream (image_proc)')
        d = _fitted(model, np.asarray(coefficients, np.float64).ravel())
        r = np.eye(3) if rotation is None else np.asarray(rotation, np.float64).reshape(3, 3)
        if (np.abs(r) < 2.0).sum() < 9 or not np.allclose(r @ r.T, np.eye(3), atol=1e-3) \
                or np.linalg.det(r) < 0.0:
            raise GeometryError(f'camera_info: R is not a rotation: {r.ravel().tolist()}: fill in '
                                'the identity for a single camera')
        self._raw_size = raw.size
        size = raw.size[::-1]
        self.camera = rectified or _whole_view(raw, model, d, r)
        target = self.camera.matrix()
        initialise = cv2.fisheye.initUndistortRectifyMap if model == 'equidistant' \
            else cv2.initUndistortRectifyMap
        x, y = initialise(raw.matrix(), d, r, target, self.camera.size[::-1], cv2.CV_32FC1)
        self.seen = (x >= -0.5) & (x <= size[0] - 0.5) & (y >= -0.5) & (y <= size[1] - 0.5)
        if self.seen.mean() < _LEAST_SEEN:
            raise GeometryError(f'distortion model "{model}" with the coefficients {d.tolist()} '
                                'leaves hardly a pixel of the image: calibrate the camera again')
        self._maps = cv2.convertMaps(x, y, cv2.CV_16SC2)

    def image(self, image: np.ndarray) -> np.ndarray:
        """Return the rectified H×W×3 uint8 image, bilinear, black outside the raw image."""
        if image.shape[:2] != self._raw_size:
            raise SizeError(f'an image of {image.shape[:2]} with a camera_info for '
                            f'{self._raw_size} (height, width)')
        return cv2.remap(image, *self._maps, cv2.INTER_LINEAR)


def _fitted(model: str, d: np.ndarray) -> np.ndarray:
    """Return the coefficients with as many zeros at the end as the model needs."""
    if not np.isfinite(d).all():
        raise GeometryError(f'camera_info: D is {d.tolist()}: calibrate the camera again')
    used = int(np.flatnonzero(d)[-1]) + 1 if d.any() else 0
    count = next((count for count in _MODELS[model] if count >= used), None)
    if count is None:
        cure = 'if D is that of rational_polynomial, name this model in camera_info, else ' \
            if model == 'plumb_bob' and used <= _MODELS['rational_polynomial'][-1] else ''
        raise GeometryError(f'distortion model "{model}" with the coefficients {d.tolist()}: it '
                            f'has at most {_MODELS[model][-1]}: {cure}rectify the images upstream '
                            '(image_proc)')
    return np.pad(d[:used], (0, count - used))


def _whole_view(raw: Intrinsics, model: str, d: np.ndarray, r: np.ndarray) -> Intrinsics:
    """Return the widest camera with square pixels whose whole image lies in the raw image."""
    k, (width, height) = raw.matrix(), raw.size[::-1]
    u, v = np.linspace(-0.5, width - 0.5, 65), np.linspace(-0.5, height - 0.5, 65)
    undistort = cv2.fisheye.undistortPoints if model == 'equidistant' else cv2.undistortPoints

    def rays(columns: np.ndarray | float, rows: np.ndarray | float) -> np.ndarray:
        edge = np.stack(np.broadcast_arrays(columns, rows), axis=-1).astype(np.float64)
        return undistort(edge[:, None], k, d, R=r)[:, 0]

    left, right = rays(u[0], v)[:, 0].max(), rays(u[-1], v)[:, 0].min()
    top, bottom = rays(u, v[0])[:, 1].max(), rays(u, v[-1])[:, 1].min()
    if not (np.isfinite([left, right, top, bottom]).all() and left < right and top < bottom):
        raise GeometryError(f'distortion model "{model}" with the coefficients {d.tolist()} has '
                            'no rectangular view: give a P in camera_info')
    focal = max(width / (right - left), height / (bottom - top))
    return Intrinsics(focal, focal, 0.5 * (width - 1 - focal * (left + right)),
                      0.5 * (height - 1 - focal * (top + bottom)), *raw.size)
