# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
The scale anchor: one factor that brings a student's depth to its teacher's on the robot's frames.

The teacher has seen the robot's world and the student perhaps has not, so the teacher's answers to
a few unlabelled frames of the robot's camera tell by which factor the student's scale is off. The
factor is kept beside the weights, on the card, and multiplies the depth that an engine returned:
so it is in no engine's file, and every engine's depth gets it once.
"""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np

from depth_distill_ros.geometry.intrinsics import Intrinsics, same_lens

FEWEST = 8  # frames; the spread of fewer says nothing
LARGEST = 1.5
"""Largest factor, and the inverse of the smallest: beyond it, more than the scale is wrong."""

STEP = 1.1
"""Largest ratio of the factors of two releases of which one replaces the other."""

# How far scales are off before anything was seen, a standard deviation of ln(factor).
_PRIOR = 0.15
_TO_DEVIATION = 1.4826  # from the median absolute deviation of normal numbers


@dataclass(frozen=True)
class ScaleAnchor:
    """
    A factor on a network's depth, and what it was learned from.

    Attributes:
        factor: from 1 / LARGEST to LARGEST
        frames: number of the robot's frames
        camera: of these frames, whose lens the factor holds for; None: unknown, any lens
    Raises:
        ValueError: a factor beyond its limits, or no frame
    """

    factor: float
    frames: int
    camera: Intrinsics | None = None

    def __post_init__(self) -> None:
        if not 1 / LARGEST <= self.factor <= LARGEST:
            raise ValueError(f'its scale anchor {self.factor!r} is not from 1/{LARGEST} to '
                             f'{LARGEST}')
        if self.frames < 1:
            raise ValueError(f'its scale anchor is of {self.frames!r} frames')

    def at(self, camera: Intrinsics | None) -> float:
        """Return the factor for a camera's depth: 1 if its lens is another one."""
        holds = camera is None or self.camera is None or same_lens(self.camera, camera)
        return self.factor if holds else 1.0


def learned(teacher: np.ndarray, student: np.ndarray, camera: Intrinsics | None = None,
            previous: ScaleAnchor | None = None) -> ScaleAnchor | None:
    """
    Return the anchor of a student; None from fewer than FEWEST frames.

    ln(factor) is the median of m = ln(teacher / student) over all pixels, so that a wall that one
    of the two does not know moves it little. It is drawn towards 0 by τ² / (τ² + s² / N), with the
    spread s of the frames' own medians (their median absolute deviation) and τ = 0.15: the mean of
    what follows from N frames and from the prior that ln(factor) has the deviation τ around 0.
    Then it is limited to LARGEST, and to one STEP from the `previous` one.

    Args:
        teacher, student: N×h×w metres of the same images; pixels where either is not finite or
            not positive do not count
        camera: of these images
        previous: anchor of the release that is replaced; None for the first release, or if that
            release has none of this lens
    """
    usable = (np.isfinite(teacher) & np.isfinite(student) & (teacher > 0) & (student > 0))
    frames = usable.any(axis=(1, 2))
    count = int(frames.sum())
    if count < FEWEST:
        return None
    ratio = np.full(teacher.shape, np.nan)
    ratio[usable] = np.log(teacher[usable].astype(float) / student[usable])
    each = np.nanmedian(ratio[frames].reshape(count, -1), axis=1)
    spread = _TO_DEVIATION * float(np.median(np.abs(each - np.median(each))))
    drawn = float(np.nanmedian(ratio)) * _PRIOR**2 / (_PRIOR**2 + spread**2 / count)
    drawn = _within(drawn, 0.0, LARGEST)
    if previous and (camera is None or previous.at(camera) == previous.factor):
        drawn = _within(drawn, math.log(previous.factor), STEP)
    return ScaleAnchor(math.exp(drawn), count, camera)


def _within(value: float, middle: float, factor: float) -> float:
    reach = math.log(factor)
    return min(max(value, middle - reach), middle + reach)
