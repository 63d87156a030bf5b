# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Which frames are trained on, and which are held out to judge releases.

Neighbouring frames are nearly the same image, so whole runs are held out: by its number, a frame
is held out if (key // 32) % 8 == 0, which is true for the first 32 of every 256 frames. A camera
that comes back to a place shows it again much later. Therefore the content counts too: a frame
that is like a held-out one (a difference of LIKE grey levels or less) is never trained on, and a
frame that is like a training one is not held out. Such a frame is spare: it is stored, not used.

One exception: the store has evicted most held-out frames, and the camera shows nothing but what
was trained on. Then such frames are held out, because releases need a judge, and the training
frames that are like them are trained on no longer.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

RUN = 32
_PERIOD = 8 * RUN
_SCARCE = 0.25  # of the share by number
# Grey levels. A camera that moves by 10 cm or turns by 2 degrees makes such a difference; images
# of different rooms differ by more.
LIKE = 8.0


class Part(IntEnum):
    """What a frame is used for; UNKNOWN: its number decides, as in stores of earlier versions."""

    UNKNOWN = 0
    TRAINING = 1
    HELD_OUT = 2
    SPARE = 3


def by_number(keys: np.ndarray) -> np.ndarray:
    """Return the part of each key without regard to content, uint8."""
    return np.where(keys % _PERIOD < RUN, Part.HELD_OUT, Part.TRAINING).astype(np.uint8)


def part_of(key: int, like: np.ndarray, held_out: int, frames: int) -> Part:
    """
    Return the part of a new frame.

    Args:
        key: of the frame
        like: parts of the remembered frames that it is like
        held_out: number of held-out frames in the store
        frames: number of all frames in the store
    """
    like_training, like_held_out = (bool((like == part).any())
                                    for part in (Part.TRAINING, Part.HELD_OUT))
    share = held_out * _PERIOD / (RUN * max(frames, 1))
    if by_number(np.array([key]))[0] == Part.HELD_OUT:
        # The exception above; the caller makes the training frames like this one spare.
        return Part.SPARE if like_training and share > _SCARCE else Part.HELD_OUT
    if not like_held_out:
        return Part.TRAINING
    # On a path that comes back, frames like the held-out ones keep up their share.
    return Part.SPARE if like_training or share >= 1.0 else Part.HELD_OUT
