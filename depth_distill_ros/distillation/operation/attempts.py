# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How often the distiller tries to release its student."""

from __future__ import annotations

_FIRST_PERIOD = 5.0  # seconds; until the first release the robot has no depth
# Times as long as the last attempt took, to be trained before the next: an attempt takes long on a
# busy machine.
_BEFORE_THE_FIRST, _AFTER_IT = 4.0, 9.0


def time_between_attempts(period: float, took: float, released: bool) -> float:
    """
    Return the seconds from the start of an attempt to the start of the next one.

    Args:
        period: `release_period`, seconds
        took: seconds that the last attempt took; 0 before the first
        released: whether there is a release
    """
    if released:
        return max(period, _AFTER_IT * took)
    return min(period, max(_FIRST_PERIOD, _BEFORE_THE_FIRST * took))
