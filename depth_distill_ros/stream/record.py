# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
The bytes of one stored frame.

A header (little endian), then the image and the class map, both C-contiguous uint8:

    crc32 of all that follows (u32) | format version (u16) | 0 (u16) | height, width (u32)
    | stamp, ns (i64) | fx, fy, cx, cy (f64) | H*W*3 bytes RGB | H*W bytes class ids
"""

from __future__ import annotations

import struct
import zlib

import numpy as np

from depth_distill_ros.frame import Frame
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.stream.store_errors import CorruptRecord, StoreError

VERSION = 1
_CRC = struct.Struct('<I')
_HEADER = struct.Struct('<IHHIIq4d')


class RecordFormat:
    """
    Packs and unpacks frames of one size.

    Args:
        size: (height, width) of every frame
    """

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = size
        self._pixels = size[0] * size[1]
        self.nbytes = _HEADER.size + 4 * self._pixels

    def pack(self, frame: Frame) -> bytearray:
        """Return a frame's record; StoreError if its size, semantics or intrinsics do not fit."""
        if frame.size != self.size:
            raise StoreError(
                f'a frame of {frame.size} for a store of {self.size} (height, width): resize '
                'it first')
        lens = frame.intrinsics
        if frame.semantics is None or lens is None:
            raise StoreError('a frame without semantics or intrinsics cannot be stored')
        record = bytearray(self.nbytes)
        _HEADER.pack_into(
            record, 0, 0, VERSION, 0, *self.size, frame.stamp, lens.fx, lens.fy, lens.cx, lens.cy)
        image, semantics = self._views(record)
        image[...] = frame.image
        semantics[...] = frame.semantics
        _CRC.pack_into(record, 0, zlib.crc32(memoryview(record)[_CRC.size:]))
        return record

    def unpack_into(
            self, record: memoryview, image: np.ndarray, semantics: np.ndarray) -> None:
        """
        Copy the image and the class map of a record.

        Args:
            record: bytes, possibly in the store's memory map
            image, semantics: H x W x 3 and H x W uint8, overwritten
        Raises:
            CorruptRecord: wrong length, checksum, version or size
        """
        self._check(record)
        stored_image, stored_semantics = self._views(record)
        image[...] = stored_image
        semantics[...] = stored_semantics

    def unpack(self, record: memoryview) -> Frame:
        """Return a copy of a record's frame; CorruptRecord as in ``unpack_into``."""
        image = np.empty((*self.size, 3), np.uint8)
        semantics = np.empty(self.size, np.uint8)
        self.unpack_into(record, image, semantics)
        _, _, _, height, width, stamp, fx, fy, cx, cy = _HEADER.unpack_from(record)
        return Frame(image, semantics=semantics,
                     intrinsics=Intrinsics(fx, fy, cx, cy, height, width), stamp=stamp)

    def stamp(self, record: memoryview) -> int:
        """Return the stamp of a record, nanoseconds; CorruptRecord if it is too short."""
        if len(record) != self.nbytes:
            raise CorruptRecord(f'{len(record)} bytes, expected {self.nbytes}')
        return _HEADER.unpack_from(record)[5]

    def _check(self, record: memoryview) -> None:
        if len(record) != self.nbytes:
            raise CorruptRecord(f'{len(record)} bytes, expected {self.nbytes}')
        crc, version, _, height, width, *_ = _HEADER.unpack_from(record)
        if zlib.crc32(memoryview(record)[_CRC.size:]) != crc:
            raise CorruptRecord('its checksum does not match')
        if version != VERSION or (height, width) != self.size:
            raise CorruptRecord(
                f'found version {version} and size {height}x{width}, expected {VERSION} and '
                f'{self.size[0]}x{self.size[1]}')

    def _views(self, record: bytearray | memoryview) -> tuple[np.ndarray, np.ndarray]:
        arrays = np.frombuffer(record, np.uint8, offset=_HEADER.size)
        return (arrays[:3 * self._pixels].reshape(*self.size, 3),
                arrays[3 * self._pixels:].reshape(self.size))
