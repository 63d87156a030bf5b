# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The demo's results: report.png, figures.json, and the recorded frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from depth_distill_ros.apps.demo import scores
from depth_distill_ros.apps.demo.history import History
from depth_distill_ros.apps.demo.report_image import DepthRow
from depth_distill_ros.distillation.release_folders import releases
from depth_distill_ros.evaluation.constant import constant_depth
from depth_distill_ros.files import write_json
from depth_distill_ros.frame import Frame
from depth_distill_ros.geometry.view import View
from depth_distill_ros.networks.model_folder import CARD

_ROWS = 5


def save_frames(path: Path, frames: Sequence[Frame]) -> None:
    """Write the recorded frames: images N x H x W x 3 uint8, references N x H x W float32."""
    np.savez(
        path, images=np.stack([frame.image for frame in frames]),
        references=np.stack([frame.depth for frame in frames]))


def score_run(
        frames: Sequence[Frame], teacher: Path, release_root: Path, began: float,
        progress: Callable[[str], None]) -> scores.RunScores:
    """
    Score constant depth, teacher and up to 20 releases on the same frames.

    Args:
        frames: recorded from the robot's camera
        teacher: model folder
        release_root: folder of the run's releases
        began: start of the run, seconds since the epoch
        progress: called with what is being scored
    Raises:
        ScoreError: no usable frame, or no release.
    """
    frames = scores.usable(frames)
    records = releases(release_root)
    if not frames or not records:
        what = 'no release was made' if frames else 'no frame with a reference was recorded'
        raise scores.ScoreError(f'no report: {what}; run the demo for longer')
    # Two threads that wait for each other on busy cores are many times slower than one.
    torch.set_num_threads(1)
    scored = []
    for record in scores.evenly(records, scores.MAX_RELEASES):
        progress(f'release {record.number}')
        student = scores.Predictor(record.folder)
        scored.append(scores.ScoredRelease(
            record.number, (record.folder / CARD).stat().st_mtime - began,
            scores.mean_score(frames, student.size, student)))
    progress('teacher')
    predictor = scores.Predictor(teacher)
    constant = np.full(student.size, constant_depth(frame.depth for frame in frames),
                       np.float32)
    return scores.RunScores(
        len(frames), scores.mean_score(frames, student.size, lambda image: constant),
        scores.mean_score(frames, predictor.size, predictor), tuple(scored))


def depth_rows(
        frames: Sequence[Frame], teacher: Path, release_root: Path) -> list[DepthRow]:
    """Return a few frames with their depths by title: reference, teacher, first and last."""
    first, last = (scores.Predictor(releases(release_root)[index].folder) for index in (0, -1))
    predictors = {
        'teacher': scores.Predictor(teacher), 'first student': first, 'last student': last}
    rows = []
    for frame in scores.evenly(scores.usable(frames), _ROWS):
        reference = View.fit(frame.depth.shape, last.size).depth(frame.depth)
        rows.append(DepthRow(frame.image, {
            'reference': reference,
            **{title: predict(frame.image) for title, predict in predictors.items()}}))
    return rows


def write_figures(
        path: Path, run: scores.RunScores, counts: dict[str, int], history: History) -> None:
    """Write every number of the report as JSON."""
    write_json(path, {'verdict': asdict(run), 'counts': counts, 'history': history.rows})
