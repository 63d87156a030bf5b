# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pauses of the training for the latency of inference."""

import pytest

from depth_distill_ros.distillation.operation.latency_budget import LatencyBudget


class Training:
    """A training with a clock of its own, whose slices take a tenth of a second."""

    def __init__(self, budget):
        self.now, self.budget = 0.0, budget
        self.pacing = LatencyBudget(lambda: self.budget, self.wait, lambda: self.now)

    def wait(self, seconds):
        self.now += seconds

    def paused_after_a_slice(self):
        self.now += 0.1
        before = self.pacing.paused
        self.pacing.pause()
        return self.pacing.paused - before


def test_pauses_grow_while_latency_is_above_the_budget_and_shrink_when_it_is_well_below():
    training = Training(50.0)
    assert training.paused_after_a_slice() == 0
    found = []
    for latency in (80.0, 80.0, 80.0, 45.0, 30.0):
        training.pacing.report(latency)
        found.append(training.paused_after_a_slice())
    assert found == pytest.approx([0.025, 0.0375, 0.05625, 0.05625, 0.045])
    assert training.pacing.share == pytest.approx(1 / 1.45)
    for _ in range(10):
        training.pacing.report(30.0)
    assert training.paused_after_a_slice() == 0 and training.pacing.share == 1


def test_a_pause_does_not_grow_without_end():
    training = Training(50.0)
    for _ in range(100):
        training.pacing.report(500.0)
    assert training.paused_after_a_slice() == pytest.approx(5.0)


def test_without_reports_nobody_infers_and_the_training_goes_on():
    training = Training(50.0)
    training.pacing.report(80.0)
    training.now += 6.0
    assert training.paused_after_a_slice() == 0


def test_a_budget_of_zero_means_no_pauses():
    training = Training(0.0)
    training.pacing.report(80.0)
    assert training.paused_after_a_slice() == 0 and training.pacing.share == 1
