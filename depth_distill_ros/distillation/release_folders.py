# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Releases: student versions handed to inference, each a model folder releases/000001/."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from torch import nn

from depth_distill_ros.distillation.operation.release_state import (
    ReleaseId,
    ReleaseState,
    ReleaseStateError,
)
from depth_distill_ros.files import remove
from depth_distill_ros.networks.model_folder import (
    CARD,
    ModelCard,
    ModelError,
    load_model,
    read_card,
    save_model,
)
from depth_distill_ros.networks.scale_anchor import ScaleAnchor

RELEASE = '[0-9]' * 6
"""Pattern of the names of releases."""
_PROMOTED, _WHY_NOT = 'promoted', 'not_promoted'


@dataclass(frozen=True)
class ReleaseRecord:
    """
    A released student.

    Attributes:
        number, folder: of the release
        step: of the training
        score: on held-out frames
        run: id of the training, '' in a release of an earlier version
        not_promoted: why inference does not take it by itself; '' if it does
        figures: what its card says of the judgement beside the score
        anchor: its scale anchor; None: it has none
    """

    number: int
    folder: Path
    step: int
    score: dict[str, float]
    run: str = ''
    not_promoted: str = ''
    figures: dict[str, object] = field(default_factory=dict, compare=False)
    anchor: ScaleAnchor | None = None

    @property
    def id(self) -> ReleaseId:
        return ReleaseId(self.number, self.run)


def release_folders(root: Path) -> list[Path]:
    """Return the folders of all releases under `root`, oldest first, without reading them."""
    return sorted(f for f in Path(root).glob(RELEASE) if (f / CARD).is_file())


def run_of(card: ModelCard) -> str:
    """Return the id of the training that made a model; '' where the card has none."""
    return str(card.about.get('run', ''))


def why_not_promoted(card: ModelCard) -> str:
    """Return why inference does not take a model by itself; '' if it does."""
    return str(card.about.get(_WHY_NOT, '')) if card.about.get(_PROMOTED) is False else ''


def record_of(folder: Path) -> ReleaseRecord:
    """Return the record of a release folder. Raises ModelError."""
    card = read_card(folder)
    step, score = card.about.get('step'), card.about.get('held_out')
    if not isinstance(step, int) or not isinstance(score, dict) \
            or not all(isinstance(value, (int, float)) for value in score.values()):
        raise ModelError(f'{folder / CARD} is not the card of a release: its step or its scores '
                         'are missing')
    judged = card.about.get('judged')
    return ReleaseRecord(int(folder.name), folder, step, score, run_of(card),
                         why_not_promoted(card), judged if isinstance(judged, dict) else {},
                         card.anchor)


def _ignore(error: ModelError) -> None:
    """Say nothing about a damaged release."""


def releases(root: Path, damaged: Callable[[ModelError], None] = _ignore) -> list[ReleaseRecord]:
    """Return the releases under `root` with a whole card, oldest first; tell of the `damaged`."""
    records = []
    for folder in release_folders(root):
        try:
            records.append(record_of(folder))
        except ModelError as error:
            damaged(error)
    return records


def in_order(root: Path, state: ReleaseState | None = None,
             damaged: Callable[[ModelError], None] = _ignore) -> list[tuple[ReleaseId, Path]]:
    """
    Return the releases that may answer and their folders, the best choice first.

    Tell of those whose card is `damaged`.

    First come the newer ones that `state` takes, newest first, then the one in use, then all
    others that were promoted and not rolled back, newest first.
    """
    state = state or ReleaseState()
    in_use = state.in_use.release if state.in_use else None
    newer: list[tuple[ReleaseId, Path]] = []
    used: list[tuple[ReleaseId, Path]] = []
    others: list[tuple[ReleaseId, Path]] = []
    for folder in sorted(Path(root).glob(RELEASE), reverse=True):
        try:
            card = read_card(folder)
        except ModelError as error:
            damaged(error)
            continue
        release = ReleaseId(int(folder.name), run_of(card))
        if release == in_use:
            used.append((release, folder))
        elif not why_not_promoted(card) and release not in state.rolled_back:
            (newer if state.takes(release) else others).append((release, folder))
    return newer + used + others


def latest(root: Path, damaged: Callable[[ModelError], None] = _ignore,
           state: ReleaseState | None = None) -> ReleaseRecord | None:
    """Return the first usable release of `in_order`; tell of the `damaged` ones before it."""
    for _, folder in in_order(root, state, damaged):
        try:
            record = record_of(folder)
            load_model(folder)
            return record
        except ModelError as error:
            damaged(error)
    return None


def publish(root: Path, student: nn.Module, card: ModelCard, step: int,
            score: dict[str, float], run: str = '', not_promoted: str = '') -> ReleaseRecord:
    """Write the next release; a reader sees all of it or nothing."""
    # the number of a release without a card is not given again
    number = max((int(f.name) for f in Path(root).glob(RELEASE)), default=0) + 1
    folder = Path(root) / f'{number:06d}'
    about = {**card.about, 'role': 'student', 'step': step, 'held_out': score, 'run': run,
             _PROMOTED: not not_promoted, **({_WHY_NOT: not_promoted} if not_promoted else {})}
    save_model(folder, student, replace(card, about=about))
    return record_of(folder)


def prune(root: Path, keep: int, state: ReleaseState) -> list[ReleaseRecord]:
    """
    Remove old releases; return them.

    The `keep` newest stay (0: all), the best by delta1 on its held-out frames, the one in use and
    the last good one before it.
    """
    records = releases(root)
    promoted = [record for record in records if not record.not_promoted]
    staying = {record.id for record in (*records[-keep:], *promoted[-1:])}
    if scored := [record for record in promoted if 'delta1' in record.score]:
        staying.add(max(scored, key=lambda record: record.score['delta1']).id)
    if state.in_use:
        staying.add(state.in_use.release)
        with suppress(ReleaseStateError):
            staying.add(state.before({record.id for record in records}.__contains__))
    gone = [record for record in records if record.id not in staying]
    for record in gone:
        remove(record.folder)
    return gone
