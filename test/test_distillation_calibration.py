# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Calibration files: recorded from images, used in place of BatchNorm statistics."""

import re

import cv2
import numpy as np
import pytest
from safetensors import safe_open
from safetensors.torch import load_file, save_file
import torch
from torch import nn

from depth_distill_ros.apps.cli import main
from depth_distill_ros.distillation.batch_norm_loss import FeatureStatistics, StatisticsError
from depth_distill_ros.distillation.calibration import (
    default_layers,
    load_calibration,
    record,
    save_calibration,
)
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.networks import build
from depth_distill_ros.networks.model_folder import ModelCard, save_model
from depth_distill_ros.networks.normalisation import to_input
from depth_distill_ros.networks.teachers import load_teacher


def world(count, size=(64, 96), seed=0):
    """Return images of soft coloured blots, count×H×W×3 uint8."""
    random = np.random.default_rng(seed)
    small = random.integers(0, 256, (count, 6, 8, 3), np.uint8)
    return np.stack([cv2.resize(image, size[::-1], interpolation=cv2.INTER_CUBIC)
                     for image in small])


def batches(count, batch, **options):
    return to_input(torch.from_numpy(world(count, **options))).split(batch)


class Tokens(nn.Module):
    """A small ViT block: attention and MLP behind LayerNorms, and a convolution to depth."""

    def __init__(self, channels=8):
        super().__init__()
        self.patches = nn.Conv2d(3, channels, 8, 8)
        self.norm1, self.norm2 = nn.LayerNorm(channels), nn.LayerNorm(channels)
        self.query, self.value = nn.Linear(channels, channels), nn.Linear(channels, channels)
        self.mlp = nn.Sequential(nn.Linear(channels, 16), nn.GELU(), nn.Linear(16, channels))
        self.out = nn.Conv2d(channels, 1, 3, padding=1)

    def forward(self, x):
        x = self.patches(x)
        tokens = x.flatten(2).transpose(1, 2)
        y = self.norm1(tokens)
        weights = (self.query(y) @ y.transpose(1, 2)).softmax(-1)
        tokens = tokens + weights @ self.value(y)
        tokens = tokens + self.mlp(self.norm2(tokens))
        return self.out(tokens.transpose(1, 2).unflatten(2, x.shape[-2:]))


@pytest.fixture
def vit():
    torch.manual_seed(0)
    return Tokens().eval()


def test_the_statistics_are_those_of_all_images_together_however_they_are_batched(vit):
    with torch.no_grad():
        everything = torch.cat(batches(7, 7))
        tokens = vit.norm1(vit.patches(everything).flatten(2).transpose(1, 2)).double()
    for batch in (1, 3, 7):
        found = record(vit, ['query', 'out'], batches(7, batch))
        mean, variance = found['query']
        assert torch.allclose(mean.double(), tokens.mean((0, 1)), atol=1e-6)
        assert torch.allclose(variance.double(), tokens.var((0, 1), correction=0), atol=1e-6)
        assert [len(s) for s in found['out']] == [8, 8]
        assert mean.dtype == variance.dtype == torch.float32


def test_large_means_do_not_swallow_small_variances():
    layer = nn.Sequential(nn.Conv2d(1, 1, 1))
    x = 1e4 + torch.randn(50, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    _, variance = record(layer, ['0'], x.split(1))['0']
    assert variance.item() == pytest.approx(x.double().var(correction=0).item(), rel=1e-5)


def test_the_default_layers_are_what_the_teacher_itself_normalises(vit):
    x = batches(1, 1)[0]
    assert default_layers(vit, x) == ['query', 'mlp.0']
    lden = build('lden', 'mobilenetv2').eval()
    assert len(default_layers(lden, x)) == 54
    grouped = nn.Sequential(nn.Conv2d(3, 4, 3), nn.GroupNorm(2, 4), nn.ReLU(), nn.Conv2d(4, 1, 1))
    assert default_layers(grouped, x) == ['1']
    bare = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.Conv2d(4, 1, 1))
    assert default_layers(bare, x) == ['2', '3']
    with pytest.raises(StatisticsError, match='neither normalisation.*--layers'):
        default_layers(nn.Conv2d(3, 1, 1), x)


def test_a_vit_from_elsewhere_has_two_default_layers_a_block(tmp_path):
    pytest.importorskip('transformers')
    import tiny_teachers
    folder = tiny_teachers.saved(tmp_path / 'vit', tiny_teachers.depth_anything())
    teacher, _ = load_teacher(f'hf:{folder}')
    layers = default_layers(teacher, batches(1, 1)[0])
    assert len(layers) == 8
    assert sum('attention' in name for name in layers) == 4
    assert sum(name.endswith('fc1') for name in layers) == 4


def test_l_bn_uses_the_calibration_and_reaches_the_image(vit, tmp_path):
    path = tmp_path / 'calibration.safetensors'
    statistics = {'query': (torch.full((8,), 0.5), torch.full((8,), 2.0))}
    save_calibration(path, statistics, {'teacher': 'vit'})
    x = batches(2, 2)[0].requires_grad_()
    with FeatureStatistics(vit, load_calibration(path, vit)).recorded() as terms:
        vit(x)
    y = vit.norm1(vit.patches(x).flatten(2).transpose(1, 2))
    expected = (y.mean((0, 1)) - 0.5).norm() + (y.var((0, 1), correction=0) - 2).norm()
    assert len(terms) == 1
    assert terms[0].item() == pytest.approx(expected.item(), rel=1e-5)
    terms[0].backward()
    assert x.grad.any()


def test_images_of_the_calibrated_world_have_nearly_no_l_bn_and_others_have(vit, tmp_path):
    path = tmp_path / 'calibration.safetensors'
    x = torch.cat(batches(32, 8))
    save_calibration(path, record(vit, default_layers(vit, x[:1]), x.split(8)), {})
    with torch.no_grad(), FeatureStatistics(vit, load_calibration(path, vit)).recorded() as same:
        vit(x)
    with torch.no_grad(), FeatureStatistics(vit, load_calibration(path, vit)).recorded() as other:
        vit(0.2 * x + 1)
    assert sum(same).item() < 1e-4 < 1 < sum(other).item()


@pytest.mark.slow
def test_a_batch_norm_teacher_calibrated_on_its_images_has_nearly_its_statistics(tmp_path):
    torch.manual_seed(0)
    teacher = build('lden', 'resnet18')
    images = torch.cat(batches(48, 48))
    for layer in teacher.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = None  # the mean over all batches, not the default's last ones
    with torch.no_grad():
        for batch in images.split(16):
            teacher.train()(batch)
    layers = default_layers(teacher.eval(), images[:1])
    statistics = record(teacher, layers, images.split(16))
    modules = dict(teacher.named_modules())
    assert len(statistics) == 26
    for name, (mean, variance) in statistics.items():
        layer = modules[name]
        spread = layer.running_var.sqrt().mean()
        assert (mean - layer.running_mean).abs().mean() < 0.1 * spread, name
        assert (variance / layer.running_var).log().abs().mean() < 0.3, name
    path = tmp_path / 'calibration.safetensors'
    save_calibration(path, statistics, {})
    with torch.no_grad(), FeatureStatistics(teacher).recorded() as own, \
            FeatureStatistics(teacher, load_calibration(path, teacher)).recorded() as calibrated:
        teacher(to_input(torch.from_numpy(world(8, seed=1) // 2)))
    assert sum(calibrated).item() == pytest.approx(sum(own).item(), rel=0.1)


def test_a_teacher_that_stores_nothing_is_told_to_calibrate(vit):
    with pytest.raises(DepthDistillError, match='no BatchNorm.*models calibrate'):
        FeatureStatistics(vit)
    with pytest.raises(DepthDistillError, match='no running statistics.*models calibrate'):
        FeatureStatistics(nn.BatchNorm2d(3, track_running_stats=False))


def test_a_torchscript_teacher_has_no_features_to_see(tmp_path):
    torch.jit.script(nn.Sequential(nn.Conv2d(3, 1, 1), nn.BatchNorm2d(1)).eval()).save(
        tmp_path / 'teacher.pt')
    teacher, _ = load_teacher(f'torchscript:{tmp_path}/teacher.pt')
    for use in (lambda: FeatureStatistics(teacher), lambda: record(teacher, [''], []),
                lambda: default_layers(teacher, batches(1, 1)[0])):
        with pytest.raises(StatisticsError, match='TorchScript.*module:function'):
            use()


def test_a_calibration_of_another_teacher_is_refused(vit, tmp_path):
    path = tmp_path / 'calibration.safetensors'
    save_calibration(path, record(vit, ['query', 'mlp.0'], batches(1, 1)), {'teacher': 'mine'})
    with pytest.raises(StatisticsError, match='made with the teacher mine.*2 of 2.*e.g. mlp.0'):
        load_calibration(path, Tokens(12))
    with pytest.raises(StatisticsError, match='2 of 2 layers are missing'):
        load_calibration(path, build('lden', 'resnet18'))


@pytest.mark.parametrize('damage', [
    lambda p: p.write_bytes(p.read_bytes()[:-10]),
    lambda p: p.write_bytes(b'\x80\x04pickle' * 10),
    lambda p: p.unlink(),
    lambda p: save_file({'query.mean': torch.zeros(8)}, p),
    lambda p: save_file({'query.mean': torch.zeros(8)}, p, {'format': '1'}),
    lambda p: save_file({}, p, {'format': '1'}),
    lambda p: save_file(load_file(p), p, {'format': '2'}),
])
def test_a_damaged_calibration_is_refused(vit, tmp_path, damage):
    path = tmp_path / 'calibration.safetensors'
    save_calibration(path, record(vit, ['query'], batches(1, 1)), {})
    damage(path)
    with pytest.raises(StatisticsError, match='calibration.safetensors') as refusal:
        FeatureStatistics(vit, load_calibration(path, vit))
    assert '\n' not in str(refusal.value)


def test_what_cannot_be_recorded_or_written_is_named(vit, tmp_path):
    class Lazy(nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.unused = nn.Conv2d(3, 1, 1), nn.Conv2d(3, 1, 1)

        def forward(self, x):
            return self.used(x)

    with pytest.raises(StatisticsError, match='never ran on a tensor, e.g. unused'):
        record(Lazy(), ['used', 'unused'], batches(1, 1))
    nan = {'query': (torch.tensor([float('nan')]), torch.ones(1))}
    with pytest.raises(StatisticsError, match='query are not finite'):
        save_calibration(tmp_path / 'a', nan, {})
    (tmp_path / 'file').touch()
    with pytest.raises(StatisticsError, match='never overwritten'):
        save_calibration(tmp_path / 'file', {}, {})
    with pytest.raises(StatisticsError, match='cannot write'):
        save_calibration(tmp_path / 'file' / 'a', {'query': (torch.ones(1), torch.ones(1))}, {})
    assert [p.name for p in tmp_path.iterdir()] == ['file']


@pytest.fixture
def folder(tmp_path):
    (tmp_path / 'images' / 'image').mkdir(parents=True)
    for number, image in enumerate(world(6, (80, 100))):
        cv2.imwrite(str(tmp_path / 'images' / 'image' / f'{number}.png'), image[..., ::-1])
    save_model(tmp_path / 'teacher', build('lden', 'mobilenetv2'),
               ModelCard('lden', 'mobilenetv2', (64, 96)))
    return tmp_path


def calibrate(folder, *words):
    return main(['models', 'calibrate', str(folder / 'out.safetensors'), '--teacher',
                 str(folder / 'teacher'), *words])


def test_the_command_calibrates_on_a_folder_and_leaves_unreadable_images_out(folder, capsys):
    broken = folder / 'images' / 'image' / '3.png'
    broken.write_bytes(broken.read_bytes()[:40])
    assert calibrate(folder, '--folder', str(folder / 'images')) == 0
    printed = capsys.readouterr().out
    assert '54 layers, 5 images; 1 frame could not be read and was skipped: ' in printed
    assert '3.png' in printed
    with safe_open(folder / 'out.safetensors', 'pt') as file:
        about = file.metadata()
    assert about['pictures'] == '5' and about['size'] == '64x96'
    assert about['teacher'].endswith('teacher') and about['package_version']
    teacher, _ = load_teacher(str(folder / 'teacher'))
    calibration = load_calibration(folder / 'out.safetensors', teacher)
    with FeatureStatistics(teacher, calibration).recorded() as terms:
        teacher(batches(1, 1)[0])
    assert len(terms) == 54
    assert calibrate(folder, '--folder', str(folder / 'images')) == 1
    assert 'never overwritten' in capsys.readouterr().err


def test_the_command_takes_other_layers_fewer_images_and_another_size(folder, capsys):
    calibrate(folder, '--data', f'folder:{folder}/images', '--layers', 'head.0,compress.?.1',
              '--pictures', '3', '--size', '96', '128')
    said = capsys.readouterr()
    assert '5 layers, 3 images' in said.out
    assert 'pictures is now called images' in said.err, 'the name until version 0.1'
    with safe_open(folder / 'out.safetensors', 'pt') as file:
        assert file.metadata()['size'] == '96x128'
        assert 'compress.2.1.variance' in file.keys()


@pytest.mark.parametrize(('words', 'message'), [
    (['--layers', 'heads.*'], 'no layer heads.*; among'),
    (['--images', '0'], 'images is 0; it must be a whole number from 1'),
    (['--batch', '0'], 'batch is 0; it must be a whole number from 1'),
])
def test_the_command_refuses_what_makes_no_sense(folder, words, message, capsys):
    assert calibrate(folder, '--folder', str(folder / 'images'), *words) == 1
    assert message in capsys.readouterr().err
    assert not (folder / 'out.safetensors').exists()


def test_the_command_says_why_nothing_could_be_read(folder, capsys):
    for path in (folder / 'images' / 'image').iterdir():
        path.write_bytes(b'')
    assert calibrate(folder, '--folder', str(folder / 'images')) == 1
    assert re.search(r'none of 6 frames can be read.*\.png', capsys.readouterr().err)
    assert calibrate(folder, '--bag', str(folder / 'missing')) == 1
    assert 'missing' in capsys.readouterr().err
