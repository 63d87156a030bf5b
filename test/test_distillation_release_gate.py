# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The gate: what is promoted, what is not, and why; noise alone swaps nothing."""

import numpy as np
import pytest
import torch
from torch import nn

from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.data.batch import Batch
from depth_distill_ros.distillation.operation.release_gate import compare, verdict
from depth_distill_ros.distillation.release_choice import JudgedFrames, ReleaseEvaluator
from depth_distill_ros.distillation.release_folders import publish
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.networks import build
from depth_distill_ros.networks.model_folder import ModelCard, save_model
from depth_distill_ros.networks.scale_anchor import ScaleAnchor

SIZE = (32, 48)


class Scaled(nn.Module):
    """Depth from 1 to 5 m that follows the brightness, times `factor`, without `wrong` frames."""

    def __init__(self, factor=1.0, wrong=(), patch=None):
        super().__init__()
        self.factor, self.wrong, self.patch = factor, wrong, patch

    def forward(self, images):
        depth = self.factor * (1.0 + 4.0 * images.mean(1, keepdim=True))
        for number, one in zip(images[:, 0, 0, 0], depth, strict=True):
            if round(float(number) * 16) in self.wrong:
                one *= 2.0 / self.factor
        if self.patch is not None:
            depth[:, :, :4, :4] = self.patch
        return depth


@pytest.fixture(scope='module')
def frames():
    images = torch.rand(16, 3, *SIZE, generator=torch.Generator().manual_seed(0))
    images[:, :, 0, 0] = torch.arange(16)[:, None] / 16  # a frame's number is in its first pixel
    return [(images, Scaled()(images))]


@pytest.fixture
def gate(monkeypatch):
    """Judge a student against another one, or against constant depth."""
    evaluator = ReleaseEvaluator(Scaled(), None, Compute(torch.device('cpu'), 'fp32'))

    def judge(student, running, *sets, anchor=None, running_anchor=None):
        record = None
        if running is not None:
            monkeypatch.setattr(evaluator, '_of_release', lambda _: evaluator._of(running))
            record = type('Record', (), {'id': 'release 7', 'anchor': running_anchor})
        judged = [JudgedFrames(name, targets, name == 'robot') for name, targets in sets]
        return evaluator.judge(student, judged, record, anchor)

    return judge


def test_a_better_student_is_promoted_and_the_card_has_the_figures(gate, frames):
    found = gate(Scaled(1.0, range(4)), Scaled(1.0, range(8)), ('stream', frames))
    assert found.why_not == '' and found.figures()['against'] == 'release 7'
    figures = found.figures()['stream']
    assert figures['delta1'] == pytest.approx(0.75) and figures['running'] == pytest.approx(0.5)
    assert 0 < figures['difference'][0] < 0.25 < figures['difference'][1]


def test_a_student_that_is_better_on_one_frame_in_sixteen_is_within_chance(gate, frames):
    found = gate(Scaled(1.0, range(7)), Scaled(1.0, range(8)), ('stream', frames))
    assert 'no better than release 7 beyond chance: on the stream frames delta1 0.562 against ' \
        '0.500' in found.why_not


def test_a_student_that_is_worse_on_any_set_is_not_promoted_and_the_set_is_named(gate, frames):
    images, depth = frames[0]
    robot = [(images[8:], depth[8:])]
    better_on_stream = Scaled(1.0, range(8, 16))
    found = gate(better_on_stream, Scaled(1.3), ('stream', frames))
    assert found.why_not == ''
    found = gate(Scaled(1.0, range(8, 11)), Scaled(1.0), ('robot', robot))
    assert found.why_not.startswith('worse than release 7 on the robot frames: delta1 0.625')


def test_releases_are_judged_with_their_scale_anchors_on_the_robots_frames_alone(gate, frames):
    anchor, sets = ScaleAnchor(0.8, 50), [('stream', frames), ('robot', frames)]
    found = gate(Scaled(1.3), Scaled(1.3), *sets, anchor=anchor)
    assert found.why_not == '' and found.comparisons['stream'].delta1 == 0.0
    assert (found.comparisons['robot'].delta1, found.comparisons['robot'].running) == (1.0, 0.0)
    found = gate(Scaled(1.3), Scaled(1.3), *sets, running_anchor=anchor)
    assert found.why_not.startswith('worse than release 7 on the robot frames')


def test_an_anchor_is_learned_from_the_teachers_answers_whatever_their_number(frames):
    evaluator = ReleaseEvaluator(Scaled(), None, Compute(torch.device('cpu'), 'fp32'))
    camera = Intrinsics(40.0, 40.0, 23.5, 15.5, *SIZE)
    found = evaluator.anchor(Scaled(1.25), Batch(frames[0][0], camera=camera), None)
    assert (found.frames, found.camera) == (16, camera) and found.factor == pytest.approx(0.8)
    assert evaluator.anchor(Scaled(1.25), Batch(frames[0][0][:7], camera=camera), None) is None


@pytest.mark.parametrize('student, line', [
    (Scaled(patch=float('nan')), 'its depth is no number on 1.04% of the pixels'),
    (Scaled(patch=float('inf')), 'its depth is no number'),
    (Scaled(patch=1e30), 'outside of 0.5. to .* on 1.0% of the pixels'),
    (Scaled(patch=-2.0), "twice the teacher's range")])
def test_depth_that_is_no_number_or_far_beyond_the_teacher_s_is_never_promoted(
        gate, frames, student, line):
    for running in (None, Scaled(1.3)):
        found = gate(student, running, ('stream', frames))
        with pytest.raises(AssertionError, match=line):
            raise AssertionError(found.why_not)
        assert found.why_not.endswith(' of the stream frames')


@pytest.mark.parametrize('first', [True, False])
def test_where_robot_frames_have_to_judge_their_lack_is_told_before_any_comparison(first):
    figures = np.linspace(0.5, 0.9, 16)
    for other in (figures - 0.1, figures + 0.1):
        compared = {'stream': compare(figures, other)}
        lacking = verdict(compared, {'stream': ''}, 'release 7', first, True, lacks_robots=True)
        assert lacking.why_not.startswith('fewer than 8 held-out frames of the robot')
    faulty = verdict(compared, {'stream': 'no number'}, 'release 7', first, False, True)
    assert faulty.why_not == 'no number of the stream frames'


def test_the_first_release_must_beat_constant_depth(gate, frames):
    assert gate(Scaled(1.1), None, ('stream', frames)).why_not == ''
    found = gate(Scaled(1.9), None, ('stream', frames))
    assert found.why_not.startswith('no better than the constant-depth baseline')


def test_the_first_release_must_beat_the_general_student_seen_through_the_teacher_s_camera(
        tmp_path, frames):
    torch.manual_seed(0)
    general = build('lden_light', 'mobilenetv2').eval()
    with torch.no_grad():  # a random decoder's depth hardly varies
        general.head[-1].weight.mul_(1e6)
        general.head[-1].bias.fill_(5.0)
    cameras = [Intrinsics(f, f, 23.5, 15.5, *SIZE) for f in (40.0, 80.0)]
    save_model(tmp_path / 'general', general,
               ModelCard('lden_light', 'mobilenetv2', SIZE, cameras[0]))
    images = frames[0][0]
    with torch.no_grad():
        targets = [JudgedFrames('stream', [(images, 2.0 * general(images))])]
    evaluator = ReleaseEvaluator(general, None, Compute(torch.device('cpu'), 'fp32'),
                                 tmp_path / 'general', cameras[1])
    found = evaluator.judge(general, targets, None)
    assert found.why_not.startswith('no better than the shipped student on the stream frames: '
                                    'delta1 0.000 against 1.000')


def test_noise_alone_hardly_ever_swaps_a_release():
    random = np.random.default_rng(3)
    swaps = np.mean([
        verdict({'stream': compare(*random.normal(0.7, 0.05, (2, 32)))}, {}, 'it', False, True,
                ).why_not == '' for _ in range(200)])
    assert 0.0 < swaps < 0.12  # a comparison of the means swaps half of them


def test_the_bootstrap_gives_the_same_verdict_each_time():
    random = np.random.default_rng(3)
    scores = random.normal(0.7, 0.05, (2, 32))
    assert compare(*scores) == compare(*scores)


def test_a_real_release_is_loaded_and_compared(tmp_path, frames):
    torch.manual_seed(0)
    student = build('lden', 'mobilenetv2').eval()
    record = publish(tmp_path, student, ModelCard('lden', 'mobilenetv2', SIZE), 1, {}, 'run')
    evaluator = ReleaseEvaluator(Scaled(), None, Compute(torch.device('cpu'), 'fp32'))
    found = evaluator.judge(student, [JudgedFrames('stream', frames)], record)
    assert found.comparisons['stream'].low == found.comparisons['stream'].high == 0.0
    assert evaluator.judge(Scaled(), [JudgedFrames('stream', frames)], record).why_not == ''
