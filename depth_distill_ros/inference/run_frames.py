# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Frames of a run's stores, to compare engines on and to quantise models on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.stream.split import Part
from depth_distill_ros.stream.store_errors import CorruptRecord, StoreMissing
from depth_distill_ros.stream.store_reader import StreamReader

CALIBRATION = 64
"""
Frames of each store that ranges of int8 are measured on.

With 32 in all they missed values: δ1 against float32 was 0.996 in place of 0.999.
"""


def run_frames(stores: Sequence[str], part: Part, count: int, log: Callable[[str], object],
               ) -> list[np.ndarray]:
    """
    Return up to `count` frames of each store that there is, H×W×3 uint8 RGB, evenly spaced.

    `part` is what the frames are used for: what trains measures ranges, what is held out judges.
    Damaged frames and unreadable stores are left out; `log` gets a line for each such store.
    """
    found: list[np.ndarray] = []
    for store in stores:
        try:
            with StreamReader(Path(store)) as reader, reader.snapshot() as frames:
                keys = frames.keys().start + np.flatnonzero(frames.parts() == part)
                few, damaged = min(count, len(keys)), 0
                for place in range(few):
                    try:
                        found.append(frames.read(int(keys[place * len(keys) // few])).image)
                    except CorruptRecord:
                        damaged += 1
                if damaged:
                    log(f'{store}: {damaged} of {few} frames are damaged, the others are used')
        except StoreMissing:
            continue
        except DepthDistillError as error:
            log(f'its frames are not used: {error}')
    return found
