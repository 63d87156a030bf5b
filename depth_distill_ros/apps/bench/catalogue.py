# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The tables that can be run, by name."""

from __future__ import annotations

from depth_distill_ros.apps.bench import d3, dacnn, lwd
from depth_distill_ros.apps.bench.preset import Preset
from depth_distill_ros.apps.bench.table import BenchTable

_TABLES = {
    'd3-1': d3.table_1, 'd3-3': d3.table_3, 'd3-4': d3.table_4, 'd3-5': d3.table_5,
    'lwd-2': lwd.table_2, 'lwd-3': lwd.table_3, 'lwd-4': lwd.table_4, 'lwd-5': lwd.table_5,
    'lwd-fig7': lwd.figure_7,
    'dacnn-1': dacnn.table_1, 'dacnn-2': dacnn.table_2, 'dacnn-3': dacnn.table_3,
    'd3plus': d3.table_plus,
}


def bench_table(name: str, preset: Preset) -> BenchTable:
    """Return the rows of the table at the preset's scale."""
    return _TABLES[name](preset)
