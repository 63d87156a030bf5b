# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Teachers from model folders, TorchScript files and Python: which are used and which refused."""

from concurrent.futures import ThreadPoolExecutor
import pickle
import sys
import time

from external_parts import Harm, made_image
import pytest
import torch
from torch import nn

from depth_distill_ros.networks import build
from depth_distill_ros.networks.model_folder import ModelCard, ModelError, save_model
from depth_distill_ros.networks.normalisation import denormalise, normalise, to_input
from depth_distill_ros.networks.teachers import load_teacher


def test_a_model_folder_is_a_teacher_with_its_own_size(tmp_path):
    save_model(tmp_path / 'model', build('lden', 'resnet18'),
               ModelCard('lden', 'resnet18', (96, 128)))
    teacher, card = load_teacher(str(tmp_path / 'model'), (64, 64))
    assert card.size == (96, 128) and not teacher.training
    assert not any(p.requires_grad for p in teacher.parameters())
    with pytest.raises(ModelError, match='not a model folder'):
        load_teacher(str(tmp_path / 'missing'))


class Brightness(nn.Module):
    """Its depth is the mean of its input over the channels, at full size."""

    def __init__(self, form: str = 'map'):
        super().__init__()
        self.form = form

    def forward(self, x):
        depth = x.mean(1, keepdim=True)
        return {'map': depth, 'flat': depth[:, 0], 'pair': (-depth, depth),
                'dict': {'weird': -depth, 'depth': depth}, 'single': [depth],
                'wide': x, 'none': 3, 'nan': depth / 0, 'detached': depth.detach(),
                'number': depth.mean()}[self.form]


class Fixed(nn.Module):
    """A network of one size that reads 0 to 255."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Conv2d(3, 1, 1)
        nn.init.constant_(self.layer.weight, 1 / 765)
        nn.init.zeros_(self.layer.bias)

    def forward(self, x):
        assert x.shape[-2:] == (32, 48), 'this network reads 32x48 only'
        return self.layer(x)


class Forgetful(nn.Module):
    """Keeps its features on itself on the way, as many published networks do."""

    def forward(self, x):
        self.kept = x
        time.sleep(0.01)
        return self.kept.mean(1, keepdim=True)


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Return the name of a module with one function, made of a network or an exception."""
    def write(network):
        def make():
            if isinstance(network, Exception):
                raise network
            return network
        fake = type(sys)('my_teachers')
        fake.make = make
        monkeypatch.setitem(sys.modules, 'my_teachers', fake)
        return 'my_teachers:make'
    return write


@pytest.mark.parametrize(('form', 'options'), [
    ('map', ''), ('flat', ''), ('single', ''), ('pair', ',output=1'), ('dict', ',output=depth')])
def test_a_function_s_network_is_a_teacher_whatever_form_its_depth_has(module, form, options):
    teacher, card = load_teacher(module(Brightness(form)) + options, (64, 96))
    x = to_input(torch.from_numpy(made_image((64, 96)))[None])
    expected = nn.functional.interpolate(
        x.mean(1, keepdim=True), (32, 48), mode='bilinear', align_corners=True)
    assert torch.allclose(teacher(x), expected, atol=1e-6)
    assert card.size == (64, 96)


def test_a_function_s_network_reads_images_of_its_own_size_and_normalisation(module):
    x = to_input(torch.from_numpy(made_image((64, 96)))[None])
    teacher, _ = load_teacher(module(Fixed()) + ',size=32x48,std=0.00392157', (64, 96))
    expected = nn.functional.interpolate(denormalise(x), (32, 48), mode='area').mean(1)
    assert (teacher(x)[0, 0] - expected[0]).abs().mean() < 0.01
    plain, _ = load_teacher(module(Brightness()) + ',mean=0.5/0.4/0.3,std=0.1/0.2/0.4', (64, 96))
    grey = plain(normalise(torch.tensor([0.6, 0.6, 0.7]).view(1, 3, 1, 1).expand(1, 3, 32, 32)))
    assert torch.allclose(grey, torch.full_like(grey, 1.0), atol=1e-5)


def test_a_function_s_network_is_run_by_one_thread_at_a_time(module):
    teacher, _ = load_teacher(module(Forgetful()), (32, 48))
    images = torch.rand(8, 1, 3, 32, 48)
    alone = [teacher(image) for image in images]
    with ThreadPoolExecutor(4) as threads:
        assert all(map(torch.equal, threads.map(teacher, images), alone))


def test_a_network_that_failed_once_may_be_asked_again(module):
    teacher, _ = load_teacher(module(Fixed()) + ',size=32x48', (32, 48))
    with pytest.raises(RuntimeError):
        teacher(torch.rand(1, 4, 32, 48))
    with ThreadPoolExecutor(1) as threads:
        assert threads.submit(teacher, torch.rand(1, 3, 32, 48)).result(20).shape[1] == 1


@pytest.mark.parametrize(('network', 'options', 'message'), [
    (Brightness('wide'), '', '2×3×64×96 for 2 images'),
    (Brightness('none'), '', 'gives a int, not a tensor'),
    (Brightness('number'), '', 'a teacher gives 2×1×h×w'),
    (Brightness('pair'), '', 'outputs 0, 1; name .* with output='),
    (Brightness('dict'), ',output=inverse', 'outputs weird, depth'),
    (Brightness('nan'), '', 'NaN or infinity'),
    (Brightness('detached'), '', 'no gradient.*kd-ood'),
    (Fixed(), '', 'fails on two images of 64x96.*32x48 only.*size=HxW'),
    (Brightness(), ',size=32', 'size is "32": give HEIGHTxWIDTH'),
    (Brightness(), ',mean=1/2', 'one number for all three'),
    (Brightness(), ',std=0', '0 cannot be divided by'),
    (Brightness(), ',scale=2', 'no option scale'),
    (ValueError('no weights\nat all'), '', r'make\(\) failed \(ValueError: no weights\)'),
    (3, '', 'returns a int'),
])
def test_a_function_s_network_that_cannot_teach_is_refused(module, network, options, message):
    with pytest.raises(ModelError, match=message) as refusal:
        load_teacher(module(network) + options, (64, 96), needs_gradient=True)
    assert '\n' not in str(refusal.value)


def test_a_method_without_gradients_can_use_a_network_that_passes_none(module):
    load_teacher(module(Brightness('detached')), (64, 96))


@pytest.mark.parametrize(('spec', 'message'), [
    ('no_such_package.depth:make', 'importing no_such_package.depth failed.*PYTHONPATH'),
    ('json:depth', 'json has no function depth'),
    ('json:__doc__', 'json has no function __doc__'),
])
def test_a_missing_function_is_named(spec, message):
    with pytest.raises(ModelError, match=message):
        load_teacher(spec)


def test_a_function_is_found_in_a_module_on_the_path(tmp_path, monkeypatch):
    (tmp_path / 'broken_teacher.py').write_text('raise OSError("disk full")\n')
    (tmp_path / 'flat_teacher.py').write_text(
        'from torch import nn\n\ndef make():\n    return nn.Conv2d(3, 1, 1)\n')
    monkeypatch.syspath_prepend(tmp_path)
    load_teacher('flat_teacher:make', needs_gradient=True)
    with pytest.raises(ModelError, match=r'broken_teacher failed \(OSError: disk full\)'):
        load_teacher('broken_teacher:make')


def test_a_torchscript_file_is_a_teacher_with_gradients(tmp_path):
    torch.jit.trace(Fixed(), torch.rand(1, 3, 32, 48)).save(tmp_path / 'teacher.pt')
    spec = f'torchscript:{tmp_path}/teacher.pt,size=32x48,mean=0,std=0.00392157'
    teacher, card = load_teacher(spec, (64, 96), needs_gradient=True)
    x = to_input(torch.from_numpy(made_image((64, 96)))[None]).requires_grad_()
    depth = teacher(x)
    depth.sum().backward()
    assert depth.shape == (1, 1, 32, 48) and x.grad.any()
    assert card.backbone == spec
    expected = nn.functional.interpolate(denormalise(x), (32, 48), mode='area').mean(1)
    assert (depth[0, 0] - expected[0]).abs().mean() < 0.01


def test_another_file_than_torchscript_is_refused_and_not_executed(tmp_path):
    (tmp_path / 'pickle.pt').write_bytes(pickle.dumps(Harm(tmp_path / 'harm')))
    torch.save(Harm(tmp_path / 'harm'), tmp_path / 'saved.pt')
    torch.save(nn.Conv2d(3, 1, 1).state_dict(), tmp_path / 'weights.pt')
    torch.jit.trace(nn.Conv2d(3, 1, 1), torch.rand(1, 3, 8, 8)).save(tmp_path / 'cut.pt')
    (tmp_path / 'cut.pt').write_bytes((tmp_path / 'cut.pt').read_bytes()[:-500])
    (tmp_path / 'empty.pt').touch()
    for name in ('pickle', 'saved', 'weights', 'cut', 'empty'):
        with pytest.raises(ModelError, match=f'{name}.pt is not a TorchScript file') as refusal:
            load_teacher(f'torchscript:{tmp_path}/{name}.pt')
        assert '\n' not in str(refusal.value)
    assert not (tmp_path / 'harm').exists()
    with pytest.raises(ModelError, match='torchscript: no file .*missing.pt'):
        load_teacher(f'torchscript:{tmp_path}/missing.pt')


def test_a_torchscript_file_that_fails_is_refused_with_the_reason_in_one_line(tmp_path):
    torch.jit.script(nn.Conv2d(4, 1, 1)).save(tmp_path / 'four.pt')
    with pytest.raises(ModelError, match='four.pt fails on two images.*channels') as refusal:
        load_teacher(f'torchscript:{tmp_path}/four.pt', (64, 96))
    assert '\n' not in str(refusal.value)
