# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The rows of LWD's tables and of its figure 7."""

from __future__ import annotations

from collections.abc import Mapping

from depth_distill_ros.apps.bench.d3 import PairRows
from depth_distill_ros.apps.bench.preset import Preset
from depth_distill_ros.apps.bench.table import SEQUENCES, SUBSETS, BenchTable, Role, Row
from depth_distill_ros.evaluation.tables import paper_table

_UNLABELLED, _LABELLED = 'LWD Ns(X+U)', "LWD Ns(X+U')"
_Columns = Mapping[str, tuple[str, str]]
_ALL: _Columns = {}  # the columns of Row that mean all metrics
_BACKBONES = {'mobilenetv2': 'MobileNet-V2', 'resnet18': 'ResNet-18', 'resnet34': 'ResNet-34',
              'efficientnet_lite0': 'EfficientNet-Lite0'}


def table_2(preset: Preset) -> BenchTable:
    """Compare both ways of distilling with the teachers, the student, and LWD on X only."""
    teacher, student = (_BACKBONES.get(backbone, backbone) for _, backbone in (
        preset.main_pair.teacher, preset.main_pair.student))

    def keys(method: str, backbone: str) -> dict[str, str]:
        return {'method': method, 'backbone': backbone}

    return BenchTable('lwd-2', (
        _teacher(preset, keys('Teacher Nt(X)', teacher)),
        _union_teacher(preset, keys("Teacher Nt(X+U')", teacher)),
        PairRows(preset, preset.main_pair).student(keys('Supervised Ns(X)', student)),
        _on_x(preset, keys('LWD Ns(X)', student)),
        _on_both(preset, keys(_UNLABELLED, student), False),
        _on_both(preset, keys(_LABELLED, student), True)))


def table_3(preset: Preset) -> BenchTable:
    """Compare the two students with lightweight networks."""
    return _both(preset, 'lwd-3', {'backbone': _BACKBONES[preset.main_pair.student[1]]})


def table_4(preset: Preset) -> BenchTable:
    """Evaluate the two students on a data set that they were not trained on."""
    return _both(preset, 'lwd-4', {}, Role.OTHER_TEST)


def table_5(preset: Preset) -> BenchTable:
    """Evaluate the two students on each sequence of another data set."""
    return _both(preset, 'lwd-5', {}, columns={
        name: ('delta1', role) for name, role in SEQUENCES.items()})


def figure_7(preset: Preset) -> BenchTable:
    """Train on more and more auxiliary images, unlabelled and labelled; table 2 has all."""
    columns = [{f'delta1_{name}': ('delta1', Role.TEST)} for name in ('unlabelled', 'labelled')]
    first, *counts = ({'auxiliary_images': row['auxiliary_images']}
                      for row in paper_table('lwd-fig7').rows)
    return BenchTable('lwd-fig7', (
        _teacher(preset, None), _union_teacher(preset, None),
        _on_x(preset, first, columns[0] | columns[1]),
        *(_on_both(preset, keys, labelled, columns[labelled],
                   SUBSETS.get(keys['auxiliary_images'], Role.AUXILIARY))
          for keys in counts for labelled in (False, True))))


def _both(preset: Preset, name: str, keys: Mapping[str, str], test: str = Role.TEST,
          columns: _Columns = _ALL) -> BenchTable:
    return BenchTable(name, (
        _teacher(preset, None), _union_teacher(preset, None),
        *(_on_both(preset, {'method': method, **keys}, method == _LABELLED, columns)
          for method in (_UNLABELLED, _LABELLED))), test)


def _teacher(preset: Preset, keys: Mapping[str, str] | None) -> Row:
    if preset.own_teacher is not None:
        return Row('lwd-teacher', None, keys)
    return Row('lwd-teacher', preset.row_settings('supervised', preset.main_pair.teacher), keys,
               {'labelled': Role.TRAIN})


def _union_teacher(preset: Preset, keys: Mapping[str, str] | None) -> Row:
    if preset.own_teacher is not None:
        # the shipped model was trained on X and on U′
        return Row('lwd-union-teacher', None, None)
    # eq. 4 without a weight on the teacher: measured depth of both
    return Row('lwd-union-teacher', preset.row_settings(
        'lwd', preset.main_pair.teacher, equation=4, kd_weight=0.0), keys,
        {'labelled': Role.TRAIN, 'auxiliary': Role.AUXILIARY}, 'lwd-teacher')


def _on_x(preset: Preset, keys: Mapping[str, str], columns: _Columns = _ALL) -> Row:
    return Row('lwd-x', preset.row_settings('lwd', preset.main_pair.student, equation=1), keys,
               {'labelled': Role.TRAIN}, 'lwd-teacher', columns)


def _on_both(preset: Preset, keys: Mapping[str, str], labelled: bool, columns: _Columns = _ALL,
             role: str = Role.AUXILIARY) -> Row:
    """Return the student trained on X and on auxiliary images, whose depth is known or not."""
    name, equation, teacher = ('lwd-x-u-labelled', 4, 'lwd-union-teacher') if labelled else (
        'lwd-x-u', 3, 'lwd-teacher')
    settings = preset.row_settings('lwd', preset.main_pair.student, equation=equation)
    return Row(name + role.removeprefix(Role.AUXILIARY), settings, keys,
               {'labelled': Role.TRAIN, 'auxiliary': role}, teacher, columns)
