# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The models that come with the package."""

from __future__ import annotations

from pathlib import Path

_MODELS = Path(__file__).parent / 'models'


def shipped_teacher() -> Path:
    """Return the teacher that knows the robot's world of the embedded simulator."""
    return _MODELS / 'robot_world_lden_resnet18'


def shipped_start(network: str, backbone: str) -> Path | None:
    """Return a model trained on the simulator's own look, if there is one of the kind."""
    folder = _MODELS / f'stream_{network}_{backbone}'
    return folder if folder.is_dir() else None
