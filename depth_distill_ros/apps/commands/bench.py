# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Benchmarks: the target domain, the papers' tables, and the student on this machine."""

from __future__ import annotations

import argparse

from depth_distill_ros.apps.commands import _bench_paper, _bench_render, _bench_student

HELP = "benchmarks: the papers' tables, their target domain, the student on this machine"
EXAMPLE = 'depth-distill bench paper --table d3-3 --preset small --out runs/d3'

_SUBCOMMANDS = {'paper': _bench_paper, 'render': _bench_render, 'student': _bench_student}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    subparsers = parser.add_subparsers(metavar='SUBCOMMAND', required=True)
    for name, module in _SUBCOMMANDS.items():
        subparser = subparsers.add_parser(
            name, help=module.HELP, description=module.__doc__,
            epilog=f'example: {module.EXAMPLE}', formatter_class=parser.formatter_class)
        module.add_arguments(subparser)
        subparser.set_defaults(run=module.run)


def run(arguments: argparse.Namespace) -> int:
    raise AssertionError('a subcommand is required')
