# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Hugging Face depth models as teachers: their depth in metres, gradients, and refusals."""

from importlib.util import find_spec
import json
import sys

from external_parts import Harm, made_image
import numpy as np
from PIL import Image
import pytest
import tiny_teachers
import torch
from torch import nn

from depth_distill_ros.networks.model_folder import ModelCard, ModelError
from depth_distill_ros.networks.normalisation import to_input
from depth_distill_ros.networks.teachers import load_teacher

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec('transformers') is None, reason='needs transformers')]

_FAMILIES = {
    'depth_anything': (tiny_teachers.depth_anything, ''),
    'zoedepth': (tiny_teachers.zoedepth, ''),
    'zoedepth of two heads': (lambda: tiny_teachers.zoedepth(2), ''),
    'glpn': (tiny_teachers.glpn, ''),
    'dpt': (tiny_teachers.dpt, ',metric=yes'),
    'dpt on dinov2': (tiny_teachers.dpt_on_dinov2, ',metric=yes'),
}


@pytest.fixture(scope='module', params=_FAMILIES)
def family(request, tmp_path_factory):
    """Return the folder of a tiny model, and the spec that loads it."""
    make, options = _FAMILIES[request.param]
    folder = tiny_teachers.saved(tmp_path_factory.mktemp('tiny'), make())
    return folder, f'hf:{folder}{options}'


def test_a_hugging_face_model_gives_the_depth_of_its_own_pipeline_at_half_size(family):
    from transformers import pipeline

    folder, spec = family
    image = made_image()
    expected = pipeline('depth-estimation', model=str(folder))(
        Image.fromarray(image))['predicted_depth'].detach()
    teacher, card = load_teacher(spec)
    depth = teacher(to_input(torch.from_numpy(image)[None]))
    assert card == ModelCard('external', spec, (228, 304))
    assert depth.shape == (1, 1, 38, 50) and depth.dtype == torch.float32
    expected = nn.functional.interpolate(
        expected[None, None], (38, 50), mode='bilinear', align_corners=True)
    spread = expected.max() - expected.min()
    # the pipeline rounds the resized image to integers and resizes the depth bicubically
    assert spread > 0.05 and (depth - expected).abs().mean() < 0.012 * spread


def test_its_gradient_reaches_the_image_and_its_weights_are_frozen(family):
    teacher, _ = load_teacher(family[1])
    x = to_input(torch.from_numpy(np.stack([made_image(), made_image()[:, ::-1]])))
    x.requires_grad_()
    depth = teacher(x)
    depth.sum().backward()
    assert all(torch.isfinite(g).all() and g.any() for g in x.grad)
    assert not any(p.requires_grad for p in teacher.parameters())


def test_its_scale_is_in_metres(tmp_path):
    shallow = tiny_teachers.saved(tmp_path / 'a', tiny_teachers.depth_anything(max_depth=20))
    deep = tiny_teachers.saved(tmp_path / 'b', tiny_teachers.depth_anything(max_depth=80))
    x = to_input(torch.from_numpy(made_image())[None])
    expected = 4 * load_teacher(f'hf:{shallow}')[0](x)
    assert torch.allclose(load_teacher(f'hf:{deep}')[0](x), expected)
    assert torch.allclose(load_teacher(f'hf:{shallow},max_depth=80')[0](x), expected)


@pytest.mark.parametrize(('make', 'options', 'message'), [
    (lambda: tiny_teachers.depth_anything('relative', 1), '', 'inverse depth.*Metric-Indoor'),
    (lambda: tiny_teachers.depth_anything('relative', 1), ',metric=yes', 'inverse depth'),
    (lambda: tiny_teachers.depth_anything('metric', 1), '', 'from 0 to 1.*max_depth=20'),
    (tiny_teachers.dpt, '', 'does not name its output.*MiDaS.*metric=yes'),
    (tiny_teachers.dpt, ',metric=yes,max_depth=10', 'has no max_depth'),
    (tiny_teachers.dpt, ',metric=no', 'only value is yes'),
    (tiny_teachers.glpn, ',depth=10', 'no option depth; choose one of metric, max_depth'),
    (tiny_teachers.glpn, ',max_depth=-1', 'whole metres above 0'),
])
def test_a_model_without_metres_is_refused_with_a_way_out(tmp_path, make, options, message):
    folder = tiny_teachers.saved(tmp_path / 'model', make())
    with pytest.raises(ModelError, match=message) as refusal:
        load_teacher(f'hf:{folder}{options}')
    assert '\n' not in str(refusal.value) and str(folder) in str(refusal.value)


def test_glpn_of_kitti_does_not_pass_as_ten_metres_deep(tmp_path):
    folder = tiny_teachers.saved(tmp_path / 'glpn-kitti', tiny_teachers.glpn())
    with pytest.raises(ModelError, match='max_depth=80'):
        load_teacher(f'hf:{folder}')
    x = to_input(torch.from_numpy(made_image())[None])
    shallow, deep = (load_teacher(f'hf:{folder},max_depth={m}')[0](x) for m in (10, 80))
    assert torch.allclose(8 * shallow, deep)


def lose_weights(folder):
    from safetensors.torch import load_file, save_file
    tensors = load_file(folder / 'model.safetensors')
    tensors.pop('head.head.2.bias')
    save_file(tensors, folder / 'model.safetensors', {'format': 'pt'})


def spoil_weights(folder):
    from safetensors.torch import load_file, save_file
    tensors = load_file(folder / 'model.safetensors')
    tensors['head.head.2.bias'].fill_(float('nan'))
    save_file(tensors, folder / 'model.safetensors', {'format': 'pt'})


def pickle_weights(folder):
    (folder / 'model.safetensors').unlink()
    torch.save({'a': Harm(folder / 'harm')}, folder / 'pytorch_model.bin')


@pytest.mark.parametrize(('damage', 'message'), [
    (lambda f: (f / 'config.json').unlink(), 'cannot be loaded.*check the folder'),
    (lambda f: (f / 'config.json').write_text('{"model_type": "resnet"}'), 'is a resnet'),
    (lambda f: (f / 'preprocessor_config.json').unlink(), 'cannot be loaded'),
    (lambda f: (f / 'model.safetensors').write_bytes(b'x' * 100), 'cannot be loaded'),
    (lambda f: (f / 'model.safetensors').unlink(), 'cannot be loaded.*no file'),
    (lose_weights, 'lacks 1 weights.*head.head.2.bias'),
    (spoil_weights, 'head.head.2.bias holds NaN'),
    (pickle_weights, 'cannot be loaded'),
])
def test_a_damaged_folder_is_refused_and_not_executed(tmp_path, damage, message):
    folder = tiny_teachers.saved(tmp_path / 'glpn', tiny_teachers.glpn())
    damage(folder)
    with pytest.raises(ModelError, match=message) as refusal:
        load_teacher(f'hf:{folder}')
    assert '\n' not in str(refusal.value)
    assert not (folder / 'harm').exists()


def test_a_hub_id_without_a_network_says_so_and_a_path_is_no_hub_id(monkeypatch, tmp_path):
    monkeypatch.setattr('huggingface_hub.constants.HF_HUB_OFFLINE', True)
    monkeypatch.setattr('huggingface_hub.constants.HF_HUB_CACHE', str(tmp_path))
    with pytest.raises(ModelError, match='nobody/nothing cannot be loaded.*internet') as refusal:
        load_teacher('hf:nobody/nothing')
    assert '\n' not in str(refusal.value)
    with pytest.raises(ModelError, match='no folder'):
        load_teacher(f'hf:{tmp_path}/missing')


def test_without_transformers_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, 'transformers', None)
    with pytest.raises(ModelError, match='pip install .transformers'):
        load_teacher('hf:nobody/nothing')


def test_the_configuration_is_read_and_not_the_name(tmp_path):
    folder = tiny_teachers.saved(
        tmp_path / 'Depth-Anything-V2-Metric', tiny_teachers.depth_anything('relative', 1))
    assert json.loads((folder / 'config.json').read_text())['model_type'] == 'depth_anything'
    with pytest.raises(ModelError, match='inverse depth'):
        load_teacher(f'hf:{folder}')
