# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""DACNN's losses by hand, and its teacher and student trained on simulated stereo pairs."""

import math

import pytest
import torch

from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.data.batch import LABELLED, Batch
from depth_distill_ros.distillation.methods.dacnn import DACNNStudent, DACNNTeacher
from depth_distill_ros.distillation.methods.dacnn_losses import l_guidance, l_pixel, l_smooth
from depth_distill_ros.distillation.trainer import Trainer
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.networks import build
from depth_distill_ros.settings.optimisation import OptimisationSettings

pytestmark = pytest.mark.slow

CPU = Compute(torch.device('cpu'), 'fp32')


def test_l_pixel_is_the_mean_absolute_difference_where_there_is_depth():
    depth = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    measured = torch.tensor([[[[2.0, 2.0], [0.0, 1.0]]]])
    assert l_pixel(depth, measured, measured > 0).item() == pytest.approx(4 / 3)
    assert l_pixel(depth, measured).item() == pytest.approx(7 / 4)


def test_l_smooth_lets_depth_jump_where_the_image_does():
    depth = torch.tensor([[[[1.0, 1.0, 3.0]]]])
    flat, edge = torch.zeros(1, 3, 1, 3), torch.tensor([0.0, 0.0, 1.0]).expand(1, 3, 1, 3)
    depth, flat, edge = (t.repeat(1, 1, 2, 1) for t in (depth, flat, edge))
    assert l_smooth(depth, flat).item() == pytest.approx(1.0)  # (0 + 2) / 2 across, 0 down
    assert l_smooth(depth, edge).item() == pytest.approx(math.exp(-1))


@pytest.mark.parametrize(('softmax', 'reduction'), [
    ('positions', 'mean'), ('channels', 'mean'), ('positions', 'sum'), ('channels', 'sum')])
def test_l_guidance_is_a_divergence_from_the_teacher_without_a_gradient_to_it(softmax, reduction):
    torch.manual_seed(0)
    student = [torch.randn(2, 8, 4, 5, requires_grad=True) for _ in range(3)]
    teacher = [torch.randn(2, 8, 4, 5, requires_grad=True) for _ in range(3)]
    loss = l_guidance(student, teacher, softmax, reduction)
    loss.backward()
    assert loss > 0 and all(g.grad is not None for g in student)
    assert all(g.grad is None for g in teacher)
    same = l_guidance([g.detach() for g in teacher], teacher, softmax, reduction)
    assert same.item() == pytest.approx(0, abs=1e-6)


def test_l_guidance_of_two_positions_worked_out_by_hand():
    student, teacher = (torch.tensor([[[[0.0, math.log(r)]]]]) for r in (1.0, 3.0))
    expected = 0.25 * math.log(0.25 / 0.5) + 0.75 * math.log(0.75 / 0.5)
    assert l_guidance([student], [teacher], 'positions', 'sum').item() == pytest.approx(expected)
    mean = l_guidance([student], [teacher], 'positions', 'mean')
    assert mean.item() == pytest.approx(expected / 2)


@pytest.fixture(scope='module')
def pairs():
    """Make two rectified pairs of a textured wall at 2 m: the right view is shifted."""
    torch.manual_seed(0)
    left = torch.nn.functional.interpolate(torch.randn(2, 3, 16, 32), (32, 64), mode='bilinear')
    return Batch(left, depth=torch.full((2, 1, 32, 64), 2.0), right=left.roll(-8, 3))


@pytest.fixture(scope='module')
def networks():
    torch.manual_seed(0)
    return build('dacnn_stereo'), build('dacnn')


def steps(method, pairs, count=2):
    training = Trainer(method, OptimisationSettings(lr=1e-3, schedule='constant'), CPU)
    return [training.train_step({LABELLED: pairs}) for _ in range(count)]


def test_the_loss_of_the_stereo_teacher_on_measured_depth_falls(networks, pairs):
    losses = steps(DACNNTeacher(networks[0], CPU), pairs)
    assert losses[-1]['loss_student'] < losses[0]['loss_student']


def test_the_student_is_trained_on_measured_depth_and_on_the_teacher(networks, pairs):
    teacher, student = networks
    before = {n: t.clone() for n, t in teacher.state_dict().items()}
    losses = steps(DACNNStudent(teacher, student, CPU), pairs)
    assert losses[0].keys() == {'l_pixel', 'l_smooth', 'l_proxy', 'l_guidance', 'loss_student'}
    assert losses[0]['loss_student'] == pytest.approx(
        losses[0]['l_pixel'] + 0.01 * losses[0]['l_smooth'] + 0.01 * losses[0]['l_proxy']
        + 1000 * losses[0]['l_guidance'], rel=1e-4)
    assert losses[-1]['loss_student'] < losses[0]['loss_student']
    assert all(torch.equal(before[n], t) for n, t in teacher.state_dict().items())


def test_without_the_teachers_two_terms_it_does_not_run(networks, pairs, monkeypatch):
    teacher, student = networks
    monkeypatch.setattr(teacher, 'with_guidance', None)
    losses = steps(DACNNStudent(teacher, student, CPU, w_proxy=0.0, w_guidance=0.0), pairs, 1)
    assert losses[0].keys() == {'l_pixel', 'l_smooth', 'loss_student'}


def test_other_networks_are_refused_by_name(networks):
    with pytest.raises(DepthDistillError, match='dacnn_stereo, not DACNN'):
        DACNNTeacher(networks[1], CPU)
    with pytest.raises(DepthDistillError, match='not DACNN into DACNN'):
        DACNNStudent(networks[1], networks[1], CPU)
