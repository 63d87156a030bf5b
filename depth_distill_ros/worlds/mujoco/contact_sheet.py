# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0

"""A page of simulated frames to look at: image, classes and depth side by side."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from depth_distill_ros.files import write_bytes
from depth_distill_ros.frame import Frame
from depth_distill_ros.geometry.colour import colour_depth
from depth_distill_ros.worlds.mujoco.camera import SimulatedCamera

CLASS_COLOURS = np.array([
    (0, 0, 0), (0, 0, 255), (233, 89, 48), (0, 218, 0), (149, 0, 240), (222, 241, 24),
    (255, 206, 206), (0, 224, 229), (106, 136, 204), (117, 29, 41), (240, 35, 235),
    (0, 167, 156), (249, 139, 0), (225, 229, 194)], np.uint8)


def row(frame: Frame, farthest: float = 7.0) -> np.ndarray:
    """Return image | classes | depth (blue from ``farthest`` metres on), uint8 RGB."""
    return np.concatenate([
        frame.image, CLASS_COLOURS[frame.semantics], colour_depth(frame.depth, 0.0, farthest),
    ], axis=1)


def write_contact_sheet(path: str | Path, look: str, seeds: Iterable[int],
                        frames_per_room: int = 2, size: tuple[int, int] = (240, 320),
                        stride: float = 0.8, columns: int = 2) -> Path:
    """
    Write a PNG with some frames of one room for each seed.

    Raises
    ------
    DepthDistillError : the file cannot be written, or the simulator cannot start.

    """
    rows = []
    for seed in seeds:
        with SimulatedCamera(look, seed, size, frames_per_room, stride=stride) as camera:
            rows += [row(next(camera)) for _ in range(frames_per_room)]
    while len(rows) % columns:
        rows.append(np.zeros_like(rows[0]))
    lines = [np.concatenate(rows[k:k + columns], axis=1) for k in range(0, len(rows), columns)]
    page = np.concatenate(lines, axis=0)
    path = Path(path)
    write_bytes(path, cv2.imencode('.png', page[..., ::-1])[1].tobytes())
    return path
