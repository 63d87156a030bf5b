# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Scores of baselines, teacher and releases on the same frames."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.evaluation.gain import gain
from depth_distill_ros.frame import Frame

MAX_RELEASES = 20
_FEWEST_VALID = 0.01

Score = Mapping[str, float]
"""delta1, rmse, and the figures of ``RobotFigures``, by name."""

FIGURES = {
    'delta1': 'δ1', 'rmse': 'RMSE, m', 'edge_f_score': 'edges: F-score',
    'scan_recall': 'scan: recall', 'scan_precision': 'scan: precision',
    'nearest_error': 'nearest obstacle: error, m',
    'grid_recall': 'floor grid: recall', 'grid_precision': 'floor grid: precision'}
"""The figures of the report, in its order, with their titles."""


class ScoreError(DepthDistillError):
    """Frames without a reference depth, or a run without a release."""


@dataclass(frozen=True)
class ScoredRelease:
    """time: when the release was written, seconds after the start of the run."""

    number: int
    time: float
    score: Score


@dataclass(frozen=True)
class RunScores:
    """All scores of one run on the same frames; blind: None without a blind map of the camera."""

    frames: int
    constant: Score
    blind: Score | None
    teacher: Score
    releases: tuple[ScoredRelease, ...]

    @property
    def first(self) -> Score:
        """The score of the first release, or of release 0, which answers before it."""
        return self.releases[0].score

    @property
    def last(self) -> Score:
        """The last release's score."""
        return self.releases[-1].score

    def scores(self) -> dict[str, Score]:
        """Return the scores that the report compares, by name."""
        return {'constant': self.constant, **({'blind': self.blind} if self.blind else {}),
                'teacher': self.teacher, 'first': self.first, 'last': self.last}

    def gains(self) -> dict[str, float]:
        """Return the gain of the first and the last release; empty where there is none."""
        if self.blind is None:
            return {}
        found = {name: gain(score['delta1'], self.blind['delta1'], self.teacher['delta1'])
                 for name, score in (('first', self.first), ('last', self.last))}
        return {name: value for name, value in found.items() if value is not None}

    def lines(self) -> list[str]:
        """Return a line for each figure, ``delta1 constant=... blind=...`` being the last."""
        lines = [_line(figure, {name: score[figure] for name, score in self.scores().items()
                                if figure in score}) for figure in FIGURES]
        return [line for line in (*lines[1:], _line('gain', self.gains()), lines[0]) if line]


def _line(figure: str, values: Mapping[str, float]) -> str:
    pairs = (f'{name}={value:.3f}' for name, value in values.items())
    return ' '.join([figure, *pairs]) if values else ''


def score_of(figures: Mapping[str, Any]) -> Score:
    """Return the score among the figures of ``evaluation.evaluated``."""
    known = {**figures['metrics'], **figures['robot']}
    return {name: known[name] for name in FIGURES if name in known}


def usable(frames: Iterable[Frame]) -> list[Frame]:
    """Return the frames whose reference depth is valid somewhere."""
    return [frame for frame in frames if frame.depth is not None
            and (np.isfinite(frame.depth) & (frame.depth > 0)).mean() >= _FEWEST_VALID]
