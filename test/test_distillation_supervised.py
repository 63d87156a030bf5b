# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Training on rooms that are rendered meanwhile: pool, augmentation, and the train command."""

import json

import pytest
import torch

from depth_distill_ros.cli import main
from depth_distill_ros.distillation.augment import flip, jitter
from depth_distill_ros.distillation.average import with_own_statistics
from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.methods.supervised import Supervised
from depth_distill_ros.distillation.rendered_source import RenderedSource
from depth_distill_ros.distillation.schedule import warm_cosine
from depth_distill_ros.distillation.training import Optimisation, Training
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.evaluation.protocol import evaluate_frames
from depth_distill_ros.networks import build
from depth_distill_ros.networks.model import load_model
from depth_distill_ros.simulation.pool import RenderedPool, held_out_frames

SIZE, DEPTH_SIZE = (48, 64), (24, 32)
CPU = Compute(torch.device('cpu'), 'fp32')


def rendered(count):
    images, depth = held_out_frames('robot', 5, count // 4, SIZE, DEPTH_SIZE)
    images, depth = torch.from_numpy(images), torch.from_numpy(depth)
    generator = torch.Generator().manual_seed(0)

    def draw(n):
        index = torch.randint(len(images), (n,), generator=generator)
        return images[index], depth[index]

    return draw, images.numpy(), depth.numpy()


def test_a_network_learns_the_depth_of_rendered_rooms():
    draw, images, depth = rendered(16)
    source = RenderedSource(draw, 4, 0, CPU.device)
    torch.manual_seed(0)
    training = Training(Supervised(build('lden', 'mobilenetv2'), CPU),
                        Optimisation(1e-3, warm_cosine(40)), CPU, seed=0)
    before = evaluate_frames(training.student, images, depth, CPU.device)
    losses = [training.train_step(source.draw())['loss_student'] for _ in range(40)]
    network = with_own_statistics(
        training.average.network, (source.pictures(4) for _ in range(4)))
    after = evaluate_frames(network, images, depth, CPU.device)
    assert losses[-1] < losses[0] - 0.5
    assert after['rmse'] < before['rmse']


def test_a_flip_mirrors_picture_and_depth_together():
    images = torch.arange(8, dtype=torch.uint8).view(1, 1, 8, 1).expand(64, 2, 8, 3)
    depth = torch.arange(4.0).expand(64, 1, 1, 4)
    flipped, flipped_depth = flip(images, depth, torch.Generator().manual_seed(0))
    mirrored = flipped[:, 0, 0, 0] == 7
    assert torch.equal(mirrored, flipped_depth[:, 0, 0, 0] == 3)
    assert 10 < mirrored.sum() < 54


def test_jitter_changes_colours_a_little_and_zero_strength_nothing():
    images = torch.randint(60, 200, (8, 6, 6, 3), dtype=torch.uint8)
    generator = torch.Generator().manual_seed(0)
    assert torch.equal(jitter(images, 0.0, generator), images)
    change = (jitter(images, 0.2, generator).float() - images.float()).abs()
    assert 1 < change.mean() < 60


def test_the_pool_renders_rooms_without_end_and_draws_real_frames():
    pool = RenderedPool('robot', 3, SIZE, DEPTH_SIZE, capacity=64, frames_per_room=2)
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
