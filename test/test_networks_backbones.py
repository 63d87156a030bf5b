# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The encoders: their taps, their dilation, and weights that cannot be had."""

from network_outlines import weights
import pytest
import torch
from torch import nn

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.networks import build
from depth_distill_ros.networks.backbones import encoder


def test_the_stem_of_an_encoder_is_one_more_tap_with_the_same_weights():
    plain, with_stem = encoder('resnet18'), encoder('resnet18', stem=True)
    with_stem.load_state_dict(plain.state_dict())
    x = torch.randn(1, 3, 64, 96)
    taps, more = plain.eval()(x), with_stem.eval()(x)
    assert with_stem.channels == (64, *plain.channels)
    assert more[0].shape == (1, 64, 32, 48)
    assert (more[0] >= 0).all()
    assert all(torch.equal(a, b) for a, b in zip(taps, more[1:], strict=True))


def test_a_backbone_without_a_stem_tap_says_so():
    with pytest.raises(DepthDistillError, match='mobilenetv2 has no stem tap'):
        encoder('mobilenetv2', stem=True)


def test_resnest_stays_at_stride_eight_as_its_authors_dilate_it():
    with torch.device('meta'):
        network = encoder('resnest50').eval()
        taps = network(torch.empty(1, 3, 256, 512))
    assert weights(network) == 25_434_240
    assert network.channels == (64, 256, 512, 1024, 2048)
    assert [tuple(t.shape[1:]) for t in taps] == [
        (64, 128, 256), (256, 64, 128), (512, 32, 64), (1024, 32, 64), (2048, 32, 64)]
    dilations = [[block.conv2.conv.dilation[0] for block in stage]
                 for stage in (network.stages[1][1], *list(network.stages)[2:])]
    assert dilations == [[1] * 3, [1] * 4, [1, 2, 2, 2, 2, 2], [2, 4, 4]]
    pools = [stage[0].avd_last for stage in list(network.stages)[2:]]
    assert [(p.kernel_size, p.stride) for p in pools] == [(3, 2), (3, 1), (3, 1)]
    assert all(isinstance(stage[0].downsample[0], nn.Identity)
               for stage in list(network.stages)[3:])


@pytest.mark.parametrize('backbone', ['resnet18', 'senet154'])
def test_published_weights_that_cannot_be_had_are_one_clear_line(backbone, monkeypatch, tmp_path):
    monkeypatch.setenv('TORCH_HOME', str(tmp_path))
    monkeypatch.setenv('https_proxy', 'http://127.0.0.1:9')
    monkeypatch.setattr('huggingface_hub.constants.HF_HUB_OFFLINE', True)
    monkeypatch.setattr('huggingface_hub.constants.HF_HUB_CACHE', str(tmp_path))
    message = f'ImageNet weights of {backbone} cannot be downloaded.*build without'
    with torch.device('meta'), pytest.raises(DepthDistillError, match=message) as refusal:
        encoder(backbone, pretrained=True)
    assert '\n' not in str(refusal.value)


def test_a_backbone_of_a_package_that_is_not_installed_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__('sys').modules, 'timm', None)
    with pytest.raises(DepthDistillError, match='pip install timm'):
        build('ffn', 'senet154')


@pytest.mark.parametrize('name', [
    'resnet18', 'resnet34', 'resnet50', 'mobilenetv2', 'resnest50',
    pytest.param('senet154', marks=pytest.mark.slow)])
def test_the_taps_of_an_encoder_and_their_gradients_are_finite_at_a_small_odd_size(name):
    network = encoder(name)
    taps = network(torch.randn(2, 3, 33, 65))
    assert [tap.shape[1] for tap in taps] == list(network.channels)
    sum(tap.square().mean() for tap in taps).backward()
    assert all(torch.isfinite(tap).all() for tap in taps)
    assert all(torch.isfinite(p.grad).all() for p in network.parameters())
