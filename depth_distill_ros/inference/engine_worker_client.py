# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Preparation of models in another process, so that the running model loses no frame.

Export, compilation and comparison take seconds of processor time (minutes with TensorRT) and hold
Python's global lock for much of it. The engine worker does them at a lower priority and can be
killed at any moment. The caller then opens the selected engine from the cached file.
"""

from __future__ import annotations

from collections.abc import Callable
from multiprocessing import Pipe
import os
import subprocess
import sys
import time
from typing import Any

from depth_distill_ros.inference.engine_worker import PrepareRequest
from depth_distill_ros.inference.engines.engine import EngineError, Log
from depth_distill_ros.installation import environment

_POLL = 0.2  # seconds between two checks whether the request was cancelled
_IDLE = 60.0  # seconds without a request after which the process is ended, to free its memory
_STDERR = 2  # libraries print to standard output, which belongs to the parent
# Ctrl-C reaches every process of a terminal; the worker ends with its parent instead. With this
# niceness it gets about a quarter of the processor time of a busy process.
_CODE = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
os.nice(5)
from depth_distill_ros.inference.engine_worker import main
main(int(sys.argv[1]))
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
        self._connection: Any = None
        self._used = 0.0

    def prepare(self, request: PrepareRequest, cancelled: Callable[[], bool]) -> str | None:
        """
        Return the name of the engine to open the model with; None once it is `cancelled`.

        Raises PreparationError if the model or all engines are rejected.
        """
        if self._process is None:
            self._start()
        try:
            self._connection.send(request)
            while not cancelled():
                if not self._connection.poll(_POLL):
                    continue
                kind, text = self._connection.recv()
                self._used = time.monotonic()
                if kind == 'engine':
                    return text
                if kind == 'error':
                    raise PreparationError(text)
                self._log(text)
        except (EOFError, ConnectionError) as error:
            raise PreparationError(f'the engine worker ended with code {self.close()}; see its '
                                   'messages in the log above') from error
        self.close()
        return None

    def close_if_idle(self) -> None:
        """End the process if it had no request for a minute."""
        if self._process is not None and time.monotonic() - self._used > _IDLE:
            self.close()

    def close(self) -> int | None:
        """End the process at once; return its exit code, None if there is no process."""
        process, self._process = self._process, None
        if process is None:
            return None
        process.kill()
        self._connection.close()
        return process.wait()

    def _start(self) -> None:
        self._connection, theirs = Pipe()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, '-c', _CODE, str(theirs.fileno())], pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL, stdout=_STDERR, env={**os.environ, **environment()})
