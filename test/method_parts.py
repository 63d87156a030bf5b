# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Frames, networks and steps for the tests of the methods."""

from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy

import pytest
import torch

from depth_distill_ros.distillation.batch_norm_loss import with_own_statistics
from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.data.batch import LABELLED, Batch
from depth_distill_ros.distillation.methods.supervised import Supervised
from depth_distill_ros.distillation.trainer import Trainer
from depth_distill_ros.geometry.view import View
from depth_distill_ros.networks import TransformationNetwork, build
from depth_distill_ros.networks.normalisation import to_input
from depth_distill_ros.settings.optimisation import OptimisationSettings
from depth_distill_ros.worlds.mujoco.camera import SimulatedCamera

SIZE = (32, 48)
CPU = Compute(torch.device('cpu'), 'fp32')


@pytest.fixture(scope='module')
def frames():
    """Eight frames of the embedded simulator: images, classes and depth."""
    view = View.fit((120, 160), SIZE)
    with SimulatedCamera('stream', 3, (120, 160), frames_per_room=2) as camera:
        chosen = [frame for _, frame in zip(range(8), camera, strict=False)]
    return Batch(
        to_input(torch.stack([torch.from_numpy(view.image(f.image)) for f in chosen])),
        torch.stack([torch.from_numpy(view.labels(f.semantics)) for f in chosen]),
        torch.stack([torch.from_numpy(view.depth(f.depth)) for f in chosen]).unsqueeze(1),
        keys=tuple(range(8)))


def some(frames, first, last):
    return Batch(frames.x[first:last], frames.semantics[first:last], frames.depth[first:last])


@pytest.fixture(scope='module')
def teacher_state(frames):
    """Return weights trained on the negatives of these images: another domain than the stream."""
    torch.manual_seed(7)
    teacher = build('lden', 'resnet18')
    known = Batch(-frames.x, depth=frames.depth)
    training = Trainer(
        Supervised(teacher, CPU), OptimisationSettings(lr=3e-3, schedule='constant'), CPU)
    for _ in range(8):
        training.train_step({LABELLED: known})
    return with_own_statistics(teacher, [known.x]).state_dict()


@pytest.fixture(scope='module')
def networks(teacher_state):
    """Give a function that returns teacher, student and G, always the same."""
    torch.manual_seed(0)
    teacher = build('lden', 'resnet18')
    teacher.load_state_dict(teacher_state)
    student, g = build('lden', 'mobilenetv2'), TransformationNetwork(0.125, residual=True)
    with torch.no_grad():
        g.out.weight.normal_(0, 0.02)  # no longer the identity

    def make(bias=0.0):
        chosen = deepcopy((teacher, student, g))
        with torch.no_grad():
            chosen[1].head[3].bias.fill_(bias)
        return chosen
    return make


def backward(loss, *names):
    loss.backward()


def step(method, batch, seed=5):
    return method.step(batch, backward, torch.Generator().manual_seed(seed))


def in_a_thread(function, *args):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function, *args).result()
