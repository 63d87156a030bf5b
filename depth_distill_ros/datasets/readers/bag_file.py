# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A ROS 2 bag opened for reading by topic and time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
import struct
import threading
from typing import Any, NamedTuple
from weakref import finalize

from depth_distill_ros.datasets.reader import DatasetError


class Place(NamedTuple):
    """Position of a message: its stamp, its time in the bag, its rank among equal times."""

    stamp: int
    time: int
    rank: int


class BagFile:
    """
    One bag, for use by all threads of one process.

    Attributes:
        types: topic -> message type
        close: closes the bag, as the end of this object does
    Raises:
        DatasetError: damaged, not a bag, or the rosbags package is missing.
    """

    def __init__(self, path: Path) -> None:
        try:
            from rosbags.highlevel import AnyReader
            from rosbags.typesys import Stores, get_typestore
        except ImportError:
            raise DatasetError(f'{path}: reading it needs rosbags: pip install rosbags') from None
        self._path = path
        self._lock = threading.Lock()
        with self._errors():
            # Bags of Humble and older hold no definitions; these messages have never changed.
            self._reader = AnyReader([path], default_typestore=get_typestore(Stores.LATEST))
            self._reader.open()
            self.close = finalize(self, self._reader.close)
            self._connections: dict[str, list[Any]] = {}
            for connection in self._reader.connections:
                self._connections.setdefault(connection.topic, []).append(connection)
        self.types = {topic: found[0].msgtype for topic, found in self._connections.items()}

    def messages(self, topic: str | None) -> Iterator[Any]:
        """Yield the messages of a topic in the bag's order; nothing for None."""
        if topic is not None:
            with self._errors():
                for connection, _, raw in self._reader.messages(self._connections[topic]):
                    yield self._reader.deserialize(raw, connection.msgtype)

    def index(self, topics: list[str]) -> dict[str, list[Place]]:
        """Return the places of all messages of the topics, in the bag's order."""
        places: dict[str, list[Place]] = {topic: [] for topic in topics}
        connections = [each for topic in topics for each in self._connections[topic]]
        with self._errors():
            for connection, time, raw in self._reader.messages(connections):
                found = places[connection.topic]
                rank = found[-1].rank + 1 if found and found[-1].time == time else 0
                found.append(Place(_stamp(raw) or time, time, rank))
        return places

    def read(self, topic: str, place: Place) -> Any:
        """Return the message at a place."""
        with self._errors(), self._lock:
            found = self._reader.messages(
                self._connections[topic], start=place.time, stop=place.time + 1)
            connection, _, raw = next(islice(found, place.rank, None))
            return self._reader.deserialize(raw, connection.msgtype)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except DatasetError:
            raise
        # Damaged bytes make rosbags raise any exception: struct, index, zstd errors.
        except Exception as error:
            reason = ' '.join(str(error).split()) or type(error).__name__
            raise DatasetError(f'{self._path} is damaged or not a ROS 2 bag: {reason}') from error


def _stamp(raw: bytes) -> int:
    """Return the stamp in the header at the start of a serialised message, nanoseconds."""
    # CDR: four bytes, the second is 1 for little endian; then the header's sec and nanosec.
    seconds, nanoseconds = struct.unpack_from('<iI' if raw[1] & 1 else '>iI', raw, 4)
    return seconds * 1_000_000_000 + nanoseconds
