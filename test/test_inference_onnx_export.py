# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The networks as ONNX files: the same depth in another runtime."""

import pytest
import torch
from torch import nn
from torch.nn.functional import interpolate

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.inference.engines.onnx_export import export_onnx
from depth_distill_ros.networks import build, transformation_network
from depth_distill_ros.networks.backbones import encoder

onnxruntime = pytest.importorskip('onnxruntime')


def pictures(count, size):
    """Make pictures with large and small structure, as cameras see."""
    return sum(interpolate(torch.randn(count, 3, *(-(-side // scale) for side in size)), size,
                           mode='bilinear') for scale in (1, 4, 16, 64)) / 2


def lived_in(network, size, views=1):
    """Give the network statistics of its own and an output of several units, as if trained."""
    torch.manual_seed(0)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None
    with torch.no_grad():
        network.train()(*(pictures(4, size) for _ in range(views)))
        network.eval()
        last = [m for m in network.modules() if isinstance(m, nn.Conv2d)][-1]
        last.weight *= 2 / network(*(pictures(1, size) for _ in range(views))).std()
    return network


def answers(network, size, path, views=1):
    """Return what torch and the ONNX file say to the same picture."""
    export_onnx(network, size, path, views)
    seen = [pictures(1, size) for _ in range(views)]
    session = onnxruntime.InferenceSession(path, providers=['CPUExecutionProvider'])
    inputs = {node.name: x.numpy() for node, x in zip(session.get_inputs(), seen, strict=True)}
    with torch.no_grad():
        return network(*seen), torch.from_numpy(session.run(['depth'], inputs)[0])


@pytest.mark.parametrize(('name', 'backbone', 'options'), [
    ('lden', 'mobilenetv2', {}),
    ('lden', 'resnet34', {}),
    ('lden_light', 'mobilenetv2', {}),
    ('edn', 'resnet18', {}),
    ('edn', 'resnet18', {'up': 'unpool'}),
    ('ffn', 'resnet18', {}),
    ('sarpn', 'resnet34', {}),
    ('dacnn', 'resnest50', {}),
    ('dacnn_stereo', 'resnest50', {}),
])
def test_a_network_says_the_same_as_an_onnx_file(name, backbone, options, tmp_path):
    size, views = (65, 97), 2 if name == 'dacnn_stereo' else 1
    network = build(name, backbone, **options)
    if name == 'dacnn':  # whose attention starts as nothing
        nn.init.normal_(network.context.attended.weight, std=0.1)
    network = lived_in(network, size, views)
    expected, got = answers(network, size, tmp_path / 'net.onnx', views)
    assert expected.abs().max() > 1
    assert got.shape == expected.shape
    assert (got - expected).abs().max() < 1e-3


@pytest.mark.parametrize(('backbone', 'stages'), [('senet154', 2), ('resnest50', 3)])
def test_the_encoders_of_the_giants_say_the_same_as_an_onnx_file(backbone, stages, tmp_path):
    # their first stages have every operation of theirs; an export of SARPN whole is a gigabyte
    leading = nn.Sequential(*list(encoder(backbone).stages)[:stages])
    expected, got = answers(lived_in(leading, (65, 97)), (65, 97), tmp_path / 'stages.onnx')
    assert (got - expected).abs().max() < 1e-3


def test_the_confidence_of_a_network_is_in_its_onnx_file(tmp_path):
    network = lived_in(build('lden_light', 'mobilenetv2', confidence=True), (65, 97))
    export_onnx(network, (65, 97), tmp_path / 'net.onnx')
    session = onnxruntime.InferenceSession(tmp_path / 'net.onnx')
    seen = pictures(1, (65, 97))
    found = session.run(['depth', 'confidence'], {'image': seen.numpy()})
    with torch.no_grad():
        for got, expected in zip(found, network.with_confidence(seen), strict=True):
            assert (torch.from_numpy(got) - expected).abs().max() < 1e-3


@pytest.mark.parametrize('form', ['paper', 'light'])
def test_g_says_the_same_as_an_onnx_file(form, tmp_path):
    size = (33, 65)
    expected, got = answers(
        lived_in(transformation_network(form, 0.25), size), size, tmp_path / 'g.onnx')
    assert (got - expected).abs().max() < 1e-3


def test_an_export_leaves_the_network_as_it_was(tmp_path):
    network = build('lden_light', 'mobilenetv2').train()
    network.encoder.eval()
    export_onnx(network, (64, 64), tmp_path / 'net.onnx')
    assert network.training and network.head.training and not network.encoder.training
    assert all(p.requires_grad for p in network.parameters())
    assert [p.name for p in tmp_path.iterdir()] == ['net.onnx']


def test_a_file_that_cannot_be_written_is_named_with_the_cure(tmp_path):
    (tmp_path / 'file').write_text('in the way')
    network = build('lden_light', 'mobilenetv2')
    for folder in ('file', 'absent'):
        with pytest.raises(DepthDistillError, match=f'{folder}/net.onnx.*name a file'):
            export_onnx(network, (64, 64), tmp_path / folder / 'net.onnx')


def test_without_the_onnx_package_the_error_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(
        'depth_distill_ros.inference.engines.onnx_export.find_spec', lambda name: None)
    with pytest.raises(DepthDistillError, match='pip install onnx'):
        export_onnx(build('lden_light'), (64, 64), tmp_path / 'net.onnx')
