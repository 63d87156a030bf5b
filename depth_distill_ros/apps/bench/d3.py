# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The rows of D3's tables, and of one beyond the papers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from depth_distill_ros.apps.bench.gap import BESIDE
from depth_distill_ros.apps.bench.preset import Pair, Preset
from depth_distill_ros.apps.bench.table import BenchTable, Role, Row
from depth_distill_ros.distillation.methods.dfad import STUDENT_STEPS
from depth_distill_ros.settings.distillation import OfflineSettings

SETS = {'X1': Role.STREAM, 'X2': Role.STREAM_LARGE}
_PLUS = {'KD-OOD': 'kd-ood', 'D3': 'd3', 'D3+': 'd3plus'}
# images without depth that stand beside X1, by the end of the row's name
_BESIDE_X1 = {'robot': ('robot frames', Role.ROBOT_FRAMES),
              'photographs': ('photographs', Role.PHOTOGRAPHS)}
_SWITCHES = {
    'Without l_rec': ('no-l-rec', {'beta': 0.0}),
    'Without G': ('no-g', {'g_form': 'none'}),
    'Without image mixing': ('no-mixing', {'mixing': 'none'}),
}


def table_1(preset: Preset) -> BenchTable:
    """Distil with KD-OOD on images less and less similar to the target domain."""
    rows = PairRows(preset, preset.main_pair)
    return BenchTable('d3-1', (rows.teacher(None), *(
        rows.distilled('kd-ood', slug, role, {'dataset': dataset, 'data': count})
        for dataset, count, slug, role in (
            ('NYU-v2', '50K', 'target', Role.TRAIN), ('ImageNet', '50K', 'objects', Role.OBJECTS),
            ('ScanNet', '50K', 'indoor', Role.INDOOR), ('KITTI', '50K', 'outdoor', Role.OUTDOOR),
            ('SceneNet', '50K', 'x1', Role.STREAM),
            ('SceneNet', '300K', 'x2', Role.STREAM_LARGE))),
        rows.noise({'dataset': 'Random noise', 'data': '50K'})))


def table_3(preset: Preset) -> BenchTable:
    """Compare the methods for every pair of networks."""
    return BenchTable('d3-3', tuple(
        row for pair in preset.pairs
        for row in PairRows(preset, pair).methods({'pair': pair.name}, 'NYU-v2')))


def table_4(preset: Preset) -> BenchTable:
    """Compare the methods with another target, ScanNet."""
    rows = PairRows(preset, preset.main_pair, Role.SCANNET_TRAIN, 'scannet-')
    return BenchTable('d3-4', tuple(rows.methods({}, 'ScanNet')), Role.SCANNET_TEST)


def table_5(preset: Preset) -> BenchTable:
    """Take away parts of D3 on X1; the complete D3 is table 3's row."""
    rows = PairRows(preset, preset.main_pair)
    return BenchTable('d3-5', (
        rows.teacher(None), rows.distilled('d3', 'x1', Role.STREAM, {'variant': 'D3'}),
        *(rows.distilled('d3', f'{slug}-x1', Role.STREAM, {'variant': variant}, **switch)
          for variant, (slug, switch) in _SWITCHES.items())))


def table_plus(preset: Preset) -> BenchTable:
    """Close more of the gap: compare D3+, D3 and KD-OOD, alone and beside other images."""
    rows = PairRows(preset, preset.main_pair)
    batch = preset.row_settings('d3', preset.main_pair.student).batch
    lines: list[Row] = [rows.teacher({'method': 'Teacher', 'data': 'target'}),
                        rows.student({'method': 'Student', 'data': 'target'})]
    for data, role in SETS.items():
        lines += [rows.distilled(method, data.lower(), role, {'method': name, 'data': data})
                  for name, method in _PLUS.items()]
    for slug, (what, role) in _BESIDE_X1.items():
        lines += [rows.distilled(method, f'x1-{slug}', SETS['X1'],
                                 {'method': name, 'data': f'X1{BESIDE}{what}'},
                                 # of each source, so that all updates see equally many images
                                 auxiliary=role, batch=batch // 2)
                  for name, method in _PLUS.items()]
    return BenchTable('d3plus', tuple(lines))


class PairRows:
    """The rows of one pair of networks for one target domain with the training images `train`."""

    def __init__(self, preset: Preset, pair: Pair, train: str = Role.TRAIN, prefix: str = ''):
        self._preset, self._pair, self._train = preset, pair, train
        self._slug = prefix + pair.slug

    def methods(self, keys: Mapping[str, str], target: str) -> list[Row]:
        def named(method: str, data: str) -> dict[str, str]:
            return {**keys, 'method': method, 'data': data}

        return [
            self.teacher(named('Teacher', target)),
            self.student(named('Student', target)),
            self.noise(named('Random noise', 'None')),
            self._dfad(named('DFAD', 'None')),
            *(self.distilled(method, data.lower(), role, named(name, data))
              for data, role in SETS.items()
              for method, name in (('kd-ood', 'KD-OOD'), ('d3', 'D3')))]

    def teacher(self, keys: Mapping[str, str] | None) -> Row:
        name = f'{self._slug}-teacher'
        if self._preset.own_teacher is not None and self._train == Role.TRAIN:
            return Row(name, None, keys)
        return Row(name, self._preset.row_settings(
            'supervised', self._pair.teacher, **self._preset.teacher_settings), keys,
            {'labelled': self._train})

    def student(self, keys: Mapping[str, str]) -> Row:
        return Row(f'{self._slug}-student', self._settings('supervised'), keys,
                   {'labelled': self._train})

    def noise(self, keys: Mapping[str, str]) -> Row:
        return Row(f'{self._slug}-random-noise',
                   self._settings('random-noise', steps=self._preset.updates), keys,
                   teacher=f'{self._slug}-teacher')

    def _dfad(self, keys: Mapping[str, str]) -> Row:
        settings = self._settings('dfad')
        # its student has as many updates, and as long an average, as in the other rows
        return Row(f'{self._slug}-dfad', replace(
            settings, steps=max(1, self._preset.updates // STUDENT_STEPS),
            ema=settings.ema ** STUDENT_STEPS), keys, teacher=f'{self._slug}-teacher')

    def distilled(self, method: str, slug: str, role: str, keys: Mapping[str, str],
                  auxiliary: str = '', **changes: Any) -> Row:
        data = {'stream': role, **({'auxiliary': auxiliary} if auxiliary else {})}
        return Row(f'{self._slug}-{method}-{slug}', self._settings(method, **changes), keys, data,
                   f'{self._slug}-teacher')

    def _settings(self, method: str, **changes: Any) -> OfflineSettings:
        if self._pair.start:
            changes = {'student_start': self._pair.start, **changes}
        return self._preset.row_settings(method, self._pair.student, **changes)
