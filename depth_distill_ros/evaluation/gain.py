# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The gain: how much of what its teacher sees a student sees."""

from __future__ import annotations


def gain(student: float, blind: float, teacher: float) -> float | None:
    """
    Return the share of the teacher's delta1 beyond the blind map's that the student has.

    (student - blind) / (teacher - blind), from the delta1 of each on the same frames. None if the
    teacher is no better than the blind map.
    """
    return (student - blind) / (teacher - blind) if teacher > blind else None
