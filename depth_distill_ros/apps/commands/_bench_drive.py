# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""depth-distill bench drive: a robot drives through simulated rooms by the node's clouds."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import closing
from functools import partial
import os
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.progress import Progress

from depth_distill_ros import installation
from depth_distill_ros.apps.bench.drive.bench import BLIND, CONSTANT, EXACT, DriveBench, Source
from depth_distill_ros.apps.bench.drive.paths_image import draw
from depth_distill_ros.apps.bench.drive.results import Results, figures, table
from depth_distill_ros.apps.bench.drive.workers import Block, drives
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.files import exclusive, writing
from depth_distill_ros.networks.model_folder import read_card
from depth_distill_ros.shipped import shipped_teacher

HELP = "a simulated robot drives by the node's clouds: goals reached, collisions, time"
EXAMPLE = ('depth-distill bench drive --models student=run/releases/000012 --rooms 100 --seeds 3 '
           '--out runs/drive')
# Rooms of one source before the next one drives, so that an interrupted run compares. Each block
# starts a node.
_BLOCK = 10
_DRAWN = 4


def run(arguments: argparse.Namespace) -> int:
    console = Console(highlight=False, markup=False)
    folder = Path(arguments.out).absolute()
    sources = _sources(arguments.models)
    with _locked(folder):
        return _run(arguments, folder, sources, console)


def _locked(folder: Path) -> TextIO:
    """Lock a folder, whose results two runs would make twice."""
    with writing(folder):
        return exclusive(folder / 'drive.lock', lambda owner: DepthDistillError(
            f'{folder}: process {owner} drives there; stop that one or choose another folder'))


def _run(arguments: argparse.Namespace, folder: Path, sources: list[Source],
         console: Console) -> int:
    os.environ.update(installation.graph_of_its_own(folder / 'logs'))
    results = Results(folder, {'look': arguments.look, 'set': arguments.set})
    left = [Block(source, seed, tuple(room for room in rooms
                                      if room not in results.done(source.name, seed)))
            for seed, rooms in _blocks(arguments.seeds, arguments.rooms) for source in sources]
    make = partial(DriveBench, look=arguments.look, parameters=arguments.set)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task('driving', total=sum(len(block.rooms) for block in left))
        for record in drives(make, folder, [block for block in left if block.rooms],
                             arguments.jobs):
            results.add(record)
            progress.update(task, advance=1, description=f'{record.source}, seed {record.seed}, '
                            f'room {record.room}: {record.drive.end}')
    names = [source.name for source in sources]
    # several jobs end in any order; earlier calls may have had other students
    records = sorted(results.records, key=lambda r: (
        names.index(r.source) if r.source in names else len(names), r.source, r.seed, r.room))
    keys = sorted({(r.seed, r.room) for r in records})
    chosen = keys[::max(1, len(keys) // _DRAWN)][:_DRAWN]
    with closing(make(folder)) as bench:
        draw(folder / 'paths.png', bench.scenes(chosen), records)
    console.print(table(figures(records)))
    console.print(f'written: {folder / "results.jsonl"}, {folder / "paths.png"}')
    return 0


def _sources(models: dict[str, str]) -> list[Source]:
    """Return all sources of depth; DepthDistillError for a name or a folder that cannot be."""
    fixed = (EXACT, 'teacher', BLIND, CONSTANT)
    for name, model in models.items():
        if name in fixed:
            raise DepthDistillError(f'--models {name}=...: {name} is driven anyway; choose '
                                    'another name')
        read_card(Path(model).expanduser())
    students = [Source(name, Path(model).expanduser().absolute())
                for name, model in models.items()]
    return [Source(EXACT), Source('teacher', shipped_teacher()), *students, Source(BLIND),
            Source(CONSTANT)]


def _blocks(seeds: int, rooms: int) -> Iterator[tuple[int, range]]:
    for first in range(0, rooms, _BLOCK):
        for seed in range(seeds):
            yield seed, range(first, min(first + _BLOCK, rooms))
