# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The learning rate of D3: halved at regular intervals."""

from __future__ import annotations


def halving(lr: float, step: int, halving_steps: int, halvings: int) -> float:
    """`lr` halved every `halving_steps`, `halvings` times at most, then held for good."""
    return lr * 0.5 ** min(step // halving_steps, halvings)
