# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which release the inference node shall run, as the state beside the releases says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
import time
from typing import Any

from depth_distill_ros.distillation.operation.release_control import ReleaseControl
from depth_distill_ros.distillation.operation.release_state import (
    ReleaseId,
    ReleaseState,
    ReleaseStateError,
)
from depth_distill_ros.distillation.release_folders import in_order, run_of
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.files import expanded
from depth_distill_ros.networks.model_folder import ModelCard, ModelError


def trusted_folders(value: Callable[[str], Any]) -> list[Path]:
    """Return where an announced release may lie; `value` returns a parameter of the node."""
    named = [f'{value("work_dir")}/releases'] if value('work_dir') else []
    return [expanded(folder) for folder in (*named, *value('release_folders')) if folder]


class ReleaseChoice:
    """
    The state of the releases in `root`, followed by one inference node.

    Where the file cannot be read or written, as that of another user, the node goes on with what
    it knows, and `warn` gets each such error once. Without `root` every release is taken and
    nothing is kept.

    Attributes:
        state: as last read
        problem: why the file cannot be read or written; '' if it can
    """

    def __init__(self, root: Path | None, warn: Callable[[DepthDistillError], None]):
        self._control = ReleaseControl(root) if root else None
        self._warn, self.problem = warn, ''
        self._version: tuple[int, int] | None = None
        self.state = ReleaseState()
        self.refresh()

    def refresh(self) -> bool:
        """Read the state if it has changed; return whether it has."""
        if self._control is None or self._control.file.version() == self._version:
            return False
        self._version = self._control.file.version()
        try:
            before, self.state = self.state, self._control.file.read()
            self.problem = ''
            return replace(before, operation=self.state.operation) != self.state
        except ReleaseStateError as error:
            self._tell(error)
            return False

    @property
    def control(self) -> ReleaseControl:
        """What the services change. Raises ReleaseStateError without a folder of the run."""
        if self._control is None:
            raise ReleaseStateError('the parameter work_dir is empty: releases are used, held and '
                                    'rolled back in the folder of a run')
        return self._control

    def release(self, folder: Path, number: int, card: ModelCard) -> ReleaseId:
        """
        Return the id of a model.

        One of an earlier version has no id of a run: outside of `root` its folder stands for it.
        """
        run = run_of(card)
        if not run and self._control and folder.resolve().parent != self._control.root.resolve():
            run = str(folder.resolve().parent)
        return ReleaseId(number, run)

    def in_order(self, damaged: Callable[[ModelError], None]) -> list[tuple[ReleaseId, Path]]:
        """Return the releases that may answer, the best choice first."""
        return in_order(self._control.root, self.state, damaged) if self._control else []

    def newest(self) -> tuple[ReleaseId, Path] | None:
        """Return the newest release that is taken by itself; None where there is none."""
        first = next(iter(self.in_order(lambda error: None)), None)
        return first if first and self.state.takes(first[0]) else None

    def why_not(self, release: ReleaseId) -> str:
        """Return why a release is not taken by itself; '' if it is."""
        state = self.state
        if self._control is None or state.takes(release):
            return ''
        if release in state.rolled_back:
            return f'it was rolled back: {state.rolled_back[release]}'
        return 'the releases are held' if state.held else 'another one was chosen since'

    def since(self, release: ReleaseId) -> str | None:
        """Return since when a release is in use, UTC; None where it is not."""
        in_use = self.state.in_use
        if in_use is None or in_use.release != release:
            return None
        return time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(in_use.since))

    def wanted(self, running: ReleaseId) -> Path | None:
        """Return the release that shall answer instead of the `running` one; None: that stays."""
        in_use = self.state.in_use
        if self._control is None or in_use is None or in_use.release == running:
            return None
        return self._control.folder(in_use.release)

    def took(self, release: ReleaseId, why: str, anyway: bool = False) -> None:
        """Keep that a release answers now; not `anyway`: if nobody chose another meanwhile."""
        self._change(lambda state: state.using(release, why)
                     if anyway or state.takes(release) else state)

    def starts_with_model(self, release: ReleaseId) -> None:
        """Keep that the parameter model chose; releases that are told later are taken again."""
        self._change(lambda state: ReleaseState(
            state.uses, state.held, {}, state.rolled_back, state.operation).using(
                release, 'parameter model'))

    def _change(self, change: Callable[[ReleaseState], ReleaseState]) -> None:
        if self._control is None:
            return
        try:
            self.state = self._control.file.change(change)
        except DepthDistillError as error:
            self.state = change(self.state)
            self._tell(error)

    def _tell(self, error: DepthDistillError) -> None:
        if str(error) != self.problem:
            self.problem = str(error)
            self._warn(error)
