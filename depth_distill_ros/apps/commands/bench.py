# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Benchmarks: papers' tables, their target domain, the student, a robot that drives by it."""

from __future__ import annotations

from depth_distill_ros.apps.commands import (
    _bench_drive,
    _bench_paper,
    _bench_render,
    _bench_student,
)

HELP = "benchmarks: the papers' tables, the student on this machine, a robot that drives by it"
EXAMPLE = 'depth-distill bench paper --table d3-3 --preset small --out runs/d3'

SUBCOMMANDS = {'paper': _bench_paper, 'render': _bench_render, 'student': _bench_student,
               'drive': _bench_drive}
