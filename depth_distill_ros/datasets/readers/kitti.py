# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""KITTI: raw drives by split list or annotated depth, and the benchmark's selection."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np

from depth_distill_ros.datasets.reader import DatasetError
from depth_distill_ros.datasets.readers import camera_file, common
from depth_distill_ros.datasets.readers.kitti_lists import DriveFrame, listed
from depth_distill_ros.frame import Frame
from depth_distill_ros.geometry.intrinsics import Intrinsics

_PER_METRE = 256
_SELECTIONS = {'val-selection': 'val_selection_cropped',
               'test-prediction': 'test_depth_prediction_anonymous'}


class KittiReader:
    """
    Rectified images with their projected depth (PNG16 / 256 metres), where it exists.

    Raw images are ``<date>/<drive>/image_02/data/N.png`` (or .jpg), depth maps
    ``data_depth_annotated/{train,val}/<drive>/proj_depth/groundtruth/image_02/N.png``; the
    camera is that of ``<date>/calib_cam_to_cam.txt``. The benchmark's selection lies in
    ``depth_selection/`` with intrinsics of its own.

    Args:
        path: the folder of all these; raw drives may also be in ``raw/`` or ``kitti_raw/``
        split: train or val (every annotated image of the left camera), val-selection (1000), or
            test-prediction (500, no depth)
        files: a split list instead, such as Eigen's 22,600 + 697 images; see ``kitti_lists``
        stereo: with the right images; an image of the right camera then means its pair
    """

    def __init__(self, path: Path, split: Literal[
            'train', 'val', 'val-selection', 'test-prediction'] = 'train',
            files: Path | None = None, stereo: bool = False) -> None:
        self._stereo = stereo
        self._selection: Any = None
        if files is None and split in _SELECTIONS:
            if stereo:
                raise DatasetError(f'kitti: split {split} has no right images; leave stereo out')
            self._open_selection(path, _SELECTIONS[split])
            return
        roots = (path, path / 'raw', path / 'kitti_raw', path / 'raw_data')
        raw = next((root for root in roots if any(root.glob('20??_??_??'))), None)
        if raw is None:
            raise common.not_found('kitti', 'raw drives (2011_09_26/...)', path)
        self._raw = raw
        annotated = common.first_existing((path / 'data_depth_annotated',
                                           path / 'depth' / 'data_depth_annotated'))
        if annotated is None and any((path / name).is_dir() for name in ('train', 'val')):
            annotated = path
        self._annotated = _drives(annotated) if annotated else {}
        if files is not None:
            file = common.first_existing((files, path / files))
            if file is None:
                raise common.not_found('kitti', f'the split list {files}', path)
            self._frames = listed(file, stereo)
        else:
            if annotated is None:
                raise common.not_found('kitti', 'data_depth_annotated/', path)
            self._frames = [
                DriveFrame(drive, 2, Path(name).stem) for drive, folder in self._annotated.items()
                if folder.parent.name == split
                for name in common.entries(folder / 'proj_depth' / 'groundtruth' / 'image_02')]
            if not self._frames:
                raise common.not_found(
                    'kitti', f'{split}/<drive>/proj_depth/groundtruth/image_02/*.png', annotated)
        first = self._frames[0]
        # Some store the images as JPEG; lists name .png or .jpg, as their author had them.
        kinds = [suffix for suffix in ('.png', '.jpg')
                 if common.spelled(self._image(first, suffix)).is_file()]
        if not kinds:
            raise common.not_found('kitti', f'{first.image}.png or .jpg (the first image)', raw)
        self._suffix = kinds[0]

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, index: int) -> Frame:
        frame = self._frames[index]
        if self._selection is not None:
            return self._selected(frame)
        image = common.read_colour(self._image(frame, self._suffix))
        right = None
        if self._stereo:
            right = common.read_colour(self._image(frame.of_camera(3), self._suffix))
        return Frame(image, self._depth(frame, image),
                     intrinsics=_camera(self._raw / frame.date, frame.camera, image.shape[:2]),
                     right=right, name=frame.image)

    def _image(self, frame: DriveFrame, suffix: str) -> Path:
        return self._raw / f'{frame.image}{suffix}'

    def _depth(self, frame: DriveFrame, image: np.ndarray) -> np.ndarray | None:
        folder = self._annotated.get(frame.drive)
        if folder is None or not frame.has_depth:
            return None
        file = common.spelled(folder / frame.annotation)
        # The first and last images of a drive have no annotation.
        return common.read_depth(file, image, _PER_METRE) if file.is_file() else None

    def _open_selection(self, path: Path, name: str) -> None:
        images = common.first_existing(root / name / 'image' for root in (
            path, path / 'depth_selection', path / 'data_depth_selection'))
        if images is None:
            raise common.not_found('kitti', f'depth_selection/{name}/image', path)
        self._selection = images.parent
        self._frames = [DriveFrame('', 2, Path(file).stem) for file in common.entries(images)]
        if not self._frames:
            raise common.not_found('kitti', '*.png', images)
        self._has_depth = (images.parent / 'groundtruth_depth').is_dir()

    def _selected(self, frame: DriveFrame) -> Frame:
        name = frame.number
        image = common.read_colour(self._selection / 'image' / f'{name}.png')
        depth = None
        if self._has_depth:
            file = name.replace('_sync_image_', '_sync_groundtruth_depth_')
            depth = common.read_depth(
                self._selection / 'groundtruth_depth' / f'{file}.png', image, _PER_METRE)
        matrix = camera_file.read_matrix(self._selection / 'intrinsics' / f'{name}.txt')
        camera = camera_file.intrinsics_of(
            matrix, image.shape[:2], self._selection / 'intrinsics' / f'{name}.txt')
        return Frame(image, depth, intrinsics=camera, name=name)


def _drives(annotated: Path) -> dict[str, Path]:
    """Return drive -> folder of its annotations, in train/, val/ or without a split."""
    folders = [annotated / 'train', annotated / 'val', annotated]
    return {drive.name: drive for folder in folders
            for drive in sorted(folder.glob('20*_drive_*_sync'))}


@lru_cache(maxsize=256)
def _camera(date: Path, camera: int, size: tuple[int, int]) -> Intrinsics | None:
    """Return the rectified camera of a date, or None without a calibration file."""
    file = date / 'calib_cam_to_cam.txt'
    if not file.is_file():
        return None
    lines = dict(line.split(':', 1) for line in common.read_text(file).splitlines() if ':' in line)
    try:
        values = [float(word) for word in lines[f'P_rect_{camera:02d}'].split()]
        matrix = np.array(values).reshape(3, 4)
    except (KeyError, ValueError):
        raise DatasetError(f'{file} holds no line P_rect_{camera:02d} of 12 numbers') from None
    return camera_file.intrinsics_of(matrix, size, f'{file}: P_rect_{camera:02d}')
