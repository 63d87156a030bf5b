# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A ROS bag opened for reading by topic: one file, or a folder of them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
import struct
from tempfile import TemporaryDirectory
import threading
from types import SimpleNamespace
from typing import Any, NamedTuple
from weakref import finalize

from depth_distill_ros.datasets.bags import mcap, ros1, sqlite
from depth_distill_ros.datasets.bags.compression import (
    ZSTD,
    LibraryMissingError,
    decompress_file,
)
from depth_distill_ros.datasets.bags.files import files_of
from depth_distill_ros.datasets.bags.part import Part, note_type
from depth_distill_ros.datasets.reader import DatasetError
from depth_distill_ros.datasets.readers import common
from depth_distill_ros.files import lfs_cure

_FORMATS = ((mcap.MAGIC, mcap.McapPart), (sqlite.MAGIC, sqlite.SqlitePart),
            (ros1.MAGIC, ros1.Ros1Part))


class Place(NamedTuple):
    """Position of a message: its type, its stamp and time in the bag, its file and place there."""

    kind: str
    stamp: int
    time: int
    part: int
    where: tuple[int, ...]
    ros1: bool


@dataclass(frozen=True)
class Index:
    """
    What a bag holds.

    Attributes:
        types: topic -> message type
        places: topic -> places of its messages in the order of recording
        remarks: what is missing or damaged
    """

    types: dict[str, str]
    places: dict[str, list[Place]]
    remarks: tuple[str, ...]


class BagFile:
    """
    One bag, for use by all threads of one process.

    Definitions of messages in the bag are not used: those that are read here have never changed,
    and a topic of another type with a wrong definition must not matter.

    Attributes:
        close: closes the bag, as the end of this object does
    Raises:
        DatasetError: damaged, not a bag, or the rosbags package is missing.
    """

    def __init__(self, path: Path) -> None:
        try:
            _typestore(False)
        except ImportError:
            raise DatasetError(f'{path}: reading it needs rosbags: pip install rosbags') from None
        self._path = path
        self._lock = threading.Lock()
        self._open = ExitStack()
        self.close = finalize(self, self._open.close)
        files, self._remarks = files_of(path)
        self._parts: list[Part] = []
        for file in files:
            failure = self._failure(partial(self._add, file))
            self._remarks += failure
        if not self._parts:
            raise DatasetError('; '.join(self._remarks[::-1]))

    def scan(self, types: Collection[str]) -> Index:
        """Return the topics of the bag, with the places of the messages of these types."""
        found: dict[str, str] = {}
        places: dict[str, list[Place]] = {}
        remarks = list(self._remarks)
        failures: list[str] = []

        def scan_part(number: int, part: Part) -> None:
            for entry in part.scan(types):
                stamp = _stamp(entry.head, entry.ros1) or entry.time
                places.setdefault(entry.topic, []).append(
                    Place(entry.kind, stamp, entry.time, number, entry.where, entry.ros1))

        with self._lock:
            for number, part in enumerate(self._parts):
                failures += self._failure(partial(scan_part, number, part))
                for topic, kind in part.types.items():
                    note_type(found, topic, kind, types)
                remarks += [part.damage] if part.damage else []
        remarks += failures
        if len(failures) == len(self._parts):
            raise DatasetError('; '.join(remarks[::-1]))
        for topic, those in places.items():
            those.sort(key=lambda place: place.time)
            places[topic] = [place for place in those if place.kind == found[topic]]
            if others := len(those) - len(places[topic]):
                remarks.append(f'{topic} has {others} messages of a type other than '
                               f'{found[topic]}: not read')
        return Index(found, places, tuple(remarks))

    def read(self, place: Place) -> Any:
        """Return the message at a place."""
        with self._errors(), self._lock:
            raw = self._parts[place.part].read(place.where)
            store = _typestore(place.ros1)
            if not place.ros1:
                return store.deserialize_cdr(raw, place.kind)
            message = store.deserialize_ros1(raw, place.kind)
            if not hasattr(message, 'K'):
                return message
            # ROS 1 writes the matrices of a CameraInfo with capitals.
            return SimpleNamespace(**{
                name.lower() if len(name) == 1 else name: value
                for name, value in vars(message).items()})

    def _failure(self, read: Callable[[], None]) -> tuple[str, ...]:
        """Return why a file cannot be read, (): it can. It costs its own messages only."""
        try:
            with self._errors():
                read()
        except LibraryMissingError:
            raise
        except DatasetError as error:
            return (str(error),)
        return ()

    def _add(self, file: Path) -> None:
        self._parts.append(self._part(file))

    def _part(self, file: Path, shown: Path | None = None) -> Part:
        """Open a file, which errors call ``shown``."""
        shown = shown or file
        with file.open('rb') as opened:
            start = opened.read(64)
        if start.startswith(ZSTD):
            folder = Path(self._open.enter_context(TemporaryDirectory()))
            plain = folder / file.stem
            if not decompress_file(file, plain):
                self._remarks += (f'{file} is truncated: only a part of it can be decompressed; '
                                  'copy it again',)
            return self._part(plain, file)
        found = next((part for magic, part in _FORMATS if start.startswith(magic)), None)
        if not start and sqlite.has_log(file):
            found = sqlite.SqlitePart
        if found is None:
            raise DatasetError(f'{shown} is {"not" if start else "empty and not"} a ROS bag '
                               f'(mcap, sqlite3 or ROS 1){lfs_cure(start)}')
        part: Part = found(file, shown)
        self._open.callback(part.close)
        return part

    def _errors(self) -> AbstractContextManager[None]:
        return common.errors_named(self._path, 'damaged or not a ROS bag')


@lru_cache
def _typestore(of_ros1: bool) -> Any:
    from rosbags.typesys import Stores, get_typestore
    return get_typestore(Stores.ROS1_NOETIC if of_ros1 else Stores.LATEST)


def _stamp(head: bytes, of_ros1: bool) -> int:
    """Return the stamp in the header at the start of a serialised message, ns; 0 without one."""
    if len(head) < 12:
        return 0
    # CDR: four bytes, the second is 1 for little endian; ROS 1: the sequence number. Then the
    # header's seconds and nanoseconds.
    layout = '<II' if of_ros1 else '<iI' if head[1] & 1 else '>iI'
    seconds, nanoseconds = struct.unpack_from(layout, head, 4)
    return seconds * 1_000_000_000 + nanoseconds
