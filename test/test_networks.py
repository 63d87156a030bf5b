# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The networks: exact weight counts, shapes, gradients, and model folders good and bad."""

import json

import pytest
from safetensors.torch import load_file, save_file
import torch

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.networks import TransformationNetwork, build
from depth_distill_ros.networks.model import ModelCard, ModelError, load_model, save_model
from depth_distill_ros.networks.normalisation import to_image, to_input


def weights(network):
    return sum(p.numel() for p in network.parameters())


@pytest.mark.parametrize(('backbone', 'total', 'in_encoder', 'batch_norms'), [
    ('resnet34', 21_918_977, 21_284_672, 42),
    ('mobilenetv2', 1_673_905, 1_337_792, 54),
    ('resnet18', 11_810_817, 11_176_512, 26),
])
def test_lden_has_exactly_the_weights_of_the_paper(backbone, total, in_encoder, batch_norms):
    network = build('lden', backbone)
    assert weights(network) == total
    assert weights(network.encoder) == in_encoder
    assert sum(isinstance(m, torch.nn.BatchNorm2d) for m in network.modules()) == batch_norms


def test_g_has_exactly_the_weights_of_the_concatenated_skip_form():
    assert weights(TransformationNetwork()) == 25_773_347


def test_a_narrow_g_is_much_smaller():
    assert weights(TransformationNetwork(0.125)) < 25_773_347 / 50


@pytest.mark.slow
@pytest.mark.parametrize('size', [(228, 304), (97, 131), (96, 128)])
@pytest.mark.parametrize('backbone', ['resnet18', 'mobilenetv2'])
def test_lden_answers_any_size_at_twice_its_first_tap_with_gradients(backbone, size):
    network = build('lden', backbone)
    depth = network(torch.rand(2, 3, *size))
    quarter = [(side + 3) // 4 for side in size]
    assert depth.shape == (2, 1, 2 * quarter[0], 2 * quarter[1])
    depth.square().mean().backward()
    gradients = [p.grad for p in network.parameters()]
    assert all(g is not None and torch.isfinite(g).all() for g in gradients)


@pytest.mark.parametrize('size', [(228, 304), (97, 131)])
def test_g_keeps_the_size_of_its_picture(size):
    assert TransformationNetwork(0.125)(torch.rand(2, 3, *size)).shape == (2, 3, *size)


def test_a_residual_g_starts_as_the_identity_and_can_learn():
    g, x = TransformationNetwork(0.125, residual=True), torch.rand(2, 3, 64, 64)
    z = g(x)
    assert torch.equal(z, x)
    (z - 1).square().mean().backward()
    assert g.out.weight.grad.abs().sum() > 0


def test_a_picture_survives_the_way_into_a_network_and_back():
    picture = torch.randint(0, 256, (2, 40, 50, 3), dtype=torch.uint8)
    x = to_input(picture)
    assert x.shape == (2, 3, 40, 50)
    assert x.mean(dtype=torch.float64).abs() < 0.5
    assert torch.equal(to_image(x), picture)


def test_an_unknown_network_or_backbone_is_named_with_the_choices():
    with pytest.raises(DepthDistillError, match='vgg.*resnet18'):
        build('lden', 'vgg')
    with pytest.raises(DepthDistillError, match='midas.*lden'):
        build('midas', 'resnet18')


@pytest.fixture
def model(tmp_path):
    torch.manual_seed(0)
    network = build('lden', 'mobilenetv2')
    card = ModelCard('lden', 'mobilenetv2', (96, 128),
                     Intrinsics.from_vertical_fov(0.8, (96, 128)), {'role': 'student'})
    save_model(tmp_path / 'model', network, card)
    return tmp_path / 'model', network, card


def test_a_model_comes_back_from_its_folder_as_it_was(model):
    folder, network, card = model
    loaded, card_read = load_model(folder)
    assert card_read == card
    assert all(torch.equal(a, b) for a, b in zip(
        network.state_dict().values(), loaded.state_dict().values(), strict=True))
    assert [p.name for p in folder.parent.iterdir()] == ['model']


def test_half_precision_halves_the_file_and_spares_the_statistics(model, tmp_path):
    folder, network, card = model
    network.encoder.stages[0][0][1].running_var.fill_(1e6)
    save_model(tmp_path / 'half', network, card, half=True)
    sizes = [(f / 'weights.safetensors').stat().st_size for f in (folder, tmp_path / 'half')]
    assert sizes[1] < 0.55 * sizes[0]
    assert load_model(tmp_path / 'half')[0].encoder.stages[0][0][1].running_var[0] == 1e6


def test_a_model_is_never_overwritten(model):
    folder, network, card = model
    with pytest.raises(ModelError, match='never overwritten'):
        save_model(folder, network, card)


def test_a_folder_that_cannot_be_written_is_named(model, tmp_path):
    _, network, card = model
    (tmp_path / 'file').write_text('in the way')
    with pytest.raises(ModelError, match='file/model.*free some space or make'):
        save_model(tmp_path / 'file' / 'model', network, card)


def edit(folder, change):
    tensors = load_file(folder / 'weights.safetensors')
    change(tensors)
    save_file(tensors, folder / 'weights.safetensors')


@pytest.mark.parametrize(('damage', 'message'), [
    (lambda f: (f / 'weights.safetensors').write_bytes(b''), 'no complete safetensors file'),
    (lambda f: (f / 'weights.safetensors').write_bytes(
        (f / 'weights.safetensors').read_bytes()[:-1000]), 'no complete safetensors file'),
    (lambda f: (f / 'weights.safetensors').write_bytes(b'\x80\x04pickle' * 100),
     'no complete safetensors file'),
    (lambda f: (f / 'weights.safetensors').unlink(), 'no complete safetensors file'),
    (lambda f: (f / 'card.json').unlink(), 'no model folder'),
    (lambda f: (f / 'card.json').write_text('{"format": 1}'), 'no model card'),
    (lambda f: (f / 'card.json').write_text('not json'), 'no model card'),
    (lambda f: edit(f, lambda t: t.pop('head.3.bias')), '1 tensors missing'),
    (lambda f: edit(f, lambda t: t.update(more=torch.zeros(1))), '1 surplus'),
    (lambda f: edit(f, lambda t: t['head.3.bias'].fill_(float('nan'))), 'holds NaN'),
])
def test_a_damaged_model_folder_is_refused_with_its_name_and_the_reason(model, damage, message):
    folder = model[0]
    damage(folder)
    with pytest.raises(ModelError, match=message) as refusal:
        load_model(folder)
    assert str(folder) in str(refusal.value)
    assert '\n' not in str(refusal.value)


def test_weights_of_another_architecture_are_refused(model):
    folder = model[0]
    card = json.loads((folder / 'card.json').read_text())
    (folder / 'card.json').write_text(json.dumps({**card, 'backbone': 'resnet18'}))
    with pytest.raises(ModelError, match='does not fit lden resnet18.*missing'):
        load_model(folder)
