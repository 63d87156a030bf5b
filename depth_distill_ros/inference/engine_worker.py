# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
The process that prepares models: it makes their engine files and selects their engines.

It receives one PrepareRequest at a time and sends pairs of texts: ('log', line) any number of
times, then ('engine', the one selected) or ('error', reason). It ends when its parent does, and
with it every process that a library has started in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from multiprocessing.connection import Connection
import os
from pathlib import Path
from queue import Queue
import signal
import threading
import traceback

import torch

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.inference.engine_selection import select_engine, shipped_frames
from depth_distill_ros.inference.engines.engine import EngineError, Log
from depth_distill_ros.inference.parity import ParityLimits
from depth_distill_ros.inference.run_frames import CALIBRATION, run_frames
from depth_distill_ros.stream.split import Part

_FRAMES, _FRAMES_OF_LATER_RELEASES = 8, 2  # compared with torch, of each store and in all
_NICENESS = 5  # in addition to that at the start
_POLL = 1.0  # seconds between two checks whether the parent still runs


@dataclass(frozen=True)
class PrepareRequest:
    """
    A model to prepare.

    Attributes:
        folder: of the model
        engine: as `wanted` of select_engine
        previous_engine: the engine selected for the previous model, or ''. It is taken again if it
            works and agrees with torch; the others are then not timed
        stores: stream stores with frames, of the simulator and of the robot; images of the package
            are compared if none is there
        threads: of an engine
        limits: of the difference to torch
        int8: whether a missing int8 file is made, which takes half a minute of one core
    """

    folder: str
    engine: str
    previous_engine: str
    stores: tuple[str, ...]
    threads: int
    limits: ParityLimits
    int8: bool = False

    def select(self, log: Log) -> str:
        """Return the name of the engine to open the model with; errors as of select_engine."""
        folder, frames = Path(self.folder), run_frames(
            self.stores, Part.HELD_OUT, _FRAMES, log)
        calibration = run_frames(
            self.stores, Part.TRAINING, CALIBRATION, log) if self.int8 else []
        if self.previous_engine:
            torch.set_num_threads(1)  # nothing is timed, and the other cores are busy
            few = (frames or shipped_frames())[-_FRAMES_OF_LATER_RELEASES:]
            try:
                return select_engine(folder, self.previous_engine, few, self.limits, log,
                                     calibration).name
            except EngineError as error:
                log(str(error))
        torch.set_num_threads(self.threads)
        return select_engine(folder, self.engine, frames, self.limits, log, calibration).name


def main(descriptor: int, parent: int) -> None:
    """
    Process the requests that arrive on an open connection one after the other.

    Does not return: the process is the leader of its own process group and ends the whole group.
    """
    connection: Connection = Connection(descriptor)
    requests: Queue[PrepareRequest] = Queue()
    threading.Thread(target=_receive, args=(connection, requests, parent), daemon=True).start()
    try:
        _process(connection, requests)
    finally:
        _end()


def _process(connection: Connection, requests: Queue[PrepareRequest]) -> None:
    urgent = True
    while True:
        request = requests.get()
        if request.previous_engine and urgent:  # an engine that is as fast already runs
            os.nice(_NICENESS)
            urgent = False
        try:
            answer = 'engine', request.select(lambda line: connection.send(('log', line)))
        except DepthDistillError as error:
            answer = 'error', str(error)
        except Exception as error:
            traceback.print_exc()
            answer = 'error', f'{request.folder}: unexpected {type(error).__name__}: {error}'
        connection.send(answer)


def _receive(connection: Connection, requests: Queue[PrepareRequest], parent: int) -> None:
    try:
        # Another process that the parent forked may keep the other end open.
        while os.getppid() == parent:
            if connection.poll(_POLL):
                requests.put(connection.recv())
    finally:
        _end()


def _end() -> None:
    """End this process and what libraries forked in it, with its memory and its open output."""
    os.killpg(os.getpid(), signal.SIGKILL)
