# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0

"""What every builder of furniture shares: the surfaces things may stand on."""

from __future__ import annotations

from typing import NamedTuple

from depth_distill_ros.worlds.rooms.scene import Object


class Surface(NamedTuple):
    """A level rectangle in the frame of its furniture, with the free height above it, metres."""

    x: float
    y: float
    width: float
    depth: float
    z: float
    clear: float


class Furniture(NamedTuple):
    """A piece of furniture and where things may be put on it."""

    object: Object
    surfaces: tuple[Surface, ...] = ()
