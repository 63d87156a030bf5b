# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
What a preparer's process does: check models, make their engine files, select their engines.

It reads wishes from its standard input, a line of JSON each, and writes lines of JSON: what it has
to say meanwhile, and which engine was taken or why none was. It ends with its standard input.
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
from depth_distill_ros.inference.engine_selection import Say, select_engine, shipped_frames
from depth_distill_ros.inference.engines.engine import EngineError
from depth_distill_ros.inference.parity import ParityLimits
from depth_distill_ros.stream.store_reader import StreamReader

_COMPARED, _COMPARED_AGAIN = 8, 2  # frames
_NICENESS = 5  # in addition to what it was started with


@dataclass(frozen=True)
class Wish:
    """
    A model that is to be made ready.

    Attributes
    ----------
    folder : of the model
    engine : as for select_engine
    likely : the engine that was selected for the model before; it need only work and agree with
        torch, the others are not timed. Empty: there was none
    store : of frames to compare engines on; empty, or one without frames: the package's
    threads : of an engine
    limits : on the difference to torch

    """

    folder: str
    engine: str
    likely: str
    store: str
    threads: int
    limits: ParityLimits

    def selected(self, say: Say) -> str:
        """Return the engine that it may be opened with. Raises as select_engine does."""
        folder, frames = Path(self.folder), _stored_frames(self.store)
        if self.likely:
            torch.set_num_threads(1)  # nothing is timed, and the cores have other work
            few = (frames or shipped_frames())[-_COMPARED_AGAIN:]
            try:
                return select_engine(folder, self.likely, few, self.limits, say).name
            except EngineError as error:
                say(str(error))
        torch.set_num_threads(self.threads)
        return select_engine(folder, self.engine, frames, self.limits, say).name


def main() -> None:
    """Answer wishes, one after the other."""
    answers = os.fdopen(os.dup(1), 'w', encoding='utf-8')
    os.dup2(2, 1)  # what libraries print is no answer
    lines: Queue[str] = Queue()
    threading.Thread(target=_read, args=(lines,), daemon=True).start()
    in_haste = True
    while True:
        entries = json.loads(lines.get())
        wish = Wish(**entries | {'limits': ParityLimits(**entries['limits'])})
        if wish.likely and in_haste:  # what answers meanwhile is as fast as what will
            os.nice(_NICENESS)
            in_haste = False
        try:
            _send(answers, engine=wish.selected(lambda line: _send(answers, said=line)))
        except DepthDistillError as error:
            _send(answers, refused=str(error))
        except Exception as error:
            traceback.print_exc()
            _send(answers, refused=f'{wish.folder}: unexpected {type(error).__name__}: {error}')


def _read(lines: Queue[str]) -> None:
    for line in sys.stdin:
        lines.put(line)
    os._exit(0)  # whoever wished is gone, however far this has got


def _send(answers: TextIO, **answer: str) -> None:
    answers.write(json.dumps(answer) + '\n')
    answers.flush()


def _stored_frames(store: str) -> list[np.ndarray] | None:
    """Return H×W×3 uint8 RGB frames; None where there are none yet."""
    if not store:
        return None
    try:
        with StreamReader(Path(store)) as reader:
            return [reader.read(key).image for key in reader.keys()[-_COMPARED:]] or None
    except DepthDistillError:
        return None
