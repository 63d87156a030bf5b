# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A real camera recording where it lies beside the repository, else rendered rooms."""

from pathlib import Path
import warnings

from depth_distill_ros.datasets import open_reader
from depth_distill_ros.geometry.view import View
from depth_distill_ros.shipped import shipped_rooms

# Sequence 000 of the HoloLens recordings published with DeepVideoMVS (CVPR 2021).
OFFICE = Path(__file__).resolve().parents[2] / 'shared' / 'data' / 'office_rgbd'
SIZE = (360, 540)


def open_recording():
    """Return a reader of the recording, or of the rendered rooms with a warning."""
    if OFFICE.is_dir():
        return open_reader(f'folder:{OFFICE}')
    warnings.warn(f'{OFFICE} is not there: rendered rooms stand in for the recording',
                  stacklevel=2)
    return open_reader(f'folder:{shipped_rooms()}')


def recorded_frames(count):
    """Return ``count`` images of SIZE, RGB, spread over the recording, and their camera."""
    reader = open_recording()
    frames = [reader[number * (len(reader) - 1) // max(1, count - 1)] for number in range(count)]
    view = View.fit(frames[0].size, SIZE)
    return ([view.image(frame.image) for frame in frames],
            view.intrinsics(frames[0].intrinsics))
