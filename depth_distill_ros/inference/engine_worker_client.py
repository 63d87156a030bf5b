# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Preparation of models in another process, so that the running model loses no frame.

Export, compilation and comparison take seconds of processor time (minutes with TensorRT) and hold
Python's global lock for much of it. The engine worker does them at a lower priority and can be
killed at any moment. The caller then opens the selected engine from the cached file.
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
from typing import IO

from depth_distill_ros.inference.engine_worker import PrepareRequest
from depth_distill_ros.inference.engines.engine import EngineError, Log
from depth_distill_ros.installation import environment

_POLL = 0.2  # seconds between two checks whether the request was cancelled
_IDLE = 60.0  # seconds without a request after which the process is ended, to free its memory
# Ctrl-C reaches every process of a terminal; the worker ends with its parent instead. With this
# niceness it gets about a quarter of the processor time of a busy process.
_CODE = """
import os, signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
os.nice(5)
from depth_distill_ros.inference.engine_worker import main
main()
"""


class PreparationError(EngineError):
    """A model that was rejected, or an engine worker that ended early."""


class EngineWorkerClient:
    """
    Sends requests, one at a time, to an engine worker that is started when it is needed.

    `log` gets a line for each engine selected or rejected and each file written.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._lines: deque[bytes] = deque()
        self._part = b''
        self._used = 0.0

    def prepare(self, request: PrepareRequest, cancelled: Callable[[], bool]) -> str | None:
        """
        Return the name of the engine to open the model with; None once it is `cancelled`.

        Raises PreparationError if the model or all engines are rejected.
        """
        process = self._started()
        try:
            _pipe(process.stdin).write(json.dumps(asdict(request)).encode() + b'\n')
        except BrokenPipeError:
            pass  # _next_line reports the exit code
        while not cancelled():
            line = self._next_line(process)
            if line is None:
                continue
            self._used = time.monotonic()
            message = json.loads(line)
            if 'engine' in message:
                return message['engine']
            if 'error' in message:
                raise PreparationError(message['error'])
            self._log(message['log'])
        self.close()
        return None

    def close_if_idle(self) -> None:
        """End the process if it had no request for a minute."""
        if self._process is not None and time.monotonic() - self._used > _IDLE:
            self.close()

    def close(self) -> None:
        """End the process at once."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            _pipe(process.stdin).close()
            _pipe(process.stdout).close()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._lines.clear()
            self._part = b''
            self._process = subprocess.Popen(
                [sys.executable, '-c', _CODE], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                bufsize=0, env={**os.environ, **environment()})
        return self._process

    def _next_line(self, process: subprocess.Popen[bytes]) -> bytes | None:
        """Return the worker's next line; None if there is none within the poll interval."""
        if not self._lines:
            output = _pipe(process.stdout)
            if not select.select([output], [], [], _POLL)[0]:
                return None
            data = os.read(output.fileno(), 65536)
            if not data:
                self.close()
                raise PreparationError(f'the engine worker ended with code {process.returncode}; '
                                       'see its messages in the log above')
            *whole, self._part = (self._part + data).split(b'\n')
            self._lines.extend(whole)
        return self._lines.popleft() if self._lines else None


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None  # Popen was told to make it
    return pipe
