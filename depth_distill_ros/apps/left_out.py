# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a command did not use of its data sets: counted in its last line, listed on demand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
import sys
from typing import Any

from depth_distill_ros.datasets import LeftOut, counted

_SHOWN = 3
_UNREADABLE = 'could not be read'


def left_out_of(readers: Iterable[Any]) -> list[LeftOut]:
    """Return the images that the readers leave out, such as those without depth at their time."""
    return [each for reader in readers for each in getattr(reader, 'left_out', ())]


def remarks_of(readers: Iterable[Any]) -> list[str]:
    """Return what is damaged or missing in the readers' data, each once."""
    return list(dict.fromkeys(
        line for reader in readers for line in getattr(reader, 'remarks', ())))


def unreadable_of(readers: Iterable[Any]) -> list[str]:
    """Return why frames of the readers could not be read, a line for each frame."""
    return [line for reader in readers
            for _, line in sorted(getattr(reader, 'unreadable', {}).items())]


def reasons_of(readers: Sequence[Any]) -> dict[str, int]:
    """Return how many images were left out for each reason, the commonest first."""
    reasons = [each.reason for each in left_out_of(readers)]
    reasons += [_UNREADABLE] * len(unreadable_of(readers))
    return dict(Counter(reasons).most_common())


def summary(readers: Sequence[Any], skipped: Sequence[str] = ()) -> str:
    """
    Return what was not used, '' for nothing.

    Args:
        readers: of the data sets
        skipped: a line for each further frame that could not be used
    """
    parts = [counted(left_out_of(readers))]
    if skipped := _each_once(readers, skipped):
        frames, were = ('frame', 'was') if len(skipped) == 1 else ('frames', 'were')
        more = f'; and {len(skipped) - _SHOWN} more (--per-image lists them)' \
            if len(skipped) > _SHOWN else ''
        parts.append(f'{len(skipped)} {frames} {_UNREADABLE} and {were} skipped: '
                     f'{"; ".join(skipped[:_SHOWN])}{more}')
    return '; '.join(filter(None, [*parts, *remarks_of(readers)]))


def show_each(readers: Sequence[Any], skipped: Sequence[str] = ()) -> None:
    """Print a line to standard error for each image that was not used."""
    for each in left_out_of(readers):
        print(f'left out: {each.name}: {each.reason}', file=sys.stderr)
    for line in _each_once(readers, skipped):
        print(f'skipped: {line}', file=sys.stderr)


def _each_once(readers: Sequence[Any], skipped: Sequence[str]) -> list[str]:
    # Frames that another process reads are known to the source of the batches alone.
    return list(dict.fromkeys([*unreadable_of(readers), *skipped]))
