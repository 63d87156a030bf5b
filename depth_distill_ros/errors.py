# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The one error that a user is meant to read, and the exit code of a node that it ended."""

import os

# Exit code of a node with an error that no restart mends, such as a folder that is not there.
PERMANENT = os.EX_CONFIG

_MOST_CHARACTERS = 2000


class DepthDistillError(Exception):
    """A failure the user can mend: one line that names the culprit and the cure."""

    def __str__(self) -> str:
        return printable(super().__str__())


def one_line(error: Exception) -> str:
    """Return an exception's text in one line; the name of its type where it has none."""
    return ' '.join(str(error).split()) or type(error).__name__


def first_line(error: Exception) -> str:
    """Return the first line of an exception's text; the name of its type where it has none."""
    return next(iter(str(error).splitlines()), type(error).__name__)


def printable(text: str, most: int = _MOST_CHARACTERS) -> str:
    """
    Return a text that any log and any message can take, at most `most` characters of it.

    The middle of a longer text is left out. Lone surrogates, of which a name on disk or in a
    JSON text may have some, have no UTF-8; they and control characters other than line breaks
    and tabs are written as escapes.
    """
    if len(text) > most:
        half = (most - 40) // 2
        text = f'{text[:half]} [{len(text) - 2 * half} characters] {text[-half:]}'
    if text.isprintable():
        return text
    return ''.join(c if c.isprintable() or c in '\n\t' else ascii(c)[1:-1] for c in text)
