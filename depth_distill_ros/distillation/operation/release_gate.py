# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
The gate of releases: a student is promoted if it is better than the running one, beyond chance.

Both are compared with the teacher on the same frames, so their differences frame by frame count.
The bootstrap over the frames shows how far the mean difference would vary with other frames.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from depth_distill_ros.settings.robot_frames import FEWEST_TO_JUDGE

_RESAMPLES, _SEED = 1000, 0
_CHANCE = 0.05
# A student may go beyond the teacher's depth by this factor, on this share of the pixels.
_BEYOND, _SHARE = 2.0, 0.01
_LACKS_ROBOTS = (
    f"fewer than {FEWEST_TO_JUDGE} held-out frames of the robot's camera are stored, and simulated"
    ' frames cannot show that a student is better than one of photographs: drive the robot (on'
    ' /diagnostics, auxiliary shows what it stores), or start again with robot_frames: off')


@dataclass(frozen=True)
class Comparison:
    """
    A student and the running release on one set of frames.

    Attributes:
        delta1, running: mean agreement of the two with the teacher
        low, high: between which the mean difference is, but for chance
    """

    delta1: float
    running: float
    low: float
    high: float

    def __str__(self) -> str:
        return (f'delta1 {self.delta1:.3f} against {self.running:.3f}, the difference is '
                f'{self.low:+.3f} to {self.high:+.3f}')


@dataclass(frozen=True)
class Verdict:
    """
    Whether a student is promoted.

    Attributes:
        why_not: '' if it is
        against: what it was compared with
        comparisons: by name of the set of frames
        finite: whether its depth is a number everywhere
    """

    why_not: str
    against: str
    comparisons: Mapping[str, Comparison]
    finite: bool = True

    def figures(self) -> dict[str, object]:
        """Return what the card of a release says of the judgement."""
        return {'against': self.against, **{
            name: {'delta1': found.delta1, 'running': found.running,
                   'difference': [found.low, found.high]}
            for name, found in self.comparisons.items()}}


def compare(student: np.ndarray, running: np.ndarray, chance: float = _CHANCE) -> Comparison:
    """
    Compare the delta1 of two students on the same N frames, two vectors.

    `chance` is the probability with which the mean difference is below `low`, and above `high`.
    """
    differences = student - running
    drawn = np.random.default_rng(_SEED).integers(
        len(differences), size=(_RESAMPLES, len(differences)))
    low, high = np.quantile(differences[drawn].mean(axis=1), (chance, 1.0 - chance))
    return Comparison(float(student.mean()), float(running.mean()), float(low), float(high))


def fault(predicted: np.ndarray, teacher: np.ndarray) -> str:
    """
    Return what is wrong with a student's depth as such, on images as the robot sees them.

    Args:
        predicted, teacher: N×h×w metres
    """
    wrong = 1.0 - np.isfinite(predicted).mean()
    if wrong:
        return f'its depth is no number on {wrong:.2%} of the pixels'
    near, far = teacher.min(), teacher.max() * _BEYOND
    near = near / _BEYOND if near > 0 else near * _BEYOND
    outside = ((predicted < near) | (predicted > far)).mean()
    if outside > _SHARE:
        return (f"its depth is outside of {near:.2f} to {far:.2f} m, twice the teacher's range, "
                f'on {outside:.1%} of the pixels')
    return ''


def verdict(comparisons: Mapping[str, Comparison], faults: Mapping[str, str], against: str,
            first: bool, finite: bool, lacks_robots: bool = False) -> Verdict:
    """
    Decide.

    A student is promoted unless it has a fault or is worse on a set, and if it is better on one;
    both beyond chance. The `first` release has to be better in the mean on each set. None is
    promoted if the frames of the robot that have to judge it are lacking.
    """
    why_not = _why_not(comparisons, faults, against, first, lacks_robots)
    return Verdict(why_not, against, comparisons, finite)


def _why_not(comparisons: Mapping[str, Comparison], faults: Mapping[str, str], against: str,
             first: bool, lacks_robots: bool) -> str:
    for name, line in faults.items():
        if line:
            return f'{line} of the {name} frames'
    if lacks_robots:
        return _LACKS_ROBOTS
    for name, found in comparisons.items():
        if first and found.delta1 <= found.running:
            return f'no better than {against} on the {name} frames: {found}'
        if not first and found.high < 0:
            return f'worse than {against} on the {name} frames: {found}'
    if not first and all(found.low <= 0 for found in comparisons.values()):
        lines = '; '.join(f'on the {name} frames {found}' for name, found in comparisons.items())
        return f'no better than {against} beyond chance: {lines}'
    return ''
