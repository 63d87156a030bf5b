# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Trains and evaluates the rows of a table, each in its own folder; finished rows are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
import json
from pathlib import Path
import time
from typing import Any

import torch

from depth_distill_ros import datasets
from depth_distill_ros.apps.bench.machine import device, gpu_milliseconds
from depth_distill_ros.apps.bench.preset import Preset
from depth_distill_ros.apps.bench.rendered import render
from depth_distill_ros.apps.bench.table import BenchTable, Row
from depth_distill_ros.apps.left_out import summary
from depth_distill_ros.datasets.preprocessing import recorded
from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.offline import open_run
from depth_distill_ros.distillation.offline_training import Progress
from depth_distill_ros.distillation.student_start import WHOLE
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.evaluation.protocol import PROTOCOLS, Evaluation
from depth_distill_ros.files import sha256_of, write_json
from depth_distill_ros.inference.sliding_window import sliding_window
from depth_distill_ros.networks.model_folder import WEIGHTS
from depth_distill_ros.networks.teachers import load_teacher
from depth_distill_ros.settings.distillation import OfflineSettings
from depth_distill_ros.settings.file import upgraded
from depth_distill_ros.settings.names import STEREO
from depth_distill_ros.shipped import shipped_start, spelled_out
from depth_distill_ros.worlds.path_traced.dataset import render as path_trace

_DONE = 'row.json'
_SAVE_EVERY = 200  # steps
_SLIDING = ('dacnn', STEREO)

# iterates over the steps of a training, given the first step and the number of all steps
Train = Callable[[Iterator[Progress], int, int], Any]


@dataclass(frozen=True)
class Outcome:
    """
    A finished row.

    Attributes:
        model: in the form of load_teacher
        record: settings, steps, seconds and so on; empty for a model that was not trained
        figures: metrics by column
    """

    row: Row
    seed: int
    model: str
    record: dict[str, Any]
    figures: dict[str, float]


class Bench:
    """
    Runs the rows of tables in `folder`, which several tables may share.

    Attributes:
        unused: what trainings and evaluations did not use of their data, one line for each
    Args:
        data: data sets by role, in the form of open_reader; they replace what the preset renders
        train: iterates over the steps of a training
        say: receives progress messages, one line each
        target: folder of the preset's path-traced frames; missing ones are rendered
    """

    def __init__(self, folder: Path | str, preset: Preset, data: Mapping[str, str], train: Train,
                 say: Callable[[str], None], target: str = ''):
        self.folder, self.preset = Path(folder), preset
        self._target = Path(target or self.folder / 'target')
        self._data, self._train, self._say = dict(data), train, say
        self.compute = Compute.available()
        self.own_teacher = spelled_out(preset.own_teacher or '')
        self._own_figures: dict[str, dict[str, float]] = {}
        self.unused: list[str] = []

    def runs(self, table: BenchTable, wanted: Sequence[str] = (), seeds: int = 1,
             ) -> list[tuple[Row, int]]:
        """
        Return the rows to run with their seeds: the wanted rows, and all finished ones.

        If none is wanted, all rows whose data is available. Raises DepthDistillError if data is
        missing for a wanted row or for all rows, or if data is given that the table does not use.
        """
        rows = {row.name: row for row in table.rows if row.keys}
        roles = {role for row in table.rows for role in self._roles(table, row)}
        if unknown := sorted(self._data.keys() - roles):
            raise DepthDistillError(f'table {table.name} does not use --data {unknown[0]}=...; '
                                    f'its data are {", ".join(sorted(roles))}')
        if unknown := [name for name in wanted if name not in rows]:
            raise DepthDistillError(f'table {table.name} has no row {unknown[0]}; its rows are '
                                    f'{", ".join(rows)}')
        ready = []
        for row in rows.values():
            missing = [role for role in self._roles(table, row)
                       if role not in self._data and not self.preset.has(role)]
            if not missing:
                asked = seeds if not wanted or row.name in wanted else 0
                ready += [(row, seed) for seed in self._seeds(row, asked)]
                continue
            sentence = (f'row {row.name} of table {table.name} needs '
                        + ' and '.join(f'--data {role}=KIND:PATH' for role in missing))
            if row.name in wanted or table.test in missing:
                raise DepthDistillError(sentence)
            if not wanted:
                self._say(f'left out: {sentence}')
        if not ready:
            raise DepthDistillError(sentence)
        return ready

    def outcome(self, table: BenchTable, row: Row, seed: int = 0) -> Outcome:
        """Train and evaluate the row, where that is not done yet."""
        model, record, path = self._trained(table, row, seed)
        figures = {role: self._figures(model, self.spec(role), self.protocol(table, role), path)
                   for role in _tests(table, row)}
        return Outcome(row, seed, model, record, {
            column: figures[role][metric] for column, (metric, role) in row.columns.items()
        } if row.columns else figures[table.test])

    def protocol(self, table: BenchTable, role: str) -> str:
        """Return the protocol for the data of a role: evaluation has the view of the training."""
        robot = table.protocol == 'nyu' and recorded(self.spec(role))
        return 'robot' if robot else table.protocol

    def spec(self, role: str) -> str:
        """Return the data of a role in the form of open_reader; render it where it is missing."""
        if role in self._data:
            return self._data[role]
        if role in self.preset.parts:
            part, target = self.preset.parts[role], self.preset.target
            path_trace(target, self._target, 0, self._say, part.rooms(target))
            return part.spec(self._target)
        world, folder = self.preset.worlds[role], self.folder / 'data' / role
        if not folder.exists():
            self._say(f'rendering {world.frames} frames for {role}')
        return render(world, folder)

    def reader(self, role: str) -> datasets.Reader:
        """Return the data of a role."""
        return datasets.open_reader(self.spec(role))

    def run_folder(self, row: Row, seed: int = 0) -> Path:
        """Return the folder of the row's training."""
        return self.folder / row.name / f'seed-{seed}'

    def done(self, row: Row, seed: int) -> bool:
        """Tell whether the row needs no more training."""
        return row.settings is None or (self.run_folder(row, seed) / _DONE).exists()

    def _seeds(self, row: Row, asked: int) -> list[int]:
        if row.settings is None:
            return [0]
        done = {int(path.parent.name.removeprefix('seed-'))
                for path in (self.folder / row.name).glob(f'seed-*/{_DONE}')}
        return sorted({*range(asked), *done})

    def _roles(self, table: BenchTable, row: Row) -> list[str]:
        roles = [*row.data.values(), *_tests(table, row)]
        if row.teacher:
            roles += self._roles(table, _named(table, row.teacher))
        return list(dict.fromkeys(roles))

    def _trained(self, table: BenchTable, row: Row, seed: int,
                 ) -> tuple[str, dict[str, Any], Path | None]:
        if row.settings is None:
            return self.own_teacher, {}, None
        teacher = self.preset.own_teacher or '' if row.teacher else ''
        if row.teacher and (teaching := _named(table, row.teacher)).settings is not None:
            teacher = self._trained(table, teaching, 0)[0]
        settings = replace(row.settings, teacher=teacher, seed=seed, **{
            source: self.spec(role) for source, role in row.data.items()})
        folder = self.run_folder(row, seed)
        path, described = folder / _DONE, json.loads(json.dumps(asdict(settings)))
        started_from = {
            "the teacher's weights": _digest(spelled_out(teacher) if row.teacher else ''),
            'the weights to start from': _digest(
                settings.student_start.removeprefix(WHOLE)
                or shipped_start(settings.student_backbone) or '')}
        if path.exists():
            record = _read(path)
            before = upgraded(OfflineSettings, record['settings'])
            other = [name for name, value in described.items() if before[name] != value]
            other += [name for name, value in started_from.items()
                      if record.get('started_from', {}).get(name) != value]
            if other:
                raise DepthDistillError(
                    f'{folder} was trained with other settings ({", ".join(other)}); remove it '
                    'or name another output folder')
            return str(folder / 'student'), record, path
        opened = open_run(settings, folder)
        first, began = opened.training.trainer.step, time.monotonic()
        self._say(f'{row.name}: {opened.total} steps on {opened.compute}'
                  + (f', resumed from step {first}' if first else ''))
        self._train(opened.training.steps(opened.total, settings.batch, save_every=_SAVE_EVERY),
                    first, opened.total)
        student = opened.training.finish()
        source = opened.training.source
        self.note_unused(source.readers, source.skipped)
        record = {
            'settings': described, 'started_from': started_from, 'steps': opened.total,
            'device': {**device(), 'computed': str(opened.compute),
                       'threads': torch.get_num_threads()},
            # of the last session, if there were several
            'seconds': round(time.monotonic() - began, 1), 'steps_of_them': opened.total - first,
            'unreadable': source.unreadable, 'evaluated': {}}
        write_json(path, record)
        if settings.method != 'd3':
            # several times the student's size; only D3's G is needed later, for the figures
            (folder / 'last.pt').unlink()
        return str(student), record, path

    def _figures(self, model: str, test: str, protocol: str, path: Path | None,
                ) -> dict[str, float]:
        key = f'{protocol} {test}'
        if path is None:  # several rows may have the same teacher
            if key not in self._own_figures:
                self._own_figures[key] = self._evaluate(model, test, protocol)
            return self._own_figures[key]
        record = _read(path)
        figures = record.setdefault('evaluated', record.pop('judged', {}))  # the name until 0.1
        if key not in figures:
            figures[key] = self._evaluate(model, test, protocol)
            write_json(path, record)
        return figures[key]

    def _evaluate(self, model: str, test: str, protocol: str) -> dict[str, float]:
        network, card = load_teacher(model)
        network = network.to(self.compute.device).eval()
        predict, size = network, card.size
        if card.network in _SLIDING:
            predict, size = partial(sliding_window, network, window=card.size), None
        evaluation = Evaluation(predict, size, PROTOCOLS[protocol], self.compute.device,
                                stereo=card.network == STEREO)
        reader = datasets.open_reader(test)
        for _ in evaluation.frames(reader):
            pass
        self.note_unused([reader])
        found = evaluation.summary()
        figures = found['metrics']
        figures['delta1_median_scaled'] = found['median_scaled']['delta1']
        figures['params_M'] = sum(p.numel() for p in network.parameters()) / 1e6
        if self.compute.device.type == 'cuda' and card.network not in _SLIDING:
            figures['gpu_ms'] = gpu_milliseconds(network, card.size, self.compute.device)
        return figures

    def note_unused(self, readers: Sequence[Any], skipped: Sequence[str] = ()) -> None:
        """Keep what was not used of the data, for the last lines of the bench."""
        if unused := summary(readers, skipped):
            line = f'{", ".join(reader.spec for reader in readers)}: {unused}'
            self.unused += [line] if line not in self.unused else []


def _digest(model: str | Path) -> str:
    """Return the SHA-256 of the weights: another version may have the same path."""
    weights = Path(model) / WEIGHTS
    return sha256_of(weights) if weights.is_file() else ''


def _tests(table: BenchTable, row: Row) -> list[str]:
    return list(dict.fromkeys(role for _, role in row.columns.values())) or [table.test]


def _named(table: BenchTable, name: str) -> Row:
    return next(row for row in table.rows if row.name == name)


def _read(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding='utf-8'))
    except (OSError, ValueError) as error:
        raise DepthDistillError(f'{path} cannot be read ({error}); remove its folder to train '
                                'the row again') from error
