# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The paths of all sources through some rooms, seen from above."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from depth_distill_ros.apps.bench.drive.episode import COLLISION, REACHED, STUCK, TIMEOUT
from depth_distill_ros.apps.bench.drive.ground import Course, Ground
from depth_distill_ros.apps.bench.drive.results import Record
from depth_distill_ros.apps.bench.drive.robot import RADIUS
from depth_distill_ros.files import writing

_COLOURS = {REACHED: '#1a7f37', COLLISION: '#cf222e', STUCK: '#9a6700', TIMEOUT: '#6639ba'}
_FLOOR = ListedColormap(['#ffffff', '#8c959f'])


def draw(path: Path, scenes: Mapping[tuple[int, int], tuple[Ground, Course]],
         records: Sequence[Record]) -> None:
    """Draw a row for each scene, by (seed, room), and a column for each source."""
    sources = list(dict.fromkeys(r.source for r in records))
    figure = Figure(figsize=(2.1 * len(sources), 2.2 * len(scenes)), layout='constrained')
    grid = figure.subplots(len(scenes), len(sources), squeeze=False)
    for row, (key, (ground, course)) in zip(grid, scenes.items(), strict=True):
        for axes, source in zip(row, sources, strict=True):
            record = next((r for r in records if (r.source, r.seed, r.room) == (source, *key)),
                          None)
            _room(axes, ground, course)
            if record is not None:
                _path(axes, record)
    for axes, source in zip(grid[0], sources, strict=True):
        axes.set_title(source, fontsize=9)
    with writing(path):
        figure.savefig(path, dpi=80)


def _room(axes: Axes, ground: Ground, course: Course) -> None:
    width, depth = ground.size
    axes.imshow(ground.occupied, cmap=_FLOOR, origin='lower', extent=(0, width, 0, depth),
                interpolation='nearest')
    axes.add_patch(Circle(course.start[:2], RADIUS, color='#0969da', alpha=0.5))
    axes.plot(*course.goal, marker='*', color='#0969da', markersize=8)
    axes.set_xticks([])
    axes.set_yticks([])


def _path(axes: Axes, record: Record) -> None:
    colour = _COLOURS[record.drive.end]
    x, y = zip(*record.drive.path, strict=True)
    axes.plot(x, y, color=colour, linewidth=1.5)
    axes.add_patch(Circle((x[-1], y[-1]), RADIUS, fill=False, color=colour))
    axes.set_xlabel(f'{record.drive.end}, {record.drive.seconds:.0f} s', fontsize=7, color=colour,
                    labelpad=2)
