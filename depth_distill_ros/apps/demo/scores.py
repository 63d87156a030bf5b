# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Scores of constant depth, teacher and releases on the same recorded robot camera frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.evaluation.metrics import depth_metrics
from depth_distill_ros.frame import Frame
from depth_distill_ros.geometry.view import View

MAX_RELEASES = 20
_FEWEST_VALID = 0.01


class ScoreError(DepthDistillError):
    """Frames without a reference depth, or a run without a release."""


@dataclass(frozen=True)
class Score:
    """Means over the frames: share of pixels within 1.25 of the reference; RMSE, metres."""

    delta1: float
    rmse: float


@dataclass(frozen=True)
class ScoredRelease:
    """time: when the release was written, seconds after the start of the run."""

    number: int
    time: float
    score: Score


@dataclass(frozen=True)
class RunScores:
    """All scores of one run, on the same frames at the student's output size."""

    frames: int
    constant: Score
    teacher: Score
    releases: tuple[ScoredRelease, ...]

    @property
    def first(self) -> Score:
        """The first release's score."""
        return self.releases[0].score

    @property
    def last(self) -> Score:
        """The last release's score."""
        return self.releases[-1].score

    def lines(self) -> list[str]:
        """Return ``delta1 constant=... teacher=... first=... last=...`` and the same of RMSE."""
        scores = {'constant': self.constant, 'teacher': self.teacher,
                  'first': self.first, 'last': self.last}
        return [
            ' '.join([figure, *(f'{name}={getattr(score, figure):.3f}'
                                for name, score in scores.items())])
            for figure in ('delta1', 'rmse')]


def usable(frames: Sequence[Frame]) -> list[Frame]:
    """Return the frames whose reference depth is valid somewhere."""
    return [frame for frame in frames
            if (np.isfinite(frame.depth) & (frame.depth > 0)).mean() >= _FEWEST_VALID]


def mean_score(
        frames: Sequence[Frame], size: tuple[int, int],
        predict: Callable[[np.ndarray], np.ndarray]) -> Score:
    """
    Return the mean score of a predictor over the frames.

    Args:
        frames: at least one, each with some valid reference
        size: (height, width) at which the depths are compared
        predict: from an H x W x 3 uint8 camera image to depth at ``size``, metres
    """
    if not frames:
        raise ScoreError('no frame of the robot camera with a reference was recorded')
    scores = []
    for frame in frames:
        reference = View.fit(frame.depth.shape, size).depth(frame.depth)
        scores.append(depth_metrics(predict(frame.image), reference))
    return Score(
        float(np.mean([score['delta1'] for score in scores])),
        float(np.mean([score['rmse'] for score in scores])))


def evenly(items: Sequence, count: int) -> list:
    """Return at most ``count`` items, first and last among them, evenly spread."""
    if len(items) <= count:
        return list(items)
    return [items[round(index)] for index in np.linspace(0, len(items) - 1, count)]


class Predictor:
    """A model folder as a function from camera images to depth."""

    def __init__(self, folder: Path | str) -> None:
        from depth_distill_ros.inference.engines.torch_engine import TorchEngine

        self._engine = TorchEngine(Path(folder))
        self.size = self._engine.output_size

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """Return depth at ``size``, metres."""
        return self._engine(image, View.fit(image.shape[:2], self._engine.input_size)).depth
