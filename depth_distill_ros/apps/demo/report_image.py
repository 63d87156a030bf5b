# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""report.png: curves above, depth maps below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
import numpy as np

from depth_distill_ros.apps.demo.history import History
from depth_distill_ros.apps.demo.scores import RunScores

_STUDENT, _TEACHER, _CONSTANT, _LIVE = '#1b7f5c', '#3b5b92', '#9a9a9a', '#e0a030'
_LOSSES = {'distiller.loss_plain': 'plain', 'distiller.loss_transformed': 'transformed'}


@dataclass(frozen=True, eq=False)
class DepthRow:
    """One frame of the grid: image H x W x 3 uint8; depths in metres, NaN invalid, by title."""

    image: np.ndarray
    depths: dict[str, np.ndarray]


def draw_report(
        path: Path, title: str, history: History, scores: RunScores,
        rows: Sequence[DepthRow]) -> None:
    """
    Write the image: four charts over the minutes of the run, then a grid of depth maps.

    history and rows must not be empty. All depth maps share one colour scale.
    """
    figure = Figure(figsize=(13.0, 7.6 + 1.8 * len(rows)), layout='constrained')
    figure.suptitle(title, fontsize=12)
    charts, grid = figure.subfigures(2, 1, height_ratios=(7.0, 1.8 * len(rows)))
    (delta1, rmse), (losses, camera) = charts.subplots(2, 2)
    _scores(delta1, history, scores, 'delta1', "δ1 in the robot's world (higher is better)")
    _scores(rmse, history, scores, 'rmse', "RMSE in the robot's world, m (lower is better)")
    _losses(losses, history)
    _camera(camera, history)
    minutes = history.rows[-1]['time'] / 60.0
    for axes in (delta1, rmse, losses, camera):
        axes.set_xlabel('minutes')
        axes.set_xlim(0.0, minutes)
        axes.grid(alpha=0.25)
    _grid(grid, rows)
    figure.savefig(path, dpi=110)


def _scores(axes: Axes, history: History, scores: RunScores, key: str, title: str) -> None:
    axes.set_title(title, fontsize=10)
    for line, name, colour in (
            (scores.teacher, 'teacher', _TEACHER), (scores.constant, 'constant', _CONSTANT)):
        value = getattr(line, key)
        axes.axhline(value, color=colour, linestyle='--', label=f'{name} {value:.3f}')
    seconds, values = history.curve(f'evaluator.{key}')
    axes.plot(_minutes(seconds), values, color=_LIVE, linewidth=1,
              label='/depth/student live (sliding window)')
    axes.plot(
        _minutes([release.time for release in scores.releases]),
        [getattr(release.score, key) for release in scores.releases],
        color=_STUDENT, marker='o', markersize=4,
        label=f'student: releases, last {getattr(scores.last, key):.3f}')
    axes.set_ylim(bottom=0.0)
    axes.legend(fontsize=8)


def _losses(axes: Axes, history: History) -> None:
    axes.set_title("student's losses", fontsize=10)
    for name, label in _LOSSES.items():
        seconds, values = history.curve(name)
        if values:
            axes.plot(_minutes(seconds), values, linewidth=1, label=label)
    if axes.lines:
        axes.legend(fontsize=8)


def _camera(axes: Axes, history: History) -> None:
    axes.set_title('camera in, depth out, and latency', fontsize=10)
    axes.set_ylabel('Hz')
    for name, label, colour in (
            ('monitor.camera_hz', 'camera in', _TEACHER),
            ('monitor.depth_hz', 'depth out', _STUDENT)):
        seconds, values = history.curve(name)
        axes.plot(_minutes(seconds), values, color=colour, linewidth=1, label=label)
    axes.set_ylim(bottom=0)
    latency = axes.twinx()
    latency.set_ylabel('latency, ms (median)')
    seconds, values = history.curve('inference.latency_p50_ms')
    latency.plot(_minutes(seconds), values, color=_LIVE, linewidth=1)
    latency.set_ylim(bottom=0)
    axes.plot([], [], color=_LIVE, linewidth=1, label='latency')
    axes.legend(fontsize=8, loc='lower right')


def _grid(figure: Figure, rows: Sequence[DepthRow]) -> None:
    titles = list(rows[0].depths)
    grid = figure.subplots(len(rows), 1 + len(titles), squeeze=False)
    depths = np.concatenate([depth.ravel() for row in rows for depth in row.depths.values()])
    farthest = float(np.nanpercentile(depths, 99))
    for line, row in zip(grid, rows, strict=True):
        line[0].imshow(row.image)
        for axes, depth in zip(line[1:], row.depths.values(), strict=True):
            shown = axes.imshow(depth, cmap='turbo_r', vmin=0.0, vmax=farthest)
    for axes, title in zip(grid[0], ['robot camera', *titles], strict=True):
        axes.set_title(title, fontsize=10)
    for axes in grid.flat:
        axes.set_axis_off()
    figure.colorbar(shown, ax=grid, label='depth, m', shrink=0.8)


def _minutes(seconds: Sequence[float]) -> list[float]:
    return [value / 60.0 for value in seconds]
