# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is known of a release: its card, and what the state of the releases says of it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from depth_distill_ros.distillation.operation.release_state import ReleaseState
from depth_distill_ros.distillation.release_folders import ReleaseRecord


def time_of(seconds: float) -> str:
    """Return a Unix time as text, to the second, in local time."""
    return datetime.fromtimestamp(seconds).isoformat(' ', 'seconds')


def described(record: ReleaseRecord, state: ReleaseState) -> dict[str, Any]:
    """Return what is known of a release, by name, as JSON may hold it."""
    operation = state.operation.get(record.id)
    return {
        'number': record.number, 'run': record.run, 'folder': str(record.folder),
        'made': time_of(record.folder.stat().st_mtime), 'step': record.step,
        'held_out': record.score, 'judged': record.figures,
        'scale_anchor': record.anchor and asdict(record.anchor),
        'in_operation': operation and {'delta1': operation.agreement, 'frames': operation.frames},
        'status': status(record, state)}


def status(record: ReleaseRecord, state: ReleaseState) -> str:
    """Return in a few words whether the release answers, and else why not."""
    in_use = state.in_use
    if in_use and in_use.release == record.id:
        held = ', held' if state.held else ''
        return f'in use since {time_of(in_use.since)}{held} ({in_use.why})'
    if record.id in state.rolled_back:
        return f'rolled back: {state.rolled_back[record.id]}'
    if record.not_promoted:
        return f'not promoted: {record.not_promoted}'
    return 'new' if in_use and state.is_newer(record.id) else ''
