# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Messages of two sensors come together with the nearest, each once, and all are accounted for."""

import numpy as np
import pytest

from depth_distill_ros.stream.nearest_pairing import NearestPairer

MS = 1_000_000


def play(pairer, *messages, settle=True):
    """Add (topic, milliseconds) in order; return the pairs in milliseconds."""
    pairs = []
    for topic, at in messages:
        pairs += pairer.add(topic, round(at * MS), (topic, at))
    pairs += pairer.settle() if settle else []
    received = sum(pairer.received.values())
    assert received == 2 * pairer.paired + pairer.unpaired + pairer.duplicates + pairer.waiting
    for pair in pairs:
        assert [round(at * MS) for _, at in pair.items] == list(pair.stamps)
        assert [topic for topic, _ in pair.items] == list(pairer.topics)
    return [(pair.items[0][1], pair.items[1][1]) for pair in pairs]


def by_time(*streams):
    """Interleave (topic, stamps, delay) streams in the order of arrival."""
    return [(topic, at) for _, topic, at in sorted(
        (at + delay, topic, at) for topic, stamps, delay in streams for at in stamps)]


@pytest.mark.parametrize('delay', [0, 3, 200])
@pytest.mark.parametrize('offset', [0, 1, -1, 12, -16])
@pytest.mark.parametrize('period', [33, 100])
def test_two_cameras_that_are_never_in_step_are_joined_frame_by_frame(offset, delay, period):
    pairer = NearestPairer(('a', 'b'))
    stamps = [1000 + period * i for i in range(40)]
    pairs = play(pairer, *by_time(('a', stamps, delay), ('b', [s + offset for s in stamps], 0)))
    assert pairs == [(s, s + offset) for s in stamps]
    assert (pairer.unpaired, pairer.waiting) == (0, 0)
    assert pairer.offset == pytest.approx(offset * 1e-3)
    assert pairer.within() == min(period * MS // 2, 50 * MS)


def test_equal_stamps_are_joined_at_once():
    pairer = NearestPairer(('a', 'b'))
    assert play(pairer, ('a', 5), ('b', 5), settle=False) == [(5, 5)]


def test_the_nearest_wins_even_if_another_comes_first():
    pairer = NearestPairer(('a', 'b'))
    pairer.tolerance = 0.02
    assert play(pairer, ('a', 100), ('b', 92), ('b', 103), ('a', 200), ('b', 203)) == [
        (100, 103), (200, 203)]
    assert [(lost.topic, lost.stamp, lost.gap) for lost in pairer.take_lost()] == [
        ('b', 92 * MS, 8 * MS)]


def test_no_message_is_used_twice():
    pairer = NearestPairer(('a', 'b'))
    pairer.tolerance = 0.05
    assert play(pairer, ('b', 100), ('a', 90), ('a', 98), ('a', 130), ('b', 131)) == [
        (98, 100), (130, 131)]


def test_of_a_faster_topic_what_is_left_over_is_no_loss_of_frames():
    pairer = NearestPairer(('a', 'b'))
    fast, slow = [20 * i for i in range(60)], [7 + 60 * i for i in range(20)]
    assert len(play(pairer, *by_time(('a', fast, 0), ('b', slow, 0)))) == 20
    assert pairer.slower == 'b'
    assert {lost.topic for lost in pairer.take_lost()} == {'a'}
    assert NearestPairer(('a', 'b')).slower == 'a'


@pytest.mark.parametrize('drift', [5000, -5000, 700])
def test_a_topic_whose_clock_jumps_is_lost_with_its_distance(drift):
    pairer = NearestPairer(('a', 'b'))
    stamps = [100 * i for i in range(30)]
    play(pairer, *by_time(('a', stamps, 0), ('b', stamps, 0)))
    assert pairer.paired == 30 and pairer.take_lost() == []
    later = [3000 + 100 * i for i in range(40)]
    # at least the frames of the time in between have no partner, or that of another frame
    pairs = play(pairer, *by_time(
        ('a', later, 0), ('b', [s + drift for s in later], -drift)), settle=False)
    lost = [lost for lost in pairer.take_lost() if lost.topic == 'a']
    assert len(pairs) + len(lost) + pairer.waiting >= 40 - 1
    if abs(drift) == 5000:
        assert not pairs and len(lost) > 20
        assert all(each.gap is None or abs(each.gap) > 50 * MS for each in lost)


def test_a_constant_distance_beyond_the_tolerance_is_told():
    pairer = NearestPairer(('a', 'b'))
    pairer.tolerance = 0.01
    stamps = [100 * i for i in range(20)]
    assert play(pairer, *by_time(('a', stamps, 0), ('b', [s + 15 for s in stamps], 0))) == []
    gaps = [lost.gap for lost in pairer.take_lost() if lost.topic == 'a']
    assert len(gaps) >= 19 and set(gaps) == {15 * MS}


def test_a_repeated_stamp_is_told_as_such():
    pairer = NearestPairer(('a', 'b'))
    assert play(pairer, *[('b', 0), ('a', 0)] * 40) == [(0, 0)]
    lost = pairer.take_lost()
    assert len(lost) == pairer.duplicates == 78 and all(each.repeated for each in lost)


def test_a_reset_of_the_clock_begins_anew_with_the_same_stamps():
    pairer = NearestPairer(('a', 'b'))
    messages = by_time(('a', [33 * i for i in range(60)], 0),
                       ('b', [33 * i + 2 for i in range(60)], 0))
    assert len(play(pairer, *messages)) == len(play(pairer, *messages)) == 60
    assert (pairer.reset_count, pairer.duplicates) == (1, 0)


def test_nothing_piles_up_without_partners():
    pairer = NearestPairer(('a', 'b'), capacity=10)
    assert play(pairer, *[('a', 30 * i) for i in range(500)]) == []
    assert pairer.waiting == 10 and len(pairer.take_lost()) == 490


def test_random_losses_and_delays_give_the_pairs_that_are_nearest_both_ways():
    random = np.random.default_rng(5)
    for _ in range(20):
        a = np.cumsum(random.uniform(20, 50, 80)).round(3)
        b = np.cumsum(random.uniform(20, 50, 80)).round(3)
        pairer = NearestPairer(('a', 'b'), capacity=80)
        pairer.tolerance = 0.015
        pairs = play(pairer, *by_time(('a', a, 0), ('b', b, float(random.uniform(0, 300)))))
        expected = [(x, y) for x in a for y in b
                    if abs(x - y) <= 15 and abs(x - y) == min(abs(a - y)) == min(abs(b - x))]
        assert set(expected) <= set(pairs) and len(set(pairs)) == len(pairs)
        assert len(pairs) > 10 and max(abs(x - y) for x, y in pairs) <= 15
