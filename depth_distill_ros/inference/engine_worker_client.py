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
from contextlib import suppress
from multiprocessing import Pipe
import os
import signal
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
# A process group of its own, so that what libraries fork in the worker is ended with it. A session
# of its own would share the processor with the node's on equal terms (sched_autogroup). With this
# niceness it gets about a quarter of the processor time of a busy process.
_CODE = """
import os, sys
os.setpgid(0, 0)
os.nice(5)
from depth_distill_ros.inference.engine_worker import main
main(int(sys.argv[1]), int(sys.argv[2]))
"""


class PreparationError(EngineError):
    """A model that was rejected, or an engine worker that ended early."""


class WorkerEndedError(PreparationError):
    """An engine worker that ended early twice, as when memory is short; the model may be good."""


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

        A worker that ends early, such as one that the kernel kills when memory is short, is
        started once more. Raises PreparationError if the model or all engines are rejected,
        WorkerEndedError if the second worker ends early, too.
        """
        try:
            return self._prepare(request, cancelled)
        except WorkerEndedError as error:
            self._log(f'{error}; {request.folder} is prepared once more')
            return self._prepare(request, cancelled)

    def _prepare(self, request: PrepareRequest, cancelled: Callable[[], bool]) -> str | None:
        try:
            if self._process is None:
                self._process = self._started()
            self._connection.send(request)
            while not cancelled():
                if not self._connection.poll(_POLL):
                    # what it forked may still hold its end of the connection
                    if self._process.poll() is not None and not self._connection.poll():
                        raise EOFError
                    continue
                kind, text = self._connection.recv()
                self._used = time.monotonic()
                if kind == 'engine':
                    return text
                if kind == 'error':
                    raise PreparationError(text)
                self._log(text)
        except (EOFError, OSError) as error:
            raise WorkerEndedError(f'the engine worker ended with code {self.close()}; see its '
                                   'messages in the log above') from error
        self.close()
        return None

    def close_if_idle(self) -> None:
        """End the process if it had no request for a minute."""
        if self._process is not None and time.monotonic() - self._used > _IDLE:
            self.close()

    def close(self) -> int | None:
        """
        End the process and all that it started at once.

        Returns its exit code, None if there is no process.
        """
        process, self._process = self._process, None
        if process is None:
            return None
        process.kill()
        with suppress(ProcessLookupError):  # it had not begun, or left nothing behind
            os.killpg(process.pid, signal.SIGKILL)
        self._connection.close()
        return process.wait()

    def _started(self) -> subprocess.Popen[bytes]:
        self._connection, theirs = Pipe()
        with theirs:
            return subprocess.Popen(
                [sys.executable, '-c', _CODE, str(theirs.fileno()), str(os.getpid())],
                pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=_STDERR,
                env={**os.environ, **environment()})
