#!/usr/bin/env python3
# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Your own data set: write frames in the layout `folder`, then score a model on them.

The frames come from the embedded simulator here. Replace `frames()` by your own recording.

    python examples/your_own_data_set.py --out /tmp/frames
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from itertools import islice
import json
from pathlib import Path

import cv2
import numpy as np

from depth_distill_ros.apps.cli import main as depth_distill
from depth_distill_ros.frame import Frame
from depth_distill_ros.shipped import shipped_teacher
from depth_distill_ros.worlds.mujoco.camera import SimulatedCamera

_MILLIMETRES = 1000.0


def frames(count: int) -> Iterator[Frame]:
    """Yield 96×128 frames of simulated rooms with classes, depth and intrinsics."""
    with SimulatedCamera('stream', seed=0, size=(96, 128), frames_per_room=2) as camera:
        yield from islice(camera, count)


def write_folder(folder: Path, source: Iterable[Frame]) -> None:
    """
    Write frames as the data set `folder:FOLDER`, which every command reads.

    image/NAME.png is 8-bit colour. All others are optional: depth/NAME.png is 16-bit, millimetres,
    0 where unknown; semantics/NAME.png is 8-bit, ids of NYU's 13 classes; intrinsics.json has
    fx, fy, cx and cy in pixels.
    """
    for part in ('image', 'depth', 'semantics'):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for number, frame in enumerate(source):
        name = f'{number:06d}.png'
        cv2.imwrite(str(folder / 'image' / name), cv2.cvtColor(frame.image, cv2.COLOR_RGB2BGR))
        millimetres = np.nan_to_num(frame.depth, nan=0.0, posinf=0.0) * _MILLIMETRES
        cv2.imwrite(str(folder / 'depth' / name), millimetres.round().astype(np.uint16))
        cv2.imwrite(str(folder / 'semantics' / name), frame.semantics)
    k = frame.intrinsics
    (folder / 'intrinsics.json').write_text(
        json.dumps({'fx': k.fx, 'fy': k.fy, 'cx': k.cx, 'cy': k.cy}))


def main() -> int:
    """Write the frames, then print the figures of the shipped teacher on them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--out', type=Path, required=True, help='folder for the frames')
    parser.add_argument('--frames', type=int, default=24, help='number of frames (default: 24)')
    options = parser.parse_args()
    write_folder(options.out, frames(options.frames))
    return depth_distill(['evaluate', '--model', str(shipped_teacher()),
                          '--data', f'folder:{options.out}'])


if __name__ == '__main__':
    raise SystemExit(main())
