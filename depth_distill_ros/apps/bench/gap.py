# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How much of the way from plain distillation to measured depth a method goes."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import mean, stdev
from typing import Any

from depth_distill_ros.apps.bench.runner import Outcome

PLAIN, MEASURED = 'KD-OOD', 'Student'
# what comes after the simulated frames' name where the robot's own are learnt too
BESIDE = ' + '

_Line = tuple[str, str, str]


def shares_of_gap(outcomes: Sequence[Outcome]) -> dict[str, dict[str, Any]]:
    """
    Return of each line its part of the gap in δ1, as the papers' tables would give it.

    share : (δ1 - plain) / (measured - plain), of means over the seeds that all three rows have.
        `plain` is KD-OOD on the same simulated frames and none of the robot's, `measured` the
        student that learns measured depth, both of the same pair of networks
    spread : standard deviation over those seeds of δ1 - plain, in parts of the gap; of one, None
    gap : measured - plain
    seeds : those seeds

    A line without such ends, or whose ends are the wrong way round, has no share; nor have the
    ends themselves and the teacher.
    """
    found: dict[_Line, dict[int, float]] = {}
    for o in outcomes:
        if 'delta1' in o.figures and 'method' in o.row.keys:
            found.setdefault(_line(o), {})[o.seed] = o.figures['delta1']
    measured = {pair: figures for (pair, method, _), figures in found.items()
                if method == MEASURED}
    shares = {}
    for (pair, method, data), figures in found.items():
        simulated = data.partition(BESIDE)[0]
        plain = found.get((pair, PLAIN, simulated), {})
        seeds = sorted(figures.keys() & plain.keys() & measured.get(pair, {}).keys())
        if not seeds or (method, data) == (PLAIN, simulated):
            continue
        gap = mean(measured[pair][seed] - plain[seed] for seed in seeds)
        gained = [figures[seed] - plain[seed] for seed in seeds]
        if gap > 0:
            shares[' '.join(part for part in (pair, method, data) if part)] = {
                'share': mean(gained) / gap,
                'spread': stdev(gained) / gap if len(seeds) > 1 else None,
                'gap': gap, 'seeds': seeds}
    return shares


def _line(outcome: Outcome) -> _Line:
    keys = outcome.row.keys
    return keys.get('pair', ''), keys['method'], keys.get('data', '')
