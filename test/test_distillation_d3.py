# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""D3: Algorithm 1 written out, where the gradients of G come from, what its switches change."""

import method_parts
from method_parts import CPU, SIZE, some, step
import pytest
import torch
from torch.nn.functional import l1_loss

from depth_distill_ros.distillation.batch_norm_loss import FeatureStatistics
from depth_distill_ros.distillation.data.batch import STREAM, Batch
from depth_distill_ros.distillation.losses import loss_h
from depth_distill_ros.distillation.methods import make_method
from depth_distill_ros.distillation.methods.d3 import D3
from depth_distill_ros.distillation.mixing import mix
from depth_distill_ros.distillation.trainer import Trainer
from depth_distill_ros.networks import TransformationNetwork
from depth_distill_ros.settings.distillation import MethodSettings
from depth_distill_ros.settings.optimisation import OptimisationSettings

pytestmark = pytest.mark.slow

# Fixtures: pytest looks for them in this file.
frames, teacher_state, networks = (
    method_parts.frames, method_parts.teacher_state, method_parts.networks)


def gradient_of_g(networks, frames, bias=0.0, **options):
    method = D3(*networks(bias), CPU, MethodSettings(**options))
    step(method, {STREAM: some(frames, 0, 3)})
    return method.networks['transformation'].out.weight.grad


def test_trained_on_its_own_loss_g_gets_no_gradient_of_the_student_s(networks, frames):
    one, other = (gradient_of_g(networks, frames, bias) for bias in (1.0, 50.0))
    assert one.abs().sum() > 0
    torch.testing.assert_close(one, other)


def test_trained_on_both_losses_g_gets_the_student_s_gradient_too(networks, frames):
    alone = {'g_trains_on': 'own_and_student', 'alpha': 0.0, 'beta': 0.0}
    one, other = (gradient_of_g(networks, frames, bias, **alone) for bias in (0.0, 3.0))
    assert one.abs().sum() > 0
    assert (one - other).abs().max() > 1e-3 * one.abs().max()


def test_without_alpha_and_beta_g_gets_no_gradient_of_its_own_loss(networks, frames):
    assert not gradient_of_g(networks, frames, alpha=0.0, beta=0.0).any()


def test_without_l_rec_g_follows_the_statistics_alone(networks, frames):
    whole, statistics, rec = (gradient_of_g(networks, frames, **weights) for weights in (
        {}, {'beta': 0.0}, {'alpha': 0.0}))
    assert rec.abs().sum() > 0
    torch.testing.assert_close(whole, statistics + rec, rtol=1e-3, atol=1e-7)


def test_a_summed_l_rec_weighs_as_many_times_more_as_there_are_numbers(networks, frames):
    mean, summed = (gradient_of_g(networks, frames, alpha=0.0, rec_reduction=r)
                    for r in ('mean', 'sum'))
    torch.testing.assert_close(summed, mean * 3 * 3 * SIZE[0] * SIZE[1], rtol=1e-3, atol=1e-3)


def test_without_g_the_student_is_trained_on_the_mixtures_themselves(networks, frames):
    teacher, student, _ = networks()
    batch = some(frames, 0, 3)
    losses = step(D3(teacher, student, None, CPU, MethodSettings()), {STREAM: batch})
    teacher, student, _ = networks()
    mixed = mix(batch.x, batch.semantics, torch.Generator().manual_seed(5))
    _, depth = student.train()(torch.cat((batch.x, mixed))).chunk(2)
    expected = loss_h(depth, teacher.eval()(mixed))
    assert losses['loss_transformed'].item() == pytest.approx(expected.item(), rel=1e-4)
    assert not {'l_bn', 'l_rec'} & losses.keys()


def test_without_mixing_g_gets_the_frames_and_no_classes_are_asked_for(networks, frames):
    teacher, student, _ = networks()
    identity = TransformationNetwork(0.125, residual=True)
    method = D3(teacher, student, identity, CPU, MethodSettings(mixing='none'))
    assert method.needs == {STREAM: ()}
    losses = step(method, {STREAM: Batch(frames.x[:3])})
    assert losses['l_rec'] == 0
    assert losses['loss_plain'].item() == pytest.approx(losses['loss_transformed'].item())


def test_mixing_by_instances_mixes_other_pixels_than_by_classes(networks, frames):
    losses = [step(D3(*networks(), CPU, MethodSettings(mixing=mixing)),
                   {STREAM: some(frames, 0, 3)}) for mixing in ('classes', 'instances')]
    assert losses[0]['loss_plain'] == pytest.approx(losses[1]['loss_plain'].item(), rel=0.05)
    assert losses[0]['l_bn'] != losses[1]['l_bn']


def test_the_losses_are_those_of_algorithm_1_written_out(networks, frames):
    batch = some(frames, 0, 3)
    losses = step(D3(*networks(), CPU, MethodSettings()), {STREAM: batch})
    teacher, student, g = networks()
    teacher.eval(), student.train(), g.train()
    mixed = mix(batch.x, batch.semantics, torch.Generator().manual_seed(5))
    z = g(mixed)
    with FeatureStatistics(teacher).recorded() as terms:
        teacher_z = teacher(z)
    student_x, student_z = student(torch.cat((batch.x, z))).chunk(2)
    expected = {
        'loss_plain': loss_h(student_x, teacher(batch.x)),
        'loss_transformed': loss_h(student_z, teacher_z),
        'l_bn': sum(terms), 'l_rec': l1_loss(z, mixed)}
    for name, value in expected.items():
        assert losses[name].item() == pytest.approx(value.item(), rel=1e-3), name


def test_without_its_switches_d3_stays_algorithm_1_over_several_updates(networks, frames):
    method = D3(*networks(), CPU, MethodSettings())
    training = Trainer(method, OptimisationSettings(schedule='constant', seed=5), CPU)
    generator = torch.Generator()
    generator.set_state(training.state_dict()['generators'][0])
    teacher, student, g = networks()
    teacher.eval().requires_grad_(False), student.train(), g.train()
    statistics = FeatureStatistics(teacher)
    of_student = torch.optim.Adam(student.parameters(), 1e-4, weight_decay=1e-4)
    of_g = torch.optim.Adam(g.parameters(), 1e-4)
    for first in (0, 3, 1):
        batch = some(frames, first, first + 3)
        losses = training.train_step({STREAM: batch})
        mixed = mix(batch.x, batch.semantics, generator)
        z = g(mixed)
        with statistics.recorded() as terms:
            depth_z = teacher(z).detach()
        l_bn, l_rec = sum(terms), l1_loss(z, mixed)
        student_x, student_z = student(torch.cat((batch.x, z.detach()))).chunk(2)
        plain = loss_h(student_x, teacher(batch.x))
        transformed = loss_h(student_z, depth_z)
        for optimizer, loss in ((of_g, 1e-3 * l_bn + 1e-3 * l_rec),
                                (of_student, plain + transformed)):
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        for name, value in {'loss_plain': plain, 'loss_transformed': transformed, 'l_bn': l_bn,
                            'l_rec': l_rec}.items():
            assert losses[name] == pytest.approx(value.item(), rel=1e-3), name
        assert losses.keys() == {'loss_plain', 'loss_transformed', 'l_bn', 'l_rec',
                                 'loss_student'}


def test_the_curriculum_goes_from_kd_ood_over_mixtures_to_algorithm_1(networks, frames):
    teacher, student, g = networks()
    batch = {STREAM: some(frames, 0, 3)}
    plain = step(make_method('kd-ood', teacher, student, CPU, SIZE, 2, MethodSettings()), batch)
    mixed = step(D3(*networks()[:2], None, CPU, MethodSettings()), batch)
    whole = step(D3(*networks(), CPU, MethodSettings()), batch)
    method = D3(*networks(), CPU, MethodSettings(curriculum='steps', curriculum_steps=1))
    found = []
    for _ in range(3):
        method.networks['student'].load_state_dict(student.state_dict())
        found.append(step(method, batch))
    assert found[0]['loss_student'] == plain['loss_student']
    assert found[1]['loss_transformed'] == mixed['loss_transformed']
    assert found[2]['l_bn'] == whole['l_bn']
    assert 'loss_transformed' not in found[0] and 'l_bn' not in found[1]


def test_g_and_the_graph_through_the_teacher_are_there_at_every_nth_step_alone(networks, frames):
    method = D3(*networks(), CPU, MethodSettings(g_every=2))
    with_graph, updated = [], []
    method.teacher.register_forward_hook(
        lambda module, args, depth: with_graph.append(depth.requires_grad))
    for _ in range(3):
        method.step({STREAM: some(frames, 0, 3)},
                    lambda loss, *names: updated.extend(names), torch.Generator())
    assert updated == ['transformation', 'student', 'student', 'transformation', 'student']
    assert sum(with_graph) == 2


def test_a_share_of_the_batch_is_mixed_and_at_least_two_images(networks, frames):
    for share, expected in ((0.5, 4), (0.01, 2), (1.0, 8)):
        method = D3(*networks()[:2], None, CPU, MethodSettings(mixed_share=share))
        seen = []
        method.networks['student'].register_forward_hook(
            lambda module, args, depth, seen=seen: seen.append(len(args[0])))
        step(method, {STREAM: frames})
        assert seen == [8 + expected]


def test_running_statistics_are_those_of_several_batches_with_this_one_s_gradient():
    layer = torch.nn.BatchNorm2d(2).eval().requires_grad_(False)
    single, running = FeatureStatistics(layer), FeatureStatistics(layer, weight=0.25)
    batches = [torch.randn(2, 2, 4, 5, generator=torch.Generator().manual_seed(i)) + i
               for i in range(2)]
    means, variances = zip(*((x.mean((0, 2, 3)), x.var((0, 2, 3), correction=0))
                             for x in batches), strict=True)
    mean, variance = (0.75 * a + 0.25 * b for a, b in (means, variances))
    found = []
    for x in batches:
        x.requires_grad_()
        with running.recorded() as terms:
            layer(x)
        found.append(terms[0])
    with single.recorded() as terms:
        layer(batches[0])
    assert found[0].item() == pytest.approx(terms[0].item())  # nothing was there before it
    expected = mean.norm() + (variance - 1).norm()
    assert found[1].item() == pytest.approx(expected.item(), rel=1e-5)
    found[1].backward()
    # of ‖m‖ + ‖v - 1‖ by a value of the batch, m and v those of both batches
    x, size = batches[1].detach(), 2 * 4 * 5
    shape = (1, 2, 1, 1)
    by_mean = (mean / mean.norm()).view(shape)
    by_variance = ((variance - 1) / (variance - 1).norm()).view(shape)
    gradient = (by_mean + by_variance * 2 * (x - means[1].view(shape))) / size
    torch.testing.assert_close(batches[1].grad, gradient.expand_as(x))
