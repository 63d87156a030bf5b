# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which layers compute in which precision on a CPU."""

import pytest
import torch
from torch import nn

from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.networks import build
from depth_distill_ros.settings.names import NETWORKS, STEREO

BF16 = Compute(torch.device('cpu'), 'bf16')
DEPTHWISE, DENSE = nn.Conv2d(8, 8, 3, groups=8), nn.Conv2d(8, 8, 1)


@pytest.mark.parametrize(('layer', 'training', 'dtype'), [
    (DEPTHWISE, True, torch.float32), (DEPTHWISE, False, torch.bfloat16),
    (DENSE, True, torch.bfloat16), (DENSE, False, torch.bfloat16)])
def test_of_a_bfloat16_training_depthwise_convolutions_alone_are_float32(layer, training, dtype):
    with torch.set_grad_enabled(training), BF16.autocast():
        assert layer(DENSE(torch.randn(1, 8, 6, 6))).dtype == dtype


def test_a_float32_training_computes_as_without_it():
    x = torch.randn(1, 8, 6, 6)
    with Compute(torch.device('cpu'), 'fp32').autocast():
        inside = DENSE(DEPTHWISE(x))
    assert torch.equal(inside, DENSE(DEPTHWISE(x))) and inside.dtype == torch.float32


def test_the_gradient_of_a_depthwise_convolution_under_autocast_is_its_float32_gradient():
    x = torch.randn(2, 8, 12, 12)
    exact, = torch.autograd.grad(DEPTHWISE(x).square().mean(), DEPTHWISE.weight)
    with BF16.autocast():
        loss = DEPTHWISE(x).square().mean()
    found, = torch.autograd.grad(loss, DEPTHWISE.weight)
    assert torch.equal(found, exact)


@pytest.mark.parametrize('name', sorted(set(NETWORKS) - {STEREO}))
def test_depth_is_float32_whatever_the_precision(name):
    torch.manual_seed(0)
    network = build(name).eval()
    with torch.no_grad(), BF16.autocast():
        assert network(torch.randn(1, 3, 64, 96)).dtype == torch.float32
