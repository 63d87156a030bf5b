# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""report.png: curves and figures, depth maps, and what G makes of the images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
import numpy as np

from depth_distill_ros.apps.demo.history import History
from depth_distill_ros.apps.demo.scores import FIGURES, RunScores

_STUDENT, _TEACHER, _CONSTANT, _LIVE, _BLIND = (
    '#1b7f5c', '#3b5b92', '#9a9a9a', '#e0a030', '#a05195')
_LOSSES = {'distiller.loss_student': 'student', 'distiller.loss_plain': 'plain',
           'distiller.loss_transformed': 'transformed',
           'distiller.loss_auxiliary': "the robot's frames"}
_COLUMNS = {'constant': 'constant', 'blind': 'blind map', 'first': 'first', 'last': 'last',
            'teacher': 'teacher'}
# Width of the page and height of the charts, inches.
_WIDTH, _CHARTS = 21.0, 7.5
_PREVIEW_COLUMNS = ('x′, simulated', 'x̂′, mixed', 'G(x̂′), transformed (without G: x̂′)',
                    'teacher depth of x′', 'student depth of x′')
_DPI = 90


@dataclass(frozen=True, eq=False)
class DepthRow:
    """One frame of the grid: image H x W x 3 uint8; depths in metres, NaN invalid, by title."""

    image: np.ndarray
    depths: dict[str, np.ndarray]


def draw_report(
        path: Path, title: str, history: History, scores: RunScores,
        rows: Sequence[DepthRow], preview: np.ndarray | None) -> None:
    """
    Write the image: charts over the minutes of the run and the figures, then depth maps.

    history and rows must not be empty. The depth maps of a row share one colour scale. `preview`,
    H x W x 3 uint8, is what the distiller published: a row of five images for each frame.
    """
    grid_height = _height(len(rows), 2 + len(rows[0].depths), rows[0].image.shape)
    if preview is not None:
        preview = preview[:preview.shape[0] // 2]  # two of its four frames
    preview_height = 0.0 if preview is None else _WIDTH * preview.shape[0] / preview.shape[1] + 0.5
    heights = [_CHARTS, grid_height, *([preview_height] if preview is not None else [])]
    figure = Figure(figsize=(_WIDTH, sum(heights)), layout='constrained')
    figure.suptitle(title, fontsize=13)
    top, grid, *below = np.atleast_1d(figure.subfigures(len(heights), 1, height_ratios=heights))
    charts, table = top.subfigures(1, 2, width_ratios=(2.2, 1.0))
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
    _table(table, scores)
    _grid(grid, rows)
    if preview is not None:
        _preview(below[0], preview)
    figure.savefig(path, dpi=_DPI)


def _height(rows: int, columns: int, shape: tuple[int, ...]) -> float:
    return rows * _WIDTH / columns * shape[0] / shape[1] + 0.6


def _table(figure: SubFigure, scores: RunScores) -> None:
    known = scores.scores()
    compared = {name: known[name] for name in _COLUMNS if name in known}
    cells = [[title, *(f'{score[name]:.3f}' if name in score else '-'
                       for score in compared.values())]
             for name, title in FIGURES.items() if any(name in s for s in compared.values())]
    if gains := scores.gains():
        cells.append(['gain in δ1', *(f'{gains[name]:.2f}' if name in gains else ''
                                      for name in compared)])
    axes = figure.subplots()
    axes.set_axis_off()
    axes.set_title('on the same frames; obstacles within 3 m', fontsize=11)
    table = axes.table(cells, colLabels=['', *(_COLUMNS[name] for name in compared)],
                       loc='upper center', cellLoc='right',
                       colWidths=[0.36, *[0.64 / len(compared)] * len(compared)],
                       edges='horizontal')
    table.auto_set_font_size(False)
    table.set_fontsize(11)
    table.scale(1.0, 2.2)


def _scores(axes: Axes, history: History, scores: RunScores, key: str, title: str) -> None:
    axes.set_title(title, fontsize=10)
    colours = {'teacher': _TEACHER, 'constant': _CONSTANT, 'blind': _BLIND}
    for name, colour in colours.items():
        if name not in scores.scores():
            continue
        value = scores.scores()[name][key]
        axes.axhline(value, color=colour, linestyle='--', label=f'{name} {value:.3f}')
    seconds, values = history.curve(f'evaluator.{key}')
    axes.plot(_minutes(seconds), values, color=_LIVE, linewidth=1,
              label='/depth/student live, on what the camera shows')
    axes.plot(
        _minutes([release.time for release in scores.releases]),
        [release.score[key] for release in scores.releases],
        color=_STUDENT, marker='o', markersize=4,
        label=f'student: releases, last {scores.last[key]:.3f}')
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


def _grid(figure: SubFigure, rows: Sequence[DepthRow]) -> None:
    titles = list(rows[0].depths)
    grid = figure.subplots(len(rows), 1 + len(titles), squeeze=False)
    for line, row in zip(grid, rows, strict=True):
        # by the reference, so that a wrong depth looks wrong
        near, far = np.nanpercentile(next(iter(row.depths.values())), (1, 99))
        line[0].imshow(row.image)
        for axes, depth in zip(line[1:], row.depths.values(), strict=True):
            shown = axes.imshow(depth, cmap='turbo_r', vmin=near, vmax=far)
        figure.colorbar(shown, ax=line, label='depth, m', shrink=0.9, pad=0.01)
    for axes, title in zip(grid[0], ['robot camera', *titles], strict=True):
        axes.set_title(title, fontsize=11)
    for axes in grid.flat:
        axes.set_axis_off()


def _preview(figure: SubFigure, preview: np.ndarray) -> None:
    axes = figure.subplots()
    axes.imshow(preview)
    columns = len(_PREVIEW_COLUMNS)
    axes.set_xticks([(k + 0.5) * preview.shape[1] / columns for k in range(columns)],
                    _PREVIEW_COLUMNS, fontsize=11)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.set_yticks([])
    axes.set_frame_on(False)


def _minutes(seconds: Sequence[float]) -> list[float]:
    return [value / 60.0 for value in seconds]
