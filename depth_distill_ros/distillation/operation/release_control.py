# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What an operator asks for: a release is used, held or rolled back, by command or by service."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from depth_distill_ros.distillation.operation.release_state import (
    ReleaseId,
    ReleaseState,
    ReleaseStateError,
    StateFile,
)
from depth_distill_ros.distillation.release_folders import RELEASE, releases, run_of
from depth_distill_ros.networks.model_folder import ModelError, load_model, read_card


class ReleaseControl:
    """
    Changes the state of the releases in `root`; each method returns a line about what follows.

    All raise ReleaseStateError where the state cannot be read or written, or does not allow it.
    """

    def __init__(self, root: Path):
        self.root = Path(root)
        self.file = StateFile(root)

    def promote(self, number: int, why: str) -> str:
        """Have a release answer, whatever its scores; 0: the newest. It must be usable."""
        numbers = sorted(int(folder.name) for folder in self.root.glob(RELEASE))
        if not numbers:
            raise ReleaseStateError(f'{self.root} holds no release: name the work_dir of a '
                                    'distiller')
        folder = self.root / f'{number or numbers[-1]:06d}'
        if not folder.is_dir():
            raise ReleaseStateError(f'{self.root} holds no release {number}; there are '
                                    f'{", ".join(map(str, numbers))}')
        try:
            release = ReleaseId(int(folder.name), run_of(load_model(folder)[1]))
        except ModelError as error:
            raise ReleaseStateError(f'{error}; promote another release') from error
        others = tuple(record.id for record in releases(self.root))
        state = self.file.change(lambda state: state.using(release, why, others))
        return f'{release} is in use{_as_held(state)}'

    def hold(self, held: bool) -> str:
        """Have inference nodes take no newer release by themselves, or take them again."""
        state = self.file.change(lambda state: replace(state, held=held))
        current = state.in_use.release if state.in_use else 'none'
        return (f'held: {current} stays in use' if held else
                f'not held: newer releases than {current} are taken')

    def rollback(self, why: str) -> str:
        """Have the last good release answer instead of the one in use."""
        state = self.file.change(lambda state: state.rolling_back(why, self.usable))
        return f'{state.uses[-1].release} is in use: {state.uses[-1].why}{_as_held(state)}'

    def usable(self, release: ReleaseId) -> bool:
        """Return whether the folder of a release is whole."""
        folder = self.folder(release)
        if folder is None:
            return False
        try:
            load_model(folder)
        except ModelError:
            return False
        return True

    def folder(self, release: ReleaseId) -> Path | None:
        """Return the folder of a release; None where it is gone or is one of another run."""
        folder = self.root / f'{release.number:06d}'
        try:
            return folder if run_of(read_card(folder)) == release.run else None
        except ModelError:
            return None


def _as_held(state: ReleaseState) -> str:
    return ', and held' if state.held else ''
