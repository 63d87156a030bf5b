# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Procedural textures that tile: H×W×3 uint8 sRGB."""

from __future__ import annotations

import cv2
import numpy as np

from depth_distill_ros.worlds.primitives import shaded, to_uint8

Colour = tuple[float, float, float]
_SIDE = 256


def wood(colour: Colour, rng: np.random.Generator) -> np.ndarray:
    """Return grain along the first axis of the texture."""
    wave = _smooth(rng, (4, 40)) * 1.0 + _smooth(rng, (3, 8)) * 2.0
    x = np.linspace(0, 1, _SIDE, endpoint=False)
    rings = np.sin(2 * np.pi * (x[None] * rng.integers(5, 12) + wave))
    value = 0.10 * rings + 0.08 * _smooth(rng, (6, 100)) + 0.03 * _grain(rng)
    return _tinted(colour, value)


def weave(colour: Colour, rng: np.random.Generator) -> np.ndarray:
    """Return cloth: threads, and for some stripes or checks."""
    n = int(rng.choice([32, 64]))
    phase = np.arange(_SIDE) * n / _SIDE
    threads = np.sin(2 * np.pi * phase)[None] * np.cos(2 * np.pi * phase)[:, None]
    value = 0.07 * threads + 0.06 * _grain(rng) + 0.05 * _smooth(rng, (8, 8))
    if rng.random() < 0.3:
        stripes = np.sin(2 * np.pi * np.arange(_SIDE) * rng.integers(1, 4) / _SIDE)
        value += 0.12 * np.sign(stripes)[None]
        if rng.random() < 0.5:
            value += 0.12 * np.sign(stripes)[:, None]
    return _tinted(colour, value)


def wall(kind: str, colour: Colour, rng: np.random.Generator) -> tuple[np.ndarray, float]:
    """Return the texture of a wall and the metres that it covers."""
    if kind == 'plaster':
        return _tinted(colour, 0.05 * _smooth(rng, (24, 24)) + 0.04 * _grain(rng)), 1.4
    if kind == 'stripes':
        x = np.sin(2 * np.pi * np.arange(_SIDE) * rng.integers(2, 5) / _SIDE)
        value = 0.08 * np.tanh(6 * x)[None] + np.zeros((_SIDE, 1))
        return _tinted(colour, value + 0.01 * _grain(rng)), rng.uniform(0.4, 1.0)
    if kind == 'pattern':
        return _damask(colour, rng), rng.uniform(0.35, 0.8)
    if kind == 'brick':
        return _bricks(colour, rng, rows=8, columns=4), rng.uniform(0.6, 0.9)
    if kind == 'office':
        return _bricks(colour, rng, rows=2, columns=2, shift=False, contrast=0.02), 1.2
    x = np.arange(_SIDE) * int(rng.integers(6, 12)) / _SIDE % 1.0
    value = np.where(x < 0.06, -0.35, 0.0)[None] + 0.04 * _smooth(rng, (3, 60))
    return _tinted(colour, value), rng.uniform(0.8, 1.2)


def floor(kind: str, colour: Colour, rng: np.random.Generator) -> tuple[np.ndarray, float]:
    """Return the texture of a floor and the metres that it covers."""
    if kind == 'planks':
        boards = _bricks(colour, rng, rows=8, columns=2, contrast=0.12, joint=0.015)
        return _mixed(boards, np.rot90(wood(colour, rng))), rng.uniform(0.9, 1.6)
    if kind == 'herringbone':
        return _herringbone(colour, rng), rng.uniform(0.6, 1.0)
    if kind == 'tiles':
        n = int(rng.integers(2, 5))
        return _bricks(colour, rng, rows=n, columns=n, shift=bool(rng.random() < 0.2),
                       contrast=0.04, joint=0.03), rng.uniform(0.8, 1.4)
    if kind == 'carpet':
        value = 0.12 * _grain(rng) + 0.10 * _smooth(rng, (50, 50))
        return _tinted(colour, value), 0.8
    return _tinted(colour, 0.10 * _smooth(rng, (5, 5)) + 0.06 * _smooth(rng, (30, 30))
                   + 0.02 * _grain(rng)), 2.5


def rug(colour: Colour, second: Colour, rng: np.random.Generator) -> np.ndarray:
    """Return a rug's pattern: bands, diamonds or a border."""
    v, u = np.mgrid[0:_SIDE, 0:_SIDE] / _SIDE
    kind = int(rng.integers(3))
    if kind == 0:
        mask = np.sin(2 * np.pi * v * rng.integers(3, 9)) > rng.uniform(-0.5, 0.7)
    elif kind == 1:
        n = int(rng.integers(3, 7))
        mask = (np.abs(u * n % 1 - 0.5) + np.abs(v * n % 1 - 0.5)) < rng.uniform(0.25, 0.5)
    else:
        edge = np.minimum(np.minimum(u, 1 - u), np.minimum(v, 1 - v))
        mask = (edge > 0.06) & (edge < 0.13)
    base = _tinted(colour, 0.10 * _grain(rng))
    return np.where(mask[..., None], _tinted(second, 0.10 * _grain(rng)), base)


def painting(rng: np.random.Generator) -> np.ndarray:
    """Return a picture for a wall: a landscape, shapes, or a poster."""
    canvas = np.empty((_SIDE, _SIDE, 3), np.uint8)
    canvas[:] = rng.integers(120, 250, 3)
    if rng.random() < 0.4:
        canvas = to_uint8(outdoors(rng))
    else:
        for _ in range(int(rng.integers(4, 16))):
            colour = tuple(int(c) for c in rng.integers(20, 240, 3))
            at = tuple(int(c) for c in rng.integers(0, _SIDE, 2))
            if rng.random() < 0.5:
                cv2.circle(canvas, at, int(rng.integers(8, 80)), colour, -1, cv2.LINE_AA)
            else:
                to = tuple(int(c) for c in rng.integers(0, _SIDE, 2))
                cv2.rectangle(canvas, at, to, colour, -1)
    if rng.random() < 0.4:
        edge = int(rng.integers(16, 40))
        cv2.rectangle(canvas, (0, 0), (_SIDE - 1, _SIDE - 1), (240, 238, 232), 2 * edge)
    return canvas


def screen(rng: np.random.Generator) -> np.ndarray:
    """Return the image on a monitor: windows with lines of text, or black."""
    canvas = np.full((_SIDE, _SIDE, 3), 10, np.uint8)
    if rng.random() < 0.45:
        return canvas
    canvas[:] = rng.integers(20, 160, 3)
    for _ in range(int(rng.integers(1, 4))):
        x, y = (int(v) for v in rng.integers(5, 120, 2))
        w, h = (int(v) for v in rng.integers(90, 130, 2))
        cv2.rectangle(canvas, (x, y), (x + w, y + h), (235, 236, 238), -1)
        for line in range(y + 12, y + h - 6, 10):
            cv2.line(canvas, (x + 8, line), (x + int(rng.integers(20, w - 4)), line),
                     tuple(int(c) for c in rng.integers(30, 140, 3)), 2)
    return canvas


def outdoors(rng: np.random.Generator) -> np.ndarray:
    """Return the view from a window, H×W×3 float32 in about 0..1: sky, houses or trees."""
    v, u = np.mgrid[0:_SIDE, 0:_SIDE].astype(np.float32) / _SIDE
    blue = np.array(rng.choice([[0.45, 0.65, 0.95], [0.75, 0.8, 0.86], [0.6, 0.72, 0.9]]),
                    np.float32)
    view = (0.75 + 0.25 * v[..., None]) * (blue + (1 - blue) * (0.35 + 0.5 * v[..., None]))
    clouds = np.clip(_smooth(rng, (4, 3)) * 1.2, 0, 1)[..., None]
    view += (1 - view) * clouds * 0.8
    horizon = rng.uniform(0.45, 0.7)
    line = horizon + 0.05 * _smooth(rng, (2, 6))[0]
    ground = np.array(rng.choice([[0.16, 0.24, 0.10], [0.3, 0.29, 0.27], [0.24, 0.3, 0.16]]))
    view[v > line] = 0
    view += (v > line)[..., None] * ground * (1 + 0.4 * _smooth(rng, (20, 20)))[..., None]
    for _ in range(int(rng.integers(2, 7))):
        left, width = rng.uniform(-0.1, 1.0), rng.uniform(0.08, 0.35)
        top = horizon - rng.uniform(0.02, 0.4)
        if rng.random() < 0.5:
            mask = (u > left) & (u < left + width) & (v > top) & (v < horizon + 0.05)
            shade = np.array(rng.uniform(0.2, 0.6)) * np.array([1, 0.95, 0.88])
            rows = (v * 40 % 1 > 0.4) & (u * 40 % 1 > 0.5)
            view[mask] = shade
            view[mask & rows] = 0.5 * shade
        else:
            ripple = 0.6 + 0.5 * _smooth(rng, (12, 12))
            mask = ((u - left) / width) ** 2 + ((v - top - 0.15) / 0.2) ** 2 < ripple
            view[mask] = np.array([0.10, 0.20, 0.06]) * rng.uniform(0.6, 1.6)
    return view.clip(0.01, 1.0).astype(np.float32)


def _bricks(colour: Colour, rng: np.random.Generator, rows: int, columns: int,
            shift: bool = True, contrast: float = 0.10, joint: float = 0.05) -> np.ndarray:
    v, u = np.mgrid[0:_SIDE, 0:_SIDE] / _SIDE
    row = (v * rows).astype(int)
    offset = (row % 2) * 0.5 if shift else 0.0
    across = u * columns + offset
    tone = rng.normal(0, contrast, (rows, columns))
    value = tone[row % rows, across.astype(int) % columns]
    wide = joint * rows / columns if shift else joint
    gap = (v * rows % 1 < joint * 1.6) | (across % 1 < wide)
    value = np.where(gap, -0.25, value) + 0.03 * _grain(rng) + 0.04 * _smooth(rng, (12, 12))
    return _tinted(colour, value)


def _herringbone(colour: Colour, rng: np.random.Generator) -> np.ndarray:
    v, u = np.mgrid[0:_SIDE, 0:_SIDE] * 4 / _SIDE
    leg = np.abs(u % 2 - 1)
    board = np.floor((v + leg) * 2) % 8
    side = (u % 2 > 1).astype(int)
    tone = rng.normal(0, 0.12, (2, 8))
    value = tone[side, board.astype(int)]
    gap = ((v + leg) * 2 % 1 < 0.07) | (np.abs(u % 1) < 0.02)
    return _mixed(_tinted(colour, np.where(gap, -0.3, value)), wood(colour, rng))


def _damask(colour: Colour, rng: np.random.Generator) -> np.ndarray:
    v, u = np.mgrid[0:_SIDE, 0:_SIDE] * 2 * np.pi / _SIDE
    a, b = rng.integers(1, 4, 2)
    shape = np.sin(a * u) * np.sin(b * v) + 0.6 * np.cos(2 * a * u + np.sin(2 * v))
    return _tinted(colour, rng.uniform(0.04, 0.12) * np.tanh(4 * shape) + 0.01 * _grain(rng))


def _mixed(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    mean = second.reshape(-1, 3).mean(axis=0)
    return (first * (second / mean)).clip(0, 255).astype(np.uint8)


def _smooth(rng: np.random.Generator, waves: tuple[int, int]) -> np.ndarray:
    """Return noise that tiles, about -1..1, with `waves` of (rows, columns)."""
    coarse = rng.standard_normal(waves).astype(np.float32)
    padded = np.pad(coarse, 2, mode='wrap')
    rows, columns = (_SIDE // n + 1 for n in waves)
    large = cv2.resize(padded, (columns * padded.shape[1], rows * padded.shape[0]),
                       interpolation=cv2.INTER_CUBIC)
    part = large[2 * rows:2 * rows + rows * waves[0], 2 * columns:2 * columns + columns * waves[1]]
    return cv2.resize(part, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)


def _grain(rng: np.random.Generator) -> np.ndarray:
    return rng.standard_normal((_SIDE, _SIDE)).astype(np.float32)


def _tinted(colour: Colour, value: np.ndarray) -> np.ndarray:
    """Return the colour, brightened by the share `value`, as uint8."""
    return to_uint8(shaded(colour, value))
