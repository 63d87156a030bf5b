# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a robot has of a depth, over all frames: edges of objects, and obstacles near it."""

from __future__ import annotations

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.evaluation.edges import EdgeFigures
from depth_distill_ros.evaluation.obstacles import ObstacleFigures
from depth_distill_ros.evaluation.protocol import FrameResult
from depth_distill_ros.geometry.scan import Mount


class RobotFigures:
    """
    Sums over the frames of one camera.

    Args:
        mount: nominal mount of the camera; None: no obstacle figures
    """

    def __init__(self, mount: Mount | None) -> None:
        self._edges = EdgeFigures()
        self._obstacles = ObstacleFigures(mount) if mount else None

    def add(self, frame: FrameResult) -> None:
        """Add an evaluated frame; DepthDistillError if it lacks the camera that a scan needs."""
        self._edges.add(frame.prediction, frame.reference)
        if self._obstacles is None:
            return
        if frame.intrinsics is None:
            raise DepthDistillError(f'{frame.name} has no intrinsics, which the obstacle figures '
                                    'need; give K.txt or camera_info with the data')
        self._obstacles.add(frame.prediction, frame.reference, frame.intrinsics)

    def summary(self) -> dict[str, float]:
        """Return edge_f_score, edge_precision, edge_recall, and the obstacle figures, by name."""
        edges = {f'edge_{name}': value for name, value in self._edges.summary().items()}
        return {**edges, **(self._obstacles.summary() if self._obstacles else {})}
