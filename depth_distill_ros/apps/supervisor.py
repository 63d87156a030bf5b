# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Keeps a set of processes running, and ends all of them at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import ctypes
from dataclasses import dataclass
import os
from pathlib import Path
import signal
import subprocess
import time

from depth_distill_ros.errors import PERMANENT, DepthDistillError

_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1
_QUICK_EXIT = 10.0
_QUICK_EXITS_ALLOWED = 5


class SupervisorError(DepthDistillError):
    """A process that cannot be started, or that exits repeatedly soon after its start."""


@dataclass
class Child:
    """
    One process under supervision.

    Attributes:
        restarts: how often it was started again after it exited
        quick_exits: consecutive exits within seconds of a start
    """

    name: str
    command: Sequence[str]
    log: Path
    process: subprocess.Popen
    started: float
    restarts: int = 0
    quick_exits: int = 0


class Supervisor:
    """
    Starts named commands, each as its own process group with its own log file.

    A process that exits is started again by ``restart_exited``. ``stop`` ends all of them: SIGINT,
    after ``grace`` seconds SIGTERM, then SIGKILL. If the supervisor itself is killed, the kernel
    sends its processes SIGTERM.
    """

    def __init__(
            self, commands: Mapping[str, Sequence[str]], log_folder: Path,
            environment: Mapping[str, str]) -> None:
        self._environment = {**os.environ, **environment}
        self.children: list[Child] = []
        log_folder.mkdir(parents=True, exist_ok=True)
        try:
            for name, command in commands.items():
                log = log_folder / f'{name}.log'
                self.children.append(
                    Child(name, command, log, self._launch(command, log), time.monotonic()))
        except BaseException:
            self.stop()
            raise

    def _launch(self, command: Sequence[str], log: Path) -> subprocess.Popen:
        with log.open('ab') as output:
            try:
                # A session of its own: Ctrl-C in the terminal reaches a child only through stop().
                return subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                    env=self._environment, start_new_session=True,
                    preexec_fn=_end_with_the_parent)
            except OSError as error:
                raise SupervisorError(f'cannot start {command[0]}: {error.strerror}') from error

    def restart_exited(self) -> list[str]:
        """
        Start again what has exited since the last call; return the names.

        Raises:
            SupervisorError: a process exited within seconds of its start, several times in a row,
                or with an error that no restart mends.
        """
        restarted = []
        for child in self.children:
            if child.process.poll() is None:
                continue
            _signal_group(child, signal.SIGKILL)
            if child.process.returncode == PERMANENT and not child.restarts:
                raise SupervisorError(
                    f'{child.name} cannot run as it is set up: {last_line(child.log)}')
            ran = time.monotonic() - child.started
            child.quick_exits = child.quick_exits + 1 if ran < _QUICK_EXIT else 0
            if child.quick_exits >= _QUICK_EXITS_ALLOWED:
                raise SupervisorError(
                    f'{child.name} exited {child.quick_exits} times within {_QUICK_EXIT:.0f} s '
                    f'of its start; last line of {child.log}: {last_line(child.log)}')
            child.process = self._launch(child.command, child.log)
            child.started = time.monotonic()
            child.restarts += 1
            restarted.append(child.name)
        return restarted

    def stop(self, grace: float = 15.0) -> None:
        """End every process and all its children; return when none is left."""
        for number, patience in (
                (signal.SIGINT, grace), (signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
            for child in self.children:
                if child.process.poll() is None:
                    _signal_group(child, number)
            deadline = time.monotonic() + patience
            for child in self.children:
                try:
                    child.process.wait(max(0.0, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    continue
        for child in self.children:
            _signal_group(child, signal.SIGKILL)


def last_line(log: Path) -> str:
    """Return the last line of text in a log."""
    lines = log.read_text(encoding='utf-8', errors='replace').split('\n')
    return next((line.strip() for line in reversed(lines) if line.strip()), 'none')


def _signal_group(child: Child, number: int) -> None:
    try:
        os.killpg(child.process.pid, number)
    except (ProcessLookupError, PermissionError):
        pass  # The group has exited.


def _end_with_the_parent() -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
