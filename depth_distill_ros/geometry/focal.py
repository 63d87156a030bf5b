# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a network's metres become when another camera looks through it."""

from __future__ import annotations

import math

from depth_distill_ros.geometry.intrinsics import Intrinsics


def focal_factor(learned: Intrinsics, seen: Intrinsics) -> float:
    """
    Return what the network's depth is multiplied by to be the depth of the camera at hand.

    A network judges distance by how many pixels things cover, and a thing of width w at depth z
    covers f w / z of them: the same picture taken with twice the focal length shows the same
    things twice as far away. Pixels that are not square count by their area.

    Parameters
    ----------
    learned : of the camera it learned with, at the network's input size (ModelCard.intrinsics)
    seen : of what it is shown now, ``view.intrinsics(camera)``

    """
    return math.sqrt(seen.fx * seen.fy / (learned.fx * learned.fy))
