# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A few files in the layout of each data set; what they hold follows from a number."""

from pathlib import Path

import cv2
import numpy as np

SIZE = (24, 32)


def made_image(number, size=SIZE):
    """Return smooth H×W×3 RGB whose channels differ, so that JPEG and channel order show."""
    rows, columns = np.mgrid[0:1:size[0] * 1j, 0:1:size[1] * 1j]
    channels = (200 * rows, 100 * columns + 50, 20 + 5 * (number % 40) + 0 * rows)
    return np.stack(channels, -1).astype(np.uint8)


def stored_depth(number, size=SIZE, most=5000):
    """Return H×W uint16 with a hole (0) in the top left corner."""
    values = np.random.default_rng(number).integers(500, most, size).astype(np.uint16)
    values[:3, :3] = 0
    return values


def write(path, pixels):
    """Write RGB or one-channel pixels to a file of the suffix's format."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    if pixels.ndim == 3:
        pixels = pixels[..., ::-1]
    options = [cv2.IMWRITE_JPEG_QUALITY, 98] if path.suffix == '.jpg' else []
    assert cv2.imwrite(str(path), pixels, options)
    return path


def text(path, content):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding='utf-8')
    return path


def assert_image(found, number, size=SIZE, exact=False):
    assert found.dtype == np.uint8 and found.shape == (*size, 3)
    difference = np.abs(found.astype(int) - made_image(number, size))
    assert difference.max() <= (0 if exact else 12)


def assert_depth(found, stored, per_metre=1000.0, farthest=np.inf):
    """Check metres against stored values: invalid exactly where 0 or beyond ``farthest``."""
    expected = stored / per_metre
    invalid = (stored == 0) | (expected > farthest)
    assert found.dtype == np.float32 and invalid.any() and not invalid.all()
    np.testing.assert_array_equal(np.isnan(found), invalid)
    np.testing.assert_allclose(found[~invalid], expected[~invalid], rtol=1e-6)


def cut(path, share=0.6):
    """Leave only the first part of a file, as an interrupted copy does."""
    data = path.read_bytes()
    path.write_bytes(data[:int(len(data) * share)])
