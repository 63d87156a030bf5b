# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the distiller tells about a release, as anybody on the graph may send it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
import json
from pathlib import Path

from depth_distill_ros.errors import DepthDistillError

_MOST_CHARACTERS = 4096
_MOST_NUMBER = 10**9
_SHOWN = 60  # characters of a text that is refused


class ReleaseError(DepthDistillError):
    """A release that is refused before it is opened."""


@dataclass(frozen=True)
class ReleaseMessage:
    """
    A message on the release topic.

    Attributes:
        folder: of the model
        number, step: of the release and of the training; step is 0 if it was not told
        run: id of the training; '' of a distiller of an earlier version
    """

    folder: str
    number: int
    step: int = 0
    run: str = ''

    @classmethod
    def parse(cls, text: str) -> ReleaseMessage:
        """Return the message of a JSON text. Raises ReleaseError for any other text."""
        if len(text) > _MOST_CHARACTERS:
            raise ReleaseError(f'release topic: {len(text)} characters, a message has at most '
                               f'{_MOST_CHARACTERS}: {text[:_SHOWN]!r} ...')
        try:
            entries = json.loads(text)
            message = cls(entries['folder'], entries['number'], entries.get('step', 0),
                          entries.get('run', ''))
            usable = b'\0' not in message.folder.encode() and isinstance(message.run, str) and all(
                type(number) is int and 0 <= number < _MOST_NUMBER
                for number in (message.number, message.step))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            usable = False
        if not usable:
            raise ReleaseError(f'release topic: {text[:_SHOWN]!r} is not a JSON object with '
                               'folder and number')
        return message

    def text(self) -> str:
        """Return the JSON text."""
        return json.dumps(asdict(self))

    def path(self, trusted: Iterable[Path]) -> Path:
        """Return the folder. Raises ReleaseError unless it lies below one of the `trusted`."""
        path = Path(self.folder)
        try:
            # a link below a trusted folder may lead anywhere
            parents = path.resolve().parents
            if any(root.resolve() in parents for root in trusted):
                return path
        except (OSError, RuntimeError) as error:  # too long a name, links in a circle
            raise ReleaseError(f'{path} is no folder of releases: {error}') from error
        raise ReleaseError(f'{path} is not below work_dir/releases: set the parameter work_dir to '
                           'the folder of the run, or name the folder in release_folders')
