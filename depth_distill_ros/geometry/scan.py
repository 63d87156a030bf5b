# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
A planar laser scan from a depth image.

Its frame is level: origin in the camera, x forward, y left and z up, against gravity.
"""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np

from depth_distill_ros.geometry.intrinsics import GeometryError, Intrinsics


@dataclass(frozen=True)
class Mount:
    """
    The pose of the camera on the robot.

    Attributes:
        height: of the camera above the floor, metres
        pitch: radians, positive looks down
        roll: radians about the optical axis, positive lowers the camera's right side
    """

    height: float
    pitch: float = 0.0
    roll: float = 0.0

    @classmethod
    def below(cls, up: np.ndarray, height: float) -> Mount:
        """
        Return the mount of a camera that sees where up is.

        Args:
            up: against gravity, in the optical frame, of any length
            height: of the camera above the floor, metres
        """
        x, y, z = (float(value) for value in up / np.linalg.norm(up))
        # the same in the body frame: ahead, to the left, upwards
        ahead, left, upwards = z, -x, -y
        return cls(height, -math.asin(max(-1.0, min(1.0, ahead))), math.atan2(left, upwards))

    def to_level(self) -> np.ndarray:
        """Return the 3x3 rotation from the optical frame to the level frame."""
        cp, sp, cr, sr = (f(a) for a in (self.pitch, self.roll) for f in (math.cos, math.sin))
        optical_to_body = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
        roll = np.array([[1.0, 0.0, 0.0], [0.0, cr, -sr], [0.0, sr, cr]])
        pitch = np.array([[cp, 0.0, sp], [0.0, 1.0, 0.0], [-sp, 0.0, cp]])
        return pitch @ roll @ optical_to_body


@dataclass(frozen=True)
class ScanLimits:
    """
    What counts as an obstacle.

    Attributes:
        low, high: heights of obstacles, metres above the floor. Lower points are floor, the robot
            passes under higher ones. Free space is reported only if the camera is between the two
        range_min, range_max: metres in the level plane
        rows: (first, last) row that is used, as shares of the image's height from the top
    """

    low: float
    high: float
    range_min: float
    range_max: float
    rows: tuple[float, float] = (0.0, 1.0)

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise GeometryError(f'scan: the lowest height {self.low} m must be below the highest, '
                                f'{self.high} m')
        if not 0.0 <= self.range_min < self.range_max < math.inf:
            raise GeometryError(f'scan: ranges from {self.range_min} to {self.range_max} m are '
                                'empty; the minimum must be >= 0 and below the maximum')
        if not 0.0 <= self.rows[0] < self.rows[1] <= 1.0:
            raise GeometryError(f'scan: rows from {self.rows[0]} to {self.rows[1]} are empty; '
                                'they are shares of the height from 0 at the top to 1')


class Scanner:
    """
    Turns depth images of one camera on one mount into ranges.

    The range of a bearing is that of the nearest obstacle between ``low`` and ``high``. As in
    REP 117 it is -inf if that is nearer than range_min, and +inf if there is no obstacle and at
    least one ray passes between the two heights up to range_max, so that costmaps with
    inf_is_valid clear it. Else it is NaN, unknown: a ray that ends on the floor before range_max
    shows nothing of what is behind.

    Attributes:
        limits: of heights, ranges and rows
        angle_min, angle_max, angle_increment: radians about z, counterclockwise; bearing k is
            angle_min + k * angle_increment
    """

    def __init__(self, camera: Intrinsics, mount: Mount, limits: ScanLimits) -> None:
        self._camera, self.limits = camera, limits
        first, last = (round(share * camera.height) for share in limits.rows)
        if first == last:
            raise GeometryError(f'scan: no row of the {camera.height} lies in {limits.rows}')
        self._rows = slice(first, last)
        v, u = np.mgrid[first:last, :camera.width]
        rays = np.stack([(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy,
                         np.ones(u.shape)], -1) @ mount.to_level().T
        if rays[..., 0].min() <= 0.0:
            raise GeometryError(
                f'scan: with a pitch of {math.degrees(mount.pitch):g} and a roll of '
                f'{math.degrees(mount.roll):g} degrees the camera sees what is behind it; use '
                'fewer rows, or correct the angles')
        along = np.hypot(rays[..., 0], rays[..., 1])
        bearing = np.arctan2(rays[..., 1], rays[..., 0])
        # The widest step between two pixels, so that each bearing has at least one pixel of a row.
        step = np.abs(np.diff(bearing, axis=1)).max() if camera.width > 1 else 1.0 / camera.fx
        count = int(np.ceil(np.ptp(bearing) / step)) + 1
        self.angle_min, self.angle_increment = float(bearing.min()), float(step)
        self.angle_max = self.angle_min + (count - 1) * self.angle_increment
        bins = np.rint((bearing - bearing.min()) / step).astype(np.intp).ravel()
        # With pixels sorted by bearing, the nearest of each bearing is one call of reduceat.
        self._order = np.argsort(bins, kind='stable')
        self._seen, self._starts = np.unique(bins[self._order], return_index=True)
        self._count = max(count, int(bins.max()) + 1)
        ordered = along.ravel()[self._order], rays[..., 2].ravel()[self._order]
        self._along, self._up = (values.astype(np.float32) for values in ordered)
        climb = mount.height + ordered[1] / ordered[0] * limits.range_max
        self._passes = (climb >= limits.low) & (climb <= limits.high) \
            & (limits.low <= mount.height <= limits.high)
        self._low, self._high = (np.float32(h - mount.height) for h in (limits.low, limits.high))

    def __call__(self, depth: np.ndarray) -> np.ndarray:
        """Return the ranges, N float32 metres, of H×W float32 depth in metres."""
        if depth.shape != self._camera.size:
            raise GeometryError(f'depth of {depth.shape} with a camera of {self._camera.size} '
                                '(height, width)')
        far = np.float32(self.limits.range_max)
        ordered = depth[self._rows].ravel()[self._order]
        with np.errstate(invalid='ignore'):  # inf * 0, for a level ray without a hit
            along, up = ordered * self._along, ordered * self._up
        through = self._passes & (along > far)
        ranges = np.full(along.shape, np.inf, np.float32)
        hit = (up >= self._low) & (up <= self._high) & (along <= far) & (along > 0.0)
        np.copyto(ranges, along, where=hit)
        nearest = np.minimum.reduceat(ranges, self._starts)
        unknown = np.isinf(nearest) & ~np.logical_or.reduceat(through, self._starts)
        nearest[unknown] = np.nan
        nearest[nearest < self.limits.range_min] = -np.inf
        scan = np.full(self._count, np.nan, np.float32)
        scan[self._seen] = nearest
        return scan
