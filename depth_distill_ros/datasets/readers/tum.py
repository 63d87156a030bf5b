# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""TUM RGB-D: sequences of images and depth maps, matched by their times."""

from __future__ import annotations

import os
from pathlib import Path
import re

from depth_distill_ros.datasets.reader import DatasetError
from depth_distill_ros.datasets.readers import common
from depth_distill_ros.datasets.readers.matching import matched
from depth_distill_ros.frame import Frame
from depth_distill_ros.geometry.intrinsics import Intrinsics

_PER_METRE = 5000
_RGB, _DEPTH = 'rgb.txt', 'depth.txt'
# The colour cameras' published calibration; the images are not undistorted.
_CAMERAS = {
    '1': Intrinsics(517.3, 516.5, 318.6, 255.3, 480, 640),
    '2': Intrinsics(520.9, 521.0, 325.1, 249.7, 480, 640),
    '3': Intrinsics(535.4, 539.2, 320.1, 247.6, 480, 640),
}


class TumReader:
    """
    The images of a sequence that have a depth map at their time, in time order.

    Depth (value / 5000 metres) is registered to the images. The camera follows from
    "freiburg1", 2 or 3 in the sequence's name; otherwise there are no intrinsics.

    Args:
        path: a sequence, or a folder of sequences
        within: maximum time between an image and its depth, seconds
    """

    def __init__(self, path: Path, within: float = 0.02) -> None:
        names = sorted(os.listdir(path)) if path.is_dir() else []
        sequences = [path] if _RGB in names else [
            path / name for name in names if (path / name / _RGB).is_file()]
        if not sequences:
            raise common.not_found('tum', f'{_RGB} and {_DEPTH}, or folders with them', path)
        self._frames: list[tuple[Path, str, str, str]] = []
        for sequence in sequences:
            colours, depths = (_listed(sequence, name) for name in (_RGB, _DEPTH))
            pairs = matched([float(time) for time, _ in colours],
                            [float(time) for time, _ in depths], within)
            self._frames += [(sequence, *colours[i], depths[j][1]) for i, j in pairs]
        if not self._frames:
            raise DatasetError(f'tum: no image of {path} has a depth map within {within:g} s')

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, index: int) -> Frame:
        sequence, time, colour, depth = self._frames[index]
        image = common.read_colour(sequence / colour)
        number = re.search(r'(?:freiburg|fr)([123])', sequence.resolve().name)
        camera = common.resized(_CAMERAS[number[1]], image.shape[:2]) if number else None
        return Frame(image, common.read_depth(sequence / depth, _PER_METRE), intrinsics=camera,
                     name=f'{sequence.resolve().name}/{time}')


def _listed(sequence: Path, name: str) -> list[tuple[str, str]]:
    """Return (time, file) of a list's lines, by time."""
    if not (sequence / name).is_file():
        raise common.not_found('tum', name, sequence)
    lines = [line.replace(',', ' ').split()
             for line in common.read_text(sequence / name).splitlines()
             if line.strip() and not line.startswith('#')]
    try:
        return sorted(((time, file) for time, file, *_ in lines), key=lambda e: float(e[0]))
    except ValueError:
        raise DatasetError(f'{sequence / name} does not hold lines "time file"') from None
