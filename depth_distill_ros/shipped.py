# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The models and pictures that come with the package."""

from __future__ import annotations

from pathlib import Path

_MODELS = Path(__file__).parent / 'models'


def shipped_teacher() -> Path:
    """Return the teacher that knows the path-traced rooms."""
    return _MODELS / 'rooms_lden_resnet18'


def shipped_rooms() -> Path:
    """Return frames of path-traced rooms that trained no model: a folder of image/ and depth/."""
    return _MODELS / 'rooms'


def shipped_start(backbone: str) -> Path | None:
    """Return a model trained in simulated rooms, if there is one with the backbone."""
    folder = _MODELS / f'stream_lden_{backbone}'
    return folder if folder.is_dir() else None


def is_shipped(folder: Path) -> bool:
    """Tell whether a model folder belongs to the package, in which nothing may be put."""
    return _MODELS.resolve() in Path(folder).resolve().parents


def shipped_images() -> list[Path]:
    """Return a few simulated camera pictures, of both looks, to try an engine on."""
    return sorted((_MODELS / 'pictures').glob('*.jpg'))
