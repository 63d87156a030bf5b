# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Live state of the demo: a table in a terminal, otherwise a line every ten seconds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
import time

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from depth_distill_ros.apps.demo.history import History
from depth_distill_ros.apps.supervisor import Child

_PLAIN_PERIOD = 10.0
_WARNING = 1
# the counts that show it on /diagnostics, by what comes first
_PHASES = {
    'camera frame': 'inference.received', 'simulated frame': 'stream.stored',
    'frame of the robot': 'auxiliary.stored', 'training step': 'distiller.step',
    'release': 'distiller.release', 'depth': 'inference.answered'}


class View:
    """Shows the state of the run on ``console``; ``show`` limits its own output rate."""

    def __init__(self, console: Console, duration: float) -> None:
        self._console = console
        self._duration = duration
        self._live: Live | None = None
        self._next_line = 0.0

    @contextmanager
    def open(self) -> Iterator[None]:
        """Keep the live table open during the run."""
        if not self._console.is_terminal:
            yield
            return
        with Live(console=self._console, auto_refresh=False) as self._live:
            yield
        self._live = None

    def note(self, text: str) -> None:
        """Print a permanent line."""
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)

    def show(
            self, seconds: float, history: History, children: Sequence[Child],
            messages: Mapping[str, tuple[int, str]]) -> None:
        """Show the state ``seconds`` after the start."""
        if self._live:
            self._live.update(
                self._table(seconds, history, children, messages), refresh=True)
        elif time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + _PLAIN_PERIOD
            facts = '  '.join(f'{label} {text}' for label, text in summary(history))
            self.note(f'{_clock(seconds)}  {facts}')

    def _table(
            self, seconds: float, history: History, children: Sequence[Child],
            messages: Mapping[str, tuple[int, str]]) -> Table:
        table = Table(
            title=f'depth_distill_ros demo   {_clock(seconds)} of {_clock(self._duration)}   '
            'Ctrl-C ends it', title_justify='left', show_header=False, box=None)
        table.add_column(style='bold')
        table.add_column()
        for label, text in summary(history):
            table.add_row(label, text)
        table.add_row()
        for child in children:
            level, message = messages.get(child.name, (_WARNING, 'starting'))
            style = 'green' if level < _WARNING else 'yellow' if level == _WARNING else 'red'
            again = f'   [yellow]restarted {child.restarts} times[/]' if child.restarts else ''
            table.add_row(child.name, f'[{style}]{escape(message)}[/]{again}')
        return table


def summary(history: History) -> list[tuple[str, str]]:
    """Return (label, text) of the most important numbers."""
    def number(name: str, form: str) -> str:
        value = history.latest(name)
        return '-' if value is None else format(value, form)

    return [
        ('stream', f'{history.total("stream.received.image")} frames received, '
                   f'{number("stream.stored", ".0f")} stored'),
        ('training', f'step {number("distiller.step", ".0f")}, '
                     f'loss {number("distiller.loss_student", ".3f")}, '
                     f'{number("distiller.images_per_s", ".1f")} images/s, '
                     f'release {number("inference.release", ".0f")}'),
        ('camera', f'{number("monitor.camera_hz", ".1f")} Hz in, '
                   f'{number("monitor.depth_hz", ".1f")} Hz depth out, '
                   f'latency {number("inference.latency_p50_ms", ".0f")} ms, '
                   f'{history.total("inference.dropped")} dropped'),
        ('/depth/student', f'δ1 {number("evaluator.delta1", ".3f")}, '
                           f'RMSE {number("evaluator.rmse", ".2f")} m'),
    ]


def phases(history: History) -> str:
    """Return when each part of the loop had its first result."""
    firsts = {what: history.first(name) for what, name in _PHASES.items()}
    return 'first ' + ', '.join(f'{what} after {seconds:.0f} s' for what, seconds in firsts.items()
                                if seconds is not None)


def _clock(seconds: float) -> str:
    return f'{int(seconds) // 60}:{int(seconds) % 60:02d}'
