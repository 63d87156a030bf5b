#!/usr/bin/env python3
# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
A contact sheet of clouds before and after cleaning, to judge ghosts and the floor by eye.

A row is one frame of a data set: the predicted depth and the measured one, then the cloud from the
side and from above as predicted, and both after cleaning. Points that cleaning removes are red,
obstacles (from 5 cm to 1.5 m above the floor) blue, all else is green. The camera's mount is that
by which the measured floor is level; frames without a floor near --height and --pitch are left
out. It shows no photograph.

Example: python benchmarks/cloud_sheet.py --model depth_distill_ros/models/rooms_lden_resnet18 \
    --data folder:depth_distill_ros/models/rooms --height 0.6 --pitch 6 --out sheet.png
"""

from __future__ import annotations

import argparse
from itertools import islice
import math
from pathlib import Path

import cv2
import numpy as np

from depth_distill_ros.datasets.kinds import open_reader
from depth_distill_ros.geometry.clear_depth import cleared
from depth_distill_ros.geometry.colour import colour_depth
from depth_distill_ros.geometry.depth import valid
from depth_distill_ros.geometry.floor import above_floor, fitted_mount
from depth_distill_ros.geometry.intrinsics import focal_factor
from depth_distill_ros.geometry.scan import Mount
from depth_distill_ros.geometry.view import View
from depth_distill_ros.inference.engines.torch_engine import TorchEngine

CELL = (150, 200)  # pixels of a picture, rows and columns
FAR, HIGH, DEEP = 5.0, 2.4, 0.4  # metres ahead, above and below the floor that are drawn
LOW, HEAD = 0.05, 1.5  # metres above the floor between which a point is an obstacle
FLOOR, OBSTACLE, GONE = (60, 150, 60), (40, 70, 170), (220, 40, 40)
TITLES = ('predicted', 'measured', 'side, as predicted', 'side, cleaned',
          'above, as predicted', 'above, cleaned')


def row(engine: TorchEngine, frame, nominal: Mount) -> np.ndarray | None:
    """Return the pictures of one frame side by side, RGB; None where no floor is found."""
    view = View.fit(frame.image.shape[:2], engine.input_size)
    exact, whole = view.depth(frame.depth), view.intrinsics(frame.intrinsics)
    mount = fitted_mount(exact, whole, nominal)
    if mount is nominal:
        return None
    learned = engine.card.intrinsics
    scale = focal_factor(learned, whole) if learned else 1.0  # as on /depth/student
    predicted = engine(frame.image, view).depth * np.float32(scale)
    camera = View.fit(exact.shape, predicted.shape).intrinsics(whole)
    clean = cleared(predicted, camera, True, LOW, mount, mount)
    kept = np.isfinite(clean)
    gone = above_floor(np.where(kept, np.nan, predicted), camera, mount)
    pictures = [_depth(predicted), _depth(exact)]
    for draw in (_side, _above):
        pictures.append(draw((above_floor(predicted, camera, mount), None)))
        pictures.append(draw((above_floor(clean, camera, mount), None), (gone, GONE)))
    return np.hstack(pictures)


def _depth(depth: np.ndarray) -> np.ndarray:
    shown = np.where(valid(depth), depth, np.nan)
    return cv2.resize(colour_depth(shown, 0.5, FAR), CELL[::-1], interpolation=cv2.INTER_NEAREST)


def _side(*clouds: tuple[np.ndarray, tuple | None]) -> np.ndarray:
    """Draw points by distance ahead and height, the camera at the left."""
    return _drawn(clouds, lambda p: (p[:, 0] / FAR, (HIGH - p[:, 2]) / (HIGH + DEEP)))


def _above(*clouds: tuple[np.ndarray, tuple | None]) -> np.ndarray:
    """Draw points by distance to the side and ahead, the camera at the bottom."""
    return _drawn(clouds, lambda p: (0.5 - p[:, 1] / FAR, 1.0 - p[:, 0] / FAR))


def _drawn(clouds, place) -> np.ndarray:
    picture = np.full((*CELL, 3), 255, np.uint8)
    for points, colour in clouds:
        at = np.stack(place(points)[::-1], 1) * CELL
        inside = ((at >= 0) & (at < CELL)).all(1)
        rows, columns = at[inside].astype(np.intp).T
        height = points[inside, 2]
        obstacle = (height > LOW) & (height < HEAD)
        picture[rows, columns] = np.where(obstacle[:, None], OBSTACLE, FLOOR) \
            if colour is None else colour
    return picture


def titles() -> np.ndarray:
    """Return the line above the columns."""
    line = np.full((20, CELL[1] * len(TITLES), 3), 255, np.uint8)
    for number, title in enumerate(TITLES):
        cv2.putText(line, title, (number * CELL[1] + 6, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.42,
                    (0, 0, 0), 1, cv2.LINE_AA)
    return line


def main() -> None:
    """Write the sheet."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--model', type=Path, required=True)
    parser.add_argument('--data', required=True, help='frames with depth and a lens')
    parser.add_argument('--height', type=float, default=1.3, help='metres of the nominal mount')
    parser.add_argument('--pitch', type=float, default=10.0, help='degrees that it looks down')
    parser.add_argument('--frames', type=int, default=4, help='rows')
    parser.add_argument('--out', type=Path, required=True)
    arguments = parser.parse_args()
    engine = TorchEngine(arguments.model, 'cpu')
    nominal = Mount(arguments.height, math.radians(arguments.pitch))
    reader = open_reader(arguments.data)
    indices = np.random.default_rng(0).permutation(len(reader))
    found = (row(engine, reader[int(index)], nominal) for index in indices)
    rows = [titles(), *islice((pictures for pictures in found if pictures is not None),
                              arguments.frames)]
    cv2.imwrite(str(arguments.out), cv2.cvtColor(np.vstack(rows), cv2.COLOR_RGB2BGR))


if __name__ == '__main__':
    main()
