# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Nav2's voxel layer, as far as one source of points needs it, on a grid that does not move.

Marking and clearing are those of nav2_costmap_2d's VoxelLayer with the parameters of
config/nav2_costmap.yaml, which are read from that file. Rays go from cell to cell as there, by
Bresenham's algorithm in three dimensions.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from depth_distill_ros.installation import share

_MARGIN = 0.5  # metres that the grid goes beyond the room


@dataclass(frozen=True)
class LayerParameters:
    """The parameters of the layer and of its two sources, by Nav2's names; metres."""

    resolution: float
    z_resolution: float
    z_voxels: int
    mark_threshold: int
    min_obstacle_height: float
    max_obstacle_height: float
    obstacle_min_range: float
    obstacle_max_range: float
    raytrace_max_range: float

    @classmethod
    def shipped(cls) -> LayerParameters:
        """Return those of config/nav2_costmap.yaml."""
        path: Path = share() / 'config' / 'nav2_costmap.yaml'
        read = yaml.safe_load(path.read_text(encoding='utf-8'))
        costmap = read['local_costmap']['local_costmap']['ros__parameters']
        layer = costmap['student_depth']
        mark, clear = layer['mark'], layer['clear']
        return cls(costmap['resolution'], layer['z_resolution'], layer['z_voxels'],
                   layer['mark_threshold'], mark['min_obstacle_height'],
                   mark['max_obstacle_height'], mark['obstacle_min_range'],
                   mark['obstacle_max_range'], clear['raytrace_max_range'])


class VoxelLayer:
    """
    Marked voxels over a floor of (width, depth) metres from the origin.

    Attributes:
        marked: bool, indexed [z, y, x]
    """

    def __init__(self, size: tuple[float, float], parameters: LayerParameters) -> None:
        self._p = parameters
        self._border = round(_MARGIN / parameters.resolution)
        columns, rows = (int(np.ceil(side / parameters.resolution)) + 2 * self._border
                         for side in size)
        self.marked = np.zeros((parameters.z_voxels, rows, columns), bool)

    def update(self, origin: np.ndarray, points: np.ndarray) -> None:
        """
        Clear along the rays to the points, then mark the points.

        Args:
            origin: of the sensor, (x, y, z) metres
            points: N×3 metres in the frame of the grid, z above the floor
        """
        if len(points):
            self._clear(origin, points)
            self._mark(origin, points)

    def lethal(self) -> np.ndarray:
        """Return the columns with more marked voxels than mark_threshold, [y, x], of the room."""
        found = self.marked.sum(0) > self._p.mark_threshold
        return found[self._border:-self._border, self._border:-self._border]

    def reset(self) -> None:
        """Forget everything, as Nav2's recovery does."""
        self.marked[:] = False

    def _clear(self, origin: np.ndarray, points: np.ndarray) -> None:
        p = self._p
        rays = points - origin
        length = np.linalg.norm(rays, axis=1)
        # Nav2 stops two cells before the point.
        kept = np.maximum(1.0 - 2 * p.resolution / np.maximum(length, 1e-9), 0.0)
        start = self._cells(origin[None])[0]
        delta = self._cells(origin + rays * kept[:, None]) - start
        count = np.abs(delta).max(1)
        # The longest ray is measured in cells, those of the height among them.
        longest = p.raytrace_max_range / p.resolution
        share = np.minimum(1.0, longest / np.maximum(np.linalg.norm(delta, axis=1), 1e-9))
        last = (share * count).astype(np.int32)
        order = np.argsort(-last)
        delta, count, last = delta[order], np.maximum(count[order], 1), last[order]
        size, sign, half = np.abs(delta), np.sign(delta), (count // 2)[:, None]
        for step in range(int(last[0]) + 1):
            going = np.searchsorted(-last, -step, side='right')
            gone = (step * size[:going] + half[:going]) // count[:going, None]
            self._set(start + sign[:going] * gone, False)

    def _mark(self, origin: np.ndarray, points: np.ndarray) -> None:
        p = self._p
        away = np.linalg.norm(points - origin, axis=1)
        high = points[:, 2]
        kept = (high >= p.min_obstacle_height) & (high <= p.max_obstacle_height)
        kept &= (away >= p.obstacle_min_range) & (away < p.obstacle_max_range)
        self._set(self._cells(points[kept]), True)

    def _cells(self, points: np.ndarray) -> np.ndarray:
        """Return the cells, N×3 int32 (x, y, z), of points."""
        p = self._p
        size = np.array([p.resolution, p.resolution, p.z_resolution])
        return np.floor(points / size).astype(np.int32) + (self._border, self._border, 0)

    def _set(self, cells: np.ndarray, value: bool) -> None:
        x, y, z = cells.T
        levels, rows, columns = self.marked.shape
        inside = (x >= 0) & (x < columns) & (y >= 0) & (y < rows) & (z >= 0) & (z < levels)
        self.marked[z[inside], y[inside], x[inside]] = value
