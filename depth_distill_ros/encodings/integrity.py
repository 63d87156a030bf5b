# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Whether a JPEG or a PNG is there as a whole.

Decoders fill what is missing with grey and report no error. Data after the end, such as the
padding of a camera's buffer or what phones append, belongs to no image and is legal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
import struct
import zlib

import numpy as np

JPEG, PNG = b'\xff\xd8', b'\x89PNG\r\n\x1a\n'
_END, _SCAN, _INTERVAL, _TABLES = 0xD9, 0xDA, 0xDD, 0xC4
_RESTARTS = range(0xD0, 0xD8)
_PLAIN = {0x01, 0xD8, *_RESTARTS}  # markers without a length
_NO_FRAME = {0xC4, 0xC8, 0xCC}  # between the start-of-frame markers C0 to CF
_PROGRESSIVE = {0xC2, 0xC6, 0xCA, 0xCE}
# More zeros than the coefficients of a block give, if their shortest code does not end the block.
_ERASED = bytes(48)
# Data that a decoder reads only where image data is missing. Without FF, which begins a marker.
_FILLING = bytes((37 * number + 11) % 251 for number in range(64))


@dataclass
class JpegParts:
    """
    The layout of a JPEG.

    Attributes:
        size: (height, width), pixels; (0, 0) without a frame header
        sampling: horizontal and vertical factor of each component, by its id
        progressive: several scans refine the same pixels
        zeros: by the number of a table of AC coefficients, the symbol whose code has only zeros
        interval: blocks between two restart markers; 0: there are none
        ended: the end marker is there
        broken: a restart marker or a scan is not where it must be, or data was erased
        padded: the data of a scan end with zeros, which may stand for erased data
        precision: of a progressive JPEG, bits that each coefficient of a component still lacks, by
            the component's id; -1: the coefficient was in no scan
        stops: positions where image data stops: at restart markers and at the end of each scan
    """

    size: tuple[int, int] = (0, 0)
    sampling: dict[int, tuple[int, int]] = field(default_factory=dict)
    progressive: bool = False
    interval: int = 0
    zeros: dict[int, int] = field(default_factory=lambda: {0: 1, 1: 0})
    ended: bool = False
    broken: bool = False
    padded: bool = False
    precision: dict[int, np.ndarray] = field(default_factory=dict)
    stops: list[int] = field(default_factory=list)


def jpeg_parts(data: bytes) -> JpegParts:
    """Return the layout of a JPEG, as far as it can be followed."""
    parts, values = JpegParts(), np.frombuffer(data, np.uint8)
    marks = np.flatnonzero(values[:-1] == 0xFF)
    marks = marks[(values[marks + 1] != 0) & (values[marks + 1] != 0xFF)]
    at = 0
    while (number := int(np.searchsorted(marks, at))) < len(marks):
        marker, at = data[marks[number] + 1], int(marks[number]) + 2
        if marker == _END:
            parts.ended = True
            return parts
        if marker in _PLAIN:
            continue
        length = int.from_bytes(data[at:at + 2], 'big')
        body = data[at + 2:at + length]
        at += max(length, 2)
        if 0xC0 <= marker <= 0xCF and marker not in _NO_FRAME and len(body) >= 6:
            parts.size = struct.unpack_from('>HH', body, 1)
            parts.progressive = marker in _PROGRESSIVE
            parts.precision = {body[k]: np.full(64, -1) for k in range(6, len(body) - 2, 3)
                               if parts.progressive}
            parts.sampling = {body[k]: (body[k + 1] >> 4, body[k + 1] & 15)
                              for k in range(6, len(body) - 2, 3)}
        elif marker == _TABLES:
            _note_tables(body, parts)
        elif marker == _INTERVAL:
            parts.interval = int.from_bytes(body[:2], 'big')
        elif marker == _SCAN:
            _note_precision(body, parts)
            at = _follow_scan(data, at, body, marks, parts)
    return parts


def jpeg_is_whole(data: bytes, parts: JpegParts, pixels: np.ndarray,
                  decode: Callable[[bytes], np.ndarray | None]) -> bool:
    """
    Return whether no image data is missing.

    A decoder leaves blocks without data at middle grey. Only images with such blocks are decoded
    again, with filling after the image data: a decoder that has all the data ignores it.

    Args:
        data: with an end marker
        parts: its layout
        pixels: what ``decode`` returns for it
    """
    if parts.broken or any(lacking.any() for lacking in parts.precision.values()):
        return False
    # What the last scans lack may change too little to be found below.
    if parts.progressive and not parts.ended:
        return False
    certain = parts.ended and not parts.progressive and not parts.padded
    if certain and not _has_grey_block(pixels):
        return True
    pieces, last = [], 0
    for stop in parts.stops:
        pieces += [data[last:stop], _FILLING]
        last = stop
    again = decode(b''.join([*pieces, data[last:]]))
    return again is not None and np.array_equal(again, pixels)


def png_problem(data: bytes) -> str:
    """Return what a PNG lacks, '' if it is whole; checksums are those of the critical chunks."""
    at = len(PNG)
    while at + 12 <= len(data):
        length, kind = struct.unpack_from('>I4s', data, at)
        end = at + 12 + length
        if end > len(data):
            break
        critical = kind[:1].isupper()
        if critical and zlib.crc32(memoryview(data)[at + 4:end - 4]) != \
                struct.unpack_from('>I', data, end - 4)[0]:
            return f'damaged (the checksum of {kind.decode("latin-1")} is wrong)'
        if kind == b'IEND':
            return ''
        at = end
    return f'truncated after {len(data)} bytes'


def png_header(data: bytes) -> tuple[tuple[int, int], int, int]:
    """Return (height, width), bits per channel and colour type; zeros if there is none."""
    if len(data) < 26:
        return (0, 0), 0, 0
    width, height, bits, colour = struct.unpack_from('>IIBB', data, 16)
    return (height, width), bits, colour


def _follow_scan(data: bytes, at: int, header: bytes, marks: np.ndarray,
                 parts: JpegParts) -> int:
    """Note where the image data from ``at`` on stops; return where the next marker begins."""
    restarts, end = [], len(data)
    for mark in marks[np.searchsorted(marks, at):].tolist():
        stop = mark
        while data[stop - 1] == 0xFF:  # markers may be preceded by filling
            stop -= 1
        parts.stops.append(stop)
        if data[mark + 1] not in _RESTARTS:
            end = mark
            break
        restarts.append(data[mark + 1] - _RESTARTS[0])
    else:
        parts.stops.append(end)
    ends_blocks = [parts.zeros.get(table & 15) == 0 for table in header[2:2 + 2 * header[0]:2]] \
        if header else []
    scan = data[at:end]
    if not parts.progressive and not all(ends_blocks) and _ERASED in scan:
        used = len(scan.rstrip(b'\0'))
        parts.broken |= scan.find(_ERASED, 0, used) >= 0
        if len(scan) - used >= len(_ERASED):  # padding, unless a decoder reads it
            parts.padded, parts.stops[-1] = True, at + used
    if parts.interval:
        expected = (_blocks(header, parts) - 1) // parts.interval
        parts.broken |= restarts != [number % 8 for number in range(expected)]
    return end


def _note_tables(body: bytes, parts: JpegParts) -> None:
    """Note the first symbol of each Huffman table of AC coefficients: its code has only zeros."""
    at = 0
    while at + 18 <= len(body):
        if body[at] >> 4:
            parts.zeros[body[at] & 15] = body[at + 17]
        at += 17 + sum(body[at + 1:at + 17])


def _note_precision(header: bytes, parts: JpegParts) -> None:
    """Note what a scan adds to the coefficients of a progressive JPEG."""
    count = header[0] if header else 0
    if not parts.progressive or len(header) < 4 + 2 * count:
        return
    first, last, bits = header[1 + 2 * count:4 + 2 * count]
    for component in header[1:1 + 2 * count:2]:
        lacking = parts.precision.get(component, np.zeros(0))[first:last + 1]
        parts.broken |= bool((lacking != ((bits >> 4) or -1)).any())
        lacking[:] = bits & 15


def _blocks(header: bytes, parts: JpegParts) -> int:
    """Return the number of blocks (MCUs) of the scan with this header."""
    widest = max((h for h, _ in parts.sampling.values()), default=1) or 1
    highest = max((v for _, v in parts.sampling.values()), default=1) or 1
    height, width = parts.size
    if header[:1] == b'\1':  # one component: its own blocks
        h, v = parts.sampling.get(header[1] if len(header) > 1 else 0, (1, 1))
        return -(-width * h // (8 * widest)) * -(-height * v // (8 * highest))
    return -(-width // (8 * widest)) * -(-height // (8 * highest))


def _has_grey_block(pixels: np.ndarray) -> bool:
    """Return whether the top left corner of any 8x8 block is flat middle grey."""
    flat: np.ndarray | None = None
    for row, column in ((0, 0), (1, 1), (0, 1), (1, 0)):
        samples = pixels[row::8, column::8] == 128
        samples = samples if samples.ndim == 2 else samples.all(2)
        flat = samples if flat is None else \
            flat[:len(samples), :samples.shape[1]] & samples[:len(flat), :flat.shape[1]]
        if not flat.any():
            return False
    return True
