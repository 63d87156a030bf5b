# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Model folders: written as a whole, read as they were, refused with the reason if damaged."""

import copy
from dataclasses import replace
import json
import shutil

import pytest
from safetensors.torch import load_file, save_file
import torch

from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.networks import build
from depth_distill_ros.networks.model_folder import (
    ModelCard,
    ModelError,
    load_model,
    read_card,
    save_model,
)
from depth_distill_ros.networks.scale_anchor import ScaleAnchor

CARD = ModelCard('lden', 'mobilenetv2', (96, 128),
                 Intrinsics.from_vertical_fov(0.8, (96, 128)), {'role': 'student'})


@pytest.fixture(scope='module')
def saved(tmp_path_factory):
    network = build('lden', 'mobilenetv2')
    folder = tmp_path_factory.mktemp('saved') / 'model'
    save_model(folder, network, CARD)
    return folder, network


@pytest.fixture
def model(saved, tmp_path):
    """Return the folder of a model, for this test only, and its network and card."""
    return shutil.copytree(saved[0], tmp_path / 'model'), copy.deepcopy(saved[1]), CARD


def test_a_model_comes_back_from_its_folder_as_it_was(model):
    folder, network, card = model
    loaded, card_read = load_model(folder)
    assert card_read == card
    assert all(torch.equal(a, b) for a, b in zip(
        network.state_dict().values(), loaded.state_dict().values(), strict=True))
    assert [p.name for p in folder.parent.iterdir()] == ['model']


def test_a_scale_anchor_comes_back_and_a_card_without_one_does_not_mention_it(model, tmp_path):
    folder, network, card = model
    anchor = ScaleAnchor(1.07, 50, card.intrinsics)
    save_model(tmp_path / 'anchored', network, replace(card, anchor=anchor))
    assert read_card(tmp_path / 'anchored').anchor == anchor
    assert 'anchor' not in json.loads((folder / 'card.json').read_text())


@pytest.mark.parametrize('anchor', [
    {'factor': 3.0, 'frames': 50}, {'factor': float('nan'), 'frames': 50},
    {'factor': 1.1, 'frames': 0}, {'factor': '1.1', 'frames': 50}, {'factor': 1.1}, [1.1, 50]])
def test_an_impossible_scale_anchor_is_refused(model, anchor):
    card = model[0] / 'card.json'
    card.write_text(json.dumps({**json.loads(card.read_text()), 'anchor': anchor}))
    with pytest.raises(ModelError, match='is not a model card'):
        read_card(model[0])


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
    (lambda f: (f / 'weights.safetensors').write_bytes(b''), 'not a complete safetensors file'),
    (lambda f: (f / 'weights.safetensors').write_bytes(
        (f / 'weights.safetensors').read_bytes()[:-1000]), 'not a complete safetensors file'),
    (lambda f: (f / 'weights.safetensors').write_bytes(b'\x80\x04pickle' * 100),
     'not a complete safetensors file'),
    (lambda f: (f / 'weights.safetensors').unlink(), 'not a complete safetensors file'),
    (lambda f: (f / 'card.json').unlink(), 'not a model folder'),
    (lambda f: (f / 'card.json').write_text('{"format": 1}'), 'not a model card'),
    (lambda f: (f / 'card.json').write_text('not json'), 'not a model card'),
    (lambda f: edit(f, lambda t: t.pop('head.3.bias')), '1 missing: head.3.bias; the card'),
    (lambda f: edit(f, lambda t: t.update(more=torch.zeros(1))), '1 surplus: more; the card'),
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
    with pytest.raises(ModelError, match='the lden resnet18: .* missing: .* surplus: '):
        load_model(folder)
