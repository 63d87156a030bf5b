# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the demo shows while it runs."""

import io
from types import SimpleNamespace

import pytest
from rich.console import Console

from depth_distill_ros.apps.demo.history import History
from depth_distill_ros.apps.demo.view import View, phases


@pytest.fixture
def history():
    history = History()
    history.add(61.0, {
        'stream': {'received.image': '30', 'stored': '28'},
        'distiller': {'step': '7', 'loss_student': '0.25', 'images_per_s': '5.5'},
        'inference': {'dropped': '3', 'release': '2', 'latency_p50_ms': '21.4'},
        'evaluator': {'delta1': '0.614', 'rmse': '0.83'},
        'monitor': {'camera_hz': '5.0', 'depth_hz': '4.9'}})
    return history


def shown(history, children=(), messages=None, terminal=False, times=1):
    output = io.StringIO()
    view = View(Console(file=output, force_terminal=terminal, width=100), 300.0)
    with view.open():
        for _ in range(times):
            view.show(61.0, history, children, messages or {})
    return output.getvalue()


def test_without_a_terminal_one_line_has_all_figures_and_does_not_come_every_second(history):
    line, end = shown(history, times=5).split('\n')
    assert not end
    for figure in ('1:01', '30 frames received', '28 stored', 'step 7', 'loss 0.250',
                   '5.5 images/s', 'release 2', '5.0 Hz in', '4.9 Hz depth out', '21 ms',
                   '3 dropped', 'δ1 0.614', 'RMSE 0.83 m'):
        assert figure in line


def test_before_anything_is_known_there_are_dashes_and_no_failure():
    assert 'step -' in shown(History())


def test_in_a_terminal_every_node_has_its_message_whatever_signs_are_in_it(history):
    children = [SimpleNamespace(name='stream', restarts=0),
                SimpleNamespace(name='distiller', restarts=2)]
    text = shown(history, children, {'stream': (2, '[Errno 28] no space [/]')}, terminal=True)
    assert '[Errno 28] no space [/]' in text
    assert 'starting' in text and 'restarted 2 times' in text


def test_the_first_result_of_each_part_of_the_loop_is_told_in_order():
    history = History()
    for seconds, stored, answered in ((4.2, '0', '0'), (9.8, '1', '0'), (31.0, '90', '2')):
        history.add(seconds, {'stream': {'stored': stored}, 'inference': {
            'received': '7', 'answered': answered}})
    assert phases(history) == ('first camera frame after 4 s, simulated frame after 10 s, '
                               'depth after 31 s')
