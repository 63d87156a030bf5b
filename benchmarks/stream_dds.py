#!/usr/bin/env python3
# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Stored pairs per second: a synthetic publisher, DDS, the real stream node, a store on disk.

Prints one line per offered rate: frames sent, received, paired, stored, and the rate at which
they reached the store. Example: python benchmarks/stream_dds.py --rates 60 90
"""

from __future__ import annotations

import argparse
from contextlib import closing
import os
from pathlib import Path
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from depth_distill_ros.installation import environment, executable  # noqa: E402

SIZE = (480, 640)
_PATIENCE = 5.0


def publish(frames: int, rate: float) -> None:
    """Send frames at a fixed rate once all topics have subscribers; the publisher's process."""
    import numpy as np
    import rclpy
    from sensor_msgs.msg import CameraInfo, Image

    from depth_distill_ros.geometry.intrinsics import Intrinsics
    from depth_distill_ros.ros.conversions import camera_info, images
    from depth_distill_ros.ros.support.qos import profile

    rclpy.init()
    node = rclpy.create_node('synthetic')
    topics = {name: node.create_publisher(kind, name, profile(30)) for name, kind in (
        ('image', Image), ('semantics', Image), ('camera_info', CameraInfo))}
    random = np.random.default_rng(0)
    classes = random.integers(0, 14, (8, *SIZE), np.uint8)
    camera = Intrinsics.from_vertical_fov(0.8, SIZE)
    while not all(p.get_subscription_count() for p in topics.values()):
        time.sleep(0.05)
    time.sleep(0.5)
    due = time.monotonic()
    for number in range(frames):
        stamp = images.time_message(round(number * 1e9 / rate))
        # Large patches, others in each frame: what the store has already is not stored again.
        colours = random.integers(0, 256, (SIZE[0] // 40, SIZE[1] // 40, 3), np.uint8)
        colours = np.repeat(np.repeat(colours, 40, axis=0), 40, axis=1)
        topics['image'].publish(images.from_array(colours, 'rgb8', stamp, 'eye'))
        topics['semantics'].publish(
            images.from_array(classes[number % 8], 'mono8', stamp, 'eye'))
        topics['camera_info'].publish(camera_info.from_intrinsics(camera, stamp, 'eye'))
        due += 1.0 / rate
        time.sleep(max(0.0, due - time.monotonic()))
    time.sleep(_PATIENCE)


def measure(rate: float, seconds: float) -> bool:
    """Run once; return whether every frame was stored."""
    frames = round(rate * seconds)
    with tempfile.TemporaryDirectory() as folder:
        node = subprocess.Popen([
            sys.executable, str(executable('stream_node')), '--ros-args', '--log-level', 'warn',
            '-p', f"work_dir:='{folder}'", '-p', f'capacity:={max(frames, 64)}'])
        sender = subprocess.Popen([
            sys.executable, __file__, '--publish', str(frames), '--rates', str(rate)])
        try:
            stored, took, values = _follow(Path(folder) / 'store', frames)
        finally:
            sender.terminate()
            node.terminate()
            sender.wait()
            node.wait()
    print(f'offered {rate:.0f}/s: sent {frames}, received {values.get("received.image")} images, '
          f'paired {values.get("paired")}, stored {stored}, {stored / took:.1f} pairs/s')
    return stored == frames


def _follow(store: Path, frames: int) -> tuple[int, float, dict[str, str]]:
    """Return (frames stored, seconds from first to last, the node's last diagnostics)."""
    from depth_distill_ros.errors import DepthDistillError
    from depth_distill_ros.ros.clients.command_node import CommandNode
    from depth_distill_ros.stream.store_reader import StreamReader

    with closing(CommandNode('benchmark')) as client:
        client.watch_diagnostics()
        reader, count, first, last = None, 0, 0.0, time.monotonic() + 30.0
        while count < frames and time.monotonic() - last < _PATIENCE:
            client.spin_once(0.02)
            try:
                reader = reader or StreamReader(store)
            except DepthDistillError:
                continue
            if len(reader) > count:
                last = time.monotonic()
                first = first or last
                count = len(reader)
        client.spin(2.0)
    if reader:
        reader.close()
    return count, max(last - first, 1e-9), client.values.get('stream', {})


def main() -> int:
    """Return 1 if a frame was lost at any rate."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument('--rates', type=float, nargs='+', default=[60.0, 90.0],
                        help='frames per second offered, one run each')
    parser.add_argument('--seconds', type=float, default=10.0, help='length of a run')
    parser.add_argument('--publish', type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.publish:
        publish(arguments.publish, arguments.rates[0])
        return 0
    os.environ.update(environment() | {'ROS_DOMAIN_ID': str(1 + os.getpid() % 100)})
    whole = [measure(rate, arguments.seconds) for rate in arguments.rates]
    return 0 if all(whole) else 1


if __name__ == '__main__':
    sys.exit(main())
