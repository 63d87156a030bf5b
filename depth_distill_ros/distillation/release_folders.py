# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Releases: student versions handed to inference, each a model folder releases/000001/."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from torch import nn

from depth_distill_ros.networks.model_folder import CARD, ModelCard, read_card, save_model


@dataclass(frozen=True)
class ReleaseRecord:
    """A released student: its number, model folder, training step and score on held-out frames."""

    number: int
    folder: Path
    step: int
    score: dict[str, float]


def release_folders(root: Path) -> list[Path]:
    """Return the folders of all releases under `root`, oldest first, without reading them."""
    return sorted(f for f in Path(root).glob('[0-9]' * 6) if (f / CARD).is_file())


def _record(folder: Path) -> ReleaseRecord:
    about = read_card(folder).about
    return ReleaseRecord(int(folder.name), folder, about['step'], about['held_out'])


def releases(root: Path) -> list[ReleaseRecord]:
    """Return all releases under `root`, oldest first."""
    return [_record(folder) for folder in release_folders(root)]


def latest(root: Path) -> ReleaseRecord | None:
    """Return the newest release under `root`."""
    folders = release_folders(root)
    return _record(folders[-1]) if folders else None


def publish(root: Path, student: nn.Module, card: ModelCard, step: int,
            score: dict[str, float]) -> ReleaseRecord:
    """Write the next release; a reader sees all of it or nothing."""
    folders = release_folders(root)
    number = int(folders[-1].name) + 1 if folders else 1
    folder = Path(root) / f'{number:06d}'
    about = {**card.about, 'role': 'student', 'step': step, 'held_out': score}
    save_model(folder, student, replace(card, about=about))
    return ReleaseRecord(number, folder, step, score)
