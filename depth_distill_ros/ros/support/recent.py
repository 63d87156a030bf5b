# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What became of a node's last frames, which decides its level on /diagnostics."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping

from depth_distill_ros.ros.support.diagnostics import Diagnosis, Level

_LENGTH = 50  # frames
_TOLERATED = 0.1  # share of lost frames below which nothing is reported


class RecentFrames:
    """
    A window of the last frames; each was used, or was lost for a reason.

    Frames that are left out on purpose (a rate limit, no subscriber, a newer frame) are neither.
    Safe to use from several threads.
    """

    def __init__(self) -> None:
        self._frames: deque[tuple[str, str] | None] = deque(maxlen=_LENGTH)

    def used(self) -> None:
        """Count a frame that something came out of."""
        self._frames.append(None)

    def lost(self, reason: str, line: str) -> None:
        """Count a frame that nothing came out of: a word for the kind, a line with a cure."""
        self._frames.append((reason, line))

    def clear(self) -> None:
        """Forget all frames."""
        self._frames.clear()

    def reasons(self) -> Counter[str]:
        """Return the number of lost frames by reason."""
        return Counter(frame[0] for frame in list(self._frames) if frame)

    def problem(self) -> str:
        """Return a line about the lost frames with their commonest reason; '' if few are lost."""
        frames = list(self._frames)
        lost = [frame for frame in frames if frame]
        if not lost or len(lost) < _TOLERATED * len(frames):
            return ''
        (reason, count), = Counter(frame[0] for frame in lost).most_common(1)
        line = next(frame[1] for frame in reversed(lost) if frame[0] == reason)
        return f'{len(lost)} of the last {len(frames)} frames lost: {reason} ({count}): {line}'


def warn_of_losses(diagnosis: Diagnosis, windows: Mapping[str, RecentFrames],
                   silences: Iterable[str]) -> None:
    """
    Let lost frames and silent inputs raise the level to a warning.

    Args:
        diagnosis: is changed
        windows: by the name of the camera, '' for the only one
        silences: a line for each input, '' where it is not silent
    """
    lines = [f'{name}: {line}' if name else line for name, recent in windows.items()
             if (line := recent.problem())] + [line for line in silences if line]
    if not lines or diagnosis.level > Level.WARN:
        return
    if diagnosis.level == Level.WARN:
        lines.insert(0, diagnosis.message)
    diagnosis.level, diagnosis.message = Level.WARN, '; '.join(lines)
