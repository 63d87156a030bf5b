# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""ScanNet: scenes as its own exporter writes them, or its 25k subset."""

from __future__ import annotations

from functools import lru_cache
import os
from pathlib import Path
import re

import cv2

from depth_distill_ros.datasets.reader import DatasetError
from depth_distill_ros.datasets.readers import camera_file, common
from depth_distill_ros.frame import Frame
from depth_distill_ros.geometry.intrinsics import Intrinsics

# The range of depths that the papers use; the sensor hardly measures farther.
FARTHEST = 6.0

_ASPECT_WITHIN = 0.02
_SCENE = re.compile(r'scene\d{4}_\d{2}')


class ScanNetReader:
    """
    The frames of every scene, scenes by name, frames by number.

    Per scene ``color/N.jpg`` and ``depth/N.png`` (millimetres), and the colour camera in
    ``intrinsic/intrinsic_color.txt`` (SensReader's export) or ``intrinsics_color.txt``
    (scannet_frames_25k). Colour is resized to the size of the depth, 480×640; the views of both
    cameras agree to within a few pixels.

    Attributes:
        remarks: how many scenes have no images
    Args:
        path: a folder of scenes (or of ``scans/`` or ``scannet_frames_25k/``), or one scene
        every: take every n-th frame of a scene
        scenes: a file with the names of the scenes to take, such as the official
            ``scannetv2_train.txt``
    """

    def __init__(self, path: Path, every: int = 1, scenes: Path | None = None) -> None:
        roots = (path, path / 'scans', path / 'scannet_frames_25k')
        found: list[Path] = [path] if (path / 'color').is_dir() else []
        for root in () if found else roots:
            names = os.listdir(root) if root.is_dir() else []
            found += [root / name for name in sorted(names) if _SCENE.fullmatch(name)]
        if not found:
            raise common.not_found('scannet', 'scene folders such as scene0000_00/color', path)
        if scenes is not None:
            found = _chosen(found, scenes)
        images = {scene: _images(scene) for scene in found}
        self._frames = [(scene, Path(name).stem) for scene, names in images.items()
                        for name in names[::every]]
        if not self._frames:
            raise common.not_found('scannet', 'color/*.jpg', found[0])
        empty = [scene.name for scene, names in images.items() if not names]
        self.remarks = [f'{len(empty)} of {len(found)} scenes have no color/*.jpg, the first '
                        f"being {empty[0]}: export them with ScanNet's SensReader"
                        ] if empty else []

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, index: int) -> Frame:
        scene, frame = self._frames[index]
        image = common.read_colour(scene / 'color' / f'{frame}.jpg')
        depth = common.read_depth(scene / 'depth' / f'{frame}.png', None, 1000,
                                  FARTHEST)
        camera = _camera(scene, image.shape[:2])
        if image.shape[:2] != depth.shape:
            _check_aspect(scene / 'depth' / f'{frame}.png', image.shape[:2], depth.shape)
            shrinks = image.shape[0] >= depth.shape[0] and image.shape[1] >= depth.shape[1]
            image = cv2.resize(image, depth.shape[::-1], interpolation=(
                cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR))
            camera = camera.resized(depth.shape) if camera else None
        return Frame(image, depth, intrinsics=camera, name=f'{scene.name}/{frame}')


def _images(scene: Path) -> list[str]:
    folder = scene / 'color'
    return common.entries(folder, ('.jpg', '.jpeg')) if folder.is_dir() else []


@lru_cache(maxsize=4096)
def _camera(scene: Path, size: tuple[int, int]) -> Intrinsics | None:
    file = common.first_existing((scene / 'intrinsic' / 'intrinsic_color.txt',
                                  scene / 'intrinsics_color.txt'))
    if file is None:
        return None
    return camera_file.intrinsics_of(camera_file.read_matrix(file, 4), size, file)


def _check_aspect(depth: Path, *sizes: tuple[int, int]) -> None:
    """Refuse depth of another camera: 968×1296 and 480×640 differ by 0.5 % in aspect ratio."""
    aspects = [width / height for height, width in sizes]
    if abs(aspects[0] / aspects[1] - 1) > _ASPECT_WITHIN:
        raise DatasetError(f'{depth} is {sizes[1]} and its image {sizes[0]} (height, width): '
                           'depth must show what the image shows')


def _chosen(found: list[Path], scenes: Path) -> list[Path]:
    wanted = {word for _, line in common.listed(scenes) for word in line.split()}
    if not wanted:
        raise DatasetError(f'{scenes} is empty: it names one scene per line')
    there = [scene for scene in found if scene.name in wanted]
    if len(there) < len(wanted):
        missing = sorted(wanted - {scene.name for scene in found})
        raise DatasetError(f'scannet: {len(missing)} of the {len(wanted)} scenes that {scenes} '
                           f'names are not in {found[0].parent}, the first being {missing[0]}')
    return there
