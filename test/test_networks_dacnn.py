# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""DACNN: the depth-aware convolution against its definition, the parts, and both networks."""

from network_outlines import outline, weights
import pytest
import torch
from torch.nn.functional import conv2d, unfold

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.networks import build
from depth_distill_ros.networks.dacnn.depth_aware import (
    DepthAwareBlock,
    DepthAwareConv2d,
    depth_aware_conv2d,
)
from depth_distill_ros.networks.dacnn.parts import ASPP, APNonLocal, correlation

pytestmark = pytest.mark.slow

DILATIONS = (1, 6, 12, 18)


def example(dilation=1, size=(9, 11), channels=(3, 4, 5)):
    torch.manual_seed(dilation)
    c, guides, out = channels
    return tuple(torch.randn(*shape, dtype=torch.float64, requires_grad=True) for shape in (
        (2, c, *size), (2, guides, *size), (out, c, 3, 3), (out,)))


def unfolded(f, g, w, b, dilation):
    """Eq. 2 as written: all nine taps of every pixel at once."""
    (count, channels, height, width), guides = f.shape, g.shape[1]
    taps = unfold(f, 3, dilation, dilation).view(count, channels, 9, height, width)
    around = unfold(g, 3, dilation, dilation).view(count, guides, 9, height, width)
    kernel = torch.exp(-0.5 * (around - g.unsqueeze(2)).square().sum(1, keepdim=True))
    return torch.einsum('bcohw,kco->bkhw', taps * kernel, w.flatten(2)) + b.view(1, -1, 1, 1)


@pytest.mark.parametrize('dilation', DILATIONS)
def test_one_tap_after_the_other_gives_the_output_and_gradients_of_all_at_once(dilation):
    f, g, w, b = example(dilation)
    found, expected = depth_aware_conv2d(f, g, w, b, dilation), unfolded(f, g, w, b, dilation)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)
    towards = torch.randn_like(found)
    for a, e in zip(*(torch.autograd.grad(y, (f, g, w, b), towards) for y in (found, expected)),
                    strict=True):
        torch.testing.assert_close(a, e, rtol=0, atol=1e-11)


@pytest.mark.parametrize('dilation', DILATIONS)
def test_with_constant_guidance_it_is_an_ordinary_dilated_convolution(dilation):
    f, g, w, b = example(dilation)
    found = depth_aware_conv2d(f, torch.full_like(g, 3.0), w, b, dilation)
    expected = conv2d(f, w, b, padding=dilation, dilation=dilation)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize('dilation', DILATIONS)
def test_where_guidance_is_far_apart_only_the_centre_counts(dilation):
    f, g, w, b = example(dilation)
    apart = torch.arange(g.numel(), dtype=torch.float64).view(g.shape) * 1000
    found = depth_aware_conv2d(f, apart, w, b, dilation)
    torch.testing.assert_close(found, conv2d(f, w[..., 1:2, 1:2], b), rtol=0, atol=1e-12)


def test_its_gradients_are_right_in_double_precision():
    f, g, w, b = example(size=(2, 3), channels=(2, 2, 2))
    assert torch.autograd.gradcheck(depth_aware_conv2d, (f, g, w, b))


def test_training_keeps_no_weighted_copies_of_the_features():
    f, g, w, b = example(size=(40, 40))
    saved = []
    with torch.autograd.graph.saved_tensors_hooks(
            lambda t: saved.append(t.untyped_storage().data_ptr()) or t, lambda t: t):
        y = depth_aware_conv2d(f, g, w, b)
    assert len(set(saved)) <= 4  # the padded features and guidance, and the weights
    y.sum().backward()


def test_the_layer_is_the_function_with_its_own_weights():
    module = DepthAwareConv2d(3, 5, dilation=2, bias=True)
    f, g = torch.randn(1, 3, 8, 8), torch.randn(1, 2, 8, 8)
    torch.testing.assert_close(
        module(f, g), depth_aware_conv2d(f, g, module.weight, module.bias, 2))


def test_a_block_without_depth_awareness_has_as_many_weights_and_no_use_for_guidance():
    aware, ordinary = (DepthAwareBlock(8, 16, depth_aware) for depth_aware in (True, False))
    assert weights(aware) == weights(ordinary)
    f, near, far = torch.randn(1, 8, 20, 20), torch.zeros(1, 2, 20, 20), torch.randn(1, 2, 20, 20)
    assert torch.equal(ordinary(f, near), ordinary(f, far))
    assert not torch.allclose(aware(f, near), aware(f, far))


def test_correlation_is_highest_at_the_displacement_of_the_right_view():
    torch.manual_seed(0)
    right = torch.randn(1, 64, 5, 40)
    left = torch.roll(right, 7, dims=3)  # what the right view has at x - 7
    found = correlation(left, right)
    assert found.shape == (1, 25, 5, 40)
    assert (found[..., 30:].argmax(1) == 7).all()


def test_correlation_is_zero_outside_of_the_right_view_and_a_mean_over_channels():
    ones = torch.ones(1, 6, 2, 30)
    found = correlation(ones, ones)
    for d in range(25):
        assert (found[0, d, :, :d] == 0).all() and (found[0, d, :, d:] == 1).all()


def test_the_attention_of_a_new_non_local_block_is_zero_and_can_learn():
    block = APNonLocal(256).eval()
    assert weights(block) == 230_528
    x = torch.randn(1, 256, 16, 20)
    alone = block.merge(torch.cat((torch.zeros_like(x), x), 1))
    assert torch.equal(block(x), alone)
    block(x).sum().backward()
    assert block.attended.weight.grad.any()


def test_aspp_has_the_weights_of_its_four_rates():
    assert weights(ASPP(2048)) == 2048 * 256 + 3 * 9 * 2048 * 256 + 1024 * 256 + 5 * 512


@pytest.fixture(scope='module')
def student():
    return build('dacnn')


@pytest.fixture(scope='module')
def teacher():
    return build('dacnn_stereo')


def test_both_networks_have_the_weights_of_the_paper():
    student, teacher = (outline(name, 'resnest50') for name in ('dacnn', 'dacnn_stereo'))
    assert weights(student) == 42_629_089
    assert weights(teacher) == 42_722_785
    assert weights(student.encoder) == weights(teacher.encoder) == 25_434_240


@pytest.mark.parametrize('size', [(64, 128), (61, 99)])
def test_depth_has_the_size_of_the_image_and_guidance_has_three_scales(student, teacher, size):
    x = torch.rand(1, 3, *size)
    with torch.no_grad():
        for depth, guidance in (student.eval().with_guidance(x),
                                teacher.eval().with_guidance(x, x)):
            assert depth.shape == (1, 1, *size) and depth.isfinite().all()
            assert [g.shape[1] for g in guidance] == [32] * 3
            assert [g.shape[-2:] for g in guidance] == [
                tuple(-(-side // scale) for side in size) for scale in (8, 4, 2)]


def test_depth_and_guidance_depend_on_every_weight_of_both_networks():
    x = torch.empty(2, 3, 32, 64, device='meta')
    for name, views in (('dacnn', (x,)), ('dacnn_stereo', (x, x))):
        network = outline(name, 'resnest50').train()
        depth, guidance = network.with_guidance(*views)
        (depth.square().mean() + sum(g.square().mean() for g in guidance)).backward()
        assert all(p.grad is not None for p in network.parameters())


def test_the_depth_of_the_teacher_depends_on_the_right_image(teacher):
    x, other = torch.rand(2, 1, 3, 32, 64)
    with torch.no_grad():
        for module in teacher.modules():  # statistics as if trained
            if isinstance(module, torch.nn.BatchNorm2d):
                module.momentum = 1.0
        teacher.train()(torch.rand(2, 3, 32, 64), torch.rand(2, 3, 32, 64))
        teacher.eval()
        assert not torch.allclose(teacher(x, x), teacher(x, other))


def test_a_pair_of_different_sizes_is_refused(teacher):
    with pytest.raises(DepthDistillError, match='crop both alike'):
        teacher(torch.rand(1, 3, 32, 64), torch.rand(1, 3, 32, 96))
