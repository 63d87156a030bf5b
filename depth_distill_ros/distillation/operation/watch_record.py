# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the watch in operation concludes from the frames that it looked at."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from depth_distill_ros.distillation.operation.release_gate import compare
from depth_distill_ros.distillation.operation.release_state import ReleaseId

_WINDOW = 30  # frames of the sliding agreement
_FEWEST = 5  # frames before anything is concluded
_FEWEST_PAIRS, _MOST_PAIRS = 12, 60  # frames on which two releases are compared
# small, because each frame is another occasion to be wrong
_CHANCE = 0.002
_DRIFT = 0.15  # of delta1, below the best level of about the last thousand frames
_FORGET = 0.999  # of that level, for each frame
_WORSE = 0.03  # of delta1, by which a release must be worse to be rolled back
_HARD, _MOST_HARD = 0.25, 200  # share of the frames that are hard; frames remembered


@dataclass(frozen=True)
class Look:
    """
    One frame of the robot that the watch looked at.

    Attributes:
        release: that answered
        agreement: delta1 of the published depth against the teacher
        before: the same of the release before it on the same image; None without one
        stamp: of the image, nanoseconds
    """

    release: ReleaseId
    agreement: float
    before: float | None
    stamp: int


class WatchRecord:
    """
    Sliding agreement, drift, hard frames, and the comparison of two releases in operation.

    Args:
        limit: sliding agreement below which there is a warning
    Attributes:
        release: that answered the last frame; None before any
    """

    def __init__(self, limit: float):
        self._limit = limit
        self._recent: deque[float] = deque(maxlen=_WINDOW)
        self._looks: deque[Look] = deque(maxlen=_MOST_HARD)
        self._pairs: deque[tuple[float, float]] = deque(maxlen=_MOST_PAIRS)
        self.release: ReleaseId | None = None
        self._own: list[float] = []
        self._best = 0.0

    def add(self, look: Look) -> None:
        """Take a frame; those of another release than the last begin a new comparison."""
        if look.release != self.release:
            self.release, self._own = look.release, []
            self._pairs.clear()
        self._recent.append(look.agreement)
        self._looks.append(look)
        self._own = [*self._own, look.agreement][-1000:]
        if look.before is not None:
            self._pairs.append((look.agreement, look.before))
        self._best = max(self._best * _FORGET, self.agreement or 0.0)

    @property
    def agreement(self) -> float | None:
        """Mean delta1 of the last frames; None before there are enough."""
        return float(np.mean(self._recent)) if len(self._recent) >= _FEWEST else None

    @property
    def of_release(self) -> tuple[float, int]:
        """Mean delta1 of the release that answers, and its number of frames."""
        return float(np.mean(self._own)) if self._own else 0.0, len(self._own)

    def warning(self) -> str:
        """Return why the depth cannot be trusted; '' if nothing speaks against it."""
        found = self.agreement
        if found is None:
            return ''
        if found < self._limit:
            return (f'in operation delta1 is {found:.2f} against the teacher on the last '
                    f'{len(self._recent)} robot frames, below watch_limit {self._limit:g}')
        if found < self._best - _DRIFT:
            return (f'in operation delta1 has fallen from {self._best:.2f} to {found:.2f} on the '
                    f'last {len(self._recent)} robot frames: another environment, light, or a '
                    'dirty lens')
        return ''

    def why_worse(self) -> str:
        """Return why the release is worse than the one before it, beyond chance; '' if not."""
        if len(self._pairs) < _FEWEST_PAIRS:
            return ''
        own, before = np.array(self._pairs).T
        found = compare(own, before, _CHANCE)
        if found.high >= 0 or found.delta1 > found.running - _WORSE:
            return ''
        return (f'worse in operation than the release before it, on the same {len(self._pairs)} '
                f'robot frames: {found}')

    def hard_stamps(self) -> list[int]:
        """Return the stamps of the frames with the least agreement, nanoseconds."""
        if len(self._looks) < _FEWEST:
            return []
        limit = np.quantile([look.agreement for look in self._looks], _HARD)
        return [look.stamp for look in self._looks if look.agreement <= limit]
