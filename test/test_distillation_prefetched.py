# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Batches that are drawn and prepared ahead: the same ones, and the same after a resumption."""

from contextlib import closing, contextmanager
from threading import get_ident

import engine_parts
import pytest
import torch

from depth_distill_ros.distillation.data.batch import STREAM
from depth_distill_ros.distillation.data.prefetched import Prefetched
from depth_distill_ros.distillation.data.stream_source import StreamSource
from depth_distill_ros.stream.sampler import StreamEmpty

CPU = torch.device('cpu')


@pytest.fixture
def source(tmp_path):
    engine_parts.stored_frames(tmp_path / 'store', 50)

    @contextmanager
    def opened(batch=4, prepare=lambda batches: None):
        stream = StreamSource(tmp_path / 'store', None, engine_parts.SIZE, batch, 0, 7, CPU)
        assert stream.frames == 50  # it is opened now
        with closing(stream), closing(Prefetched(stream, prepare)) as prefetched:
            yield prefetched

    return opened


def drawn(source, ahead, steps):
    """Return the keys of each batch; with `ahead` the next one is drawn meanwhile."""
    found = []
    for _ in range(steps):
        batch = source.draw()[STREAM]
        if ahead:
            source.ahead()
        found.append(batch.keys)
    return found


def test_batches_drawn_ahead_are_those_of_the_source_also_after_a_resumption(source):
    with source() as plain:
        expected = drawn(plain, False, 6)
    with source() as first:
        assert drawn(first, True, 3) == expected[:3]
        state = first.state_dict()  # while the fourth is drawn
        assert drawn(first, True, 3) == expected[3:]
        first.load_state_dict(state)
        assert drawn(first, True, 3) == expected[3:]
    with source() as second:
        second.load_state_dict(state)
        assert drawn(second, False, 3) == expected[3:]


def test_an_error_of_a_batch_drawn_ahead_is_raised_where_it_is_taken(source):
    with source(batch=1000) as prefetched:
        prefetched.ahead()
        with pytest.raises(StreamEmpty):
            prefetched.draw()


def test_a_batch_is_prepared_in_the_thread_that_draws_it(source):
    prepared = []
    with source(prepare=lambda batches: prepared.append((batches, get_ident()))) as prefetched:
        prefetched.ahead()
        taken = prefetched.draw()
    (batches, thread), = prepared
    assert batches is taken and thread != get_ident()
