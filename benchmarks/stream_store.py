#!/usr/bin/env python3
# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Frames per second of the stream, without ROS, on one core.

The bytes of 640x480 rgb8 + mono8 pairs are viewed as arrays, paired by stamp, checked, cropped,
resized and stored. Then batches are drawn from the store.

Example: python benchmarks/stream_store.py --size 228 304
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time

import cv2
import numpy as np

from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.stream.intake import StreamIntake
from depth_distill_ros.stream.pairing import StampPairer
from depth_distill_ros.stream.sampler import StreamSampler
from depth_distill_ros.stream.semantics import to_classes
from depth_distill_ros.stream.store import StreamWriter

CLASSES = {number: number for number in range(14)}
VGA = Intrinsics.from_vertical_fov(0.8, (480, 640))


def messages(different: int) -> list[tuple[bytes, bytes]]:
    """Return the data of image and semantics messages, noise over large regions."""
    random = np.random.default_rng(0)
    columns = np.arange(640) // 50
    return [
        (random.integers(0, 256, (480, 640, 3), np.uint8).tobytes(),
         np.tile((columns + i) % 14, (480, 1)).astype(np.uint8).tobytes())
        for i in range(different)]


def feed(writer: StreamWriter, frames: int) -> tuple[float, float]:
    """Store that many pairs; return the seconds by the clock and of the processor."""
    data = messages(16)
    pairer, intake = StampPairer(('image', 'semantics')), StreamIntake(writer)
    clock, processor = time.perf_counter(), time.process_time()
    for i in range(frames):
        rgb, ids = data[i % len(data)]
        pairer.add('image', i, np.frombuffer(rgb, np.uint8).reshape(480, 640, 3))
        full = pairer.add('semantics', i, np.frombuffer(ids, np.uint8).reshape(480, 640))
        classes, _ = to_classes(full['semantics'], CLASSES, 0)
        intake.add(full['image'], classes, VGA, i)
    seconds = time.perf_counter() - clock, time.process_time() - processor
    counters = intake.counters(pairer)
    if counters.stored != frames:
        raise SystemExit(f'only {counters.stored} of {frames} pairs were stored: {counters}')
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
    parser.add_argument('--size', nargs=2, type=int, default=(228, 304), metavar=('H', 'W'))
    parser.add_argument('--frames', type=int, default=600, help='pairs to store')
    parser.add_argument('--capacity', type=int, default=300, help='frames kept, at least 48')
    parser.add_argument('--folder', help='where to make the store (default: a temporary folder)')
    arguments = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder, \
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
