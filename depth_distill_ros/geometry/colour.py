# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The colour map for depth in all images and figures."""

from __future__ import annotations

import cv2
import numpy as np


def colour_depth(depth: np.ndarray, near: float, far: float) -> np.ndarray:
    """Turn h×w metres into h×w×3 uint8 RGB: red at `near`, blue at `far`, black if not finite."""
    share = np.nan_to_num((far - depth) / max(far - near, 1e-6), nan=0.0).clip(0, 1)
    coloured = cv2.applyColorMap((share * 255).astype(np.uint8), cv2.COLORMAP_TURBO)
    coloured[~np.isfinite(depth)] = 0
    return cv2.cvtColor(coloured, cv2.COLOR_BGR2RGB)
