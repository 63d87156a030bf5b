# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The models, frames and images that come with the package."""

from __future__ import annotations

from pathlib import Path

_MODELS = Path(__file__).parent / 'models'


def shipped_teacher() -> Path:
    """Return the teacher that was trained on path-traced rooms."""
    return _MODELS / 'rooms_lden_resnet18'


def shipped_real_teacher() -> Path:
    """Return the teacher of photographs of rooms."""
    return _MODELS / 'real_lden_light_efficientnet_lite2'


def shipped_rooms() -> Path:
    """Return frames of path-traced rooms that no model was trained on: image/ and depth/."""
    return _MODELS / 'rooms'


def shipped_robot_rooms() -> Path:
    """Return frames of other such rooms, which the simulated robot's camera plays."""
    return _MODELS / 'robot_rooms'


def shipped_blind_map() -> Path:
    """Return the blind map of other path-traced rooms than those that are shipped."""
    return _MODELS / 'rooms' / 'blind_map.npz'


def shipped_student(name: str) -> Path | None:
    """
    Return one of settings.names.FIRST_STUDENTS, for the time before the first release.

    general: of many kinds of simulated rooms and cameras; real: of photographs, those of NYU-v2.
    None for any other name, such as none.
    """
    folder = _MODELS / f'{name}_lden_light_efficientnet_lite0'
    return folder if folder.is_dir() else None


def shipped_start(backbone: str) -> Path | None:
    """Return the model with this backbone that was trained on simulated rooms; None without."""
    folder = _MODELS / f'stream_lden_{backbone}'
    return folder if folder.is_dir() else None


def is_shipped(folder: Path) -> bool:
    """Return whether a model folder belongs to the package, which is never written to."""
    return _MODELS.resolve() in Path(folder).resolve().parents


def shipped_images() -> list[Path]:
    """Return simulated images, of the looks stream and target, to compare engines on."""
    return sorted((_MODELS / 'images').glob('*.jpg'))


def spelled_out(teacher: str) -> str:
    """Return the folder of a shipped teacher for its short name, and any other as it is."""
    return str({'': shipped_teacher(), 'real': shipped_real_teacher()}.get(teacher, teacher))
