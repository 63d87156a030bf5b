# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The rows of LWD's tables and of its figure 7."""

from __future__ import annotations

from collections.abc import Mapping

from depth_distill_ros.apps.bench.d3 import PairRows
from depth_distill_ros.apps.bench.preset import Preset
from depth_distill_ros.apps.bench.table import (
    AUXILIARY_COUNTS,
    TUM_SEQUENCES,
    BenchTable,
    Role,
    Row,
    sequence,
    subset,
)
from depth_distill_ros.evaluation.tables import paper_table

_UNLABELLED, _LABELLED = 'LWD Ns(X+U)', "LWD Ns(X+U')"
_BACKBONES = {'mobilenetv2': 'MobileNet-V2', 'resnet18': 'ResNet-18', 'resnet34': 'ResNet-34'}


def table_2(preset: Preset) -> BenchTable:
    """Compare both ways of distilling with the teachers, the student, and LWD on X only."""
    teacher, student = (_BACKBONES[network[1]] for network in (
        preset.main_pair.teacher, preset.main_pair.student))

    def keys(method: str, backbone: str) -> dict[str, str]:
        return {'method': method, 'backbone': backbone}

    return BenchTable('lwd-2', (
        _teacher(preset, keys('Teacher Nt(X)', teacher)),
        _union_teacher(preset, keys("Teacher Nt(X+U')", teacher)),
        PairRows(preset, preset.main_pair).student(keys('Supervised Ns(X)', student)),
        _on_x(preset, keys('LWD Ns(X)', student)),
        _unlabelled(preset, keys(_UNLABELLED, student)),
        _labelled(preset, keys(_LABELLED, student))))


def table_3(preset: Preset) -> BenchTable:
    """Compare the two students with lightweight networks."""
    backbone = _BACKBONES[preset.main_pair.student[1]]
    return _both(preset, 'lwd-3', {'backbone': backbone})


def table_4(preset: Preset) -> BenchTable:
    """Evaluate the two students on a data set that they were not trained on."""
    return _both(preset, 'lwd-4', {}, Role.OTHER_TEST)


def table_5(preset: Preset) -> BenchTable:
    """Evaluate the two students on each sequence of another data set."""
    return _both(preset, 'lwd-5', {}, columns={
        name: ('delta1', sequence(name)) for name in TUM_SEQUENCES})


def figure_7(preset: Preset) -> BenchTable:
    """Train on more and more auxiliary images, unlabelled and labelled; table 2 has all."""
    def columns(*names: str) -> dict[str, tuple[str, str]]:
        return {f'delta1_{name}': ('delta1', Role.TEST) for name in names}

    first, *counts = (row['auxiliary_images'] for row in paper_table('lwd-fig7').rows)
    rows = [_teacher(preset, None), _union_teacher(preset, None),
            _on_x(preset, {'auxiliary_images': first}, columns('unlabelled', 'labelled'))]
    for count in counts:
        role = subset(count) if count in AUXILIARY_COUNTS else Role.AUXILIARY
        keys = {'auxiliary_images': count}
        rows += [_unlabelled(preset, keys, columns('unlabelled'), role),
                 _labelled(preset, keys, columns('labelled'), role)]
    return BenchTable('lwd-fig7', tuple(rows))


def _both(preset: Preset, name: str, keys: Mapping[str, str], test: str = Role.TEST,
          columns: Mapping[str, tuple[str, str]] | None = None) -> BenchTable:
    return BenchTable(name, (
        _teacher(preset, None), _union_teacher(preset, None),
        _unlabelled(preset, {'method': _UNLABELLED, **keys}, columns),
        _labelled(preset, {'method': _LABELLED, **keys}, columns)), test)


def _teacher(preset: Preset, keys: Mapping[str, str] | None) -> Row:
    if preset.own_teacher:
        return Row('lwd-teacher', None, keys)
    return Row('lwd-teacher', preset.row_settings('supervised', preset.main_pair.teacher), keys,
               {'labelled': Role.TRAIN})


def _union_teacher(preset: Preset, keys: Mapping[str, str] | None) -> Row:
    if preset.own_teacher:
        # the shipped model was trained on X and on U′
        return Row('lwd-union-teacher', None, None)
    # eq. 4 without a weight on the teacher: measured depth of both
    return Row('lwd-union-teacher', preset.row_settings(
        'lwd', preset.main_pair.teacher, equation=4, kd_weight=0.0), keys,
        {'labelled': Role.TRAIN, 'auxiliary': Role.AUXILIARY}, 'lwd-teacher')


def _on_x(preset: Preset, keys: Mapping[str, str],
          columns: Mapping[str, tuple[str, str]] | None = None) -> Row:
    return Row('lwd-x', preset.row_settings('lwd', preset.main_pair.student, equation=1), keys,
               {'labelled': Role.TRAIN}, 'lwd-teacher', columns or {})


def _unlabelled(preset: Preset, keys: Mapping[str, str],
                columns: Mapping[str, tuple[str, str]] | None = None,
                role: str = Role.AUXILIARY) -> Row:
    return Row('lwd-x-u' + role.removeprefix(Role.AUXILIARY), preset.row_settings(
        'lwd', preset.main_pair.student, equation=3), keys,
        {'labelled': Role.TRAIN, 'auxiliary': role}, 'lwd-teacher', columns or {})


def _labelled(preset: Preset, keys: Mapping[str, str],
              columns: Mapping[str, tuple[str, str]] | None = None,
              role: str = Role.AUXILIARY) -> Row:
    return Row('lwd-x-u-labelled' + role.removeprefix(Role.AUXILIARY), preset.row_settings(
        'lwd', preset.main_pair.student, equation=4), keys,
        {'labelled': Role.TRAIN, 'auxiliary': role}, 'lwd-union-teacher', columns or {})
