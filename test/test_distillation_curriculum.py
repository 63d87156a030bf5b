# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""D3's curriculum: when a stage ends, and that it goes on where a checkpoint left it."""

import pytest
import torch

from depth_distill_ros.distillation.methods.curriculum import (
    MIXED,
    PLAIN,
    TRANSFORMED,
    Curriculum,
)


def stages(curriculum, losses):
    """Return the stage of each step."""
    found = []
    for loss in losses:
        found.append(curriculum.stage)
        curriculum.add(torch.tensor(loss))
    return found


def test_without_a_curriculum_every_step_has_the_last_stage():
    assert stages(Curriculum('none', 2, TRANSFORMED), [1.0] * 5) == [TRANSFORMED] * 5


@pytest.mark.parametrize('last', [MIXED, TRANSFORMED])
def test_a_stage_of_given_length_ends_after_it_and_the_last_one_never(last):
    found = stages(Curriculum('steps', 2, last), [1.0] * 8)
    assert found == [PLAIN] * 2 + [MIXED] * 2 + [last] * 4


def test_a_stage_goes_on_while_the_plain_loss_falls_and_ends_where_it_is_flat():
    falling, flat = [4.0, 4.0, 3.0, 3.0, 2.0, 2.0], [2.0, 2.0]
    found = stages(Curriculum('progress', 2, MIXED), falling + flat + [2.0])
    assert found == [PLAIN] * 8 + [MIXED]


def test_a_loss_that_rises_has_flattened_too():
    assert stages(Curriculum('progress', 1, MIXED), [1.0, 2.0, 3.0]) == [PLAIN, PLAIN, MIXED]


def test_each_stage_looks_at_its_own_losses_alone():
    # mixed images make the plain loss rise at first
    found = stages(Curriculum('progress', 1, TRANSFORMED), [2.0, 2.0, 5.0, 4.0, 3.0, 3.0, 3.0])
    assert found == [PLAIN] * 2 + [MIXED] * 4 + [TRANSFORMED]


@pytest.mark.parametrize('at', range(9))
def test_a_resumed_curriculum_changes_its_stages_at_the_same_steps(at):
    losses = [3.0, 3.1, 2.0, 2.2, 1.9, 2.1, 1.7, 2.4, 1.9, 1.9]
    whole = stages(Curriculum('progress', 3, MIXED), losses)
    assert whole.count(MIXED) == 1
    first, second = (Curriculum('progress', 3, MIXED) for _ in range(2))
    before = stages(first, losses[:at])
    second.load_state_dict(first.state_dict())
    assert before + stages(second, losses[at:]) == whole


def test_a_run_that_goes_on_without_its_curriculum_has_the_last_stage():
    before, after = Curriculum('steps', 9, MIXED), Curriculum('none', 9, MIXED)
    after.load_state_dict(before.state_dict())
    assert after.stage == MIXED
