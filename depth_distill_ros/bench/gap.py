# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How much of the way from plain distillation to measured depth a method goes."""

from __future__ import annotations

from collections.abc import Sequence

from depth_distill_ros.bench.runner import Outcome

PLAIN, MEASURED = 'KD-OOD', 'Student'
# what comes after the simulated frames' name where the robot's own are learnt too
BESIDE = ' + '


def shares_of_gap(outcomes: Sequence[Outcome]) -> dict[str, list[float]]:
    """
    Return (δ1 - plain) / (measured - plain) of each line, a share a seed.

    `plain` is KD-OOD on the same simulated frames and none of the robot's, `measured` the student
    that learns measured depth, both of the same pair and seed. A line without such ends, or whose
    ends are the wrong way round, has no share; nor have the ends themselves and the teacher.
    """
    found = {(*_line(o), o.seed): o.figures['delta1']
             for o in outcomes if 'delta1' in o.figures and 'method' in o.row.keys}
    targets = {data for _, method, data, _ in found if method == MEASURED}
    shares: dict[str, list[float]] = {}
    for (pair, method, data, seed), delta1 in found.items():
        plain = found.get((pair, PLAIN, data.partition(BESIDE)[0], seed))
        measured = next((found[pair, MEASURED, target, seed] for target in targets
                         if (pair, MEASURED, target, seed) in found), None)
        if plain is None or measured is None or measured <= plain or (method, data) == (
                PLAIN, data.partition(BESIDE)[0]):
            continue
        line = ' '.join(part for part in (pair, method, data) if part)
        shares.setdefault(line, []).append((delta1 - plain) / (measured - plain))
    return shares


def _line(outcome: Outcome) -> tuple[str, str, str]:
    keys = outcome.row.keys
    return keys.get('pair', ''), keys['method'], keys.get('data', '')
