# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A student's confidence: trained without changing its depth, and low where the depth is wrong."""

import pytest
import torch

from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.confidence import ConfidenceTraining
from depth_distill_ros.networks import build
from depth_distill_ros.networks.model_folder import ModelCard, load_model, save_model

pytestmark = pytest.mark.slow

CPU = Compute(torch.device('cpu'), 'fp32')
SIZE = (32, 64)


def scene(seed):
    """Make images whose lower half is red, and a depth that the student predicts only there."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(2, 3, *SIZE, generator=generator) * 0.1
    x[:, 0, 16:] += 3
    depth = torch.full((2, 1, 16, 32), 2.0)
    depth[:, :, :8] = 4.0
    return [(x, depth)]


@pytest.fixture(params=['lden', 'lden_light'])
def student(request):
    torch.manual_seed(0)
    network = build(request.param, 'mobilenetv2')
    with torch.no_grad():
        for seed in range(15):  # BatchNorm statistics of such images
            network(scene(seed)[0][0])
        # predicts 2 m everywhere
        network.head[-1].weight.zero_()
        network.head[-1].bias.fill_(2.0)
    return network.eval().requires_grad_(False)


def test_it_becomes_low_where_the_student_is_wrong_and_leaves_the_depth_unchanged(student):
    before = {n: t.clone() for n, t in student.state_dict().items()}
    training = ConfidenceTraining(student, CPU)
    losses = [training.step(scene(seed)) for seed in range(60)]
    assert losses[-1] < 0.5 * losses[0]
    with torch.no_grad():
        x = scene(1000)[0][0]
        depth, confidence = training.confident().with_confidence(x)
    assert torch.equal(depth, student(x))
    assert confidence.shape == depth.shape and 0 <= confidence.min() and confidence.max() <= 1
    assert confidence[:, :, 10:].mean() > 0.8 and confidence[:, :, :6].mean() < 0.2
    assert all(torch.equal(before[n], t) for n, t in student.state_dict().items())


def test_a_confident_student_comes_back_from_its_folder(student, tmp_path):
    training = ConfidenceTraining(student, CPU)
    training.step(scene(0))
    network = training.confident()
    name = 'lden' if type(student).__name__ == 'LDEN' else 'lden_light'
    save_model(tmp_path / 'm', network, ModelCard(
        name, 'mobilenetv2', SIZE, options={'confidence': True}))
    loaded, _ = load_model(tmp_path / 'm')
    x = scene(1)[0][0]
    for a, b in zip(network.with_confidence(x), loaded.with_confidence(x), strict=True):
        assert torch.equal(a, b)


def test_a_resumed_head_goes_on_where_it_was(student):
    first = ConfidenceTraining(student, CPU)
    first.step(scene(0))
    second = ConfidenceTraining(student, CPU)
    second.load_state_dict(first.state_dict())
    assert first.step(scene(1)) == second.step(scene(1))


def test_no_depth_behind_the_camera_is_ever_right(student):
    with torch.no_grad():
        student.head[-1].bias.fill_(-2.0)
    training = ConfidenceTraining(student, CPU)
    for seed in range(40):
        training.step([(scene(seed)[0][0], torch.full((2, 1, 16, 32), -2.0))])
    with torch.no_grad():
        assert training.confident().with_confidence(scene(99)[0][0])[1].max() < 0.2
