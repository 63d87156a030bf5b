# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The methods: where their gradients go, what their switches change, and that losses fall."""

from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import replace
from functools import partial

import pytest
import torch
from torch.nn.functional import l1_loss

from depth_distill_ros.distillation.batch_norm_loss import FeatureStatistics, with_own_statistics
from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.data.batch import AUXILIARY, LABELLED, STREAM, Batch
from depth_distill_ros.distillation.data.teacher_depth import TeacherDepth
from depth_distill_ros.distillation.losses import loss_h
from depth_distill_ros.distillation.methods import make_method
from depth_distill_ros.distillation.methods.d3 import D3
from depth_distill_ros.distillation.methods.lwd import LWD
from depth_distill_ros.distillation.methods.supervised import Supervised
from depth_distill_ros.distillation.mixing import mix
from depth_distill_ros.distillation.trainer import Trainer
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.geometry.view import View
from depth_distill_ros.networks import TransformationNetwork, build
from depth_distill_ros.networks.normalisation import to_input
from depth_distill_ros.settings.distillation import MethodSettings
from depth_distill_ros.settings.names import METHODS, STREAM_METHODS
from depth_distill_ros.settings.optimisation import OptimisationSettings
from depth_distill_ros.worlds.mujoco.camera import SimulatedCamera

pytestmark = pytest.mark.slow

SIZE = (32, 48)
CPU = Compute(torch.device('cpu'), 'fp32')


@pytest.fixture(scope='module')
def frames():
    """Eight frames of the embedded simulator: images, classes and depth."""
    view = View.fit((120, 160), SIZE)
    with SimulatedCamera('stream', 3, (120, 160), frames_per_room=2) as camera:
        chosen = [frame for _, frame in zip(range(8), camera, strict=False)]
    return Batch(
        to_input(torch.stack([torch.from_numpy(view.image(f.image)) for f in chosen])),
        torch.stack([torch.from_numpy(view.labels(f.semantics)) for f in chosen]),
        torch.stack([torch.from_numpy(view.depth(f.depth)) for f in chosen]).unsqueeze(1),
        keys=tuple(range(8)))


def some(frames, first, last):
    return Batch(frames.x[first:last], frames.semantics[first:last], frames.depth[first:last])


@pytest.fixture(scope='module')
def teacher_state(frames):
    """Return weights trained on the negatives of these images: another domain than the stream."""
    torch.manual_seed(7)
    teacher = build('lden', 'resnet18')
    known = Batch(-frames.x, depth=frames.depth)
    training = Trainer(
        Supervised(teacher, CPU), OptimisationSettings(lr=3e-3, schedule='constant'), CPU)
    for _ in range(8):
        training.train_step({LABELLED: known})
    return with_own_statistics(teacher, [known.x]).state_dict()


@pytest.fixture(scope='module')
def networks(teacher_state):
    """Give a function that returns teacher, student and G, always the same."""
    torch.manual_seed(0)
    teacher = build('lden', 'resnet18')
    teacher.load_state_dict(teacher_state)
    student, g = build('lden', 'mobilenetv2'), TransformationNetwork(0.125, residual=True)
    with torch.no_grad():
        g.out.weight.normal_(0, 0.02)  # no longer the identity

    def make(bias=0.0):
        chosen = deepcopy((teacher, student, g))
        with torch.no_grad():
            chosen[1].head[3].bias.fill_(bias)
        return chosen
    return make


def backward(loss, *names):
    loss.backward()


def in_a_thread(function, *args):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function, *args).result()


def step(method, batch, seed=5):
    return method.step(batch, backward, torch.Generator().manual_seed(seed))


def gradient_of_g(networks, frames, bias=0.0, **options):
    method = D3(*networks(bias), CPU, MethodSettings(**options))
    step(method, {STREAM: some(frames, 0, 3)})
    return method.networks['transformation'].out.weight.grad


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


def test_auxiliary_images_add_to_the_loss_of_the_stream(networks, frames):
    for method in (D3(*networks(), CPU, MethodSettings()), make_method(
            'kd-ood', *networks()[:2], CPU, SIZE, 2, MethodSettings())):
        alone = step(method, {STREAM: some(frames, 0, 3)})
        both = step(method, {STREAM: some(frames, 0, 3), AUXILIARY: some(frames, 3, 5)})
        assert both['loss_student'] != alone['loss_student']


def test_teacher_depth_is_computed_once_for_a_frame_whatever_the_batch(networks, frames):
    teacher, student, _ = networks()
    method = make_method('kd-ood', teacher, student, CPU, SIZE, 2, MethodSettings())
    passes = []
    teacher.register_forward_hook(lambda module, x, y: passes.append(len(x[0])))
    depth_of = partial(method._teacher_depths, STREAM)
    first = depth_of(frames)
    assert sum(passes) == 8
    chosen = Batch(frames.x[[5, 2]], keys=(5, 2))
    assert torch.equal(depth_of(chosen), first[[5, 2]])
    assert sum(passes) == 8


@pytest.mark.parametrize(('name', 'before', 'in_it'), [
    ('kd-ood', 4, 0), ('d3', 4, 4), ('random-noise', 0, 4), ('lwd', 4, 0)])
def test_what_the_teacher_is_asked_before_a_step_and_in_it(
        networks, frames, name, before, in_it):
    method = make_method(name, *networks()[:2], CPU, SIZE, 4, MethodSettings(g_width=0.125))
    batches = {source: replace(some(frames, 0, 4), keys=(0, 1, 2, 3))
               for source in method.needs or (STREAM,)}
    asked = []
    method.teacher.register_forward_hook(lambda module, x, y: asked.append(len(x[0])))
    in_a_thread(method.prepare, batches)
    assert sum(asked) == before
    step(method, batches)
    assert sum(asked) == before + in_it  # d3 asks about mixed images, which are new


def test_the_statistics_of_a_pass_are_not_those_of_another_thread_s(networks, frames):
    teacher = networks()[0].eval()
    statistics = FeatureStatistics(teacher)
    with torch.no_grad(), statistics.recorded() as alone:
        teacher(frames.x[:4])
    with torch.no_grad(), statistics.recorded() as beside:
        in_a_thread(TeacherDepth(teacher), replace(some(frames, 4, 8), keys=(4, 5, 6, 7)))
        teacher(frames.x[:4])
    assert len(alone) == len(beside) and torch.equal(sum(alone), sum(beside))


def test_teacher_depth_of_frames_that_their_store_has_evicted_is_forgotten(networks, frames):
    depth_of = TeacherDepth(networks()[0].eval())
    for oldest in range(0, 3000, 100):  # a store of 500 frames that goes on
        keys = (oldest + 499, oldest + 7)
        depth_of(Batch(frames.x[:2], keys=keys, oldest=oldest))
    assert set(keys) <= depth_of._kept.keys()
    assert all(key >= oldest - 256 for key in depth_of._kept)


def test_teacher_depth_never_takes_more_memory_than_its_budget(networks, frames):
    depth_of = TeacherDepth(networks()[0].eval(), 3 * 4 * 16 * 24)  # three maps
    whole = depth_of(frames)
    assert len(depth_of._kept) == 3
    assert torch.equal(depth_of(frames), whole)


class _AtFullSize(torch.nn.Module):
    """A teacher whose depth is as large as the image."""

    def __init__(self):
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Conv2d(3, 4, 3, padding=1), torch.nn.BatchNorm2d(4),
            torch.nn.Conv2d(4, 1, 3, padding=1))

    def forward(self, x):
        return self.layers(x) + 2


@pytest.mark.parametrize('name', STREAM_METHODS)
def test_teacher_depth_of_another_size_is_resized_to_the_student_s(
        networks, frames, name):
    method = make_method(name, _AtFullSize(), networks()[1], CPU, SIZE, 2,
                         MethodSettings(g_width=0.125))
    losses = step(method, {source: some(frames, 0, 3) for source in method.needs})
    assert all(torch.isfinite(loss) for loss in losses.values())


def test_eq_1_weighs_teacher_and_measured_depth_by_lambda(networks, frames):
    batch = {LABELLED: some(frames, 0, 3)}
    whole, teacher_only, measured_only = (
        step(LWD(*networks()[:2], CPU, 1, lam), batch)['loss_student'].item()
        for lam in (0.1, 1.0, 0.0))
    assert teacher_only != pytest.approx(measured_only, rel=1e-3)
    assert whole == pytest.approx(0.1 * teacher_only + 0.9 * measured_only, rel=1e-3)


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
