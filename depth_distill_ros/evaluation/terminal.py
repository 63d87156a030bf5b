# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Tables of figures for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rich.table import Table


def terminal_table(columns: Sequence[str], rows: Iterable[Sequence[str]], texts: int = 1,
                   no_wrap: bool = False, **options: Any) -> Table:
    """Return a table; its first `texts` columns are aligned left, the figures after them right."""
    table = Table(**options)
    for number, title in enumerate(columns):
        table.add_column(title, justify='left' if number < texts else 'right', no_wrap=no_wrap)
    for row in rows:
        table.add_row(*row)
    return table
