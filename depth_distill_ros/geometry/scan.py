# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
A planar scan from a depth image, in a level frame at the camera.

The level frame has its origin in the camera, x ahead, y left and z up against gravity.
"""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np

from depth_distill_ros.geometry.intrinsics import GeometryError, Intrinsics


@dataclass(frozen=True)
class Mount:
    """
    How the camera sits on the robot.

    Attributes
    ----------
    height : of the camera above the floor, metres
    pitch : radians, positive looks down
    roll : radians about the optical axis, positive turns the camera clockwise as seen from
        behind it (its right side goes down)

    """

    height: float
    pitch: float = 0.0
    roll: float = 0.0

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

    Attributes
    ----------
    low, high : metres above the floor; below is floor, above is passed under. The way is told
        to be free only to a camera that is itself between the two
    range_min, range_max : metres in the level plane
    rows : (first, last) share of the image's height that is looked at, from the top

    """

    low: float = 0.05
    high: float = 1.5
    range_min: float = 0.2
    range_max: float = 5.0
    rows: tuple[float, float] = (0.0, 1.0)

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise GeometryError(f'scan: heights from {self.low} to {self.high} m hold nothing')
        if not 0.0 <= self.range_min < self.range_max < math.inf:
            raise GeometryError(f'scan: ranges from {self.range_min} to {self.range_max} m hold '
                                'nothing')
        if not 0.0 <= self.rows[0] < self.rows[1] <= 1.0:
            raise GeometryError(f'scan: rows from {self.rows[0]} to {self.rows[1]} of the height '
                                'hold nothing; they are shares from 0 at the top to 1')


class Scanner:
    """
    Turns depth images of one camera on one mount into ranges.

    A bearing is a number where an obstacle between ``low`` and ``high`` is seen: the nearest.
    As REP 117 has it, it is -inf where that is nearer than range_min; +inf where nothing is
    seen and at least one ray is known to pass between the two heights as far as range_max, so
    that costmaps with inf_is_valid clear the way; else NaN: nobody looked there. A ray that
    ends on the floor before range_max proves nothing about what is behind, and is no +inf.

    Attributes
    ----------
    limits : as given
    angle_min, angle_max, angle_increment : radians about z, counterclockwise; bearing k is
        angle_min + k * angle_increment

    """

    def __init__(self, camera: Intrinsics, mount: Mount, limits: ScanLimits) -> None:
        self._camera, self.limits = camera, limits
        first, last = (round(share * camera.height) for share in limits.rows)
        if first == last:
            raise GeometryError(f'scan: rows {limits.rows} hold no row of {camera.height}')
        self._rows = slice(first, last)
        v, u = np.mgrid[first:last, :camera.width]
        rays = np.stack([(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy,
                         np.ones(u.shape)], -1) @ mount.to_level().T
        if rays[..., 0].min() <= 0.0:
            raise GeometryError('scan: the camera looks behind itself at this pitch and roll: '
                                'give fewer rows, or angles in radians')
        along = np.hypot(rays[..., 0], rays[..., 1])
        bearing = np.arctan2(rays[..., 1], rays[..., 0])
        # At least one pixel of a row falls into each bearing, even where they are widest apart.
        step = np.abs(np.diff(bearing, axis=1)).max() if camera.width > 1 else 1.0 / camera.fx
        count = int(np.ceil(np.ptp(bearing) / step)) + 1
        self.angle_min, self.angle_increment = float(bearing.min()), float(step)
        self.angle_max = self.angle_min + (count - 1) * self.angle_increment
        bins = np.rint((bearing - bearing.min()) / step).astype(np.intp).ravel()
        # Pixels in the order of their bearings make the nearest of each a single reduction.
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
        """Return the ranges, N float32 metres, of H×W float32 depth (+inf: nothing in range)."""
        if depth.shape != self._camera.size:
            raise GeometryError(f'depth of {depth.shape} with a camera of {self._camera.size} '
                                '(height, width)')
        far = np.float32(self.limits.range_max)
        ordered = depth[self._rows].ravel()[self._order]
        with np.errstate(invalid='ignore'):  # a level ray that meets nothing: inf * 0
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
