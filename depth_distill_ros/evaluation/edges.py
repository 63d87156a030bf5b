# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether depth has its discontinuities where the reference has them: the outlines of objects."""

from __future__ import annotations

import numpy as np

from depth_distill_ros.evaluation.detection import Detection, grown
from depth_distill_ros.geometry.camera_grid import SAME_SURFACE
from depth_distill_ros.geometry.depth import valid
from depth_distill_ros.geometry.view import View

# Both depths are compared at this height, because networks predict at half the image's or less.
_ROWS = 96
# Pixels between the two, because an output of half the size spreads a step over two; and pixels
# by which an edge may be displaced.
_GAP, _REACH = 2, 2


class EdgeFigures:
    """Sums over the frames; `summary()` has precision, recall and f_score of the edge pixels."""

    def __init__(self) -> None:
        self._edges = Detection()

    def add(self, prediction: np.ndarray, reference: np.ndarray) -> None:
        """Add a frame: two depths of one size, metres, NaN where unknown."""
        view = View.reduced(reference.shape, _ROWS)
        prediction, reference = view.depth(prediction), view.depth(reference)
        known = ~grown(~valid(reference), _GAP)
        self._edges.add_maps(discontinuities(prediction) & known,
                             discontinuities(reference), _REACH)

    def summary(self) -> dict[str, float]:
        """Return the figures over all frames."""
        return self._edges.summary()


def discontinuities(depth: np.ndarray) -> np.ndarray:
    """Return where H×W depth, metres, differs by more than a tenth within two pixels."""
    with np.errstate(invalid='ignore', divide='ignore'):
        logarithm = np.log(depth)
        far, edges = np.log(SAME_SURFACE), np.zeros(depth.shape, bool)
        middle = _GAP // 2
        edges[middle:-middle] |= np.abs(logarithm[_GAP:] - logarithm[:-_GAP]) > far
        edges[:, middle:-middle] |= np.abs(logarithm[:, _GAP:] - logarithm[:, :-_GAP]) > far
    return edges
