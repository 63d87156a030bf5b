# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A plain planner: the cheapest way on a grid, found with SciPy's Dijkstra."""

from __future__ import annotations

import math
from typing import ClassVar

import cv2
import numpy as np

from depth_distill_ros.errors import DepthDistillError

# Cost of a metre beside an obstacle, more than of a free one; it falls by e in so many metres.
_COST, _FALL = 4.0, 0.15
# Around the robot, cells may be nearer to an obstacle than its radius: it is there already.
_ESCAPE, _ESCAPE_COST = 0.35, 30.0


class Planner:
    """
    The cheapest ways of a disc to one goal, from anywhere on a grid.

    Args:
        lethal: bool, indexed [y, x], cells of 5 cm
        goal: (x, y), metres
        radius: of the disc, metres
        robot: where it is; None: the grid is exact, so that nobody is too near to anything
    Raises:
        DepthDistillError: SciPy is not installed
    """

    CELL: ClassVar[float] = 0.05

    def __init__(self, lethal: np.ndarray, goal: tuple[float, float], radius: float,
                 robot: tuple[float, float] | None = None) -> None:
        try:
            from scipy.sparse import coo_matrix
            from scipy.sparse.csgraph import dijkstra
        except ModuleNotFoundError:
            raise DepthDistillError('bench drive plans with SciPy, which is not installed: '
                                    'pip install scipy') from None
        self._shape = lethal.shape
        away = cv2.distanceTransform(np.uint8(~lethal), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        away = np.where(lethal, 0.0, (away - 0.5) * self.CELL)
        cost = 1.0 + _COST * np.exp(-np.maximum(away - radius, 0.0) / _FALL)
        passable = away >= radius
        if robot is not None:
            y, x = np.mgrid[:lethal.shape[0], :lethal.shape[1]]
            near = np.hypot((x + 0.5) * self.CELL - robot[0], (y + 0.5) * self.CELL - robot[1])
            escape = ~passable & ~lethal & (near < _ESCAPE)
            cost[escape] = _ESCAPE_COST
            passable |= escape
        self._cost = np.where(passable, cost, math.inf)
        numbers = np.arange(lethal.size).reshape(lethal.shape)
        edges = []
        for dy, dx in ((0, 1), (1, 0), (1, 1), (1, -1)):
            a, b = _shifted(numbers, dy, dx), _shifted(numbers, dy, dx, other=True)
            both = passable.ravel()[a] & passable.ravel()[b]
            a, b = a[both], b[both]
            mean = 0.5 * (cost.ravel()[a] + cost.ravel()[b]) * self.CELL * math.hypot(dy, dx)
            edges.append((a, b, mean))
        rows, columns, values = (np.concatenate(parts) for parts in zip(*edges, strict=True))
        graph = coo_matrix((values, (rows, columns)), shape=(lethal.size, lethal.size)).tocsr()
        self._costs, self._next = dijkstra(
            graph, directed=False, indices=self._cell(*goal), return_predecessors=True)

    def _cell(self, x: float, y: float) -> int:
        row = min(max(int(y / self.CELL), 0), self._shape[0] - 1)
        column = min(max(int(x / self.CELL), 0), self._shape[1] - 1)
        return row * self._shape[1] + column

    def way(self, x: float, y: float) -> np.ndarray | None:
        """Return the points from here to the goal, N×2 metres; None if there is no way."""
        cell = self._cell(x, y)
        if not math.isfinite(self._costs[cell]):
            return None
        cells = [cell]
        while (cell := int(self._next[cell])) >= 0:
            cells.append(cell)
        rows, columns = np.divmod(cells, self._shape[1])
        return (np.stack([columns, rows], 1) + 0.5) * self.CELL

    def cost(self, way: np.ndarray) -> float:
        """Return the cost of a way, N×2 metres, on this grid; infinite if it is blocked."""
        cells = [self._cell(x, y) for x, y in way]
        steps = np.linalg.norm(np.diff(way, axis=0), axis=1)
        return float((self._cost.ravel()[cells[1:]] * steps).sum())

    def length(self, x: float, y: float) -> float:
        """Return the metres of the way from here to the goal; infinite if there is none."""
        way = self.way(x, y)
        return math.inf if way is None else float(
            np.linalg.norm(np.diff(way, axis=0), axis=1).sum())


def _shifted(numbers: np.ndarray, dy: int, dx: int, other: bool = False) -> np.ndarray:
    """Return the cells that have a neighbour at (dy, dx), or these neighbours."""
    rows, columns = numbers.shape
    left, right = (0, columns - dx) if dx >= 0 else (-dx, columns)
    part = numbers[dy:, left + dx:right + dx] if other else numbers[:rows - dy, left:right]
    return part.ravel()
