#!/usr/bin/env python3
# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Frames per second of the stream, without ROS, on one core.

Messages of 640x480 rgb8, mono8 and camera_info are paired by stamp, decoded, checked, cropped,
resized and stored; then batches are drawn from the store.

Example: python benchmarks/stream_store.py --size 228 304
"""

from __future__ import annotations

import argparse
import logging
import os
import tempfile
import time
from types import SimpleNamespace

import cv2
import numpy as np

from depth_distill_ros.encodings import camera, image
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.settings.names import PAPER_SIZE
from depth_distill_ros.stream.class_table import load
from depth_distill_ros.stream.intake import StreamIntake
from depth_distill_ros.stream.sampler import StreamSampler
from depth_distill_ros.stream.semantic_decoder import SemanticDecoder
from depth_distill_ros.stream.store import StreamWriter

VGA = Intrinsics.from_vertical_fov(0.8, (480, 640))


def messages(different: int) -> list[dict[str, object]]:
    """Return the messages of frames: noise over large regions."""
    random = np.random.default_rng(0)
    columns = np.arange(640) // 50
    return [{
        'image': _image('rgb8', random.integers(0, 256, (480, 640, 3), np.uint8)),
        'semantics': _image('mono8', np.tile((columns + i) % 14, (480, 1)).astype(np.uint8)),
        'camera_info': SimpleNamespace(
            height=480, width=640, binning_x=0, binning_y=0, k=VGA.matrix().ravel(),
            roi=SimpleNamespace(x_offset=0, y_offset=0, height=0, width=0))}
        for i in range(different)]


def _image(encoding: str, pixels: np.ndarray) -> SimpleNamespace:
    return SimpleNamespace(encoding=encoding, height=480, width=640, step=pixels[0].nbytes,
                           is_bigendian=0, data=pixels.tobytes())


def feed(writer: StreamWriter, frames: int) -> tuple[float, float]:
    """Store that many frames; return the seconds on the clock and on the processor."""
    data = messages(16)
    intake = StreamIntake(
        writer, {'image': image.read_rgb, 'semantics': image.read_array,
                 'camera_info': camera.to_intrinsics},
        SemanticDecoder('ids', load()), logging.getLogger())
    clock, processor = time.perf_counter(), time.process_time()
    for stamp in range(frames):
        for topic, message in data[stamp % len(data)].items():
            intake.add(topic, stamp, message)
    seconds = time.perf_counter() - clock, time.process_time() - processor
    if writer.stored != frames:
        raise SystemExit(f'only {writer.stored} of {frames} were stored: {intake.values()}')
    return seconds


def append(writer: StreamWriter, frames: int) -> float:
    """Store ready frames; return the seconds."""
    reader = writer.reader()
    frame = reader.read(reader.keys()[0])
    clock = time.perf_counter()
    for _ in range(frames):
        writer.append(frame)
    return time.perf_counter() - clock


def draw(writer: StreamWriter, batches: int) -> float:
    """Draw batches of 8; return the seconds."""
    sampler = StreamSampler(writer.reader(), 8, 0)
    clock = time.perf_counter()
    for _ in range(batches):
        sampler.draw()
    return time.perf_counter() - clock


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--size', nargs=2, type=int, default=PAPER_SIZE, metavar=('H', 'W'))
    parser.add_argument('--frames', type=int, default=600, help='pairs to store')
    parser.add_argument('--capacity', type=int, default=300, help='frames kept, at least 48')
    arguments = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder, \
            StreamWriter(folder, tuple(arguments.size), arguments.capacity) as writer:
        wall, processor = feed(writer, arguments.frames)
        height, width = arguments.size
        print(f'640x480 pairs stored at {height}x{width}: {arguments.frames / wall:.0f} per '
              f'second, {1e3 * processor / arguments.frames:.2f} ms of processor each')
        seconds = append(writer, arguments.frames)
        print(f'ready frames appended: {arguments.frames / seconds:.0f} per second')
        seconds = draw(writer, arguments.frames // 8)
        print(f'frames drawn in batches of 8: {arguments.frames // 8 * 8 / seconds:.0f} per '
              'second')


if __name__ == '__main__':
    main()
