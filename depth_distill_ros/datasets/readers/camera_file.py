# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Cameras in files: a K as text, and the YAML and JSON files that people have of their camera."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
import json
from pathlib import Path
import re
from typing import Any

import numpy as np
import yaml

from depth_distill_ros.datasets.reader import DatasetError
from depth_distill_ros.datasets.readers.common import read_text
from depth_distill_ros.files import YamlLoader
from depth_distill_ros.geometry.intrinsics import GeometryError, Intrinsics
from depth_distill_ros.geometry.plausible import problem_of

_LAYOUT = ('the rows of a K are "fx 0 cx", "0 fy cy" and "0 0 1", with a point before the '
           'decimals')
_YAML, _JSON = ('.yaml', '.yml'), ('.json',)


@dataclass(frozen=True, eq=False)
class CameraFile:
    """
    The camera of a file.

    Attributes:
        path: the file, which errors name
        matrix: K, 3×3
        size: (height, width) of the images that it is for; None: any
    """

    path: Path
    matrix: np.ndarray
    size: tuple[int, int] | None = None

    def intrinsics(self, size: tuple[int, int]) -> Intrinsics:
        """Return the camera of images of (height, width) ``size``; DatasetError if it is none."""
        if self.size is None:
            return intrinsics_of(self.matrix, size, self.path)
        camera = resized(intrinsics_of(self.matrix, self.size, self.path), size)
        if camera is None:
            raise DatasetError(f'{self.path} is for images of {self.size} and the image is {size} '
                               '(height, width): name the calibration of this camera')
        return camera


def read_camera(path: Path) -> CameraFile:
    """
    Return the camera of a file: K as text, or YAML or JSON.

    YAML and JSON hold fx, fy, cx and cy, the camera_matrix of camera_calibration, or the K of a
    camera_info as ``ros2 topic echo`` prints it, with or without the size of the images.

    DatasetError naming the file if it holds something else, or no camera.
    """
    suffix = path.suffix.lower()
    if suffix not in (*_YAML, *_JSON):
        camera = CameraFile(path, read_matrix(path))
    else:
        text = read_text(path)
        try:
            entries = json.loads(text) if suffix in _JSON else next(
                filter(None, yaml.load_all(text, YamlLoader)))
            camera = CameraFile(path, _matrix(entries), _size(entries))
        # It may hold any YAML.
        except (yaml.YAMLError, ValueError, LookupError, TypeError, AttributeError, OverflowError,
                RecursionError, StopIteration):
            raise DatasetError(f'{path} does not hold the numbers fx, fy, cx, cy, nor a '
                               'camera_matrix or k of a camera') from None
    _checked(camera.matrix, (1, 1), path)
    return camera


def read_matrix(path: Path, rows: int = 3) -> np.ndarray:
    """Return a square matrix of a text file; of one that holds a 3×4 or 4×4 matrix, all of it."""
    found = _numbers(path)
    if len(found) < rows * rows:
        raise DatasetError(f'{path} does not begin with {rows * rows} numbers')
    if len(found) in (3 * 4, 4 * 4):
        return np.reshape(found, (-1, 4))
    return np.reshape(found[:rows * rows], (rows, rows))


def intrinsics_of(matrix: np.ndarray, size: tuple[int, int], source: object) -> Intrinsics:
    """
    Return the camera of a K, or of a larger matrix with K in its top left corner.

    A negative fy means that the y axis points up, as in the calibration of ICL-NUIM; its images
    are stored as all others.

    Args:
        matrix: at least 3×3
        size: (height, width) of the images
        source: the file of the matrix, which a DatasetError names
    """
    camera = _checked(matrix, size, source)
    if problem := problem_of('K', (*matrix[:1], abs(matrix[1]), matrix[2]), size):
        raise DatasetError(f'{source} holds no camera of images of {size} (height, width): '
                           f'{problem}')
    return camera


def resized(camera: Intrinsics, size: tuple[int, int]) -> Intrinsics | None:
    """Return the camera at the size of its images; None for images of another aspect ratio."""
    if camera.size == size:
        return camera
    # A resize rounds to whole pixels. Other images are cropped, or from another camera.
    height, width = size
    if abs(height * camera.width / camera.height - width) > 1 \
            and abs(width * camera.height / camera.width - height) > 1:
        return None
    return camera.resized(size)


def _checked(matrix: np.ndarray, size: tuple[int, int], source: object) -> Intrinsics:
    try:
        camera = Intrinsics(matrix[0, 0], abs(matrix[1, 1]), matrix[0, 2], matrix[1, 2], *size)
    except GeometryError as error:
        raise DatasetError(f'{source} holds no camera: {error}') from None
    if matrix[1, 0] or matrix[2, :2].any() or matrix[2, 2] != 1:
        raise DatasetError(f'{source} holds no camera: {_LAYOUT}')
    return camera


def _numbers(path: Path) -> list[float]:
    """Return the numbers that a text file begins with, in any layout of lines."""
    # Lines of numpy.savetxt may begin with #, and numpy prints brackets.
    lines = [line.partition('#')[0] for line in read_text(path).splitlines()]
    found: list[float] = []
    with suppress(ValueError):
        for word in re.sub(r'[,;\[\]]', ' ', '\n'.join(lines)).split():
            found.append(float(word))
    return found


def _matrix(entries: Mapping[str, Any]) -> np.ndarray:
    if 'fx' in entries:
        fx, fy, cx, cy = (float(entries[name]) for name in ('fx', 'fy', 'cx', 'cy'))
        return np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]])
    found = entries['camera_matrix'] if 'camera_matrix' in entries else next(
        entries[name] for name in ('k', 'K') if name in entries)
    if isinstance(found, Mapping):
        found = found['data']
    return np.array(found, np.float64).reshape(3, 3)


def _size(entries: Mapping[str, Any]) -> tuple[int, int] | None:
    for prefix in ('image_', ''):
        height, width = (int(entries.get(f'{prefix}{side}') or 0) for side in ('height', 'width'))
        if height > 0 and width > 0:
            return height, width
    return None
