# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Progress of the commands that train."""

from __future__ import annotations

from collections.abc import Iterator

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


def show(steps: Iterator[Step], first: int, total: int) -> dict[str, float] | None:
    """Train to the end under a progress bar; print each evaluation and return the last one."""
    figures = None
    with Progress(TextColumn('{task.description}'), BarColumn(), MofNCompleteColumn(),
                  TimeElapsedColumn(), TextColumn('left'), TimeRemainingColumn(),
                  refresh_per_second=1, disable=processes.rank() > 0) as progress:
        task = progress.add_task('training', total=total, completed=first)
        for step in steps:
            loss = step.losses['loss_student']
            progress.update(task, completed=step.step,
                            description=f'loss {loss:.3f}, {step.images_per_s:.1f} images/s')
            if step.figures:
                figures = step.figures
                progress.console.print(
                    f'step {step.step}: loss {loss:.3f}, {step.images_per_s:.1f} images/s, '
                    f'delta1 {figures["delta1"]:.3f}, RMSE {figures["rmse"]:.3f} m',
                    highlight=False)
    return figures
