# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
The blind map: the median depth of each pixel over frames of a training side.

It does not depend on the image. A network that is no better has learned the camera's mount alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
import hashlib
import io
from pathlib import Path

import numpy as np

from depth_distill_ros.datasets.opened import readable_frames
from depth_distill_ros.datasets.reader import Reader
from depth_distill_ros.errors import DepthDistillError, one_line
from depth_distill_ros.files import write_bytes
from depth_distill_ros.frame import Frame
from depth_distill_ros.geometry.depth import metres_to_millimetres, valid
from depth_distill_ros.geometry.view import View
from depth_distill_ros.spread import evenly_spread

# A map holds nothing finer, and its file stays small.
_ROWS = 96
_FRAMES = 2000


class BlindMapError(DepthDistillError):
    """A blind map that cannot be learned, read or used."""


@dataclass(frozen=True, eq=False)
class BlindMap:
    """
    The map of whole frames.

    Attributes:
        depth: H×W float32 metres, finite, in the aspect ratio of the frames
        learned: a digest of the depth of each frame that it was learned from
    """

    depth: np.ndarray
    learned: frozenset[int]

    def learned_from(self, depth: np.ndarray | None) -> bool:
        """Return whether the map was learned from the frame with this depth."""
        return depth is not None and _digest(depth) in self.learned

    def seen(self, size: tuple[int, int]) -> np.ndarray:
        """Return the map as ``View.fit`` has a frame seen at (height, width) `size`, metres."""
        return View.fit(self.depth.shape, size).image(self.depth)

    def save(self, path: Path) -> None:
        """Write the map to a file .npz; DepthDistillError if it cannot be written."""
        packed = io.BytesIO()
        np.savez_compressed(packed, depth=self.depth.astype(np.float16),
                            learned=np.array(sorted(self.learned), np.uint64))
        write_bytes(path, packed.getvalue())


class OtherFrames:
    """
    A reader whose frames a blind map may be compared on.

    Raises:
        BlindMapError: by ``reader[index]``, for a frame that the map was learned from
    """

    def __init__(self, reader: Reader | Sequence[Frame], blind: BlindMap) -> None:
        self._reader, self._blind = reader, blind

    def __len__(self) -> int:
        return len(self._reader)

    def __getitem__(self, index: int) -> Frame:
        frame = self._reader[index]
        if self._blind.learned_from(frame.depth):
            raise BlindMapError(f'the blind map was learned from frame {frame.name or index}, '
                                'which is evaluated here; learn it from other frames')
        return frame


def learn(reader: Reader | Sequence[Frame],
          progress: Callable[[Iterable[int]], Iterable[int]] = lambda indices: indices,
          ) -> BlindMap:
    """
    Return the map of the frames with depth, at most 2,000 of them, evenly spread.

    A pixel without depth in any frame has the median of all pixels.

    Args:
        progress: iterates over the numbers of the frames, as rich's ``track`` does
    Raises:
        BlindMapError: no frame has a depth
    """
    size, stack, learned = None, [], set()
    for _, frame in readable_frames(reader, progress(evenly_spread(len(reader), _FRAMES))):
        depth = frame.depth
        if depth is None or not valid(depth).any():
            continue
        size = size or View.reduced(depth.shape, _ROWS).size
        # At the first frame's size: frames of another shape are seen as a robot sees them.
        stack.append(View.fit(depth.shape, size).depth(np.where(valid(depth), depth, np.nan))
                     .astype(np.float16))
        learned.add(_digest(depth))
    if not stack:
        raise BlindMapError('a blind map cannot be learned: no frame has a depth')
    depth = _median(np.stack(stack))
    return BlindMap(np.where(np.isnan(depth), np.nanmedian(depth), depth), frozenset(learned))


def load(path: Path) -> BlindMap:
    """Return the map of a file; BlindMapError if it is not one."""
    try:
        with np.load(path, allow_pickle=False) as file:
            depth, learned = file['depth'].astype(np.float32), file['learned']
        if depth.ndim != 2 or not valid(depth).all():
            raise ValueError('its depth is not H×W metres > 0')
        return BlindMap(depth, frozenset(learned.tolist()))
    except OSError as error:
        raise BlindMapError(f'{path}: cannot be read: {error.strerror or error}; make a blind map '
                            'with depth-distill models blind-map') from error
    # Damaged files make NumPy and zipfile raise any exception.
    except Exception as error:
        raise BlindMapError(f'{path} is not a blind map ({one_line(error)}); make one with '
                            'depth-distill models blind-map') from error


def _median(stack: np.ndarray) -> np.ndarray:
    """Return the median over the first axis of a N×H×W stack, float32, NaN without a value."""
    ordered = np.sort(stack, axis=0)  # NaN last
    count = np.isfinite(stack).sum(0)
    low, high = (np.maximum(count - 1, 0) // 2, np.minimum(count // 2, len(stack) - 1))
    below, above = (np.take_along_axis(ordered, at[None], 0)[0].astype(np.float32)
                    for at in (low, high))
    with np.errstate(invalid='ignore'):
        return (below + above) / 2


def _digest(depth: np.ndarray) -> int:
    # To the millimetre, because two files of one depth may differ in the last bit.
    hashed = hashlib.blake2b(metres_to_millimetres(depth).tobytes(), digest_size=8).digest()
    return int.from_bytes(hashed, 'little')
