# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
What the frames of a store show, and their parts: the tables beside the frames.

The table ``signatures`` has the signature of each remembered frame under its key. The table
``parts`` has one byte for each key, CHUNK keys in one value, so that a reader gets the parts of
20,000 frames in a few reads. Stores of earlier versions have neither; ``split.by_number`` then
decides.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import lmdb
import numpy as np

from depth_distill_ros.stream.signature import SignatureMemory
from depth_distill_ros.stream.split import LIKE, Part, by_number, part_of

SIGNATURES, PARTS = b'signatures', b'parts'
CHUNK = 4096
# Frames whose content is remembered, evicted ones included: no evicted training frame is held out
# when the camera comes back. 17 MB of memory, 0.4 ms for each new frame.
REMEMBERED = 40_000
# Bytes of LMDB's pages for each remembered frame, at most.
NBYTES = 512


class Alike(NamedTuple):
    """The places of the remembered frames that are like a new one, and their differences."""

    places: np.ndarray
    differences: np.ndarray

    def within(self, most: float) -> np.ndarray:
        """Return the places of those that differ by ``most`` or less."""
        return self.places[self.differences <= most]


class Choice(NamedTuple):
    """The part of a new frame, and the places of training frames that become spare."""

    part: Part
    spared: np.ndarray


class Contents:
    """
    The writer's view of the contents.

    Call ``alike``, ``choose``, ``write`` and, once committed, ``add``.

    Args:
        env: of the store, open for writing
        remembered: frames
    """

    def __init__(self, env: lmdb.Environment, remembered: int = REMEMBERED) -> None:
        self._signatures, self._parts = env.open_db(SIGNATURES), env.open_db(PARTS)
        self._memory = SignatureMemory(remembered)
        self._part = np.zeros(remembered, np.uint8)
        with env.begin(db=self._signatures) as txn, txn.cursor() as cursor:
            for key, known in cursor:
                self._remember(number_of(key), np.frombuffer(known, np.uint8), Part.UNKNOWN)
            if len(keys := self._memory.keys):
                every = read_parts(txn, self._parts, range(int(keys.min()), int(keys.max()) + 1))
                self._part[:len(keys)] = every[keys - keys.min()]

    def alike(self, known: np.ndarray, most: float) -> Alike:
        """Return the remembered frames that differ from a new one by ``most`` or LIKE or less."""
        return Alike(*self._memory.like(known, max(most, LIKE)))

    def holds(self, alike: Alike, most: float, first: int) -> bool:
        """Return whether a frame with a key from ``first`` on differs by ``most`` or less."""
        return bool((self._memory.keys[alike.within(most)] >= first).any())

    def choose(self, key: int, alike: Alike, first: int) -> Choice:
        """Return the part of a new frame; ``first`` is the key of the oldest stored one."""
        places = alike.within(LIKE)
        like = self._part[places]
        stored = self._part[:len(self._memory)][self._memory.keys >= first]
        part = part_of(key, like, int((stored == Part.HELD_OUT).sum()), len(stored))
        return Choice(part, places[like == Part.TRAINING] if part == Part.HELD_OUT
                      else places[:0])

    def write(self, txn: lmdb.Transaction, key: int, known: np.ndarray, choice: Choice) -> None:
        """Put a frame and its part into the tables, and remove what is forgotten."""
        txn.put(key_of(key), known.tobytes(), db=self._signatures)
        changed = {key: choice.part}
        changed |= dict.fromkeys(self._memory.keys[choice.spared].tolist(), Part.SPARE)
        for chunk in {number // CHUNK for number in changed}:
            parts = bytearray(txn.get(key_of(chunk), db=self._parts) or bytes(CHUNK))
            for number, part in changed.items():
                if number // CHUNK == chunk:
                    parts[number % CHUNK] = part
            txn.put(key_of(chunk), parts, db=self._parts)
        self._forget(txn, key)

    def add(self, key: int, known: np.ndarray, choice: Choice) -> None:
        """Remember what ``write`` wrote."""
        self._part[choice.spared] = Part.SPARE
        self._remember(key, known, choice.part)

    def _remember(self, key: int, known: np.ndarray, part: Part) -> None:
        self._part[self._memory.slot] = part
        self._memory.add(key, known)

    def _forget(self, txn: lmdb.Transaction, key: int) -> None:
        """Remove the oldest of the signatures and of the chunks if they are no longer needed."""
        oldest = key + 1 - len(self._part)
        for table, needed in ((self._signatures, oldest), (self._parts, oldest // CHUNK)):
            with txn.cursor(db=table) as cursor:
                if cursor.first() and number_of(cursor.key()) < needed:
                    cursor.delete()


def read_parts(txn: lmdb.Transaction, table: Any, keys: range) -> np.ndarray:
    """Return the part of each key, uint8; ``table`` is None in a store of an earlier version."""
    parts = by_number(np.arange(keys.start, keys.stop))
    if table is None or not keys:
        return parts
    for chunk in range(keys.start // CHUNK, (keys.stop - 1) // CHUNK + 1):
        raw = txn.get(key_of(chunk), db=table)
        if raw is not None:
            low, high = max(keys.start, chunk * CHUNK), min(keys.stop, (chunk + 1) * CHUNK)
            known = np.frombuffer(raw, np.uint8)[low - chunk * CHUNK:high - chunk * CHUNK]
            target = parts[low - keys.start:high - keys.start]
            target[known != Part.UNKNOWN] = known[known != Part.UNKNOWN]
    return parts


def key_of(number: int) -> bytes:
    """Return LMDB's key of a frame or a chunk; keys sort as their numbers."""
    return number.to_bytes(8, 'big')


def number_of(key: bytes | memoryview) -> int:
    """Return the number of a key."""
    return int.from_bytes(key, 'big')
