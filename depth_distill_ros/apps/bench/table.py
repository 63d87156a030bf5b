# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A row of a table: a training, the data it needs, and its place in the paper's table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from depth_distill_ros.settings.distillation import OfflineSettings


class Role:
    """The use of a data set in the tables, as in --data ROLE=KIND:PATH."""

    TRAIN, TEST = 'target-train', 'target-test'
    STREAM, STREAM_LARGE = 'stream', 'stream-large'
    # other images than the target's, for D3's table 1
    INDOOR, OBJECTS, OUTDOOR = 'indoor', 'objects', 'outdoor'
    SCANNET_TRAIN, SCANNET_TEST = 'scannet-train', 'scannet-test'
    AUXILIARY, OTHER_TEST = 'auxiliary', 'other-test'
    # a few hundred images of the target domain, without depth
    ROBOT_FRAMES = 'robot-frames'
    # images of other rooms than the target's, of any camera, without depth
    PHOTOGRAPHS = 'photographs'
    STEREO_TRAIN, STEREO_TEST, BENCHMARK_TEST = 'stereo-train', 'stereo-test', 'benchmark-test'


# of LWD: the role of each sequence of table 5, and of each count of auxiliary images in figure 7
# below all of them; the share that each count is of all
SEQUENCES = {name: f'tum-{name}' for name in ('360', 'desk', 'desk2', 'rpy', 'xyz')}
SHARES = {f'{count}K': count / 204.2 for count in (11.6, 22.0, 40.2, 67.6, 153.0)}
SUBSETS = {count: f'{Role.AUXILIARY}-{count}' for count in SHARES}


@dataclass(frozen=True)
class Row:
    """
    One student, or teacher, of a table.

    Attributes:
        name: name of its folder; a row of the same name in another table is the same training
        settings: of its training, without data and teacher; None: it is the shipped teacher
        keys: its key columns in the paper's table; rows with equal keys share a line. None: only
            other rows need it
        data: role of the data set by source of OfflineSettings
        teacher: name of its teacher's row; empty: no teacher, or the shipped one
        columns: by column of the table, its metric and the role of its test set; empty: all
            metrics, by their names, on the table's test set
    """

    name: str
    settings: OfflineSettings | None
    keys: Mapping[str, str] | None
    data: Mapping[str, str] = field(default_factory=dict)
    teacher: str = ''
    columns: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class BenchTable:
    """
    The rows of one table of the papers, in the order in which they are trained.

    Attributes:
        name: as in evaluation.tables
        test: role of the test set
        protocol: one of evaluation.protocol.PROTOCOLS; recorded data is evaluated with 'robot'
            instead of 'nyu'
    """

    name: str
    rows: tuple[Row, ...]
    test: str = Role.TEST
    protocol: str = 'nyu'
