# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A contact sheet of frames: image, classes and depth side by side."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from depth_distill_ros.files import write_bytes
from depth_distill_ros.frame import Frame
from depth_distill_ros.geometry.colour import colour_depth

CLASS_COLOURS = np.array([
    (0, 0, 0), (0, 0, 255), (233, 89, 48), (0, 218, 0), (149, 0, 240), (222, 241, 24),
    (255, 206, 206), (0, 224, 229), (106, 136, 204), (117, 29, 41), (240, 35, 235),
    (0, 167, 156), (249, 139, 0), (225, 229, 194)], np.uint8)


def row(frame: Frame, farthest: float = 7.0) -> np.ndarray:
    """Return image | classes | depth as H×3W×3 uint8 RGB; depth is blue from ``farthest`` m on."""
    return np.concatenate([
        frame.image, CLASS_COLOURS[frame.semantics], colour_depth(frame.depth, 0.0, farthest),
    ], axis=1)


def write_contact_sheet(path: str | Path, frames: Iterable[Frame], columns: int = 2) -> Path:
    """
    Write frames of one size to a PNG, ``columns`` of them in a line, and return its path.

    Raises:
        DepthDistillError: the file cannot be written.
    """
    rows = [row(frame) for frame in frames]
    rows += [np.zeros_like(rows[0])] * (-len(rows) % columns)
    page = np.concatenate([np.concatenate(rows[k:k + columns], axis=1)
                           for k in range(0, len(rows), columns)])
    write_bytes(Path(path), cv2.imencode('.png', page[..., ::-1])[1].tobytes())
    return Path(path)
