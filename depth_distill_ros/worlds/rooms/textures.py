# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Seamless procedural textures, uint8 RGB, from a few cached noise fields.

The fields are the same in every process. A room shifts and mirrors them at random, so that a
texture takes about a millisecond.
"""

from __future__ import annotations

import colorsys
from functools import cache

import cv2
import numpy as np

from depth_distill_ros.worlds.primitives import shaded, to_uint8

LARGE, SMALL = 256, 128


@cache
def _fields() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return clouds, grain (long along x) and speckle: N x 256 x 256 float32, unit spread."""
    rng = np.random.default_rng(20260101)
    fy, fx = np.meshgrid(np.fft.fftfreq(LARGE) * LARGE, np.fft.fftfreq(LARGE) * LARGE,
                         indexing='ij')

    def make(filters: list[np.ndarray]) -> np.ndarray:
        out = []
        for gain in filters:
            wave = np.fft.fft2(rng.standard_normal((LARGE, LARGE)))
            field = np.real(np.fft.ifft2(wave * gain))
            out.append((field - field.mean()) / field.std())
        return np.stack(out).astype(np.float32)

    radius = np.hypot(fx, fy)
    clouds = make([np.where(radius > 0, 1 / np.maximum(radius, 1) ** p, 0)
                   for p in (1.0, 1.3, 1.6, 2.0)])
    grain = np.hypot(fx * 9, fy)
    grains = make([np.where(grain > 0, 1 / np.maximum(grain, 2) ** p, 0) for p in (0.8, 1.0, 1.3)])
    speckle = make([np.exp(-(radius / c) ** 2) for c in (40, 70, 110)])
    return clouds, grains, speckle


def noise(rng: np.random.Generator, kind: int, size: int) -> np.ndarray:
    """Return a size x size float32 field of unit spread: kind 0 clouds, 1 grain, 2 speckle."""
    stack = _fields()[kind]
    field = stack[rng.integers(len(stack))]
    if rng.random() < 0.5:
        field = field[::-1]
    field = np.roll(field, tuple(rng.integers(LARGE, size=2)), (0, 1))
    return field if size == LARGE else np.ascontiguousarray(field[::2, ::2])


def hsv(hue: float, saturation: float, value: float) -> np.ndarray:
    """Return RGB in 0..1, float32."""
    return np.array(colorsys.hsv_to_rgb(hue % 1.0, min(saturation, 1.0), min(value, 1.0)),
                    dtype=np.float32)


def _plain(size: int, colour: np.ndarray) -> np.ndarray:
    return np.full((size, size, 3), colour, np.float32)


# Least strength, strength by contrast, and the share of each kind of noise.
_UNEVEN = {
    'wood': (0.06, 0.25, {1: 1.0}),  # straight grain along x
    'carpet': (0.06, 0.3, {2: 0.7, 0: 0.4}),
    'concrete': (0.05, 0.25, {0: 1.0, 2: 0.3}),
    'plaster': (0.01, 0.12, {0: 0.6, 2: 0.4})}


def uneven(kind: str, rng: np.random.Generator, colour: np.ndarray, contrast: float) -> np.ndarray:
    """Draw a surface of one colour: 'wood', 'carpet', 'concrete' (with joints) or 'plaster'."""
    least, more, shares = _UNEVEN[kind]
    field = sum(share * noise(rng, k, LARGE) for k, share in shares.items())
    texture = shaded(colour, (least + more * contrast) * field)
    if kind == 'concrete':
        texture[:2] *= 0.6
        texture[:, :2] *= 0.6
    return to_uint8(texture)


def planks(rng: np.random.Generator, colour: np.ndarray, contrast: float,
           parquet: bool = False) -> np.ndarray:
    """Draw boards along x, each row with its own joint; 'parquet' has short ones."""
    field, rows = 0.5 * noise(rng, 1, LARGE), 8
    step = LARGE // rows
    gap = np.zeros((LARGE, LARGE), np.float32)
    pieces = 4 if parquet else 1
    for row in range(rows):
        band = slice(row * step, (row + 1) * step)
        start = int(rng.integers(LARGE))
        for piece in range(pieces):
            left = (start + piece * LARGE // pieces) % LARGE
            columns = (left + np.arange(LARGE // pieces)) % LARGE
            field[band, columns] += rng.normal(0.0, 1.0)
            gap[band, left] = 1.0
        gap[row * step, :] = 1.0
    boards = shaded(colour, (0.06 + 0.3 * contrast) * field)
    return to_uint8(boards * (1.0 - 0.45 * gap)[..., None])


def tiles(rng: np.random.Generator, colour: np.ndarray, contrast: float,
          other: np.ndarray) -> np.ndarray:
    """Draw square tiles of two colours, in turn, with joints."""
    count = 4
    step = LARGE // count
    texture = np.empty((LARGE, LARGE, 3), np.float32)
    tone = rng.normal(0.0, 0.15 * contrast, (count, count))
    for i in range(count):
        for j in range(count):
            base = other if (i + j) % 2 else colour
            texture[i * step:(i + 1) * step, j * step:(j + 1) * step] = base * (1 + tone[i, j])
    texture *= (1.0 + 0.15 * contrast * noise(rng, 0, LARGE))[..., None]
    joint = np.clip(colour * rng.choice([0.55, 0.75, 1.25]), 0, 1)
    for k in range(count):
        texture[k * step:k * step + 3] = joint
        texture[:, k * step:k * step + 3] = joint
    return to_uint8(texture)


def brick(rng: np.random.Generator, colour: np.ndarray, contrast: float) -> np.ndarray:
    """Draw a running bond of 16 courses."""
    texture = _plain(LARGE, np.clip(colour * 0.5 + 0.35, 0, 1))
    course, length = LARGE // 16, LARGE // 4
    for row in range(16):
        for k in range(4):
            tone = 1.0 + (0.1 + 0.4 * contrast) * rng.normal()
            left = k * length + (length // 2 if row % 2 else 0)
            columns = (left + np.arange(length - 3)) % LARGE
            texture[row * course:row * course + course - 3, columns] = colour * tone
    return to_uint8(texture * (1.0 + 0.05 * noise(rng, 2, LARGE))[..., None])


def stripes(rng: np.random.Generator, colour: np.ndarray, other: np.ndarray,
            size: int = LARGE) -> np.ndarray:
    """Draw upright stripes of two colours."""
    count = int(rng.choice([4, 8, 16]))
    phase = (np.arange(size) * count / size) % 1.0
    band = (phase < rng.uniform(0.3, 0.7)).astype(np.float32)
    texture = colour + (other - colour) * band[None, :, None]
    return to_uint8(texture * (1.0 + 0.03 * noise(rng, 2, size))[..., None])


def dots(rng: np.random.Generator, colour: np.ndarray, other: np.ndarray,
         size: int = LARGE) -> np.ndarray:
    """Draw a regular pattern of round dots, every second row shifted."""
    texture = _plain(size, colour)
    count = int(rng.choice([4, 6, 8]))
    step = size / count
    radius = int(step * rng.uniform(0.15, 0.38))
    for i in range(count + 1):
        for j in range(-1, count + 1):
            centre = (int((j + 0.5 * (i % 2)) * step), int(i * step))
            cv2.circle(texture, centre, radius, [float(v) for v in other], -1, cv2.LINE_AA)
    return to_uint8(texture)


def wallpaper(rng: np.random.Generator, colour: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Draw a repeating ornament of ellipses, drawn once and mirrored."""
    cell = _plain(64, colour)
    for _ in range(4):
        centre = tuple(int(v) for v in rng.integers(6, 58, 2))
        axes = tuple(int(v) for v in rng.integers(3, 18, 2))
        mix = rng.uniform(0.3, 1.0)
        paint = [float(v) for v in colour + mix * (other - colour)]
        cv2.ellipse(cell, centre, axes, rng.uniform(0, 180), 0, 360, paint,
                    int(rng.choice([-1, 2])), cv2.LINE_AA)
    half = np.concatenate([cell, cell[:, ::-1]], axis=1)
    whole = np.concatenate([half, half[::-1]], axis=0)
    return to_uint8(np.tile(whole, (2, 2, 1)))


def gradient(rng: np.random.Generator, colour: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Draw a ramp from one colour at the skirting to another at the ceiling; not for tiling."""
    ramp = np.linspace(1.0, 0.0, LARGE, dtype=np.float32)[:, None, None]
    texture = colour + (other - colour) * ramp
    return to_uint8(texture * (1.0 + 0.02 * noise(rng, 0, LARGE))[..., None])


def fabric(rng: np.random.Generator, kind: str, colour: np.ndarray, other: np.ndarray,
           contrast: float) -> np.ndarray:
    """Draw a fabric: 'weave', 'noise', 'plaid', 'stripes' or 'dots'."""
    if kind == 'stripes':
        return stripes(rng, colour, other, SMALL)
    if kind == 'dots':
        return dots(rng, colour, other, SMALL)
    if kind == 'noise':
        return to_uint8(shaded(colour, (0.05 + 0.4 * contrast) * noise(rng, 0, SMALL)))
    across = np.arange(SMALL)
    if kind == 'plaid':
        count = int(rng.choice([2, 4]))
        band = ((across * count / SMALL) % 1.0 < rng.uniform(0.3, 0.6)).astype(np.float32)
        mix = 0.5 * (band[:, None] + band[None, :])
        return to_uint8(colour + (other - colour) * mix[..., None])
    thread = np.sin(across * np.pi / 2)[:, None] * np.sin(across * np.pi / 2 + 1.0)[None, :]
    field = (0.6 * thread + 0.5 * noise(rng, 2, SMALL)).astype(np.float32)
    return to_uint8(shaded(colour, (0.05 + 0.3 * contrast) * field))


def spines(rng: np.random.Generator, colours: list[np.ndarray]) -> np.ndarray:
    """Draw the spines of a row of books."""
    texture = np.zeros((SMALL, SMALL, 3), np.float32)
    left = 0
    while left < SMALL:
        width = int(rng.integers(6, 16))
        colour = colours[int(rng.integers(len(colours)))]
        texture[:, left:left + width - 1] = colour * rng.uniform(0.7, 1.1)
        band = int(rng.integers(10, 100))
        texture[band:band + int(rng.integers(4, 18)), left + 1:left + width - 2] = \
            np.clip(1.1 - colour, 0, 1)
        top = int(rng.integers(0, 14)) if rng.random() < 0.5 else 0
        texture[:top, left:left + width] = 0.06
        left += width
    return to_uint8(texture)


def printed(rng: np.random.Generator, colours: list[np.ndarray]) -> np.ndarray:
    """Draw a print for a wall: a landscape of ridges, coloured fields, or shapes."""
    kind = int(rng.integers(3))
    sky, ground = (colours[int(rng.integers(len(colours)))] for _ in range(2))
    ramp = np.linspace(0.0, 1.0, SMALL, dtype=np.float32)[:, None, None]
    texture = np.ascontiguousarray(
        np.broadcast_to(sky * (1 - 0.4 * ramp) + 0.3 * ramp, (SMALL, SMALL, 3)))
    if kind == 0:
        x = np.arange(SMALL)
        for layer in range(4):
            height = SMALL * (0.35 + 0.15 * layer) + 8 * np.sin(
                x * rng.uniform(0.03, 0.12) + rng.uniform(0, 6)) + 3 * np.sin(
                x * rng.uniform(0.1, 0.3))
            mask = np.arange(SMALL)[:, None] > height[None, :]
            texture[mask] = ground * (1.0 - 0.2 * layer) + 0.05 * layer
    else:
        for _ in range(int(rng.integers(5, 14))):
            colour = [float(v) for v in colours[int(rng.integers(len(colours)))]]
            a, b = (tuple(int(v) for v in rng.integers(0, SMALL, 2)) for _ in range(2))
            if kind == 1:
                cv2.rectangle(texture, a, b, colour, -1)
            else:
                cv2.circle(texture, a, int(rng.integers(5, 35)), colour, -1, cv2.LINE_AA)
    return to_uint8(texture)
