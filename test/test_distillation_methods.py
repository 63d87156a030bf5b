# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The methods: where their gradients go, what labelled images teach, and that losses fall."""

import method_parts
from method_parts import CPU, SIZE, some, step
import pytest
import torch

from depth_distill_ros.distillation.data.batch import AUXILIARY, LABELLED, STREAM, Batch
from depth_distill_ros.distillation.methods import make_method
from depth_distill_ros.distillation.methods.d3 import D3
from depth_distill_ros.distillation.methods.lwd import LWD
from depth_distill_ros.distillation.methods.supervised import Supervised
from depth_distill_ros.distillation.trainer import Trainer
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.settings.distillation import MethodSettings
from depth_distill_ros.settings.names import METHODS, STREAM_METHODS
from depth_distill_ros.settings.optimisation import OptimisationSettings

pytestmark = pytest.mark.slow

# Fixtures: pytest looks for them in this file.
frames, teacher_state, networks = (
    method_parts.frames, method_parts.teacher_state, method_parts.networks)


@pytest.mark.parametrize(('name', 'trains_on'), [
    ('d3', 'own'), ('d3', 'own_and_student'), ('kd-ood', 'own'), ('random-noise', 'own'),
    ('dfad', 'own'), ('lwd', 'own')])
def test_no_gradient_reaches_the_teacher_and_its_statistics_stay(
        networks, frames, name, trains_on):
    teacher, student, _ = networks()
    before = {n: t.clone() for n, t in teacher.state_dict().items()}
    method = make_method(name, teacher, student, CPU, SIZE, 2,
                         MethodSettings(g_width=0.125, g_trains_on=trains_on))
    step(method, {source: some(frames, 0, 3) for source in method.needs})
    assert all(p.grad is None for p in teacher.parameters())
    assert all(torch.equal(before[n], t) for n, t in teacher.state_dict().items())
    assert all(p.grad is not None for p in student.parameters())


def test_auxiliary_images_add_to_the_loss_of_the_stream(networks, frames):
    for method in (D3(*networks(), CPU, MethodSettings()), make_method(
            'kd-ood', *networks()[:2], CPU, SIZE, 2, MethodSettings())):
        alone = step(method, {STREAM: some(frames, 0, 3)})
        both = step(method, {STREAM: some(frames, 0, 3), AUXILIARY: some(frames, 3, 5)})
        assert both['loss_student'] != alone['loss_student']


def test_eq_1_weighs_teacher_and_measured_depth_by_lambda(networks, frames):
    batch = {LABELLED: some(frames, 0, 3)}
    whole, teacher_only, measured_only = (
        step(LWD(*networks()[:2], CPU, 1, lam), batch)['loss_student'].item()
        for lam in (0.1, 1.0, 0.0))
    assert teacher_only != pytest.approx(measured_only, rel=1e-3)
    assert whole == pytest.approx(0.1 * teacher_only + 0.9 * measured_only, rel=1e-3)


def test_a_teacher_whose_depth_has_no_weight_is_not_asked(networks, frames):
    batch = {LABELLED: some(frames, 0, 3), AUXILIARY: some(frames, 3, 6)}
    asked = {3: [], 4: []}
    for equation, images in asked.items():
        teacher, student, _ = networks()
        teacher.register_forward_hook(lambda _, x, __, images=images: images.append(len(x[0])))
        method = LWD(teacher, student, CPU, equation, kd_weight=0.0)
        method.prepare(batch)
        assert torch.isfinite(step(method, batch)['loss_student'])
    assert asked[3] and not asked[4]  # without a measured depth, the teacher's alone teaches
    with pytest.raises(DepthDistillError, match='kd_weight is 0, and equation 2 has no loss but'):
        LWD(*networks()[:2], CPU, 2, kd_weight=0.0)


def test_the_auxiliary_terms_of_eq_2_3_and_4_are_those_of_the_paper(networks, frames):
    batch = {LABELLED: some(frames, 0, 3), AUXILIARY: some(frames, 3, 6)}
    losses = {equation: step(LWD(*networks()[:2], CPU, equation), batch)
              for equation in (2, 3, 4)}
    assert LWD(*networks()[:2], CPU, 2).needs == {AUXILIARY: ()}
    assert 'loss_labelled' not in losses[2]
    auxiliary_alone = losses[2]['loss_auxiliary'] / 0.1  # λ is a pure scale there
    assert losses[3]['loss_student'] == pytest.approx(
        (losses[3]['loss_labelled'] + losses[3]['loss_auxiliary']).item(), rel=1e-4)
    assert losses[3]['loss_auxiliary'] == pytest.approx(auxiliary_alone.item(), rel=0.1)
    assert losses[4]['loss_auxiliary'] != pytest.approx(losses[3]['loss_auxiliary'].item())


def test_holes_in_measured_depth_teach_nothing(networks, frames):
    depth = frames.depth[:3].clone()
    depth[:, :, :30] = torch.tensor([0.0, torch.nan, torch.inf])[:, None, None, None]
    losses = []
    for behind in (0.0, -3.0):
        damaged = torch.where(depth == 0, behind, depth)
        losses.append(step(Supervised(networks()[1], CPU),
                           {LABELLED: Batch(frames.x[:3], depth=damaged)})['loss_student'])
    assert torch.isfinite(losses[0]) and losses[0] == losses[1]


@pytest.mark.parametrize('name', [*STREAM_METHODS, 'supervised', 'lwd'])
def test_the_losses_of_each_method_fall_on_simulated_frames(networks, frames, name):
    teacher, student, _ = networks()
    method = make_method(name, None if name == 'supervised' else teacher, student, CPU, SIZE, 4,
                         MethodSettings(g_width=0.125, kd_weight=0.5))
    training = Trainer(method, OptimisationSettings(lr=2e-3, schedule='constant'), CPU)
    losses = [training.train_step({source: some(frames, 2 * (i % 3), 2 * (i % 3) + 4)
                                   for source in method.needs})
              for i in range(6 if name == 'dfad' else 9)]
    # seen through another camera at every step, nine steps are too few for G's to fall for sure
    terms = {'loss_student'} if name == 'd3plus' else {'loss_student', 'l_bn'}
    for term in losses[0].keys() & terms:
        first, last = (sum(step[term] for step in part) for part in (losses[:3], losses[-3:]))
        assert last < first, term


def test_an_unknown_method_is_named_with_the_choices(networks):
    with pytest.raises(DepthDistillError, match='distil.*d3.*kd-ood'):
        make_method('distil', *networks()[:2], CPU, SIZE, 2, MethodSettings())
    assert set(STREAM_METHODS) < set(METHODS)
