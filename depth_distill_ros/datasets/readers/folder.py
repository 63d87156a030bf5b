# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A plain folder of images, optionally with depth, classes, right images and camera."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from depth_distill_ros.datasets.reader import DatasetError
from depth_distill_ros.datasets.readers import common
from depth_distill_ros.datasets.readers.camera_file import CameraFile, read_camera
from depth_distill_ros.frame import Frame
from depth_distill_ros.stream import semantics as class_maps

# What cameras and phones also write.
_OTHER_IMAGES = ('.bmp', '.tif', '.tiff', '.webp', '.heic', '.heif', '.avif', '.pgm', '.ppm',
                 '.jp2', '.gif', '.dng', '.exr')


class FolderReader:
    """
    ``image/`` (JPG or PNG), in natural order of the names.

    ``depth/`` (16-bit PNG), ``semantics/`` (8-bit PNG of NYU-13 ids) and ``right/`` (PNG, the
    right images of rectified pairs) are optional; each holds a file of every image's name. The
    camera is ``K.txt`` (3×3) or ``intrinsics.json`` (fx, fy, cx, cy).

    Attributes:
        remarks: how many images have a format that is not read
    Args:
        path: the folder that holds ``image/``, or only images
        per_metre: stored value of one metre in ``depth/``
        frames: which of the images, in their order
    """

    def __init__(self, path: Path, per_metre: float = 1000.0,
                 frames: slice = slice(None)) -> None:
        self._path = path
        self._per_metre = per_metre
        self._images = path / 'image' if (path / 'image').is_dir() else path
        self._files = common.entries(self._images) if path.is_dir() else []
        if not self._files:
            raise common.not_found('folder', '*.jpg or *.png, or image/ with some (and '
                                   'depth/, semantics/, right/, K.txt beside it)', path)
        stems = [Path(file).stem for file in self._files]
        twice = [a for a, b in zip(stems, stems[1:], strict=False) if a == b]
        if twice:
            raise DatasetError(f'{self._images} holds two images named {twice[0]}')
        self.remarks = _not_read(self._images)
        there = len(self._files)
        self._files, stems = self._files[frames], stems[frames]
        if not self._files:
            raise DatasetError(f'{self._images} holds {there} images, none of them in '
                               f'frames={frames.start}:{frames.stop}')
        self._has_depth, self._has_semantics, self._has_right = (
            self._has(part, stems) for part in ('depth', 'semantics', 'right'))
        self._camera = _camera(path)

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, index: int) -> Frame:
        file = self._files[index]
        name = Path(file).stem
        image = common.read_colour(self._images / file)
        depth = semantics = camera = right = None
        if self._has_depth:
            path = self._path / 'depth' / f'{name}.png'
            depth = common.read_depth(path, image, self._per_metre)
        if self._has_semantics:
            path = self._path / 'semantics' / f'{name}.png'
            try:
                semantics = class_maps.class_ids(common.read_grey(path, np.uint8), 'mono8')
            except class_maps.SemanticsError as error:
                raise DatasetError(f'{path}: {error}') from None
        if self._has_right:
            right = common.read_colour(self._path / 'right' / f'{name}.png')
        if self._camera is not None:
            camera = self._camera.intrinsics(image.shape[:2])
        return Frame(image, depth, semantics, camera, right, name=name)

    def _has(self, part: str, stems: list[str]) -> bool:
        folder = self._path / part
        if not folder.is_dir():
            return False
        there = {Path(name).stem for name in common.entries(folder, ('.png',))}
        missing = [stem for stem in stems if stem not in there]
        if missing:
            raise DatasetError(f'{folder} lacks {len(missing)} of {len(stems)} files, the first '
                               f'being {missing[0]}.png: add them, or move the images without '
                               'them to a folder of their own')
        return True


def _not_read(folder: Path) -> list[str]:
    others = common.entries(folder, _OTHER_IMAGES)
    return [f'{folder} holds {len(others)} images that are neither JPEG nor PNG, the first being '
            f'{others[0]}: not read; convert them (mogrify -format png)'] if others else []


def _camera(path: Path) -> CameraFile | None:
    file = common.first_existing((path / 'K.txt', path / 'intrinsics.json'))
    return read_camera(file) if file else None
