# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Checks of rooms that several tests share."""

import numpy as np


def overlaps(things, slack):
    """Return the names of all pairs of objects that enter each other by more than ``slack`` m."""
    each = [thing.boxes() for thing in things]
    boxes = np.concatenate(each)
    owner = np.repeat(np.arange(len(each)), [len(some) for some in each])
    depth = np.minimum(boxes[:, None, 1], boxes[None, :, 1]) - np.maximum(
        boxes[:, None, 0], boxes[None, :, 0])
    deep = (depth > slack).all(axis=2) & (owner[:, None] < owner[None])
    return [(things[owner[a]].name, things[owner[b]].name) for a, b in np.argwhere(deep)]
