# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Checkpoints: the whole state of a training in one file, written aside and renamed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.files import replacing, writing


class CheckpointError(DepthDistillError):
    """A checkpoint that cannot be written or read."""


def save_checkpoint(path: Path, state: dict[str, Any]) -> Path:
    """Replace `path` by `state`; a crash or a full disk leaves the old one as it was."""
    path = Path(path)
    # torch's zip writer turns a failed write into a RuntimeError
    cure = 'the last checkpoint is untouched, free some space or make the folder writable'
    with writing(path, cure, CheckpointError, (RuntimeError,)), \
            replacing(path, sync=True) as aside:
        torch.save(state, aside)
    return path


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Return the state in `path`, on the CPU. Only tensors and plain values are ever unpickled."""
    try:
        return torch.load(path, map_location='cpu', weights_only=True)
    # reading damaged bytes as a pickle can end in any exception there is
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CheckpointError(
            f'{path} is no usable checkpoint ({reason}); '
            'move it away to start afresh') from error
