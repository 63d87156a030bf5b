# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One drive: from the start of a course to its goal, or to what ended it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
import math
from typing import Any

import numpy as np

from depth_distill_ros.apps.bench.drive.ground import Course, Ground
from depth_distill_ros.apps.bench.drive.planner import Planner
from depth_distill_ros.apps.bench.drive.robot import PERIOD, RADIUS, Robot
from depth_distill_ros.apps.bench.drive.voxel_layer import LayerParameters, VoxelLayer
from depth_distill_ros.geometry.scan import Mount

REACHED, COLLISION, TIMEOUT, STUCK = 'reached', 'collision', 'timeout', 'stuck'
_NEAR = 0.25  # metres to a goal that is reached, as Nav2's goal checker has it
_LONGEST = 45.0  # seconds
# How many times dearer than the best one a way may be before it is left.
_BETTER = 1.5
# Frames without a way until the map is cleared, which Nav2's recovery does.
_CLEAR_AFTER = 26
# A robot that has not come so far, metres, in so many seconds is stuck, as Nav2's progress checker
# has it; Nav2 waits 10 s and then tries its recoveries.
_PROGRESS, _STUCK_AFTER = 0.5, 20.0


@dataclass(frozen=True)
class Drive:
    """
    The result of one drive.

    Attributes:
        end: REACHED, COLLISION, TIMEOUT or STUCK
        seconds: of simulated time
        metres: that were driven
        shortest: of a planner that knows the room, metres
        path: the places, (x, y) metres, one a frame
    """

    end: str
    seconds: float
    metres: float
    shortest: float
    path: list[tuple[float, float]]

    def as_dict(self) -> dict[str, Any]:
        """Return the result for JSON."""
        return asdict(self)


def drive(look: Callable[[Robot], np.ndarray], mount: Mount, ground: Ground, course: Course,
          layer: LayerParameters) -> Drive:
    """
    Drive a course and return how it went.

    Args:
        look: returns the points that the robot sees from where it is, N×3 metres, optical frame
        mount: of the camera, by which the points' heights are computed
    """
    robot, voxels = Robot(*course.start), VoxelLayer(ground.size, layer)
    guide = _Guide(course.goal)
    path, metres, lost, frame = [(robot.x, robot.y)], 0.0, 0, 0
    end, progress = TIMEOUT, _Progress(path[0])
    while frame * PERIOD < _LONGEST:
        frame += 1
        voxels.update(*_in_room(look(robot), mount, robot))
        way = guide.way(voxels.lethal(), robot)
        lost = 0 if way is not None else lost + 1
        if lost and lost % _CLEAR_AFTER == 0:
            voxels.reset()
        places = robot.drive(*(robot.look_round() if way is None else robot.follow(way)))
        metres += math.dist(path[-1], places[-1])
        path.append(places[-1])
        if any(ground.clearance(*place) < RADIUS for place in places):
            end = COLLISION
            break
        if math.dist(places[-1], course.goal) < _NEAR:
            end = REACHED
            break
        if progress.stuck(places[-1], frame * PERIOD):
            end = STUCK
            break
    return Drive(end, frame * PERIOD, metres, course.length, path)


class _Progress:
    """Tells when a robot has been near one place for too long."""

    def __init__(self, place: tuple[float, float]) -> None:
        self._place, self._since = place, 0.0

    def stuck(self, place: tuple[float, float], now: float) -> bool:
        if math.dist(place, self._place) >= _PROGRESS:
            self._place, self._since = place, now
        return now - self._since >= _STUCK_AFTER


class _Guide:
    """
    Keeps to a way as long as it is not blocked and no other one is much better.

    The ghosts of a predicted depth come and go. A robot that takes the best way of each frame
    turns here and there and never drives.
    """

    def __init__(self, goal: tuple[float, float]) -> None:
        self._goal = goal
        self._way: np.ndarray | None = None

    def way(self, lethal: np.ndarray, robot: Robot) -> np.ndarray | None:
        """Return the way from the robot on, N×2 metres; None if there is none."""
        planner = Planner(lethal, self._goal, RADIUS, (robot.x, robot.y))
        best = planner.way(robot.x, robot.y)
        if self._way is not None and best is not None:
            away = np.linalg.norm(self._way - (robot.x, robot.y), axis=1)
            rest = self._way[int(away.argmin()):]
            if planner.cost(rest) < _BETTER * planner.cost(best):
                best = rest
        self._way = best
        return best


def _in_room(points: np.ndarray, mount: Mount, robot: Robot) -> tuple[np.ndarray, np.ndarray]:
    """Return the camera's place and the points in the room."""
    c, s = math.cos(robot.heading), math.sin(robot.heading)
    turn = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
    origin = np.array([robot.x, robot.y, mount.height])
    return origin, points @ (turn @ mount.to_level()).T + origin
