# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a training step gets, and what every source of it provides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from torch import Tensor

from depth_distill_ros.geometry.intrinsics import Intrinsics

# a stream of simulated images, images with measured depth, unlabelled images of the target domain
STREAM, LABELLED, AUXILIARY = 'stream', 'labelled', 'auxiliary'


@dataclass(frozen=True, eq=False)
class Batch:
    """
    The images of one source, on the device.

    Attributes:
        x: B×3×H×W float32, ImageNet-normalised
        semantics: B×H×W uint8, class ids, 0 unknown
        depth: B×1×h×w float32, metres; a value that is not finite or not positive is a hole
        right: B×3×H×W, the right images of stereo pairs whose left images are `x`
        keys: which frames these are; None where no frame can come again
        oldest: no frame with a lower key comes again
        camera: of all images; None where nobody asked
    """

    x: Tensor
    # Tensors for a method that `needs` them, else None.
    semantics: Any = None
    depth: Any = None
    right: Any = None
    keys: tuple[int, ...] | None = None
    oldest: int = 0
    camera: Intrinsics | None = None


Batches = dict[str, Batch]  # by name of the source


class Source(Protocol):
    """An endless sequence of batches that a resumed training continues."""

    def draw(self) -> Batches: ...

    def state_dict(self) -> Any: ...

    def load_state_dict(self, state: Any) -> None: ...
