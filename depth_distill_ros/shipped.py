# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The models that come with the package."""

from __future__ import annotations

from pathlib import Path

_MODELS = Path(__file__).parent / 'models'


def shipped_teacher() -> Path:
    """Return the teacher that knows the robot's world of the embedded simulator."""
    return _MODELS / 'robot_world_lden_resnet18'


def shipped_start(backbone: str) -> Path | None:
    """Return a model trained on the simulator's own look, if there is one with the backbone."""
    folder = _MODELS / f'stream_lden_{backbone}'
    return folder if folder.is_dir() else None
