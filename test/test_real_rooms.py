# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""benchmarks/real_rooms.py: what it trains on, and that an interrupted training goes on."""

import math
from pathlib import Path
import sys

import numpy as np
import pytest
import torch

from depth_distill_ros.datasets import open_reader
from depth_distill_ros.frame import Frame
from depth_distill_ros.shipped import shipped_robot_rooms, shipped_student

sys.path.append(str(Path(__file__).resolve().parents[1] / 'benchmarks'))

import real_rooms  # noqa: E402

pytestmark = pytest.mark.slow


@pytest.fixture(scope='module')
def frames():
    return [open_reader(f'folder:{shipped_robot_rooms()}')[index] for index in (0, 40, 80)]


def test_a_wall_in_front_of_a_turned_and_nearer_camera_has_the_depth_of_geometry(frames):
    camera = frames[0].intrinsics
    _, columns = np.indices(frames[0].size)

    def at(column):
        """Return the depth of the plane z = 3 + 0.5 x in the camera's frame."""
        return 3.0 / (1.0 - 0.5 * (column - camera.cx) / camera.fx)

    image = np.repeat((columns % 256).astype(np.uint8)[..., None], 3, 2)
    wall = Frame(image, at(columns).astype(np.float32), intrinsics=camera)
    seen, depth = real_rooms.turned(wall, np.random.default_rng(3))
    # a pixel of the new image shows the column of the old one that its grey level tells
    whole = np.isfinite(depth)
    ratio = depth[whole] / at(seen[..., 0][whole].astype(float))
    assert whole.mean() > 0.9
    # the zoom divides all depth alike; the turn changes it from side to side by a few percent
    assert 1 / (1.1 * real_rooms._MOST_ZOOM) < np.median(ratio) < 1.0
    assert ratio.std() < 0.1 * np.median(ratio)


def test_a_training_that_was_interrupted_goes_on_as_if_it_was_not(frames):
    plan = real_rooms.Plan(12, 2, 1e-3, ((0.5, (48, 64)), (math.inf, (64, 96))))

    def training():
        return real_rooms.Training(str(shipped_student('general')), '', frames, plan, 0)

    whole, first, second = training(), training(), training()
    losses = [whole.train_step() for _ in range(4)]
    for _ in range(2):
        first.train_step()
    second.load(first.state())
    assert [second.train_step() for _ in range(2)] == losses[2:]
    for one, other in zip(whole.average.parameters(), second.average.parameters(), strict=True):
        assert torch.equal(one, other)
