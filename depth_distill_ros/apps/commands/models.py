# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""depth-distill models: list the networks, import checkpoints, calibrate, anchor, blind maps."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import asdict
import json

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import track
from rich.table import Table

from depth_distill_ros.apps.models import anchor, blind_map, calibrate, checkpoint_import
from depth_distill_ros.evaluation.terminal import terminal_table
from depth_distill_ros.networks.network_costs import Entry, entries

HELP = 'list the networks and their cost; import, calibrate and anchor networks; blind maps'
EXAMPLE = 'depth-distill models --no-time'

SUBCOMMANDS = {'import': checkpoint_import, 'calibrate': calibrate, 'anchor': anchor,
               'blind-map': blind_map}


def run(arguments: argparse.Namespace) -> int:
    console = Console(stderr=True)
    rows = list(track(entries(arguments.time), 'measuring', console=console, transient=True,
                      disable=not console.is_terminal))
    if arguments.json:
        print(json.dumps([asdict(row) for row in rows], indent=2))
    else:
        Console().print(_table(rows))
    return 0


def _table(rows: Iterable[Entry]) -> Table:
    columns = ('network', 'backbone', 'parameters', 'GMAC', 'BN', 'input', 'CPU ms')
    cells = ((row.network, row.backbone, f'{row.parameters:,}', f'{row.gmac:.2f}',
              str(row.batch_norms), '×'.join(map(str, row.size)),
              '' if row.milliseconds is None else f'{row.milliseconds:.0f}') for row in rows)
    return terminal_table(columns, cells, 2, no_wrap=True, box=SIMPLE_HEAD, padding=(0, 1, 0, 0),
                          pad_edge=False)  # fits 80 columns
