# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Decompression with a bound on what comes out; the libraries are those that rosbags needs."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
import sys
from typing import Any

from depth_distill_ros.datasets.reader import DatasetError

ZSTD = b'\x28\xb5\x2f\xfd'
_MOST = 1 << 30  # bytes of a chunk or a message
_BLOCK = 1 << 20


class CompressionError(DatasetError):
    """Data that cannot be decompressed."""


class LibraryMissingError(DatasetError):
    """A library for this compression that is not installed."""


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
    name = 'lz4.frame' if kind == 'lz4' else \
        'compression.zstd' if sys.version_info >= (3, 14) else 'backports.zstd'
    try:
        library = import_module(name)
    except ImportError:
        wheel = 'lz4' if kind == 'lz4' else 'backports.zstd'
        raise LibraryMissingError(f'data compressed by {kind} need {wheel}: pip install {wheel}') \
            from None
    return library.LZ4FrameDecompressor() if kind == 'lz4' else library.ZstdDecompressor()
