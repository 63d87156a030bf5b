# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The share of the gap between plain distillation and supervised training that a method closes."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import mean, stdev
from typing import Any

from depth_distill_ros.apps.bench.runner import Outcome
from depth_distill_ros.evaluation.gain import gain

PLAIN, MEASURED, TEACHER = 'KD-OOD', 'Student', 'Teacher'
# separates the name of the stream from that of the images beside it
BESIDE = ' + '

_Line = tuple[str, str, str]


def shares_of_gap(outcomes: Sequence[Outcome]) -> dict[str, dict[str, Any]]:
    """
    Return the share of the gap in δ1 by line of the table.

    A line without both ends, or with a gap <= 0, has no share. The ends and the teacher have none.

    Returns:
        share: (δ1 - plain) / (measured - plain), of means over the seeds that all three rows have.
            `plain` is KD-OOD on the same stream alone, `measured` the student trained with
            measured depth, both of the same pair of networks
        spread: standard deviation of δ1 - plain over those seeds, relative to the gap; None for 1
        gap: measured - plain
        seeds: those seeds
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
            shares[_name((pair, method, data))] = {
                'share': mean(gained) / gap,
                'spread': stdev(gained) / gap if len(seeds) > 1 else None,
                'gap': gap, 'seeds': seeds}
    return shares


def gains(outcomes: Sequence[Outcome], blind: float | None) -> dict[str, float]:
    """
    Return the gain by line of the table: its delta1, the mean over seeds, beyond the blind map.

    The teacher is that of the same pair of networks, and has no gain; without it, or without the
    delta1 of the blind map, there are none.
    """
    found: dict[_Line, list[float]] = {}
    for o in outcomes:
        if 'delta1' in o.figures and 'method' in o.row.keys:
            found.setdefault(_line(o), []).append(o.figures['delta1'])
    teachers = {pair: mean(values) for (pair, method, _), values in found.items()
                if method == TEACHER}
    if blind is None:
        return {}
    shares = {line: gain(mean(values), blind, teachers[line[0]])
              for line, values in found.items() if line[0] in teachers and line[1] != TEACHER}
    return {_name(line): share for line, share in shares.items() if share is not None}


def _name(line: _Line) -> str:
    return ' '.join(part for part in line if part)


def _line(outcome: Outcome) -> _Line:
    keys = outcome.row.keys
    return keys.get('pair', ''), keys['method'], keys.get('data', '')
