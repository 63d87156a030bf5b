# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Messages of a ROS 1 bag."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import islice
from pathlib import Path

from depth_distill_ros.datasets.bags.part import HEAD, Entry, note_type
from depth_distill_ros.datasets.reader import DatasetError
from depth_distill_ros.errors import one_line

MAGIC = b'#ROSBAG V'


class Ros1Part:
    """A ROS 1 bag, which errors call ``shown``; see ``part.Part``."""

    def __init__(self, path: Path, shown: Path) -> None:
        from rosbags.rosbag1 import Reader
        self.damage = ''
        self._reader = Reader(path)
        try:
            self._reader.open()
        # Damaged bytes make rosbags raise any exception.
        except Exception as error:
            raise DatasetError(
                f'{shown} is a ROS 1 bag that cannot be read: {one_line(error)}; '
                f'"rosbag reindex {shown.name}" repairs it where its recorder was killed or the '
                'copy is incomplete') from None
        self._connections = {each.id: each for each in self._reader.connections}
        self.types: dict[str, str] = {}

    def scan(self, types: Collection[str]) -> Iterator[Entry]:
        """Yield the messages of these types that can be read, in the order of their times."""
        for each in self._reader.connections:
            note_type(self.types, each.topic, each.msgtype, types)
        wanted = [each for each in self._reader.connections if each.msgtype in types]
        ranks: dict[int, tuple[int, int]] = {}
        # No connection would mean all of them.
        for connection, time, raw in self._reader.messages(wanted) if wanted else ():
            before, rank = ranks.get(connection.id, (-1, 0))
            rank = rank + 1 if time == before else 0
            ranks[connection.id] = time, rank
            yield Entry(connection.topic, connection.msgtype, time,
                        (connection.id, time, rank), raw[:HEAD], True)

    def read(self, where: tuple[int, ...]) -> bytes:
        """Return a serialised message."""
        connection, time, rank = where
        found = self._reader.messages([self._connections[connection]], time, time + 1)
        return next(islice(found, rank, None))[2]

    def close(self) -> None:
        """Close the file."""
        self._reader.close()
