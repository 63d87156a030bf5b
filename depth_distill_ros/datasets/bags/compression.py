# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Decompression with a bound on what comes out; the libraries are those that rosbags needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

ZSTD = b'\x28\xb5\x2f\xfd'
_MOST = 1 << 30  # bytes of a chunk or a message
_BLOCK = 1 << 20


class CompressionError(Exception):
    """Data that cannot be decompressed."""


def decompressed(data: bytes, kind: str, size: int = _MOST) -> bytes:
    """
    Return the data, at most ``size`` bytes of them; what truncated data still hold.

    Args:
        kind: '', zstd or lz4 (frames)
    """
    size = min(size, _MOST)
    if kind == '':
        return data[:size]
    if kind not in ('zstd', 'lz4'):
        raise CompressionError(f'its compression is "{kind}", and zstd and lz4 are known')
    return _decompressor(kind).decompress(data, size)


def decompress_file(source: Path, target: Path) -> bool:
    """Write the data of a zstd file to another file; return whether the file is whole."""
    decompressor = _decompressor('zstd')
    with source.open('rb') as read, target.open('wb') as written:
        while (block := read.read(_BLOCK)) and not decompressor.eof:
            while True:
                written.write(decompressor.decompress(block, _BLOCK))
                block = b''
                if decompressor.eof or decompressor.needs_input:
                    break
    return bool(decompressor.eof)


def _decompressor(kind: str) -> Any:
    if kind == 'lz4':
        from lz4.frame import LZ4FrameDecompressor
        return LZ4FrameDecompressor()
    try:
        from compression import zstd
    except ImportError:  # Python before 3.14
        from backports import zstd
    return zstd.ZstdDecompressor()
