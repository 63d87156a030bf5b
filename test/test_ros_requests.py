# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Requests of services that a worker carries out."""

from types import SimpleNamespace

import pytest

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.ros.support.requests import RequestQueue


@pytest.fixture
def clock():
    return SimpleNamespace(now=100.0)


@pytest.fixture
def answers():
    return []


@pytest.fixture
def requests(clock, answers):
    return RequestQueue(lambda *answer: answers.append(answer), lambda: clock.now)


def test_all_who_wait_for_one_action_get_the_answer_of_one_run(requests, answers):
    runs = []
    actions = {name: lambda name=name: runs.append(name) or f'{name} {len(runs)}'
               for name in ('release', 'save')}
    for caller, name in enumerate(('release', 'release', 'save', 'release')):
        requests.put(actions[name], caller)
    requests.handle()
    assert runs == ['release', 'save']
    assert sorted(answers) == [(0, True, 'release 1'), (1, True, 'release 1'),
                               (2, True, 'save 2'), (3, True, 'release 1')]
    requests.handle()
    assert len(answers) == 4


def test_after_an_action_the_worker_has_as_much_time_for_itself(requests, clock, answers):
    def action():
        clock.now += 3.0
        return 'done'

    requests.put(action, 'first')
    requests.handle()
    requests.put(action, 'second')
    clock.now += 2.9
    requests.handle()
    assert len(answers) == 1
    clock.now += 0.2
    requests.handle()
    assert len(answers) == 2
    requests.put(action, 'third')
    requests.handle(in_a_hurry=True)
    assert len(answers) == 3


def test_an_error_is_answered_and_one_that_nobody_foresaw_is_raised_as_well(requests, answers):
    def foreseen():
        raise DepthDistillError('the disk is full; free some space')

    def unforeseen():
        raise ZeroDivisionError

    requests.put(foreseen, 1)
    requests.handle()
    requests.put(unforeseen, 2)
    requests.put(lambda: 'done', 3)
    with pytest.raises(ZeroDivisionError):
        requests.handle(in_a_hurry=True)
    assert answers == [(1, False, 'the disk is full; free some space'),
                       *((who, False, 'an unexpected error, see the log of the node')
                         for who in (2, 3))]


def test_those_who_wait_when_the_node_stops_are_told(requests, answers):
    requests.put(lambda: 'done', 1)
    requests.refuse('the node was deactivated')
    assert answers == [(1, False, 'the node was deactivated')]
    requests.handle()
    assert len(answers) == 1
