# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The demo from start to report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
import math
import os
from pathlib import Path
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console

from depth_distill_ros import installation
from depth_distill_ros.apps.demo.history import History
from depth_distill_ros.apps.demo.scores import ScoreError
from depth_distill_ros.apps.demo.view import View, phases
from depth_distill_ros.apps.supervisor import Supervisor
from depth_distill_ros.apps.view.recording import rerun_module, viewer_address
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.geometry.scan import Mount
from depth_distill_ros.ros import bringup
from depth_distill_ros.settings import robot_frames
from depth_distill_ros.settings.launch import PREVIEW, LoopLaunch

if TYPE_CHECKING:
    from depth_distill_ros.apps.demo.report import Compared
    from depth_distill_ros.ros.clients.monitor import Monitor

# share of the time after which the distiller is asked for its preview, once
_PREVIEW_AFTER = 0.75
_INTERRUPTED = 130
_VIEWER = 9090  # port of the viewer
# the signals that end the loop, and their handlers at all other times
_SIGNALS = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL,
            signal.SIGHUP: signal.SIG_DFL}
_COUNTS = ('received', 'answered', 'dropped', 'dropped.no_release', 'rejected')


@dataclass
class _Seen:
    """What was seen of the run: numbers, and one preview."""

    history: History
    preview: np.ndarray | None = None


class DemoError(DepthDistillError):
    """A demo that cannot start."""


def run_demo(folder: Path, duration: float, arguments: LoopLaunch, viewer: bool = False) -> int:
    """
    Run the loop in a folder for so many seconds, then report; return the exit code.

    With `viewer`, Rerun shows it to browsers of this machine.
    """
    if viewer:
        rerun_module()  # said before anything starts
    monitor_type, folder = _monitor_type(), folder.absolute()
    arguments = replace(arguments, work_dir=str(folder))
    graph = bringup.distillation_graph(arguments, 'demo.yaml')
    nodes = {spec.name: spec for spec in graph}
    console = Console()
    aside = move_aside(folder)
    if aside:
        console.print(f'the previous demo was moved to {aside}', highlight=False, markup=False)
    folder.mkdir(parents=True)
    os.environ.update(installation.graph_of_its_own(folder / 'logs'))
    console.print(
        f'starting {len(graph)} nodes; files go to {folder}; to inspect the graph: '
        f'ROS_DOMAIN_ID={os.environ["ROS_DOMAIN_ID"]}', highlight=False, markup=False)
    console.print(robot_frames.announced(nodes['distiller'].value('robot_frames'), folder),
                  highlight=False, markup=False, soft_wrap=True)
    began = time.time()
    stop = threading.Event()
    for number in _SIGNALS:
        signal.signal(number, lambda *_: stop.set())
    commands = {
        spec.name: [sys.executable, str(installation.executable(spec.executable)),
                    *spec.ros_arguments(arguments.log_level)] for spec in graph}
    if viewer:
        console.print(f'viewer: {viewer_address(_VIEWER)}', highlight=False, markup=False,
                      soft_wrap=True)
        commands['view'] = [
            sys.executable, '-m', 'depth_distill_ros', 'view', '--port', str(_VIEWER), '--image',
            arguments.robot_image, '--depth', arguments.depth, '--points', arguments.points]
    seen = _watch(monitor_type, duration, commands, arguments, folder, console, stop)
    for number, handler in _SIGNALS.items():
        signal.signal(number, handler)
    if stop.is_set():
        console.print('all nodes have stopped; press Ctrl-C again to skip the report')
    try:
        _report(folder, began, nodes, seen, console)
    except ScoreError as error:
        if not stop.is_set():
            raise
        console.print(str(error), highlight=False, markup=False)
    return _INTERRUPTED if stop.is_set() else 0


def _watch(
        monitor_type: type[Monitor], duration: float, commands: dict[str, list[str]],
        arguments: LoopLaunch, folder: Path, console: Console,
        stop: threading.Event) -> _Seen:
    seen, view = _Seen(History()), View(console, duration)
    history = seen.history
    monitor = monitor_type(arguments.robot_image, arguments.depth)
    supervisor = Supervisor(commands, folder / 'logs', {})
    try:
        with view.open():
            started = time.monotonic()
            while not stop.is_set() and (seconds := time.monotonic() - started) < duration:
                for name in supervisor.restart_exited():
                    view.note(f'{name} exited and was started again')
                history.add(seconds, {**monitor.values, 'monitor': monitor.rates()})
                view.show(seconds, history, supervisor.children, monitor.messages)
                if seconds > _PREVIEW_AFTER * duration:
                    monitor.ask_for_preview(PREVIEW)
                monitor.spin(1.0)
    finally:
        console.print('stopping all nodes')
        supervisor.stop()
        seen.preview = monitor.preview
        monitor.close()
    return seen


def _compared(nodes: Mapping[str, bringup.NodeSpec]) -> Compared:
    from depth_distill_ros.apps.demo.report import Compared

    camera = nodes['inference']
    height, pitch, roll = (camera.value(f'camera_{name}') for name in ('height', 'pitch', 'roll'))
    return Compared(nodes['distiller'].value('teacher'), nodes['evaluator'].value('blind_map'),
                    Mount(height, math.radians(pitch), math.radians(roll)),
                    'none' if camera.value('model') else camera.value('first_student'),
                    camera.value('scale_focal'))


def _report(folder: Path, began: float, nodes: Mapping[str, bringup.NodeSpec], seen: _Seen,
            console: Console) -> None:
    from depth_distill_ros.apps.demo import report, report_image

    history = seen.history
    frames, which = report.judged_frames(
        nodes['robot_camera'].value('data'), nodes['distiller'].value('robot_frames'))
    console.print(f'scoring teacher and releases on {len(frames)} frames {which}',
                  highlight=False, markup=False)
    with console.status('scoring') as status:
        scored = report.score_run(
            frames, _compared(nodes), folder / 'releases', began,
            lambda what: status.update(f'scoring {what}'))
        status.update('drawing')
        scores = scored.scores
        counts = {name: history.total(f'inference.{name}') for name in _COUNTS}
        report.write_figures(folder / 'figures.json', scores, counts, history)
        minutes = history.rows[-1]['time'] / 60.0
        report_image.draw_report(
            folder / 'report.png',
            f'{minutes:.1f} minutes on {os.cpu_count()} cores: '
            f'{round(history.latest("distiller.step") or 0)} steps, '
            f'{len(scores.releases)} releases scored on {scores.frames} frames {which}',
            history, scores, scored.rows, seen.preview)
    for line in (
            f'report: {folder / "report.png"}',
            'camera frames ' + ' '.join(f'{name}={count}' for name, count in counts.items()),
            phases(history),
            *scores.lines()):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def move_aside(folder: Path) -> Path | None:
    """Rename an existing folder to the first free ``folder.N``; return where it went."""
    if not folder.exists():
        return None
    number = 1
    while (aside := folder.with_name(f'{folder.name}.{number}')).exists():
        number += 1
    folder.rename(aside)
    return aside


def _monitor_type() -> type[Monitor]:
    try:
        from depth_distill_ros.ros.clients.monitor import Monitor
    except ImportError as error:
        raise DemoError(
            f'cannot import ROS ({error}); source a ROS installation, or run the depth-distill in '
            '.venv, which make setup makes in the repository') from error
    return Monitor
