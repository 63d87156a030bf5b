# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""For tests of teachers from elsewhere: an image, and what must never be unpickled."""

import os

import numpy as np


def made_image(size=(74, 98)):
    """Return smooth waves, H×W×3 uint8."""
    rows, columns = np.mgrid[:size[0], :size[1]] / 20
    waves = np.stack([np.sin(rows + columns), np.cos(rows), np.sin(columns)], -1)
    return (127.5 + 100 * waves).astype(np.uint8)


class Harm:
    """Makes a folder when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)
