# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Beyond the papers: closing more of the gap between KD-OOD and the supervised student."""

from __future__ import annotations

from depth_distill_ros.apps.bench.d3 import SETS, PairRows
from depth_distill_ros.apps.bench.gap import BESIDE
from depth_distill_ros.apps.bench.preset import Preset
from depth_distill_ros.apps.bench.table import ROBOT_FRAMES, BenchTable, Row

_METHODS = {'KD-OOD': 'kd-ood', 'D3': 'd3', 'D3+': 'd3plus'}


def table(preset: Preset) -> BenchTable:
    """Compare D3+ with D3 and KD-OOD, each with and without unlabelled frames of the robot."""
    rows = PairRows(preset, preset.main_pair)
    batch = preset.row_settings('d3', preset.main_pair.student).batch
    lines: list[Row] = [rows.teacher({'method': 'Teacher', 'data': 'target'}),
                        rows.student({'method': 'Student', 'data': 'target'})]
    for data, role in SETS.items():
        lines += [rows.distilled(method, data.lower(), role, {'method': name, 'data': data})
                  for name, method in _METHODS.items()]
    lines += [rows.distilled(method, 'x1-robot', SETS['X1'],
                             {'method': name, 'data': f'X1{BESIDE}robot frames'},
                             # of each source, so that all updates see equally many images
                             auxiliary=ROBOT_FRAMES, batch=batch // 2)
              for name, method in _METHODS.items()]
    return BenchTable('d3plus', tuple(lines))
