#!/usr/bin/env python3
# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Frames per second of the stream, without ROS, on one core.

Messages of 640x480 rgb8, mono8 and camera_info are paired by stamp, decoded, checked, cropped,
resized, compared with all stored frames and stored; then batches are drawn from the store. The
comparison is also measured on its own, with 20,000 frames in the store.

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
import lmdb
import numpy as np

from depth_distill_ros.encodings import camera, image
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.settings.names import PAPER_SIZE
from depth_distill_ros.settings.stream import StreamSettings
from depth_distill_ros.stream.class_table import load
from depth_distill_ros.stream.contents import REMEMBERED, Choice, Contents
from depth_distill_ros.stream.intake import StreamIntake
from depth_distill_ros.stream.sampler import StreamSampler
from depth_distill_ros.stream.semantic_decoder import SemanticDecoder
from depth_distill_ros.stream.signature import signature
from depth_distill_ros.stream.split import Part
from depth_distill_ros.stream.store import StreamWriter

VGA = Intrinsics.from_vertical_fov(0.8, (480, 640))


def messages(number: int) -> dict[str, object]:
    """Return the messages of a frame: patches of colour, others for each number."""
    random = np.random.default_rng(number)
    colours = np.repeat(np.repeat(random.integers(0, 256, (12, 16, 3), np.uint8), 40, 0), 40, 1)
    return {
        'image': _image('rgb8', colours),
        'semantics': _image('mono8', np.tile(
            (np.arange(640) // 50 + number) % 14, (480, 1)).astype(np.uint8)),
        'camera_info': SimpleNamespace(
            height=480, width=640, binning_x=0, binning_y=0, k=VGA.matrix().ravel(),
            roi=SimpleNamespace(x_offset=0, y_offset=0, height=0, width=0))}


def _image(encoding: str, pixels: np.ndarray) -> SimpleNamespace:
    return SimpleNamespace(encoding=encoding, height=480, width=640, step=pixels[0].nbytes,
                           is_bigendian=0, data=pixels.tobytes())


def feed(writer: StreamWriter, frames: int) -> tuple[float, float]:
    """Store that many frames; return the seconds on the clock and on the processor."""
    intake = StreamIntake(
        writer, {'image': image.read_rgb, 'semantics': image.read_array,
                 'camera_info': camera.to_intrinsics},
        SemanticDecoder('ids', load()), logging.getLogger())
    intake.min_difference = StreamSettings.min_difference
    seconds = 0.0, 0.0
    for stamp in range(frames):
        data = messages(stamp)
        clock, processor = time.perf_counter(), time.process_time()
        for topic, message in data.items():
            intake.add(topic, stamp, message)
        seconds = (seconds[0] + time.perf_counter() - clock,
                   seconds[1] + time.process_time() - processor)
    if writer.stored != frames:
        raise SystemExit(f'only {writer.stored} of {frames} were stored: {intake.values()}')
    return seconds


def compare(size: tuple[int, int], frames: int) -> float:
    """Compare frames with a full memory, half of it in the store; return seconds of processor."""
    random = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder, \
            lmdb.open(folder, map_size=1 << 28, max_dbs=2) as env:
        contents = Contents(env)
        for key in range(REMEMBERED):
            contents.add(key, signature(random.integers(0, 256, (12, 16, 3), np.uint8)),
                         Choice(Part.TRAINING, np.empty(0, int)))
        images = [cv2.resize(random.integers(0, 256, (12, 16, 3), np.uint8), size[::-1])
                  for _ in range(20)]
        processor = time.process_time()
        for number in range(frames):
            known = signature(images[number % len(images)])
            alike = contents.alike(known, StreamSettings.min_difference)
            contents.holds(alike, StreamSettings.min_difference, REMEMBERED // 2)
            contents.choose(REMEMBERED, alike, REMEMBERED // 2)
        return time.process_time() - processor


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
        seconds = compare(arguments.size, arguments.frames)
        print(f'of these, {1e3 * seconds / arguments.frames:.2f} ms to compare a frame with '
              f'{REMEMBERED // 2} stored and {REMEMBERED // 2} evicted ones')
        seconds = draw(writer, arguments.frames // 8)
        print(f'frames drawn in batches of 8: {arguments.frames // 8 * 8 / seconds:.0f} per '
              'second')
        seconds = append(writer, arguments.frames)
        print(f'ready frames appended: {arguments.frames / seconds:.0f} per second')


if __name__ == '__main__':
    main()
