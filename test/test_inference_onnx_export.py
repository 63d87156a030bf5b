# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""ONNX files of the networks: the same depth in another runtime."""

import pytest
import torch
from torch import nn
from torch.nn.functional import interpolate

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.inference.engines.image_network import ImageNetwork
from depth_distill_ros.inference.engines.onnx_export import export_onnx
from depth_distill_ros.networks import build
from depth_distill_ros.networks.backbones import encoder
from depth_distill_ros.networks.normalisation import to_image

pytestmark = pytest.mark.slow

onnxruntime = pytest.importorskip('onnxruntime')
SIZE = (33, 65)


def normalised_images(count):
    """Make images with large and small structure, as of a camera."""
    return sum(interpolate(torch.randn(count, 3, *(-(-side // scale) for side in SIZE)), SIZE,
                           mode='bilinear') for scale in (1, 4, 16, 64)) / 2


def as_if_trained(network):
    """Give the network BatchNorm statistics of images and an output of several units."""
    torch.manual_seed(0)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None
    with torch.no_grad():
        network.train()(normalised_images(2))
        network.eval()
        last = [m for m in network.modules() if isinstance(m, nn.Conv2d)][-1]
        last.weight *= 2 / network(normalised_images(1)).std()
    return network


def outputs(network):
    """Return the output of torch and of the ONNX file for one image."""
    image = to_image(normalised_images(1))
    session = onnxruntime.InferenceSession(
        export_onnx(network, SIZE), providers=['CPUExecutionProvider'])
    found, = session.run(['depth'], {'picture': image.numpy()})
    with torch.no_grad():
        return ImageNetwork(network)(image)[0], torch.from_numpy(found)


@pytest.mark.parametrize(('name', 'backbone', 'options'), [
    ('lden', 'mobilenetv2', {}),
    ('lden', 'resnet34', {}),
    ('lden_light', 'mobilenetv2', {}),
    ('lden_light', 'efficientnet_lite0', {}),
    ('meter', 'xxs', {'frame': True}),
    ('edn', 'resnet18', {}),
    ('edn', 'resnet18', {'up': 'unpool'}),
    ('ffn', 'resnet18', {}),
    ('sarpn', 'resnet34', {}),
    pytest.param('dacnn', 'resnest50', {}, marks=pytest.mark.slow),
])
def test_an_onnx_file_gives_the_depth_of_its_network(name, backbone, options):
    network = build(name, backbone, **options)
    if name == 'dacnn':  # whose attention starts at zero
        nn.init.normal_(network.context.attended.weight, std=0.1)
    expected, found = outputs(as_if_trained(network))
    assert expected.abs().max() > 1
    assert found.shape == expected.shape
    assert (found - expected).abs().max() < 1e-3


def test_an_onnx_file_gives_the_features_of_the_largest_encoder():
    # its first stages have all its operations; a whole network with it is a gigabyte
    expected, found = outputs(as_if_trained(nn.Sequential(*list(encoder('senet154').stages)[:2])))
    assert (found - expected).abs().max() < 1e-3


def test_an_export_leaves_the_network_as_it_was():
    network = build('lden_light', 'mobilenetv2').train()
    network.encoder.eval()
    last = network.head[-1]
    export_onnx(network, (64, 64))
    assert network.training and network.head.training and not network.encoder.training
    assert all(p.requires_grad for p in network.parameters())
    assert network.head[-1] is last


def test_without_the_onnx_package_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setattr(
        'depth_distill_ros.inference.engines.onnx_export.find_spec', lambda name: None)
    with pytest.raises(DepthDistillError, match='pip install onnx'):
        export_onnx(build('lden_light'), (64, 64))
