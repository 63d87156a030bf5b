# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A check of a model before a robot drives by it: its depth on an image is a depth."""

from __future__ import annotations

import cv2
import numpy as np

from depth_distill_ros.geometry.view import View
from depth_distill_ros.inference.engines.engine import DepthEngine, EngineError
from depth_distill_ros.shipped import shipped_images

_FEWEST = 0.01  # share of the pixels that have a depth
_FARTHEST = 1000.0  # metres


def check_plausible(engine: DepthEngine) -> DepthEngine:
    """Return the engine. Raises EngineError if it predicts no depth, or an impossible one."""
    path = shipped_images()[0]
    image = cv2.cvtColor(np.asarray(cv2.imread(str(path))), cv2.COLOR_BGR2RGB)
    depth = engine(image, View.fit(image.shape[:2], engine.input_size)).depth
    known = depth[~np.isnan(depth)]
    if known.size < _FEWEST * depth.size:
        raise EngineError(f'{engine.folder} predicts no depth (NaN, infinite or negative) on '
                          f'nearly all pixels of {path.name}; it is unusable')
    if np.median(known) > _FARTHEST:
        raise EngineError(f'{engine.folder} predicts {np.median(known):.3g} m on {path.name}, '
                          f'more than {_FARTHEST:g}; it is unusable')
    return engine
