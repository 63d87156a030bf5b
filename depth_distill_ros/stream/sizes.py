# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How many messages may wait, by their size: a flood of large images must not fill the memory."""

_MOST_BYTES = 128 << 20  # in each queue
_FEWEST = 3
_LARGE = 8 << 20  # bytes: an image of more than 1080p


def most_waiting(nbytes: int, most: int) -> int:
    """Return how many messages of `nbytes` may wait; `most` where they are small."""
    return min(most, max(_FEWEST, _MOST_BYTES // max(nbytes, 1)))


def is_large(nbytes: int) -> bool:
    """Return whether a message is so large that its memory is worth giving back after it."""
    return nbytes > _LARGE
