# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The distiller tries often until there is a release, and spends a tenth of its time on it."""

import pytest

from depth_distill_ros.distillation.operation.attempts import time_between_attempts


@pytest.mark.parametrize(('took', 'seconds'), [(0.0, 60.0), (2.0, 60.0), (20.0, 180.0)])
def test_after_a_release_the_next_attempt_waits_for_the_period_or_nine_times_the_last(
        took, seconds):
    assert time_between_attempts(60.0, took, released=True) == seconds


@pytest.mark.parametrize(('took', 'seconds'), [(0.0, 5.0), (1.0, 5.0), (3.0, 12.0), (30.0, 60.0)])
def test_before_the_first_release_attempts_follow_soon_but_leave_time_to_train(took, seconds):
    assert time_between_attempts(60.0, took, released=False) == seconds


def test_a_period_shorter_than_the_first_one_holds():
    assert time_between_attempts(1.0, 0.0, released=False) == 1.0
