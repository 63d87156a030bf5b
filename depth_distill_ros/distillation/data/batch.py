# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a training step gets: the pictures of each of its sources, on the device."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, eq=False)
class Pictures:
    """
    One source's part of a batch, as networks read it.

    Attributes
    ----------
    x : B×3×H×W float32, ImageNet-normalised
    semantics : B×H×W uint8, class ids, 0 unknown
    depth : B×1×h×w float32, metres; what is not finite or not positive is a hole
    right : B×3×H×W, the other half of stereo pairs whose left half is `x`
    keys : which frames these are, where a frame can come again

    """

    x: Tensor
    semantics: Tensor | None = None
    depth: Tensor | None = None
    right: Tensor | None = None
    keys: tuple[int, ...] | None = None


# by source: stream (simulated), labelled (with depth), auxiliary (the target world, unlabelled)
Batch = dict[str, Pictures]
STREAM, LABELLED, AUXILIARY = 'stream', 'labelled', 'auxiliary'
