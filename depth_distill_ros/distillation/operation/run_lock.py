# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The lock of a run's folder: one process distils there."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.files import exclusive, writing


def locked(work_dir: Path) -> TextIO:
    """Return the locked file of a run's folder. Raises DepthDistillError if another has it."""
    path = work_dir / 'distiller.lock'
    with writing(path):
        return exclusive(path, lambda owner: DepthDistillError(
            f'work_dir {work_dir}: process {owner} distils there; stop that one or choose another '
            'work_dir'))
