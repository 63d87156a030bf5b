# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which items stand for many."""

from depth_distill_ros.spread import evenly_spread


def test_the_first_and_the_last_of_many_items_are_among_those_that_stand_for_them():
    chosen = evenly_spread(100, 20)
    assert len(set(chosen)) == 20
    assert (chosen[0], chosen[-1]) == (0, 99)


def test_few_items_all_stand_for_themselves_and_none_for_none():
    assert evenly_spread(3, 20) == [0, 1, 2]
    assert evenly_spread(0, 20) == []
