# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The data of the training, made on a CPU beforehand: two zip files of `folder:` data sets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from zipfile import ZipFile

import cv2

from depth_distill_ros.datasets import open_reader
from depth_distill_ros.frame import Frame
from depth_distill_ros.geometry.depth import metres_to_millimetres
from depth_distill_ros.geometry.view import View
from depth_distill_ros.settings.names import PAPER_SIZE

_MOST = 50 * 2**20  # bytes of both files
_QUALITY = 90  # of the JPEG images
_FOV = 0.85  # radians, vertical, as NYU-v2's camera
_SHARE = 0.5  # of the bytes for each file


def prepare(folder: Path, labelled: str, frames: int, small: bool) -> None:
    """
    Write stream.zip and, of the data set `labelled`, labelled.zip.

    stream.zip has simulated images with classes, labelled.zip real images with depth in mm, both
    at the papers' size. What does not fit into 50 MB is left out, and said.
    """
    size = (64, 96) if small else PAPER_SIZE
    folder.mkdir(parents=True, exist_ok=True)
    _pack(folder / 'stream.zip', islice(_simulated(size), frames), size)
    if labelled:
        reader = open_reader(labelled)
        _pack(folder / 'labelled.zip', (reader[i] for i in range(len(reader))), size)


def _simulated(size: tuple[int, int]) -> Iterator[Frame]:
    from depth_distill_ros.worlds.mujoco.camera import SimulatedCamera
    with SimulatedCamera('general', 0, size, 4, _FOV, stride=0.5) as camera:
        yield from camera


def _pack(path: Path, frames: Iterable[Frame], size: tuple[int, int]) -> None:
    written = 0
    with ZipFile(path, 'w') as file:
        for number, frame in enumerate(frames):
            view = View.fit(frame.image.shape[:2], size)
            image = cv2.cvtColor(view.image(frame.image), cv2.COLOR_RGB2BGR)
            parts = {'image': cv2.imencode('.jpg', image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1]}
            if frame.semantics is not None:
                parts['semantics'] = cv2.imencode('.png', view.labels(frame.semantics))[1]
            elif frame.depth is not None:
                parts['depth'] = cv2.imencode(
                    '.png', metres_to_millimetres(view.depth(frame.depth)))[1]
            written += sum(len(data) for data in parts.values())
            if written > _SHARE * _MOST:
                print(f'{path}: {number} frames fit, the rest is left out')
                return
            for name, data in parts.items():
                suffix = 'jpg' if name == 'image' else 'png'
                file.writestr(f'{name}/{number:05d}.{suffix}', data.tobytes())
    print(f'{path}: {path.stat().st_size / 2**20:.1f} MB')
