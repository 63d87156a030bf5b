# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
At what scale a table is run.

'full' is the papers': their networks, recipes and data sets, for a GPU and days. 'small' is the
same rows on the embedded simulator alone, for two cores and an hour: rooms of the robot's look
are the target, the shipped model that knows them is the teacher, rooms of the simulator's own
look are the simulated images.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from depth_distill_ros.bench.rendered import World
from depth_distill_ros.bench.table import (
    AUXILIARY,
    AUXILIARY_ALL,
    AUXILIARY_COUNTS,
    BENCHMARK_TEST,
    OTHER_TEST,
    ROBOT_FRAMES,
    SCANNET_TEST,
    SCANNET_TRAIN,
    STEREO_TEST,
    STEREO_TRAIN,
    STREAM,
    STREAM_LARGE,
    TEST,
    TRAIN,
    TUM_SEQUENCES,
    sequence,
    subset,
)
from depth_distill_ros.distillation.offline import RECIPES, RunSettings, recipe_of
from depth_distill_ros.shipped import shipped_teacher


@dataclass(frozen=True)
class Pair:
    """A teacher and a student, each (network, backbone); `name` is the paper's."""

    slug: str
    name: str
    teacher: tuple[str, str]
    student: tuple[str, str]


_MAIN = Pair('lden-mbv2', 'LDEN R34->MBv2', ('lden', 'resnet34'), ('lden', 'mobilenetv2'))
_PAIRS = (
    Pair('lden-r34', 'LDEN R34->R34', ('lden', 'resnet34'), ('lden', 'resnet34')),
    _MAIN,
    Pair('edn-r18', 'EDN R50->R18', ('edn', 'resnet50'), ('edn', 'resnet18')),
    Pair('ffn-r18', 'FFN R50->R18', ('ffn', 'resnet50'), ('ffn', 'resnet18')),
    Pair('sarpn-r34', 'SARPN SE154->R34', ('sarpn', 'senet154'), ('sarpn', 'resnet34')),
)


@dataclass(frozen=True)
class Preset:
    """
    The scale of everything.

    Attributes
    ----------
    main_pair : of every table but D3's table 3
    pairs : of that one
    own_teacher : the target's teacher is the shipped model, and nobody trains one
    protocol : how monocular indoor networks are judged
    settings : changes to every such row's recipe
    teacher_settings : changes for teachers that are trained all the same
    stereo : changes to the recipes of DACNN's rows
    updates : updates of the student in rows without data of their own (DFAD: five a step)
    worlds : by role, what is rendered where no data is given
    notes : by paper, what is other than there, for people

    """

    name: str
    main_pair: Pair
    pairs: tuple[Pair, ...]
    own_teacher: bool
    protocol: str
    settings: Mapping[str, Any]
    teacher_settings: Mapping[str, Any]
    stereo: Mapping[str, Any]
    updates: int
    worlds: Mapping[str, World] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)

    def row_settings(self, method: str, network: tuple[str, str], **changes: Any) -> RunSettings:
        """Return the settings of a row: the method's recipe, the preset's changes, the row's."""
        return _settings(method, network, {**self.settings, **changes})

    def stereo_settings(self, method: str, network: tuple[str, str], **changes: Any,
                        ) -> RunSettings:
        """Return the settings of a row of DACNN's tables."""
        return _settings(method, network, {**self.stereo, **changes})

    def note(self, table: str) -> str:
        """Return what is other than in the paper of that table; nothing for its own recipes."""
        return self.notes.get(table.partition('-')[0], '')


def _settings(method: str, network: tuple[str, str], changes: Mapping[str, Any]) -> RunSettings:
    return RunSettings(**{**vars(RECIPES[recipe_of(method)]), 'method': method,
                          'student': network[0], 'backbone': network[1], **changes})


FULL = Preset(
    'full', _MAIN, _PAIRS, own_teacher=False, protocol='nyu',
    settings={'start': 'imagenet', 'size': (228, 304), 'workers': 8}, teacher_settings={},
    # DACNN is trained from scratch
    stereo={'start': 'random', 'size': (256, 512), 'workers': 8},
    # 20 epochs of 50,000 pictures in batches of 8
    updates=125_000)


def small(size: tuple[int, int] = (96, 128), steps: int = 800, rooms: int = 80,
          test_rooms: int = 100, stereo_size: tuple[int, int] = (64, 128),
          stereo_steps: int = 240) -> Preset:
    """Make the small preset; what is large in a paper is as many times larger here, or nearly."""
    pair, tests = replace(_MAIN, teacher=('lden', 'resnet18')), 4 * test_rooms
    worlds = _worlds(size, rooms, test_rooms, stereo_size)
    return Preset(
        'small', pair, (pair,), own_teacher=True, protocol='robot',
        settings={'size': size, 'steps': steps, 'batch': 4, 'lr': 5e-4, 'schedule': 'd3',
                  'ema': 0.99, 'g_width': 0.1, 'start': ''},
        teacher_settings={'start': str(shipped_teacher()), 'batch': 8},
        stereo={'size': stereo_size, 'steps': stereo_steps, 'batch': 4, 'lr': 3e-4, 'ema': 0.99,
                'start': 'random'},
        updates=steps, worlds=worlds,
        notes={
            'd3': _note(f'the shipped LDEN ResNet-18 teaches LDEN MobileNet-V2 at {size[0]}×'
                        f'{size[1]}; {steps} updates of the student in batches of 4 in every '
                        f"row, the same start for all; the target is the robot's look, "
                        f'{8 * rooms} pictures to train on; X1 and X2 are {8 * rooms} and '
                        f"{48 * rooms} pictures of the simulator's own look; ScanNet is the "
                        "robot's look through a lens of 60°, and its teacher is trained", tests),
            'd3plus': _note("trained as in D3's tables; the robot frames are the first "
                            f'{worlds[ROBOT_FRAMES].frames} of the target, without their depth',
                            tests),
            'lwd': _note(f'the shipped LDEN ResNet-18 teaches LDEN MobileNet-V2 at {size[0]}×'
                         f'{size[1]}; {steps} steps of 4 pictures of each kind in every row; X '
                         f"and U are {8 * rooms} and {32 * rooms} pictures of the robot's look, "
                         "the same teacher for U and U'; other data sets are the simulator's own "
                         'look', tests),
            'dacnn': _note(f'pictures of {stereo_size[0]}×{stereo_size[1]}, {8 * rooms} pairs of '
                           f"the robot's look, {stereo_steps} steps of 4 in every row, from "
                           'random weights', tests)})


def _note(what: str, tests: int) -> str:
    return (f'Small preset, rooms of the embedded simulator: {what}. Judged on {tests} pictures '
            'of other rooms.')


def _worlds(size: tuple[int, int], rooms: int, test_rooms: int, stereo_size: tuple[int, int],
            ) -> dict[str, World]:
    # no two seeds of a look meet, nor any that the shipped models were trained with; the test
    # rooms are those that the shipped teacher's card speaks of
    worlds = {
        TRAIN: World('robot', 910_000_000, rooms, 8, size),
        TEST: World('robot', 900_000_000, test_rooms, 4, size),
        STREAM: World('stream', 920_000_000, rooms, 8, size),
        # begins with the rooms of X1
        STREAM_LARGE: World('stream', 920_000_000, 6 * rooms, 8, size),
        AUXILIARY: World('robot', 911_000_000, 4 * rooms, 8, size),
        OTHER_TEST: World('stream', 930_000_000, test_rooms, 4, size),
        # another lens makes another target
        SCANNET_TRAIN: World('robot', 912_000_000, rooms, 8, size, vertical_fov=60.0),
        SCANNET_TEST: World('robot', 913_000_000, test_rooms, 4, size, vertical_fov=60.0),
        STEREO_TRAIN: World('robot', 914_000_000, rooms, 8, stereo_size, baseline=0.2),
        STEREO_TEST: World('robot', 915_000_000, test_rooms, 4, stereo_size, baseline=0.2),
        BENCHMARK_TEST: World('robot', 916_000_000, test_rooms, 4, stereo_size, baseline=0.2),
    }
    # of the same rooms as the supervised student's, so that none sees more of the target
    worlds[ROBOT_FRAMES] = replace(worlds[TRAIN], rooms=max(1, rooms * 5 // 16))
    for name, count in AUXILIARY_COUNTS.items():
        share = max(1, round(4 * rooms * count / AUXILIARY_ALL))
        worlds[subset(name)] = replace(worlds[AUXILIARY], rooms=share)
    for number, name in enumerate(TUM_SEQUENCES):
        # a sequence is one walk through one room
        worlds[sequence(name)] = World('stream', 931_000_000 + number, 1, 4 * test_rooms // 5 + 1,
                                       size, stride=0.1)
    return worlds
