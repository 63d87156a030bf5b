# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The rows of DACNN's tables: the stereo teacher, its monocular student, and the ablation."""

from __future__ import annotations

from collections.abc import Mapping

from depth_distill_ros.apps.bench.preset import Preset
from depth_distill_ros.apps.bench.table import BenchTable, Role, Row
from depth_distill_ros.settings.names import STEREO

_TEACHER = 'dacnn-teacher'
_BACKBONE = 'resnest50'


def table_1(preset: Preset) -> BenchTable:
    """Evaluate teacher and student on KITTI, Eigen's split."""
    return BenchTable('dacnn-1', (
        _teacher(preset, {'method': 'DACNN, stereo teacher'}),
        _student(preset, 'dacnn', {'method': 'DACNN'})), Role.STEREO_TEST, 'kitti-eigen')


def table_2(preset: Preset) -> BenchTable:
    """Evaluate the student as KITTI's benchmark does."""
    return BenchTable('dacnn-2', (
        _teacher(preset, None), _student(preset, 'dacnn', {'method': 'DACNN'})),
        Role.BENCHMARK_TEST, 'kitti-benchmark')


def table_3(preset: Preset) -> BenchTable:
    """Take away parts of the student; the complete one is table 1's row."""
    return BenchTable('dacnn-3', (
        _teacher(preset, None),
        _student(preset, 'dacnn-no-depth-aware', {'method': 'w/o depth-aware blocks'},
                 student_options={'depth_aware': False}),
        _student(preset, 'dacnn-no-distillation', {'method': 'w/o knowledge distillation'},
                 w_proxy=0.0, w_guidance=0.0),
        _student(preset, 'dacnn', {'method': 'full'})), Role.STEREO_TEST, 'kitti-eigen')


def _teacher(preset: Preset, keys: Mapping[str, str] | None) -> Row:
    return Row(_TEACHER, preset.row_settings('dacnn-teacher', (STEREO, _BACKBONE)),
               keys, {'labelled': Role.STEREO_TRAIN})


def _student(preset: Preset, name: str, keys: Mapping[str, str], **changes) -> Row:
    return Row(name, preset.row_settings('dacnn', ('dacnn', _BACKBONE), **changes), keys,
               {'labelled': Role.STEREO_TRAIN}, _TEACHER)
