# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Supervised training on frames that the simulator renders while it trains."""

import json

import pytest
import torch

from depth_distill_ros.cli import main
from depth_distill_ros.distillation.augment import flip, jitter
from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.losses import NonFiniteLoss
from depth_distill_ros.distillation.supervised import (
    SupervisedConfig,
    SupervisedTraining,
    evaluate,
)
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.networks.model import load_model
from depth_distill_ros.simulation.pool import RenderedPool, held_out_frames

SIZE, DEPTH_SIZE = (48, 64), (24, 32)
CPU = Compute(torch.device('cpu'), bf16=False)
CONFIG = SupervisedConfig('lden', 'mobilenetv2', steps=40, batch=4)


def rendered(count):
    images, depth = held_out_frames('robot', 5, count // 4, SIZE, DEPTH_SIZE)
    images, depth = torch.from_numpy(images), torch.from_numpy(depth)
    generator = torch.Generator().manual_seed(0)

    def draw(n):
        index = torch.randint(len(images), (n,), generator=generator)
        return images[index], depth[index]

    return draw, images, depth


def test_a_network_learns_the_depth_of_rendered_rooms():
    draw, images, depth = rendered(16)
    training = SupervisedTraining(CONFIG, draw, CPU)
    before = evaluate(training.network, images.numpy(), depth.numpy(), CPU)
    losses = [training.train_step() for _ in range(40)]
    after = evaluate(training.finish(batches=4), images.numpy(), depth.numpy(), CPU)
    assert losses[-1] < losses[0] - 0.5
    assert after['rmse'] < before['rmse']


def test_the_rate_warms_up_to_its_peak_and_falls_to_a_hundredth():
    training = SupervisedTraining(CONFIG, lambda n: None, CPU)
    rates = []
    for training.step in range(40):
        rates.append(training.lr)
    assert max(rates) == pytest.approx(CONFIG.lr)
    assert rates[-1] < 0.02 * CONFIG.lr


def test_a_resumed_training_goes_on_where_it_was(tmp_path):
    draw, *_ = rendered(4)
    first = SupervisedTraining(CONFIG, draw, CPU)
    first.train_step()
    first.save(tmp_path / 'checkpoint.pt')
    second = SupervisedTraining(CONFIG, draw, CPU)
    second.load(tmp_path / 'checkpoint.pt')
    assert second.step == 1
    images, depth = draw(4)
    for training in (first, second):
        training._draw = lambda n: (images, depth)
    assert first.train_step() == second.train_step()


def test_other_settings_do_not_take_over_a_checkpoint(tmp_path):
    SupervisedTraining(CONFIG, lambda n: None, CPU).save(tmp_path / 'checkpoint.pt')
    other = SupervisedTraining(
        SupervisedConfig('lden', 'mobilenetv2', steps=80, batch=4), lambda n: None, CPU)
    with pytest.raises(DepthDistillError, match='other settings'):
        other.load(tmp_path / 'checkpoint.pt')


def test_a_loss_that_is_no_number_stops_the_training():
    pictures = torch.zeros(4, *SIZE, 3, dtype=torch.uint8)
    training = SupervisedTraining(
        CONFIG, lambda n: (pictures, torch.full((4, *DEPTH_SIZE), float('nan'))), CPU)
    with pytest.raises(NonFiniteLoss, match='step 0'):
        training.train_step()


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
    log = [json.loads(line) for line in (tmp_path / 'out.log.jsonl').read_text().splitlines()]
    assert [row['step'] for row in log] == [2, 4]
    assert main(words) == 1
    assert 'exists' in capsys.readouterr().err
