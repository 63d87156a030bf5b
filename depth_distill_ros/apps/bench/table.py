# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a row of a table is: a training, where its student stands in the table, on what data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from depth_distill_ros.settings.distillation import OfflineSettings

# what a data set is to the tables, given as --data ROLE=KIND:PATH
TRAIN, TEST = 'target-train', 'target-test'
STREAM, STREAM_LARGE = 'stream', 'stream-large'
# of D3's table 1, other pictures than the target's
INDOOR, OBJECTS, OUTDOOR = 'indoor', 'objects', 'outdoor'
SCANNET_TRAIN, SCANNET_TEST = 'scannet-train', 'scannet-test'
AUXILIARY, OTHER_TEST = 'auxiliary', 'other-test'
# a few hundred pictures of the target, without depth
ROBOT_FRAMES = 'robot-frames'
STEREO_TRAIN, STEREO_TEST, BENCHMARK_TEST = 'stereo-train', 'stereo-test', 'benchmark-test'
# of LWD: table 5's sequences; figure 7's counts, but for the whole of the auxiliary pictures
TUM_SEQUENCES = ('360', 'desk', 'desk2', 'rpy', 'xyz')
AUXILIARY_COUNTS = {'11.6K': 11.6, '22.0K': 22.0, '40.2K': 40.2, '67.6K': 67.6, '153.0K': 153.0}
AUXILIARY_ALL = 204.2


def sequence(name: str) -> str:
    """Return the role of one of TUM_SEQUENCES."""
    return f'tum-{name}'


def subset(count: str) -> str:
    """Return the role of the first so many of the auxiliary pictures."""
    return f'{AUXILIARY}-{count}'


@dataclass(frozen=True)
class Row:
    """
    One student, or teacher, of a table.

    Attributes
    ----------
    name : of its folder; a row of the same name in another table is the same training
    settings : how it is trained, less data and teacher; None: it is the preset's own model
    keys : where it stands in the paper's table; rows with equal keys stand in one line.
        None: it is only needed by other rows
    data : by source of OfflineSettings, the role of the data that it takes
    teacher : name of the row that teaches it; empty: nobody, or the preset's own model
    columns : by column of the table, the metric that fills it and the role of the data on which
        it is measured; empty: all metrics, by their names, on the table's test set

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

    Attributes
    ----------
    name : as in evaluation.tables
    test : role of the data that the rows are judged on
    protocol : one of evaluation.protocol.PROTOCOLS; in place of 'nyu', recorded pictures are
        judged as on the robot

    """

    name: str
    rows: tuple[Row, ...]
    test: str = TEST
    protocol: str = 'nyu'
