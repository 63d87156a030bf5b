# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Which release answers: the file releases/state.json, which nodes and commands share.

Whoever changes it (the inference node that takes a release, `depth-distill release`, the watch of
the distiller) reads and replaces it under a lock. Inference nodes follow what it says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
import fcntl
import json
import math
from pathlib import Path
import time
from typing import Any

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.files import (
    check_regular,
    json_text,
    remove_leftovers,
    replacing,
    writing,
)

_FORMAT = 1
_MOST_BYTES = 1 << 20
_MOST_USES, _MOST_RUNS = 50, 20


class ReleaseStateError(DepthDistillError):
    """A state that cannot be read or written, or a change that it does not allow."""


@dataclass(frozen=True)
class ReleaseId:
    """A release: its number, and the id of its run, since a new run may give a number again."""

    number: int
    run: str = ''

    def __str__(self) -> str:
        return f'release {self.number}'


@dataclass(frozen=True)
class Use:
    """A release that answered from `since`, in seconds of the Unix time, and why."""

    release: ReleaseId
    since: float
    why: str


@dataclass(frozen=True)
class Operation:
    """What the watch found: the mean delta1 against the teacher on robot `frames`."""

    agreement: float
    frames: int


@dataclass(frozen=True)
class ReleaseState:
    """
    Which release answers, and which are taken by themselves.

    Attributes:
        uses: the last one is in use
        held: no other release is taken by itself, once one is in use
        passed: by run, the largest number that was taken or passed over
        rolled_back: why each of these releases is not taken again by itself
        operation: what the watch found of a release
    """

    uses: tuple[Use, ...] = ()
    held: bool = False
    passed: Mapping[str, int] = field(default_factory=dict)
    rolled_back: Mapping[ReleaseId, str] = field(default_factory=dict)
    operation: Mapping[ReleaseId, Operation] = field(default_factory=dict)

    @property
    def in_use(self) -> Use | None:
        return self.uses[-1] if self.uses else None

    def is_newer(self, release: ReleaseId) -> bool:
        """Return whether nobody has used, passed over or rolled back the release yet."""
        return (release not in self.rolled_back
                and release.number > self.passed.get(release.run, -1))

    def takes(self, release: ReleaseId) -> bool:
        """Return whether an inference node takes the release by itself."""
        return not (self.held and self.uses) and self.is_newer(release)

    def using(self, release: ReleaseId, why: str, passed: Iterator[ReleaseId] | tuple = (),
              ) -> ReleaseState:
        """Return the state in which `release` answers, and the `passed` are not taken any more."""
        known = dict(self.passed)
        for other in (*passed, release):
            known[other.run] = max(other.number, known.pop(other.run, -1))
        uses = self.uses
        if self.in_use is None or self.in_use.release != release:
            uses = (*uses, Use(release, time.time(), why))[-_MOST_USES:]
        return replace(self, uses=uses, passed=dict(list(known.items())[-_MOST_RUNS:]),
                       rolled_back={r: w for r, w in self.rolled_back.items() if r != release})

    def before(self, usable: Callable[[ReleaseId], bool]) -> ReleaseId:
        """
        Return the last good release: the one that answered before that in use.

        It must be `usable` and not be rolled back. Raises ReleaseStateError if there is none.
        """
        if self.in_use is None:
            raise ReleaseStateError('no release is in use: there is none to roll back from')
        current = self.in_use.release
        for use in reversed(self.uses):
            if use.release != current and use.release not in self.rolled_back \
                    and usable(use.release):
                return use.release
        raise ReleaseStateError(f'no usable release answered before {current}: promote another '
                                'one by its number')

    def rolling_back(self, why: str, usable: Callable[[ReleaseId], bool]) -> ReleaseState:
        """Return the state in which the last good release answers instead of that in use."""
        good = self.before(usable)
        bad = self.uses[-1].release
        state = self.using(good, f'rolled back from {bad}')
        return replace(state, rolled_back={**state.rolled_back, bad: why})


class StateFile:
    """
    The state beside the releases in `root`.

    It is readable by its owner alone and replaced as a whole, so a killed process leaves it valid.
    """

    def __init__(self, root: Path):
        self.path = Path(root) / 'state.json'

    def version(self) -> tuple[int, int] | None:
        """Return what differs after each change; None where there is no file."""
        try:
            found = self.path.stat()
            return found.st_mtime_ns, found.st_ino
        except OSError:
            return None

    def read(self) -> ReleaseState:
        """Return the state, an empty one where there is no file. Raises ReleaseStateError."""
        try:
            check_regular(self.path, _MOST_BYTES)
            return _from_json(json.loads(self.path.read_text(encoding='utf-8')))
        except FileNotFoundError:
            return ReleaseState()
        except OSError as error:
            raise ReleaseStateError(f'{self.path} cannot be read: {error.strerror}') from error
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError,
                ) as error:
            raise ReleaseStateError(f'{self.path} is damaged: delete it, and choose a release '
                                    'with depth-distill release promote') from error

    def change(self, change: Callable[[ReleaseState], ReleaseState]) -> ReleaseState:
        """Replace the state by what `change` makes of it, which nobody else changes meanwhile."""
        with writing(self.path, 'make the folder writable', ReleaseStateError), \
                self._locked():
            remove_leftovers(self.path.parent, self.path.name, owned=True)
            before = self.read()
            after = change(before)
            if after != before:
                with replacing(self.path, sync=True) as aside:
                    aside.touch(0o600)
                    aside.write_text(json_text(_to_json(after)), encoding='utf-8')
            return after

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        lock = self.path.with_name('.state.lock')
        lock.touch(0o600)
        with lock.open('r+') as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _to_json(state: ReleaseState) -> dict[str, Any]:
    return {
        'format': _FORMAT, 'held': state.held,
        'uses': [{**asdict(use.release), 'since': use.since, 'why': use.why}
                 for use in state.uses],
        'passed': dict(state.passed),
        'rolled_back': [{**asdict(release), 'why': why}
                        for release, why in state.rolled_back.items()],
        'operation': [{**asdict(release), **asdict(operation)}
                      for release, operation in state.operation.items()]}


def _from_json(entries: dict[str, Any]) -> ReleaseState:
    if entries['format'] != _FORMAT or not isinstance(entries['held'], bool):
        raise ValueError
    return ReleaseState(
        tuple(Use(_id(e), _finite(e['since']), str(e['why'])) for e in entries['uses']),
        entries['held'], {str(run): int(number) for run, number in entries['passed'].items()},
        {_id(e): str(e['why']) for e in entries['rolled_back']},
        {_id(e): Operation(_finite(e['agreement']), int(e['frames']))
         for e in entries['operation']})


def _id(entries: dict[str, Any]) -> ReleaseId:
    return ReleaseId(int(entries['number']), str(entries['run']))


def _finite(value: Any) -> float:
    if not math.isfinite(value):
        raise ValueError
    return float(value)
