# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether a robot finds the obstacles near it in a depth, as they are in the exact depth."""

from __future__ import annotations

import numpy as np

from depth_distill_ros.evaluation.detection import Detection
from depth_distill_ros.geometry.depth import valid
from depth_distill_ros.geometry.floor import FloorGrid, fitted_mount
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.geometry.scan import Mount, ScanLimits, Scanner
from depth_distill_ros.geometry.view import View
from depth_distill_ros.settings.inference import InferenceSettings

REACH = 3.0
"""Metres; obstacles farther away do not count."""
CELL = 0.05
"""Side of a cell of the floor grid, metres."""
TOLERANCE = 0.25
"""Metres by which an obstacle may be displaced and still be found."""

# Larger depths are reduced: at 3 m and 240 rows a pixel covers a quarter of a cell.
_ROWS = 240
_LIMITS = ScanLimits(InferenceSettings.scan_low, InferenceSettings.scan_high,
                     InferenceSettings.scan_range_min, REACH)


class ObstacleFigures:
    """
    Sums over the frames of one camera mount.

    Args:
        mount: the nominal one; that of each frame is fitted to the floor in its exact depth
    """

    def __init__(self, mount: Mount) -> None:
        self._mount = mount
        self._scan, self._grid = Detection(), Detection()
        self._errors = 0.0
        self._bearings = 0

    def add(self, prediction: np.ndarray, reference: np.ndarray, camera: Intrinsics) -> None:
        """Add a frame: two depths of the camera's size, metres, NaN where unknown."""
        view = View.reduced(camera.size, _ROWS)
        prediction, reference = view.depth(prediction), view.depth(reference)
        camera = view.intrinsics(camera)
        mount = fitted_mount(reference, camera, self._mount)
        prediction = np.where(valid(reference), prediction, np.nan).astype(np.float32)
        self._add_scan(*_ranges(Scanner(camera, mount, _LIMITS), prediction, reference))
        grid = FloorGrid(camera, mount, _LIMITS, CELL)
        self._grid.add_maps(grid(prediction), grid(reference), TOLERANCE / CELL)

    def summary(self) -> dict[str, float]:
        """
        Return the figures over all frames; those without anything to count are absent.

        Returns:
            scan_recall, scan_precision, scan_f_score: of the bearings with an obstacle
            nearest_error: mean error of the nearest obstacle of each bearing that has one, m; a
                prediction without one counts as REACH
            grid_recall, grid_precision, grid_f_score: of the occupied cells of the floor grid
        """
        found = {f'{name}_{figure}': value
                 for name, detection in (('scan', self._scan), ('grid', self._grid))
                 for figure, value in detection.summary().items()}
        if self._bearings:
            found['nearest_error'] = self._errors / self._bearings
        return found

    def _add_scan(self, predicted: np.ndarray, exact: np.ndarray) -> None:
        error = np.abs(predicted - exact)
        near = error <= TOLERANCE
        there = exact < REACH
        self._scan.add(predicted < REACH, near, there, near)
        self._errors += float(error[there].sum())
        self._bearings += int(there.sum())


def _ranges(scanner: Scanner, *depths: np.ndarray) -> list[np.ndarray]:
    """Return the range of each bearing, metres; REACH without an obstacle."""
    scans = [scanner(depth.astype(np.float32)) for depth in depths]
    # too near to measure is an obstacle, nothing there and unknown are none
    return [np.nan_to_num(scan, nan=REACH, posinf=REACH, neginf=scanner.limits.range_min)
            for scan in scans]
