# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Memory that the C library holds although it is free."""

from __future__ import annotations

import ctypes


def give_back() -> None:
    """
    Return freed memory to the system where the C library can, as glibc does; takes milliseconds.

    glibc keeps what lies between blocks in use. A node that now and then needs much memory for a
    moment, for a release or a flood of large images, would keep growing for hours.
    """
    trim = getattr(ctypes.CDLL(None), 'malloc_trim', None)
    if trim is not None:
        trim(0)
