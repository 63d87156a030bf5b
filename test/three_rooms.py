# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Three rooms of the stream, exported for each simulator, and read back."""

import functools

import exported_rooms
import pytest

from depth_distill_ros.worlds.export import write
from depth_distill_ros.worlds.rooms import look_file
from depth_distill_ros.worlds.rooms.generate import generate

SEEDS = range(3, 6)
STREAM = look_file.named('stream')
FILES = {'mjcf': ('mujoco', 'room.xml'), 'sdf': ('gazebo', 'room.sdf'),
         'fortress': ('gazebo', 'room.fortress.sdf'), 'usd': ('isaac', 'room.usda'),
         'usd legacy': ('isaac', 'room.usda')}
READERS = {'mjcf': exported_rooms.mjcf, 'sdf': exported_rooms.sdf, 'fortress': exported_rooms.sdf,
           'usd': exported_rooms.usd,
           'usd legacy': lambda path: exported_rooms.usd(path, 'legacy')}


@pytest.fixture(scope='module')
def exported(tmp_path_factory):
    out = tmp_path_factory.mktemp('rooms')
    for simulator in write.WRITERS:
        write.export(simulator, STREAM, SEEDS, out / simulator, (120, 160))
    return out


@functools.cache
def read(exported, kind, seed):
    simulator, name = FILES[kind]
    return READERS[kind](exported / simulator / f'room_{seed}' / name)


@functools.cache
def drawn(seed):
    return generate(STREAM, (seed, 0))
