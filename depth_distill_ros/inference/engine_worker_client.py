# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Making a model ready beside a running one, at no cost to its frames.

Export, compilation and comparison take seconds of processor time, minutes with TensorRT, and hold
Python's lock for much of it. So they happen in a process of their own that steps back behind
others, and can be killed at any moment. What is left to do here is to open the engine that it
selected, from the file that it made.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import asdict
import json
import os
import select
import subprocess
import sys
import time

from depth_distill_ros.inference.engine_worker import Wish
from depth_distill_ros.inference.engines.engine import EngineError
from depth_distill_ros.installation import environment

_POLL = 0.2  # seconds until it is noticed that nobody wants to wait any longer
_IDLE = 60.0  # seconds without work after which the process is ended, for its memory
# Ctrl-C reaches every process of a terminal; this one ends with the one that started it. The
# niceness leaves it a quarter of what a busy process gets.
_CODE = """
import os, signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
os.nice(5)
from depth_distill_ros.inference.engine_worker import main
main()
"""


class PreparationError(EngineError):
    """A model that was refused, or whose preparation has ended early."""


class Preparer:
    """
    Fulfils wishes, one at a time, in a process that is started when it is needed.

    `say` is told what becomes of engines and files.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._process: subprocess.Popen[bytes] | None = None
        self._lines: deque[bytes] = deque()
        self._part = b''
        self._used = 0.0

    def prepare(self, wish: Wish, unwanted: Callable[[], bool]) -> str | None:
        """
        Return the name of the engine to open the model with; None once it is `unwanted`.

        Raises PreparationError where the model or all engines are refused.
        """
        process = self._started()
        try:
            process.stdin.write(json.dumps(asdict(wish)).encode() + b'\n')
        except BrokenPipeError:
            pass  # the end of its answers says more
        while not unwanted():
            line = self._line(process)
            if line is None:
                continue
            self._used = time.monotonic()
            answer = json.loads(line)
            if 'engine' in answer:
                return answer['engine']
            if 'refused' in answer:
                raise PreparationError(answer['refused'])
            self._say(answer['said'])
        self.close()
        return None

    def rest(self) -> None:
        """End the process if it has had nothing to do for a minute."""
        if self._process is not None and time.monotonic() - self._used > _IDLE:
            self.close()

    def close(self) -> None:
        """End the process, whatever it is doing."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            process.stdin.close()
            process.stdout.close()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._lines.clear()
            self._part = b''
            self._process = subprocess.Popen(
                [sys.executable, '-c', _CODE], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                bufsize=0, env={**os.environ, **environment()})
        return self._process

    def _line(self, process: subprocess.Popen[bytes]) -> bytes | None:
        """Return the next line of its answers; None if there was none for a moment."""
        if not self._lines:
            if not select.select([process.stdout], [], [], _POLL)[0]:
                return None
            data = os.read(process.stdout.fileno(), 65536)
            if not data:
                self.close()
                raise PreparationError('the process that prepares releases has ended with code '
                                       f'{process.returncode}; the log above may say why')
            *whole, self._part = (self._part + data).split(b'\n')
            self._lines.extend(whole)
        return self._lines.popleft() if self._lines else None
