# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Messages of an mcap file, by one pass over its records.

The pass needs no index at the end of the file. A recorder that was killed leaves none, and a copy
that was cut off has lost it. What comes before the cut is read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
import os
from pathlib import Path
import struct
from typing import NamedTuple
from zlib import crc32

from depth_distill_ros.datasets.bags.compression import LibraryMissingError, decompressed
from depth_distill_ros.datasets.bags.part import HEAD, Entry, note_type, type_name
from depth_distill_ros.datasets.reader import DatasetError

MAGIC = b'\x89MCAP0\r\n'
_FOOTER, _SCHEMA, _CHANNEL, _MESSAGE, _CHUNK, _DATA_END = 2, 3, 4, 5, 6, 15
_KNOWN = range(1, 16)
_PRIVATE = 0x80  # records of other writers start here
_RECORD = struct.Struct('<BQ')
_CHUNK_START = struct.Struct('<QQQII')  # times, size, CRC, length of the compression's name
_MESSAGE_START = struct.Struct('<HIQQ')  # channel, sequence, time in the bag, time published
_START = _MESSAGE_START.size + HEAD
_END = struct.Struct('<BQQQI8s')  # the footer, with where the summary begins


class _Record(NamedTuple):
    op: int
    start: int
    length: int  # of what is there


class McapPart:
    """An mcap file, which errors call ``shown``; see ``part.Part``."""

    def __init__(self, path: Path, shown: Path) -> None:
        self._path = shown
        self._file = path.open('rb')
        self._size = os.fstat(self._file.fileno()).st_size
        self.types: dict[str, str] = {}
        self.damage = ''
        self._wanted: Collection[str] = ()
        self._schemas: dict[int, str] = {}
        self._channels: dict[int, tuple[str, str, bool]] = {}
        self._chunk: tuple[int, bytes] = (-1, b'')

    def scan(self, types: Collection[str]) -> Iterator[Entry]:
        """Yield the messages of these types that can be read, in the file's order."""
        damaged, closed, found = 0, False, 0
        self._wanted = types
        self._note_summary()
        for record in self._records(len(MAGIC)):
            if record.op in (_FOOTER, _DATA_END):
                closed = True
                break
            try:
                for entry in self._entries(record, types):
                    found += 1
                    yield entry
            except LibraryMissingError:
                raise
            except Exception:  # struct, zstd and lz4 raise their own
                damaged += 1
        recover = f'"mcap recover {self._path.name}" writes a whole file of the rest'
        if damaged:
            self.damage = (f'{self._path}: {damaged} damaged records are left out, and {found} '
                           f'messages are read; {recover}')
        elif not closed:
            self.damage = (f'{self._path} ends early (its recorder was killed, or the copy is '
                           f'incomplete): the {found} messages before are read; {recover}')

    def _entries(self, record: _Record, types: Collection[str]) -> Iterator[Entry]:
        """Yield the messages of these types in a record of the file."""
        chunk = record.start if record.op == _CHUNK else -1
        if record.op == _CHUNK:
            content = self._content(chunk)
            inside = _inside(content)
        elif record.op in (_SCHEMA, _CHANNEL, _MESSAGE):
            # Of a message only its start.
            content = self._at(record.start, min(
                record.length, _START if record.op == _MESSAGE else record.length))
            inside = iter((record._replace(start=0),))
        else:
            return
        for op, start, length in inside:
            if op != _MESSAGE:
                self._note(op, content[start:start + length])
                continue
            channel, _, time, _ = _MESSAGE_START.unpack_from(content, start)
            topic, kind, ros1 = self._channels.get(channel, ('', '', False))
            if kind in types:
                at, size = start + _MESSAGE_START.size, length - _MESSAGE_START.size
                where = (chunk, at, size) if chunk >= 0 else (-1, record.start + at, size)
                yield Entry(topic, kind, time, where, content[at:at + HEAD], ros1)

    def read(self, where: tuple[int, ...]) -> bytes:
        """Return a serialised message."""
        chunk, at, length = where
        if chunk < 0:
            return self._at(at, length)
        if self._chunk[0] != chunk:
            self._chunk = chunk, self._content(chunk)
        return self._chunk[1][at:at + length]

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _at(self, start: int, length: int) -> bytes:
        self._file.seek(start)
        return self._file.read(max(0, min(length, self._size - start)))

    def _note_summary(self) -> None:
        """Keep what the end of the file tells of schemas and channels: a chunk may be damaged."""
        end = self._at(self._size - _END.size, _END.size) if self._size > _END.size else b''
        if not end.endswith(MAGIC):
            return
        for op, start, length in self._records(max(len(MAGIC), _END.unpack(end)[2])):
            if op in (_SCHEMA, _CHANNEL):
                with suppress(struct.error):
                    self._note(op, self._at(start, length))

    def _records(self, at: int) -> Iterator[_Record]:
        """Yield the records from ``at`` on; of a last chunk only a part may be there."""
        while len(header := self._at(at, _RECORD.size)) == _RECORD.size:
            op, length = _RECORD.unpack(header)
            if op not in _KNOWN and op < _PRIVATE:
                return
            at += _RECORD.size
            if at + length > self._size and op != _CHUNK:
                return
            yield _Record(op, at, min(length, self._size - at))
            at += length

    def _content(self, start: int) -> bytes:
        """Return the records of the chunk at ``start``; DatasetError if they are damaged."""
        header = self._at(start, _CHUNK_START.size)
        _, _, size, crc, name = _CHUNK_START.unpack(header)
        kind = self._at(start + _CHUNK_START.size, name).decode()
        at = start + _CHUNK_START.size + len(kind)
        stored, = struct.unpack('<Q', self._at(at, 8))
        data = self._at(at + 8, stored)
        content = decompressed(data, kind, size)
        whole = len(data) == stored
        if whole and (len(content) != size or kind == '' and stored != size
                      or crc and crc32(content) != crc):
            raise DatasetError(f'{self._path}: the chunk at byte {start} is damaged')
        return content

    def _note(self, op: int, body: bytes) -> None:
        """Keep the type of a schema, or the topic of a channel."""
        if op == _SCHEMA:
            number, = struct.unpack_from('<H', body)
            self._schemas[number] = type_name(_text(body, 2)[0])
        elif op == _CHANNEL:
            number, schema = struct.unpack_from('<HH', body)
            topic, end = _text(body, 4)
            encoding = _text(body, end)[0]
            readable = encoding in ('cdr', 'ros1')
            kind = self._schemas.get(schema, '') if readable else encoding
            self._channels[number] = topic, kind, encoding == 'ros1'
            note_type(self.types, topic, kind, self._wanted)


def _inside(content: bytes) -> Iterator[_Record]:
    """Yield the whole records of a chunk; DatasetError where damaged bytes follow them."""
    at = 0
    while at + _RECORD.size <= len(content):
        op, length = _RECORD.unpack_from(content, at)
        at += _RECORD.size
        if op not in (_SCHEMA, _CHANNEL, _MESSAGE) and op < _PRIVATE:
            raise DatasetError('damaged records')
        if at + length > len(content):
            return
        yield _Record(op, at, length)
        at += length


def _text(body: bytes, at: int) -> tuple[str, int]:
    """Return a text with its length before it, and where it ends."""
    length, = struct.unpack_from('<I', body, at)
    end = at + 4 + length
    return body[at + 4:end].decode(errors='replace'), end
