# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Frames whose content follows from their number, and processes that use a store."""

import os
from pathlib import Path
import subprocess
import sys

import lmdb
import numpy as np

from depth_distill_ros.frame import Frame
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.stream.store import StreamWriter

SIZE = (24, 32)


def frame(number, size=SIZE):
    random = np.random.default_rng(number)
    return Frame(
        random.integers(0, 256, (*size, 3), np.uint8),
        semantics=random.integers(0, 14, size, np.uint8),
        intrinsics=Intrinsics(30.0 + number, 31.0, 15.25, 11.5, *size),
        stamp=number * 100_000_000)


def assert_same(found, expected):
    np.testing.assert_array_equal(found.image, expected.image)
    np.testing.assert_array_equal(found.semantics, expected.semantics)
    assert found.intrinsics == expected.intrinsics
    assert found.stamp == expected.stamp


def python(code, *arguments, **options):
    """Start a Python process that finds the package and this file."""
    here = Path(__file__).resolve().parent
    path = os.pathsep.join([str(here.parent), str(here), os.environ.get('PYTHONPATH', '')])
    return subprocess.Popen(
        [sys.executable, '-c', code, *(str(a) for a in arguments)], text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, 'PYTHONPATH': path}, **options)


def fill(path, count, capacity, size=SIZE):
    """Store frames 0 .. count - 1, each under the key of its number."""
    with StreamWriter(path, size, capacity) as writer:
        for number in range(count):
            assert writer.append(frame(number, size)) == number


def damage(path, key):
    """Flip one bit of a stored record, as a failing disk would."""
    with lmdb.open(str(path), map_size=0, max_dbs=1) as env:
        frames = env.open_db(b'frames', create=False)
        with env.begin(write=True, db=frames) as txn:
            name = key.to_bytes(8, 'big')
            record = bytearray(txn.get(name))
            record[len(record) // 2] ^= 1
            txn.put(name, record)
