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


def left_out_of(readers: Iterable[Any]) -> list[LeftOut]:
    """Return the images that the readers leave out, such as those without depth at their time."""
    return [each for reader in readers for each in getattr(reader, 'left_out', ())]


def remarks_of(readers: Iterable[Any]) -> list[str]:
    """Return what is damaged or missing in the readers' data, each once."""
    return list(dict.fromkeys(
        line for reader in readers for line in getattr(reader, 'remarks', ())))


def reasons_of(readers: Iterable[Any]) -> dict[str, int]:
    """Return how many images were left out for each reason, the commonest first."""
    return dict(Counter(each.reason for each in left_out_of(readers)).most_common())


def summary(readers: Sequence[Any], skipped: Sequence[str] = ()) -> str:
    """
    Return what was not used, '' for nothing.

    Args:
        readers: of the data sets
        skipped: a line for each frame that could not be used
    """
    parts = [counted(left_out_of(readers))]
    if skipped:
        frames = 'frame' if len(skipped) == 1 else 'frames'
        more = f'; and {len(skipped) - _SHOWN} more (--per-image lists them)' \
            if len(skipped) > _SHOWN else ''
        parts.append(f'{len(skipped)} {frames} could not be read and were skipped: '
                     f'{"; ".join(skipped[:_SHOWN])}{more}')
    return '; '.join(filter(None, [*parts, *remarks_of(readers)]))


def show_each(readers: Sequence[Any], skipped: Sequence[str] = ()) -> None:
    """Print a line to standard error for each image that was not used."""
    for each in left_out_of(readers):
        print(f'left out: {each.name}: {each.reason}', file=sys.stderr)
    for line in skipped:
        print(f'skipped: {line}', file=sys.stderr)
