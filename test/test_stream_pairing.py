# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Messages of one stamp come together, and every message is accounted for."""

import numpy as np
import pytest

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.stream.pairing import StampPairer

S = 1_000_000_000


def play(pairer, *messages):
    """Add (topic, seconds) messages; return the seconds of the full sets in their order."""
    full = []
    for topic, seconds in messages:
        found = pairer.add(topic, round(seconds * S), (topic, seconds))
        if found is not None:
            assert found == {t: (t, seconds) for t in pairer.topics}
            full.append(seconds)
    received = sum(pairer.received.values())
    in_sets = pairer.paired * len(pairer.topics)
    assert received == in_sets + pairer.unpaired + pairer.duplicates + pairer.waiting
    return full


def test_topics_in_any_order_make_sets():
    pairer = StampPairer(('a', 'b', 'c'))
    assert play(pairer, ('a', 1), ('b', 1), ('c', 1), ('c', 2), ('a', 2), ('b', 2)) == [1, 2]
    assert pairer.received == {'a': 2, 'b': 2, 'c': 2}
    assert (pairer.paired, pairer.unpaired, pairer.waiting) == (2, 0, 0)


def test_one_topic_alone_needs_no_partner():
    assert play(StampPairer(('a',)), ('a', 1), ('a', 2)) == [1, 2]


def test_a_topic_may_run_ahead_of_another_without_loss():
    pairer = StampPairer(('a', 'b'), capacity=10)
    ahead = [('a', 0.1 * i) for i in range(10)]
    behind = [('b', 0.1 * i) for i in range(10)]
    assert len(play(pairer, *ahead, *behind)) == 10
    assert pairer.unpaired == 0


def test_stamps_must_be_equal_to_the_nanosecond():
    pairer = StampPairer(('a', 'b'))
    assert pairer.add('a', 5, 0) is None
    assert pairer.add('b', 6, 0) is None
    assert pairer.waiting == 2


def test_more_waiting_stamps_than_the_capacity_push_out_the_oldest():
    pairer = StampPairer(('a', 'b'), capacity=3)
    play(pairer, *[('a', 0.1 * i) for i in range(5)])
    assert (pairer.unpaired, pairer.waiting) == (2, 3)
    assert play(pairer, ('b', 0.4)) == [0.4]


def test_a_newer_full_set_leaves_the_lonely_behind():
    pairer = StampPairer(('a', 'b'))
    assert play(pairer, ('a', 1), ('a', 1.1), ('a', 1.2), ('b', 1.2)) == [1.2]
    assert (pairer.unpaired, pairer.waiting) == (2, 0)


def test_a_stamp_that_comes_twice_is_a_duplicate_before_and_after_its_set():
    pairer = StampPairer(('a', 'b'))
    assert play(pairer, ('a', 1), ('a', 1), ('b', 1), ('b', 1), ('a', 1)) == [1]
    assert (pairer.duplicates, pairer.unpaired, pairer.waiting) == (3, 0, 0)


def test_a_little_disorder_is_no_reset():
    pairer = StampPairer(('a', 'b'))
    late = play(pairer, ('a', 5), ('a', 5.1), ('b', 5.1), ('b', 5), ('a', 5.3), ('a', 5.2),
                ('b', 5.2), ('b', 5.3))
    assert 5.2 in late and 5.3 in late
    assert pairer.reset_count == 0


@pytest.mark.parametrize('order', [
    # Both fall together; one falls while the other still delivers the time before.
    ['a', 'b'] * 6, ['a'] * 6 + ['b'] * 6, ['b'] * 6 + ['a'] * 6])
def test_a_simulator_reset_is_one_reset_and_pairing_goes_on(order):
    pairer = StampPairer(('a', 'b'))
    play(pairer, *[(t, 100 + i) for i in range(3) for t in 'ab'], ('a', 103), ('a', 104))
    count = {'a': 0, 'b': 0}
    messages = []
    for topic in order:
        messages.append((topic, 0.1 * count[topic]))
        count[topic] += 1
    assert len(play(pairer, *messages)) == 6
    assert pairer.reset_count == 1
    assert (pairer.unpaired, pairer.waiting) == (2, 0)


def test_what_a_slow_topic_still_delivers_from_before_a_reset_is_unpaired():
    pairer = StampPairer(('a', 'b'))
    play(pairer, ('a', 50), ('b', 50), ('a', 50.1), ('a', 50.2))
    full = play(pairer, ('a', 0), ('a', 0.1), ('b', 50.1), ('b', 50.2), ('b', 0), ('b', 0.1))
    assert full == [0, 0.1]
    assert (pairer.reset_count, pairer.unpaired, pairer.waiting) == (1, 4, 0)


def test_stamps_used_before_a_reset_pair_again_after_it():
    pairer = StampPairer(('a', 'b'))
    messages = [(t, 0.5 * i) for i in range(8) for t in 'ab']
    assert len(play(pairer, *messages)) == 8
    assert len(play(pairer, *messages)) == 8
    assert (pairer.reset_count, pairer.duplicates) == (1, 0)


def test_resets_one_after_the_other_are_each_counted():
    pairer = StampPairer(('a', 'b'))
    for _ in range(4):
        play(pairer, *[(t, 10 + i) for i in range(3) for t in 'ab'])
    assert (pairer.reset_count, pairer.paired, pairer.unpaired) == (3, 12, 0)


def test_a_second_reset_before_the_other_topic_has_followed_the_first():
    pairer = StampPairer(('a', 'b'))
    play(pairer, ('a', 90), ('b', 90), ('a', 20), ('a', 20.1), ('a', 0), ('a', 0.1))
    assert play(pairer, ('b', 0), ('b', 0.1)) == [0, 0.1]
    assert (pairer.reset_count, pairer.unpaired) == (2, 2)


def test_random_losses_and_delays_never_break_the_account():
    random = np.random.default_rng(3)
    pairer = StampPairer(('a', 'b', 'c'), capacity=8)
    base, sent = 0.0, []
    for i in range(3000):
        if random.random() < 0.01:
            base = -i * 0.1 + random.uniform(0, 50)
        for topic in 'abc':
            if random.random() < 0.9:
                sent.append((i + random.uniform(0, 4), topic, max(0.0, round(base + i * 0.1, 3))))
    full = play(pairer, *[(topic, stamp) for _, topic, stamp in sorted(sent)])
    assert len(full) > 1000
    assert pairer.waiting <= 24


@pytest.mark.parametrize('topics', [(), ('a', 'a')])
def test_topics_that_cannot_be_paired_are_refused(topics):
    with pytest.raises(DepthDistillError, match='topics'):
        StampPairer(topics)


def test_no_capacity_is_refused():
    with pytest.raises(DepthDistillError, match='capacity is 0'):
        StampPairer(('a', 'b'), 0)
