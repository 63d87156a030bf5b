# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Progress of the commands that train."""

from __future__ import annotations

from collections.abc import Iterator
import time

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from depth_distill_ros.distillation.offline_training import Progress as Step
from depth_distill_ros.distillation.parallel import processes

_SHOW_EVERY = 1.0  # seconds; a loss that is read makes the training wait for a GPU


def show(steps: Iterator[Step], first: int, total: int) -> dict[str, float] | None:
    """Train to the end under a progress bar; print each evaluation and return the last one."""
    figures = None
    with Progress(TextColumn('{task.description}'), BarColumn(), MofNCompleteColumn(),
                  TimeElapsedColumn(), TextColumn('left'), TimeRemainingColumn(),
                  refresh_per_second=1, disable=processes.rank() > 0) as progress:
        task = progress.add_task('training', total=total, completed=first)
        shown = -_SHOW_EVERY
        for step in steps:
            progress.update(task, completed=step.step)
            due = time.monotonic() - shown >= _SHOW_EVERY
            if not (due or step.figures or step.step == total):
                continue
            shown = time.monotonic()
            rate = f'loss {step.losses["loss_student"]:.3f}, {step.images_per_s:.1f} images/s'
            progress.update(task, description=rate)
            if step.figures:
                figures = step.figures
                progress.console.print(
                    f'step {step.step}: {rate}, delta1 {figures["delta1"]:.3f}, '
                    f'RMSE {figures["rmse"]:.3f} m', highlight=False)
    return figures
