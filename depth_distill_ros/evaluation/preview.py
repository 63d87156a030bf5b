# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The image that shows a training: what it sees and what it predicts."""

from __future__ import annotations

import cv2
import numpy as np

from depth_distill_ros.geometry.colour import colour_depth


def preview_grid(images: list[np.ndarray], depths: list[np.ndarray]) -> np.ndarray:
    """
    Return one row a frame: the images (each N×H×W×3 uint8), then the depths (each N×h×w metres).

    The depths of a row share one colour scale.
    """
    height, width = images[0].shape[1:3]
    rows = []
    for i in range(len(images[0])):
        near, far = np.nanpercentile(depths[0][i], (2, 98))
        coloured = [cv2.resize(colour_depth(d[i], near, far), (width, height),
                               interpolation=cv2.INTER_NEAREST) for d in depths]
        rows.append(np.hstack([*(image[i] for image in images), *coloured]))
    return np.ascontiguousarray(np.vstack(rows))
