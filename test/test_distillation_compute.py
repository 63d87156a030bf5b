# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which layers compute in which precision on a CPU."""

from copy import deepcopy

import pytest
import torch
from torch import nn

from depth_distill_ros.distillation.compute import Compute, out_of_memory_told
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.networks import build
from depth_distill_ros.networks.blocks import DepthConvolution
from depth_distill_ros.settings.names import NETWORKS, STEREO

FP32, BF16 = (Compute(torch.device('cpu'), precision) for precision in ('fp32', 'bf16'))
DEPTHWISE, DENSE = nn.Conv2d(8, 8, 3, groups=8), nn.Conv2d(8, 8, 1)
IN_TWO_GROUPS = nn.Conv2d(8, 8, 3, groups=2)  # as those of ResNeSt


@pytest.mark.parametrize(('layer', 'training', 'dtype'), [
    (DEPTHWISE, True, torch.float32), (DEPTHWISE, False, torch.bfloat16),
    (DENSE, True, torch.bfloat16), (DENSE, False, torch.bfloat16),
    (IN_TWO_GROUPS, True, torch.bfloat16)])
def test_of_a_bfloat16_training_depthwise_convolutions_alone_are_float32(layer, training, dtype):
    with torch.set_grad_enabled(training), BF16.autocast():
        assert layer(DENSE(torch.randn(1, 8, 6, 6))).dtype == dtype


def test_the_gradient_of_a_depthwise_convolution_under_autocast_is_its_float32_gradient():
    x = torch.randn(2, 8, 12, 12)
    exact, = torch.autograd.grad(DEPTHWISE(x).square().mean(), DEPTHWISE.weight)
    with BF16.autocast():
        loss = DEPTHWISE(x).square().mean()
    found, = torch.autograd.grad(loss, DEPTHWISE.weight)
    assert torch.equal(found, exact)


def test_a_convolution_with_named_arguments_is_computed_with_them():
    x, weight = torch.randn(1, 8, 6, 6), DEPTHWISE.weight
    with BF16.autocast():
        half = torch.conv2d(x, weight=weight, groups=8)
        padded = torch.conv2d(x, weight, padding=1, groups=8)
    assert half.shape == (1, 8, 4, 4)
    assert torch.equal(padded, torch.conv2d(x, weight, padding=1, groups=8))


@pytest.mark.parametrize('compute', [FP32, BF16])
@pytest.mark.parametrize(('in_pieces', 'size', 'layer'), [
    (True, (3, 16), nn.Conv2d(8, 8, 5, padding=2, groups=8, bias=False)),
    (True, (12, 9), nn.Conv2d(8, 8, 7, 2, 3, groups=8)),
    (True, (1, 1), nn.Conv2d(8, 8, 7, padding=3, groups=8, bias=False)),
    (True, (5, 16), nn.Conv2d(8, 16, (3, 4), (1, 3), (0, 2), groups=8)),
    (True, (2, 7), nn.Conv2d(8, 8, (1, 6), groups=8)),
    (False, (4, 4), nn.Conv2d(8, 8, (5, 3), padding=2, groups=8)),
    (False, (6, 6), nn.Conv2d(8, 8, 5, padding='same', groups=8)),
    (False, (6, 6), nn.Conv2d(8, 8, 5, padding=4, dilation=2, groups=8))])
def test_depthwise_convolutions_have_the_gradients_of_their_formula(
        in_pieces, size, layer, compute):
    exact, x = deepcopy(layer).double(), torch.randn(2, 8, *size, requires_grad=True)
    y = exact(x.double())
    expected = torch.autograd.grad(y.square().sum(), [x, *exact.parameters()])
    with compute.autocast():
        found = layer(x)
    assert torch.allclose(found.double(), y, atol=1e-5)
    # a bias is added to what the pieces belong to
    nodes = [found.grad_fn, *(node for node, _ in found.grad_fn.next_functions)]
    assert any('DepthwiseConvolution' in str(node) for node in nodes) == in_pieces
    for one, other in zip(torch.autograd.grad(found.square().sum(), [x, *layer.parameters()]),
                          expected, strict=True):
        assert torch.allclose(one.double(), other.double(), rtol=1e-4, atol=1e-4)


def test_a_wide_depthwise_convolution_that_is_not_trained_gives_the_gradient_of_its_image():
    layer = nn.Conv2d(8, 8, 5, padding=2, groups=8).requires_grad_(False)
    x = torch.randn(1, 8, 6, 6, requires_grad=True)
    expected, = torch.autograd.grad(layer(x).square().sum(), x)
    with FP32.autocast():
        found, = torch.autograd.grad(layer(x).square().sum(), x)
    assert torch.equal(found, expected)


@pytest.mark.parametrize(('image', 'layer'), [
    (torch.randn(8, 6, 6), nn.Conv2d(8, 8, 5, groups=8)),
    (torch.randn(1, 6, 6), nn.Conv2d(1, 4, 5)),
    (torch.randn(2, 8, 6, 6).double(), nn.Conv2d(8, 8, 5, groups=8).double())])
def test_single_images_and_double_precision_are_left_to_torch(image, layer):
    expected, = torch.autograd.grad(layer(image).square().sum(), layer.weight)
    with FP32.autocast():
        found = layer(image)
    assert torch.equal(torch.autograd.grad(found.square().sum(), layer.weight)[0], expected)


def test_an_image_of_another_number_format_is_refused_as_torch_refuses_it():
    with FP32.autocast(), pytest.raises(RuntimeError, match='should be the same'):
        DEPTHWISE(torch.randn(1, 8, 6, 6).double())


@pytest.mark.parametrize('name', sorted(set(NETWORKS) - {STEREO}))
def test_depth_has_the_resolution_of_float32_in_bfloat16_too(name):
    torch.manual_seed(0)
    network = build(name).eval()
    with torch.no_grad(), BF16.autocast():
        depth = network(torch.randn(1, 3, 64, 96))
    assert (depth != depth.bfloat16()).float().mean() > 0.9


def test_every_scale_of_sarpn_is_refined_in_float32():
    network = build('sarpn')
    outputs = [layer for layer in network.modules()
               if isinstance(layer, nn.Conv2d) and layer.out_channels == 1]
    assert len(outputs) == 10 and all(isinstance(layer, DepthConvolution) for layer in outputs)


def test_a_gpu_without_memory_is_an_error_that_names_what_to_lower():
    with pytest.raises(DepthDistillError, match=r'left \(CUDA out of memory.*\): lower batch'), \
            out_of_memory_told('lower batch'):
        raise torch.cuda.OutOfMemoryError('CUDA out of memory. Tried to allocate 2.00 GiB\nmore')
