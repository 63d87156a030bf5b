# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A page of rendered frames to look at."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from depth_distill_ros.datasets.readers.folder import FolderReader
from depth_distill_ros.files import write_bytes
from depth_distill_ros.worlds.mujoco.contact_sheet import row

FILE = 'contact_sheet.png'
_COLUMNS, _ROWS = 3, 8


def write_sheet(folder: Path, split: str = 'test') -> Path:
    """Write ``folder/contact_sheet.png``: image | classes | depth of frames of many rooms."""
    reader = FolderReader(folder / split)
    chosen = np.unique(np.linspace(0, len(reader) - 1, _COLUMNS * _ROWS).round().astype(int))
    rows = [row(reader[int(index)]) for index in chosen]
    rows += [np.zeros_like(rows[0])] * (-len(rows) % _COLUMNS)
    page = np.concatenate([np.concatenate(rows[k:k + _COLUMNS], axis=1)
                           for k in range(0, len(rows), _COLUMNS)])
    path = folder / FILE
    write_bytes(path, cv2.imencode('.png', page[..., ::-1])[1].tobytes())
    return path
