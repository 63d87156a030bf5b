# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The stores of several robots or simulators as one data set."""

import engine_parts
import pytest

from depth_distill_ros.datasets import open_reader
from depth_distill_ros.datasets.reader import DatasetError


def test_the_stores_that_a_wildcard_matches_are_one_data_set(tmp_path):
    for robot, frames in (('b', 12), ('a', 5)):
        engine_parts.stored_frames(tmp_path / robot / 'store', frames)
    both = open_reader(f'store:{tmp_path}/*/store')
    assert len(both) == 17
    assert [both[i].name for i in (0, 4, 5)] == [
        'a/store/000000000000', 'a/store/000000000004', 'b/store/000000000000']
    assert len({both[i].name for i in range(17)}) == 17
    assert (both[5].image == both[0].image).all()  # the same noise in both stores


def test_a_wildcard_without_a_store_is_refused(tmp_path):
    with pytest.raises(DatasetError, match='no folder matches'):
        open_reader(f'store:{tmp_path}/*/store')
