# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Checkpoints: the whole state of a training in one file, replaced as a whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
import hashlib
from pathlib import Path
import sys
from typing import Any

import torch
from torch import Tensor, nn

from depth_distill_ros.distillation.methods.method import Stateful
from depth_distill_ros.distillation.parallel import processes
from depth_distill_ros.errors import DepthDistillError, first_line
from depth_distill_ros.files import check_regular, replacing, writing

_AFRESH = 'move it away to start afresh'
_DIGEST = 'teacher_sha256'
# what the files of earlier versions may lack
_NEW = {_DIGEST, 'teacher', 'size'}
_RANDOM = 'torch_random'
# the key of the identity, now and in the files of earlier versions
_IDENTITY, *_OLD = 'identity', 'architecture', 'settings'


class CheckpointError(DepthDistillError):
    """A checkpoint that cannot be written or read, or belongs to another training."""


class Checkpoint:
    """
    The file that a training resumes from.

    Args:
        path: of the file
        identity: what a training must have in common with the file to resume from it; the path of
            the teacher may differ where teacher_identity shows that its weights are the same
        parts: what the training consists of, by name
        upgrade: translates an identity that an earlier version wrote
    """

    def __init__(self, path: Path, identity: Mapping[str, Any], parts: Mapping[str, Stateful],
                 upgrade: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dict):
        self.path, self._identity, self._parts = Path(path), dict(identity), dict(parts)
        self._upgrade = upgrade

    def save(self, **values: Any) -> Path:
        """Write the state of all parts and `values`; only the first process writes."""
        state = {_IDENTITY: self._identity, _RANDOM: torch.get_rng_state(), **values,
                 **{name: part.state_dict() for name, part in self._parts.items()}}
        if processes.rank() == 0:
            save_checkpoint(self.path, state)
        return self.path

    def load(self) -> dict[str, Any] | None:
        """Load the state of all parts; return the file's contents, None where there is none."""
        # only the first process's machine is certain to have the file
        state = processes.from_first(
            lambda: load_checkpoint(self.path) if self.path.exists() else None)
        if state is None:
            return None
        before = next((state[key] for key in (_IDENTITY, *_OLD) if state.get(key)), None)
        if not isinstance(before, Mapping):
            raise _not_ours(self.path)
        before = self._upgrade(before)
        if other := _differences(before, self._identity):
            raise CheckpointError(f'{self.path} was trained with {", ".join(other)}; give the '
                                  'same settings, or another folder')
        for name, part in self._parts.items():
            if name in state:
                try:
                    part.load_state_dict(state[name])
                except DepthDistillError:
                    raise
                # what is in the file may be of any type, and is then found out anywhere
                except Exception as error:
                    line = first_line(error)
                    raise CheckpointError(f'{self.path} does not hold a state of {name} ({line}); '
                                          f'{_AFRESH}') from error
        if isinstance(random := state.get(_RANDOM), Tensor) and processes.rank() == 0:
            torch.set_rng_state(random)
        return state


def teacher_identity(spec: str, teacher: nn.Module) -> dict[str, str]:
    """Return the part of an identity that tells one teacher from another, wherever it lies."""
    digest = hashlib.sha256()
    for name, tensor in teacher.state_dict().items():
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy())
    return {'teacher': spec, _DIGEST: digest.hexdigest()}


def _differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return 'NAME OLD, not NEW' for each value that differs."""
    names = {name for name in now if name in before or name not in _NEW}
    if _DIGEST in names:
        names -= {'teacher'}
    return [f'{_described(name, before)}, not {_described(name, now, value_only=True)}'
            for name in sorted(names) if before.get(name) != now[name]]


def _described(name: str, identity: Mapping[str, Any], value_only: bool = False) -> str:
    value = repr(identity.get(name))
    if name == _DIGEST:
        name = 'teacher'
        value = f'{identity["teacher"] or "shipped"} (sha256 {identity[_DIGEST][:8]})'
    return value if value_only else f'{name} {value}'


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Replace `path` by `state`; a crash or a full disk leaves the old one as it was."""
    cure = 'the last checkpoint is untouched, free some space or make the folder writable'
    # torch's zip writer turns a failed write into a RuntimeError
    with writing(path, cure, CheckpointError, (RuntimeError,)), \
            replacing(path, sync=True) as aside:
        torch.save(state, aside)


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Return the state in `path`, on the CPU. Only tensors and plain values are ever unpickled."""
    try:
        check_regular(path, sys.maxsize)
        state = torch.load(path, map_location='cpu', weights_only=True)
    # reading damaged bytes as a pickle can end in any exception
    except Exception as error:
        # torch's own line advises to unpickle it all the same, which runs the code in it
        reason = error.strerror if isinstance(error, OSError) and error.strerror else \
            'it is damaged, or holds more than tensors and plain values'
        raise CheckpointError(f'{path} is not a usable checkpoint ({reason}); {_AFRESH}') \
            from error
    if not isinstance(state, dict):
        raise _not_ours(path)
    return state


def _not_ours(path: Path) -> CheckpointError:
    return CheckpointError(f'{path} is not a checkpoint of this program; {_AFRESH}')
