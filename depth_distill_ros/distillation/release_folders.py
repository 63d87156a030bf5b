# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Releases: student versions handed to inference, each a model folder releases/000001/."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from torch import nn

from depth_distill_ros.networks.model_folder import (
    CARD,
    ModelCard,
    ModelError,
    load_model,
    read_card,
    save_model,
)

RELEASE = '[0-9]' * 6
"""Pattern of the names of releases."""


@dataclass(frozen=True)
class ReleaseRecord:
    """
    A released student.

    Attributes:
        number, folder: of the release
        step: of the training
        score: on held-out frames
        run: id of the training, '' in a release of an earlier version
    """

    number: int
    folder: Path
    step: int
    score: dict[str, float]
    run: str = ''


def release_folders(root: Path) -> list[Path]:
    """Return the folders of all releases under `root`, oldest first, without reading them."""
    return sorted(f for f in Path(root).glob(RELEASE) if (f / CARD).is_file())


def run_of(card: ModelCard) -> str:
    """Return the id of the training that made a model; '' where the card has none."""
    return str(card.about.get('run', ''))


def _record(folder: Path) -> ReleaseRecord:
    card = read_card(folder)
    step, score = card.about.get('step'), card.about.get('held_out')
    if not isinstance(step, int) or not isinstance(score, dict) \
            or not all(isinstance(value, (int, float)) for value in score.values()):
        raise ModelError(f'{folder / CARD} is not the card of a release: its step or its scores '
                         'are missing')
    return ReleaseRecord(int(folder.name), folder, step, score, run_of(card))


def _ignore(error: ModelError) -> None:
    """Say nothing about a damaged release."""


def releases(root: Path, damaged: Callable[[ModelError], None] = _ignore) -> list[ReleaseRecord]:
    """Return the releases under `root` with a whole card, oldest first; tell of the `damaged`."""
    records = []
    for folder in release_folders(root):
        try:
            records.append(_record(folder))
        except ModelError as error:
            damaged(error)
    return records


def latest(root: Path, damaged: Callable[[ModelError], None] = _ignore) -> ReleaseRecord | None:
    """Return the newest usable release under `root`; tell of newer ones that are `damaged`."""
    for folder in sorted(Path(root).glob(RELEASE), reverse=True):
        try:
            record = _record(folder)
            load_model(folder)
            return record
        except ModelError as error:
            damaged(error)
    return None


def publish(root: Path, student: nn.Module, card: ModelCard, step: int,
            score: dict[str, float], run: str = '') -> ReleaseRecord:
    """Write the next release; a reader sees all of it or nothing."""
    # the number of a release without a card is not given again
    number = max((int(f.name) for f in Path(root).glob(RELEASE)), default=0) + 1
    folder = Path(root) / f'{number:06d}'
    about = {**card.about, 'role': 'student', 'step': step, 'held_out': score, 'run': run}
    save_model(folder, student, replace(card, about=about))
    return ReleaseRecord(number, folder, step, score, run)
