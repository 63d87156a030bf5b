# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The watch in operation: two worlds, a warning, the recovery, and a bad release rolled back."""

from dataclasses import replace

import numpy as np
import pytest
import stream_frames
import torch
from torch import nn

pytest.importorskip('rclpy')
import students  # noqa: E402

from depth_distill_ros.distillation.compute import Compute  # noqa: E402
from depth_distill_ros.distillation.operation import watch  # noqa: E402
from depth_distill_ros.distillation.operation.release_control import ReleaseControl  # noqa: E402
from depth_distill_ros.distillation.operation.release_state import ReleaseId  # noqa: E402
from depth_distill_ros.distillation.operation.watch import Watch, WatchedFrame  # noqa: E402
from depth_distill_ros.distillation.operation.watch_record import Look, WatchRecord  # noqa: E402
from depth_distill_ros.networks.scale_anchor import ScaleAnchor  # noqa: E402
from depth_distill_ros.stream.sampler import StreamSampler  # noqa: E402
from depth_distill_ros.stream.store import StreamWriter  # noqa: E402
from depth_distill_ros.stream.store_reader import StreamReader  # noqa: E402

pytestmark = pytest.mark.slow

SIZE, DEPTH_SIZE = (64, 64), (32, 32)
FIRST, SECOND, THIRD = (ReleaseId(number, 'run') for number in (1, 2, 3))


class Teacher(nn.Module):
    """Two metres in a dark world, six in a bright one, with a little structure."""

    def forward(self, images):
        bright = (images.mean((1, 2, 3), keepdim=True) > 0).float()
        ramp = torch.linspace(0.95, 1.05, DEPTH_SIZE[1]).expand(1, 1, *DEPTH_SIZE)
        return (2.0 + 4.0 * bright) * ramp


class World:
    """A robot in a world: what the released students publish, and the watch beside it."""

    def __init__(self, folder, roll_back=True):
        self.control = ReleaseControl(folder / 'releases')
        self.watch = Watch(Teacher(), SIZE, Compute(torch.device('cpu'), 'fp32'),
                           folder / 'releases', 0.5, roll_back)
        self._folder, self._metres, self._random = folder, {}, np.random.default_rng(0)
        self._stamp = 0

    def release(self, metres, factor=1.0):
        record = students.release(self._folder, metres, size=SIZE, run='run',
                                  anchor=ScaleAnchor(factor, 50))
        self.control.promote(record.number, 'the gate')
        self._metres[record.id] = factor * metres

    def drive(self, brightness, frames):
        """Drive for so many frames; return what was rolled back, and the last warning."""
        lines = []
        for _ in range(frames):
            self._stamp += 1_000_000_000
            answering = self.control.file.read().in_use.release
            image = self._random.integers(0, 40, (*SIZE, 3)).astype(np.uint8) + brightness
            depth = np.full(DEPTH_SIZE, self._metres[answering], np.float32)
            lines.append(self.watch.look(
                WatchedFrame(image, depth, answering, self._stamp), 5.0))
        return [line for line in lines if line], self.watch.record.warning()

    @property
    def answering(self):
        return self.control.file.read().in_use.release


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def test_another_world_is_warned_of_until_a_student_that_knows_it_answers(world):
    world.release(2.0)
    assert world.drive(10, 25) == ([], '')
    assert world.watch.record.agreement == 1.0
    rolled_back, warning = world.drive(200, 5)
    assert not rolled_back and 'has fallen from 1.00 to 0.83' in warning
    warning = world.drive(200, 12)[1]
    assert 'delta1 is 0.43' in warning and 'below watch_limit 0.5' in warning
    world.release(6.0)  # the student that learned it
    assert world.drive(200, 30) == ([], '')
    assert world.watch.record.agreement == 1.0 and world.answering == SECOND


def test_a_planted_bad_release_is_rolled_back_and_a_good_one_is_not(world):
    world.release(2.0)
    world.drive(10, 10)
    world.release(2.1)
    assert world.drive(10, 20) == ([], '') and world.answering == SECOND
    world.release(9.0)
    (line,), _ = world.drive(10, 15)
    assert 'release 3 is worse in operation than the release before it, on the same 12 robot ' \
        'frames: delta1 0.000 against 1.000' in line
    state = world.control.file.read()
    assert state.in_use.release == SECOND and 'worse in operation' in state.rolled_back[THIRD]
    assert state.operation[THIRD].agreement == 0.0 and state.operation[THIRD].frames == 12
    # another world is no reason: both releases are compared on the same images
    assert world.drive(200, 20)[0] == [] and world.answering == SECOND


def test_the_release_before_is_compared_with_its_scale_anchor(world):
    world.release(1.5, factor=4 / 3)
    world.release(2.6, factor=1.0)
    (line,), _ = world.drive(10, 15)
    assert 'release 2 is worse in operation' in line and 'against 1.000' in line


def test_nothing_is_rolled_back_that_is_held_or_if_a_parameter_says_so(tmp_path):
    for name, roll_back, held in (('off', False, False), ('held', True, True)):
        world = World(tmp_path / name, roll_back)
        world.release(2.0)
        world.release(9.0)
        world.control.hold(held)
        assert world.drive(10, 15)[0] == [] and world.answering == SECOND


def test_one_bad_frame_is_no_drift_and_little_disagreement_no_rollback():
    record = WatchRecord(0.5)
    random = np.random.default_rng(1)
    warnings = rollbacks = 0
    for number in range(300):
        agreement = 0.0 if number % 37 == 36 else random.normal(0.8, 0.08)
        record.add(Look(FIRST, agreement, agreement + random.normal(0.005, 0.05), number))
        warnings += bool(record.warning())
        rollbacks += bool(record.why_worse())
    assert warnings == rollbacks == 0


def test_the_watch_rests_for_the_period_and_at_least_twenty_times_what_a_look_cost(
        world, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(watch.time, 'monotonic', lambda: now[0])
    world.release(2.0)
    depth = world.watch._depth

    def slow(network, image):
        now[0] += 2.0
        return depth(network, image)

    monkeypatch.setattr(world.watch, '_depth', slow)
    assert world.watch.due(5.0) and not world.watch.due(0.0)
    world.drive(10, 1)
    for seconds, due in ((5.0, False), (34.0, False), (2.0, True)):
        now[0] += seconds
        assert world.watch.due(5.0) is due


def test_the_frames_near_hard_ones_are_drawn_more_often_and_held_out_ones_never(tmp_path):
    with StreamWriter(tmp_path, SIZE, 1000) as writer:
        for number in range(100):
            writer.append(replace(stream_frames.frame(number, SIZE), stamp=number * 10**9))
    with StreamReader(tmp_path) as reader:
        sampler = StreamSampler(reader, 8, 0)
        same = StreamSampler(reader, 8, 0)
        sampler.prefer([])
        assert np.array_equal(sampler.draw().keys, same.draw().keys)
        hard = {50, 60}
        sampler.prefer([*(key * 10**9 + 3 * 10**8 for key in hard), 5 * 10**9])
        drawn = np.concatenate([sampler.draw().keys for _ in range(50)])
        near = np.isin(drawn, [50, 51, 60, 61]).mean()
        assert near > 0.5
        assert drawn.min() >= 32  # frames 0 to 31 are held out, also the hard frame 5
