#!/usr/bin/env python3
# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
The blind map of the path-traced rooms, from the exact depth of their training side.

It is that of `depth-distill bench render --preset small --out rooms` and `depth-distill models
blind-map --data folder:rooms/train,frames=0:400`, in a fifth of the time: no light is traced.

Example: python benchmarks/rooms_blind_map.py --rooms 100 blind_map.npz
"""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.progress import track

from depth_distill_ros.evaluation.blind_map import learn
from depth_distill_ros.worlds.path_traced.exact_depth import ExactDepth
from depth_distill_ros.worlds.path_traced.world import PRESETS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('out', type=Path, help='file .npz, which is replaced')
    parser.add_argument('--rooms', type=int, default=100, help='training rooms, the first ones')
    arguments = parser.parse_args()
    frames = ExactDepth(PRESETS['small'], 'train', arguments.rooms)
    learn(frames, track).save(arguments.out)


if __name__ == '__main__':
    main()
