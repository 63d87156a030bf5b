# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Frames of the robot's own camera: which of them train, which judge, and what `off` means."""

from looping_camera import NOISE, SIZE, Wall, alike
import pytest
import stream_frames
import torch
from torch import nn

from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.data.batch import AUXILIARY, STREAM, Batch
from depth_distill_ros.distillation.data.stream_source import StreamSource
from depth_distill_ros.distillation.release_choice import JudgedFrames, ReleaseEvaluator
from depth_distill_ros.networks.normalisation import to_image
from depth_distill_ros.settings.distillation import OnlineSettings
from depth_distill_ros.settings.robot_frames import ROBOT_FRAMES, announced
from depth_distill_ros.settings.stream import StreamSettings
from depth_distill_ros.stream.store import StreamWriter

CPU = torch.device('cpu')
# Correlation of all pixels: of the same view with noise it is 0.9997 and more.
NEARLY_THE_SAME = 0.985


@pytest.fixture(scope='module')
def stores(tmp_path_factory):
    """Fill a store of the simulator, and one of a robot that comes back again and again."""
    folder, wall = tmp_path_factory.mktemp('run'), Wall()
    stream_frames.fill(folder / 'store', 80, 500, SIZE)
    with StreamWriter(folder / 'auxiliary', SIZE, 1000) as writer:
        for _ in range(3):
            for place in wall.loop(120, jitter=3.0):
                writer.append(wall.frame(place, NOISE), StreamSettings.min_difference)
        assert writer.stored > 200
    return folder


def source_of(stores, **changes):
    settings = OnlineSettings(batch=8, **changes)
    return StreamSource(stores / 'store', stores / 'auxiliary', SIZE, settings.batch,
                        settings.auxiliary_images, 0, CPU)


def images(batch):
    return list(to_image(batch.x).numpy())


def test_what_judges_releases_never_trains_whatever_way_the_robot_takes(stores):
    source = source_of(stores)
    assert source.frames and source.auxiliary_frames > 200
    batches = [source.draw() for _ in range(40)]
    assert {(len(b[STREAM].x), len(b[AUXILIARY].x)) for b in batches} == {(4, 4)}
    training = [image for batch in batches for image in images(batch[AUXILIARY])]
    judging = images(source.auxiliary_held_out(32))
    source.close()
    assert len(training) == 160 and len(judging) >= 10
    assert alike(training, judging).max() < NEARLY_THE_SAME


def test_judge_trains_on_the_simulator_alone_and_still_holds_frames_out(stores):
    source = source_of(stores, robot_frames='judge')
    assert source.frames and source.auxiliary_frames > 200
    assert {name: len(batch.x) for name, batch in source.draw().items()} == {STREAM: 8}
    assert len(source.auxiliary_held_out(8).x) == 8
    source.close()


def test_without_frames_of_the_robot_a_batch_is_full_and_none_judges(stores, tmp_path):
    source = StreamSource(stores / 'store', tmp_path / 'none', SIZE, 8, 4, 0, CPU)
    assert source.frames
    assert {name: len(batch.x) for name, batch in source.draw().items()} == {STREAM: 8}
    assert source.auxiliary_held_out(8) is None
    source.close()


def test_few_frames_of_the_robot_are_a_small_part_of_a_batch(stores, tmp_path):
    with StreamWriter(tmp_path / 'auxiliary', SIZE, 1000) as writer:
        wall = Wall(1)
        for place in wall.loop(60):
            writer.append(wall.frame(place))
    source = StreamSource(stores / 'store', tmp_path / 'auxiliary', SIZE, 8, 4, 0, CPU)
    assert source.frames and source.auxiliary_frames == 60
    assert {name: len(batch.x) for name, batch in source.draw().items()} == {
        STREAM: 7, AUXILIARY: 1}
    source.close()


class Depth(nn.Module):
    """Sees a slope of `dark` metres in the simulator, whose frames are dark, else of `bright`."""

    def __init__(self, dark, bright):
        super().__init__()
        self._dark, self._bright = dark, bright

    def forward(self, x):
        metres = torch.where(x.mean((1, 2, 3), keepdim=True) > 0, self._bright, self._dark)
        return metres * torch.linspace(0.5, 2.0, 6).expand(len(x), 1, 4, 6)


def batch_of(brightness, count):
    return Batch(torch.full((count, 3, 8, 12), brightness), torch.ones(count, 8, 12).byte())


def test_a_student_that_is_wrong_on_the_robots_frames_alone_is_not_released():
    evaluator = ReleaseEvaluator(Depth(2.0, 4.0), None, Compute(CPU, 'fp32'))
    stream = JudgedFrames('stream', evaluator.targets(batch_of(-1.0, 8)))
    robot = JudgedFrames('robot', evaluator.plain_targets(batch_of(1.0, 8)))
    student = Depth(2.0, 6.0)
    assert not evaluator.judge(student, [stream], None).why_not
    assert 'on the robot frames' in evaluator.judge(student, [stream, robot], None).why_not
    assert not evaluator.judge(Depth(2.0, 4.0), [stream, robot], None).why_not


@pytest.mark.parametrize('choice', ROBOT_FRAMES)
def test_what_is_kept_of_the_camera_is_told_with_where_and_how_to_switch_it_off(
        choice, tmp_path):
    line = announced(choice, tmp_path)
    assert ROBOT_FRAMES[choice] in line and 'robot_frames: off' in line
    assert (str(tmp_path / 'auxiliary') in line) == (choice != 'off')
    assert 'delete it' not in line
    (tmp_path / 'auxiliary').mkdir()
    assert ('an earlier run: delete it' in announced(choice, tmp_path)) == (choice == 'off')
