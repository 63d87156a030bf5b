# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Bookcases, cupboards, wardrobes, drawers, wall units and kitchen appliances."""

from __future__ import annotations

import itertools

from depth_distill_ros.stream.classes import FURNITURE
from depth_distill_ros.worlds.primitives import corners
from depth_distill_ros.worlds.rooms.materials import Materials
from depth_distill_ros.worlds.rooms.scene import Material, Object, Parts, Surface


def bookcase(m: Materials, width: float, height: float, columns: int = 1) -> Object:
    """Return open shelves with sides and a back; ``columns`` > 1 makes a grid of cubes."""
    rng, parts, stuff = m.rng, Parts(), m.front()
    depth, board = rng.uniform(0.28, 0.36), 0.022
    for k in range(columns + 1):
        x = (k / columns - 0.5) * (width - board)
        parts.box((board, depth, height), (x, 0, 0), stuff)
    parts.box((width - 2 * board, 0.012, height), (0, -depth / 2 + 0.006, 0), stuff)
    count = max(2, round(height / (rng.uniform(0.33, 0.40))))
    levels = [0.05 + (height - board - 0.05) * k / count for k in range(count + 1)]
    for z in levels:
        parts.box((width - 2 * board, depth, board), (0, 0, z), stuff)
    unit = width / columns
    surfaces = [Surface((k + 0.5) * unit - width / 2, 0.02, unit - 3 * board, depth - 0.06,
                        low + board, high - low - board - 0.01)
                for low, high in itertools.pairwise(levels) for k in range(columns)]
    top = Surface(0, 0, width - 0.06, depth - 0.06, height, 0.4)
    return parts.object('bookcase', FURNITURE, *surfaces, top)


def _doors(parts: Parts, m: Materials, width: float, depth: float, low: float, high: float,
           count: int) -> None:
    unit = width / count
    for k in range(1, count):
        parts.box((0.008, 0.006, high - low), (k * unit - width / 2, depth / 2, low), m.dark)
    for k in range(count):
        side = 1 if k % 2 == 0 else -1
        parts.box((0.016, 0.025, min(0.18, 0.4 * (high - low))),
                  ((k + 0.5) * unit - width / 2 + side * unit * 0.4, depth / 2 + 0.012,
                   low + 0.5 * (high - low)), m.metal)


def wardrobe(m: Materials, width: float) -> Object:
    """Return a wardrobe with doors, two metres high or so."""
    parts, stuff = Parts(), m.front()
    depth, height = m.rng.uniform(0.55, 0.62), m.rng.uniform(1.85, 2.15)
    parts.box((width - 0.03, depth - 0.04, 0.07), (0, -0.02, 0), m.dark)
    parts.box((width, depth, height - 0.07), (0, 0, 0.07), stuff)
    parts.box((width + 0.04, depth + 0.03, 0.035), (0, 0.005, height), stuff)
    _doors(parts, m, width, depth, 0.1, height - 0.02, max(2, round(width / 0.5)))
    return parts.object('wardrobe', FURNITURE,
                        Surface(0, 0, width * 0.9, depth * 0.8, height + 0.035, 0.25))


def cabinet(m: Materials, width: float, height: float, depth: float = 0.42) -> Object:
    """Return a sideboard or a low cupboard with doors, on feet."""
    parts, stuff = Parts(), m.front()
    foot = m.rng.choice([0.04, 0.14])
    parts.legs(0.045, foot, width / 2 - 0.06, depth / 2 - 0.05, m.dark)
    parts.box((width, depth, height - foot - 0.025), (0, 0, foot), stuff)
    parts.box((width + 0.02, depth + 0.015, 0.025), (0, 0.002, height - 0.025), m.wood())
    _doors(parts, m, width, depth, foot + 0.03, height - 0.05, max(2, round(width / 0.45)))
    return parts.object('cabinet', FURNITURE,
                        Surface(0, 0, width * 0.95, depth * 0.9, height, 0.8))


def drawers(m: Materials, width: float, height: float, count: int, depth: float = 0.45) -> Object:
    """Return a chest of drawers; small ones are nightstands."""
    parts, stuff = Parts(), m.front()
    parts.box((width, depth, height - 0.05), (0, 0, 0.03), stuff)
    parts.box((width + 0.02, depth + 0.02, 0.02), (0, 0, height - 0.02), stuff)
    parts.box((width - 0.05, depth - 0.05, 0.03), (0, 0, 0), m.dark)
    step = (height - 0.07) / count
    for k in range(count):
        z = 0.05 + k * step
        if k:
            parts.box((width - 0.02, 0.006, 0.008), (0, depth / 2, z - 0.004), m.dark)
        parts.box((min(0.14, width * 0.3), 0.02, 0.016), (0, depth / 2 + 0.01, z + step * 0.55),
                  m.metal)
    return parts.object('drawers', FURNITURE,
                        Surface(0, 0, width * 0.92, depth * 0.9, height, 0.8))


def wall_units(m: Materials, width: float, front: Material) -> Object:
    """Return kitchen cupboards that hang over the counter."""
    parts = Parts()
    depth, height = 0.34, m.rng.uniform(0.58, 0.72)
    parts.box((width, depth, height), (0, 0, 0), front)
    _doors(parts, m, width, depth, 0.01, height - 0.01, max(1, round(width / 0.6)))
    return parts.object('wall units', FURNITURE)


def fridge(m: Materials) -> Object:
    """Return a tall fridge."""
    parts = Parts()
    stuff = m.white if m.rng.random() < 0.5 else m.metal
    height = m.rng.uniform(1.55, 1.95)
    parts.box((0.58, 0.58, 0.04), (0, -0.01, 0), m.dark)
    parts.box((0.60, 0.62, height - 0.04), (0, 0, 0.04), stuff)
    split = height * m.rng.uniform(0.35, 0.65)
    parts.box((0.60, 0.006, 0.012), (0, 0.31, split), m.dark)
    for z in (split - 0.32, split + 0.06):
        parts.box((0.02, 0.04, 0.26), (-0.25, 0.325, z), m.metal)
    return parts.object('fridge', FURNITURE)


def stove(m: Materials) -> Object:
    """Return a cooker with an oven door and four plates."""
    parts = Parts().box((0.58, 0.58, 0.89), (0, 0, 0),
                        m.white if m.rng.random() < 0.5 else m.metal)
    parts.box((0.58, 0.60, 0.015), (0, 0, 0.89), m.dark)
    parts.box((0.46, 0.012, 0.34), (0, 0.293, 0.28), m.dark)
    parts.box((0.44, 0.03, 0.02), (0, 0.305, 0.66), m.metal)
    for corner in corners(0.14, 0.14):
        parts.cylinder(0.17, 0.008, (*corner, 0.905), m.metal)
    return parts.object('stove', FURNITURE)


def shelf_board(m: Materials, width: float) -> Object:
    """Return a single board on the wall."""
    parts = Parts().box((width, 0.24, 0.03), (0, 0, 0), m.front()).pair(
        (0.02, 0.18, 0.08), (width * 0.35, -0.02, -0.08), m.metal)
    return parts.object('wall shelf', FURNITURE, Surface(0, 0, width * 0.94, 0.2, 0.03, 0.5))
