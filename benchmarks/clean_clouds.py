#!/usr/bin/env python3
# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
What cleaning does to clouds, and what it costs: ghosts, floor and thin legs, before and after.

First three scenes by a formula, blurred as a network blurs them: an oblique wall, the edge of a
box, a chair leg. Then the frames of a data set with exact depth, as a network sees them. At last
the time of one VGA frame, in milliseconds and as a share of that of a plain organised cloud.

Example: python benchmarks/clean_clouds.py --model depth_distill_ros/models/rooms_lden_resnet18
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
import math
from pathlib import Path
import time

import cv2
import numpy as np

from depth_distill_ros.datasets.kinds import open_reader
from depth_distill_ros.geometry.camera_grid import CameraGrid
from depth_distill_ros.geometry.clear_depth import cleared
from depth_distill_ros.geometry.depth import valid
from depth_distill_ros.geometry.floor import FloorGrid, above_floor, fitted_mount
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.geometry.points import Projector, SparseProjector
from depth_distill_ros.geometry.scan import Mount, ScanLimits
from depth_distill_ros.geometry.view import View
from depth_distill_ros.inference.engines.torch_engine import TorchEngine
from depth_distill_ros.shipped import shipped_rooms, shipped_teacher
from depth_distill_ros.spread import evenly_spread

SIZE, NETWORK = (96, 128), (48, 64)
CAMERA = Intrinsics.from_vertical_fov(math.radians(50.0), SIZE)
MOUNT = Mount(0.6, math.radians(6.0))
LIMITS = ScanLimits(0.05, 1.5, 0.2, 3.0)
CELL, TOLERANCE, LOW = 0.05, 0.25, 0.02
VARIANTS = {'as predicted': (False, 0.0), 'flying removed': (True, 0.0),
            'floor found': (False, 0.05), 'both': (True, 0.05)}


def scenes() -> dict[str, np.ndarray]:
    """Return the exact depth of the three scenes, H×W metres."""
    x = (np.arange(SIZE[1]) - CAMERA.cx) / CAMERA.fx
    wall = np.broadcast_to(2.0 / (0.5 + 0.87 * x).clip(0.05), SIZE).clip(0, 12)
    box, leg = np.full(SIZE, 3.0), np.full(SIZE, 3.0)
    box[30:, 40:90] = 1.5
    leg[20:, 62:66] = 1.5  # 5.8 cm
    return {'oblique wall': wall.astype(np.float32), 'edge of a box': box.astype(np.float32),
            'chair leg': leg.astype(np.float32)}


def formulas() -> None:
    """Print how the three scenes survive."""
    print('scene: pixels between surfaces, of these removed, of the others removed, '
          'rows of the leg that are kept')
    view = View.fit(SIZE, NETWORK)
    camera = view.intrinsics(CAMERA)
    for name, exact in scenes().items():
        blurred = cv2.blur(cv2.resize(exact, NETWORK[::-1], interpolation=cv2.INTER_AREA), (2, 2))
        near, far = (extreme(exact.reshape(48, 2, 64, 2), axis=(1, 3))
                     for extreme in (np.min, np.max))
        kernel = np.ones((3, 3), np.uint8)
        low, high = cv2.erode(near, kernel), cv2.dilate(far, kernel)
        between = (blurred > 1.05 * low) & (blurred < high / 1.05) & (high > 1.5 * low)
        gone = np.isnan(cleared(blurred, camera, True, 0.0, MOUNT, MOUNT))
        kept = 'no leg'
        if name == 'chair leg':
            rows = (np.where(gone, 9.0, blurred)[12:, 30:34].min(1) < 1.5 + TOLERANCE)
            before = blurred[12:, 30:34].min(1) < 1.5 + TOLERANCE
            kept = f'{rows.mean():.2f} (before {before.mean():.2f})'
        print(f'{name}: {between.sum()}, {gone[between].mean() if between.any() else 0:.2f}, '
              f'{gone[~between].mean():.4f}, {kept}')


def rooms(model: Path, data: str, frames: int, tilt_known: bool) -> None:
    """Print figures of the floor grid and of floor pixels over a data set with exact depth."""
    engine, reader = TorchEngine(model, 'cpu'), open_reader(data)
    sums = {name: np.zeros(7) for name in VARIANTS}
    for index in evenly_spread(len(reader), frames):
        frame = reader[index]
        view = View.fit(frame.image.shape[:2], engine.input_size)
        predicted, exact = engine(frame.image, view).depth, view.depth(frame.depth)
        whole = view.intrinsics(frame.intrinsics)
        small = View.fit(exact.shape, predicted.shape)
        camera = small.intrinsics(whole)
        true = fitted_mount(exact, whole, MOUNT)
        robot = true if tilt_known else MOUNT
        reference = FloorGrid(whole, true, LIMITS, CELL)(exact)
        floor = _floor(small.depth(exact), camera, true)
        for name, (flying, tolerance) in VARIANTS.items():
            depth = cleared(predicted, camera, flying, tolerance, robot, robot)
            cells = FloorGrid(camera, robot, LIMITS, CELL)(depth)
            heights = above_floor(np.where(valid(depth), depth, 1e3), camera, robot)[:, 2]
            raised = floor & (heights > LIMITS.low) & (heights < LIMITS.high)
            sums[name] += (_away(cells, reference), cells.sum(), _away(reference, cells),
                           reference.sum(), raised.sum(), floor.sum(), np.isnan(depth).sum())
    print(f'{data}, {model.name}, tilt of each frame {"known" if tilt_known else "unknown"}: '
          'ghost cells, recall of cells, floor pixels that are obstacles')
    for name, (ghosts, cells, missed, occupied, raised, floor, _) in sums.items():
        print(f'  {name}: {ghosts / cells:.3f}, {1 - missed / occupied:.3f}, '
              f'{raised / floor:.4f}')


def _floor(exact: np.ndarray, camera: Intrinsics, mount: Mount) -> np.ndarray:
    points = above_floor(np.where(valid(exact), exact, 1e3), camera, mount)
    return (points[:, 2] < LOW) & (np.hypot(points[:, 0], points[:, 1]) < LIMITS.range_max)


def _away(cells: np.ndarray, others: np.ndarray) -> int:
    """Return how many cells are farther than the tolerance from all others."""
    distance = cv2.distanceTransform(np.uint8(~others), cv2.DIST_L2, 5) if others.any() \
        else np.full(cells.shape, np.inf)
    return int((distance[cells] * CELL > TOLERANCE).sum())


def costs() -> None:
    """Print the time of a VGA frame."""
    camera = Intrinsics.from_vertical_fov(math.radians(50.0), (480, 640))
    rng = np.random.default_rng(0)
    print('one VGA frame on one core, ms (share of an organised cloud of all pixels):')
    for size in ((48, 64), (114, 152)):
        view = View.fit((480, 640), (2 * size[0], 2 * size[1]))
        grid, small = CameraGrid(view, (480, 640), size), View.fit((480, 640), size)
        network = small.intrinsics(camera)
        depth = (3 + np.cumsum(rng.normal(0, 0.02, size), 1)).astype(np.float32)
        sparse, plain = SparseProjector(camera, 10.0, 0.05, 5.0), Projector(camera, 10.0)
        whole = grid.depth(depth)
        reference = _best(lambda whole=whole, plain=plain: plain.organised(whole))
        steps: dict[str, Callable[[], object]] = {
            'flying and floor': lambda depth=depth, network=network: cleared(
                depth, network, True, 0.05, MOUNT, MOUNT),
            "onto the camera's pixels": lambda depth=depth, grid=grid: grid.depth(depth),
            'thinned cloud': lambda whole=whole, sparse=sparse: sparse(whole, 2.0, MOUNT)}
        times = {name: _best(step) for name, step in steps.items()}
        times['together'] = sum(times.values())
        print(f'  network output {size[0]}x{size[1]}: ' + ', '.join(
            f'{name} {1e3 * value:.2f} ({value / reference:.1f})'
            for name, value in times.items()))


def _best(step: Callable[[], object]) -> float:
    found = math.inf
    for _ in range(30):
        started = time.perf_counter()
        step()
        found = min(found, time.perf_counter() - started)
    return found


def main() -> None:
    """Print all of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--model', type=Path, default=shipped_teacher())
    parser.add_argument('--data', default=f'folder:{shipped_rooms()}')
    parser.add_argument('--frames', type=int, default=120)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    formulas()
    for known in (True, False):
        rooms(arguments.model, arguments.data, arguments.frames, known)
    costs()


if __name__ == '__main__':
    main()
