# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
The process that prepares models: it makes their engine files and selects their engines.

It reads a PrepareRequest, one line of JSON, at a time from its standard input. To its standard
output it writes lines of JSON with one key: 'log', then 'engine' (the one selected) or 'error'.
It ends when its standard input is closed.
"""

from __future__ import annotations

from dataclasses import dataclass
import json
import os
from pathlib import Path
from queue import Queue
import sys
import threading
import traceback
from typing import TextIO

import numpy as np
import torch

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.inference.engine_selection import select_engine, shipped_frames
from depth_distill_ros.inference.engines.engine import EngineError, Log
from depth_distill_ros.inference.parity import ParityLimits
from depth_distill_ros.stream.store_reader import StreamReader

_FRAMES, _FRAMES_OF_LATER_RELEASES = 8, 2  # compared with torch
_NICENESS = 5  # in addition to that at the start


@dataclass(frozen=True)
class PrepareRequest:
    """
    A model to prepare.

    Attributes:
        folder: of the model
        engine: as `wanted` of select_engine
        previous_engine: the engine selected for the previous model, or ''. It is taken again if it
            works and agrees with torch; the others are then not timed
        store: stream store with frames for the comparison; images of the package if '' or empty
        threads: of an engine
        limits: of the difference to torch
    """

    folder: str
    engine: str
    previous_engine: str
    store: str
    threads: int
    limits: ParityLimits

    def select(self, log: Log) -> str:
        """Return the name of the engine to open the model with; errors as of select_engine."""
        folder, frames = Path(self.folder), _stored_frames(self.store)
        if self.previous_engine:
            torch.set_num_threads(1)  # nothing is timed, and the other cores are busy
            few = (frames or shipped_frames())[-_FRAMES_OF_LATER_RELEASES:]
            try:
                return select_engine(folder, self.previous_engine, few, self.limits, log).name
            except EngineError as error:
                log(str(error))
        torch.set_num_threads(self.threads)
        return select_engine(folder, self.engine, frames, self.limits, log).name


def main() -> None:
    """Process requests one after the other."""
    output = os.fdopen(os.dup(1), 'w', encoding='utf-8')
    os.dup2(2, 1)  # libraries print to standard output, too
    lines: Queue[str] = Queue()
    threading.Thread(target=_read, args=(lines,), daemon=True).start()
    urgent = True
    while True:
        entries = json.loads(lines.get())
        request = PrepareRequest(**entries | {'limits': ParityLimits(**entries['limits'])})
        if request.previous_engine and urgent:  # an engine that is as fast already runs
            os.nice(_NICENESS)
            urgent = False
        try:
            _send(output, engine=request.select(lambda line: _send(output, log=line)))
        except DepthDistillError as error:
            _send(output, error=str(error))
        except Exception as error:
            traceback.print_exc()
            _send(output, error=f'{request.folder}: unexpected {type(error).__name__}: {error}')


def _read(lines: Queue[str]) -> None:
    for line in sys.stdin:
        lines.put(line)
    os._exit(0)  # the parent process has exited


def _send(output: TextIO, **message: str) -> None:
    output.write(json.dumps(message) + '\n')
    output.flush()


def _stored_frames(store: str) -> list[np.ndarray] | None:
    """Return the newest frames of a stream store, H×W×3 uint8 RGB; None if it has none."""
    if not store:
        return None
    try:
        with StreamReader(Path(store)) as reader:
            return [reader.read(key).image for key in reader.keys()[-_FRAMES:]] or None
    except DepthDistillError:
        return None
