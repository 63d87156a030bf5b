# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the readers share: images, depth maps, lists and cameras from files, with errors."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
import os
from pathlib import Path
import re
import threading
from typing import Any, Generic, TypeVar
from weakref import WeakValueDictionary

import cv2
import numpy as np

from depth_distill_ros.datasets.reader import DatasetError
from depth_distill_ros.encodings import compressed
from depth_distill_ros.encodings.image import ImageError
from depth_distill_ros.errors import one_line

T = TypeVar('T')

IMAGES = ('.jpg', '.jpeg', '.png')
# Cameras, phones and Windows write suffixes in other ways than a data set's authors.
_ALSO = {'.jpg': ('.jpg', '.jpeg'), '.jpeg': ('.jpeg', '.jpg')}
_BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, 'utf-8-sig'), (codecs.BOM_UTF16_LE, 'utf-16'),
                     (codecs.BOM_UTF16_BE, 'utf-16'))

_DIGITS = frozenset('0123456789')
_OPENING = threading.Lock()


def decode(data: bytes, flags: int, culprit: object) -> np.ndarray:
    """Return a JPEG or PNG as cv2 reads it; DatasetError naming ``culprit`` if damaged."""
    try:
        return compressed.decode(data, flags, culprit)
    except ImageError as error:
        raise DatasetError(str(error)) from None


@contextmanager
def errors_named(culprit: object, what: str = 'damaged') -> Iterator[None]:
    """Turn any error of a block that reads damaged bytes into a DatasetError."""
    try:
        yield
    except DatasetError:
        raise
    except PermissionError as error:
        raise DatasetError(f'{error.filename or culprit} cannot be read: {error.strerror}; its '
                           'owner can allow it: chmod -R a+rX') from None
    # On damaged bytes struct, h5py, SciPy, rosbags and zstd raise any exception.
    except Exception as error:
        raise DatasetError(f'{culprit} is {what}: {one_line(error)}') from error


def read_bytes(path: Path) -> bytes:
    """Return a file's contents; DatasetError naming it if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise DatasetError(f'{path} cannot be read: {error.strerror}') from None
    except ValueError:  # a list may hold any characters
        raise DatasetError(f'{str(path)!r} cannot be the name of a file') from None


def read_text(path: Path) -> str:
    """Return a text file, without its byte order mark; DatasetError naming it if it is no text."""
    data = read_bytes(path)
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), 'utf-8')
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise DatasetError(f'{path} is not a text file in UTF-8') from None


def listed(path: Path) -> list[tuple[int, str]]:
    """Return (number from 1, line) of the lines of a text that are neither empty nor comments."""
    return [(number, line.strip()) for number, line in enumerate(read_text(path).splitlines(), 1)
            if line.strip() and not line.lstrip().startswith('#')]


def spelled(path: Path) -> Path:
    """Return the path of an image, or of the one there whose suffix is .PNG, .JPG or .jpeg."""
    if path.exists() or not path.suffix:
        return path
    for suffix in _ALSO.get(path.suffix.lower(), (path.suffix.lower(),)):
        for other in (suffix, suffix.upper(), f'.{suffix[1:].capitalize()}'):
            if (found := path.with_suffix(other)).exists():
                return found
    return path


def read_colour(path: Path) -> np.ndarray:
    """Return an 8-bit image, H×W×3 uint8 RGB, as stored (no EXIF rotation)."""
    path = spelled(path)
    return cv2.cvtColor(decode(read_bytes(path), cv2.IMREAD_COLOR, path), cv2.COLOR_BGR2RGB)


def read_grey(path: Path, *dtypes: type) -> np.ndarray:
    """Return a one-channel image of one of these types, by default uint16, H×W."""
    path = spelled(path)
    pixels = decode(read_bytes(path), cv2.IMREAD_UNCHANGED, path)
    dtypes = dtypes or (np.uint16,)
    if pixels.ndim != 2 or pixels.dtype not in dtypes:
        raise DatasetError(f'{path} holds {pixels.dtype} of shape {pixels.shape}, expected one '
                           f'channel of {" or ".join(dtype.__name__ for dtype in dtypes)}')
    return pixels


def metres(stored: np.ndarray, per_metre: float, farthest: float = np.inf) -> np.ndarray:
    """Return stored integers as float32 metres; 0 and depths beyond ``farthest`` are NaN."""
    depth = stored.astype(np.float32) / np.float32(per_metre)
    depth[(stored == 0) | (depth > farthest)] = np.nan
    return depth


def read_depth(path: Path, image: np.ndarray | None, per_metre: float,
               farthest: float = np.inf) -> np.ndarray:
    """
    Return the float32 metres of a 16-bit image, NaN as in ``metres``.

    DatasetError if ``image`` is not None and has another size.
    """
    stored = read_grey(path)
    if image is not None:
        check_registered(path, stored, image)
    return metres(stored, per_metre, farthest)


def check_registered(path: Path, depth: np.ndarray, image: np.ndarray) -> None:
    """Raise DatasetError naming the depth map if it has another size than its image."""
    if depth.shape[:2] != image.shape[:2]:
        raise DatasetError(f'{path} is {depth.shape} and its image {image.shape[:2]} '
                           '(height, width): depth must be registered to the images')


def natural(name: str) -> list[tuple[int, str]]:
    """Return a key that sorts 2.jpg before 10.jpg."""
    # Only 0 to 9: int() does not know all that is a digit in Unicode, such as ².
    return [(int(part), '') if part[:1] in _DIGITS else (-1, part)
            for part in re.split('([0-9]+)', name)]


def entries(folder: Path, suffixes: Sequence[str] = IMAGES) -> list[str]:
    """Return the names of a folder's files with these suffixes, in natural order."""
    return sorted((name for name in _names(folder) if name.lower().endswith(tuple(suffixes))
                   and not name.startswith('.')), key=natural)


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError as error:
        raise DatasetError(f'{folder} cannot be read: {error.strerror}') from None


def first_existing(candidates: Iterable[Path]) -> Path | None:
    """Return the first of the paths that exists."""
    return next((path for path in candidates if path.exists()), None)


def not_found(kind: str, looked_for: str, root: Path) -> DatasetError:
    """Return the error for a wrong folder: what was looked for, where, and what is there."""
    folder = root
    while not folder.is_dir() and folder != folder.parent:
        folder = folder.parent
    there = sorted(name for name in _names(folder) if not name.startswith('.'))
    shown = ', '.join(there[:6]) + (', ...' if len(there) > 6 else '')
    if folder == root:
        holds = f'it holds {shown}' if there else 'it is empty'
    else:
        holds = f'it does not exist; {folder} holds {shown or "nothing"}'
    return DatasetError(f'{kind}: looked for {looked_for} in {root}; {holds}')


class PerProcess(Generic[T]):
    """
    A handle that each process opens for itself, because it survives neither pickling nor a fork.

    Equal ones share one handle within a process, because LMDB cannot open an environment twice.

    Args:
        opener: a picklable function that opens the handle; the handle has a close()
        path: argument of the opener
    """

    _shared: WeakValueDictionary[tuple[Callable, Path], _Owned] = WeakValueDictionary()

    def __init__(self, opener: Callable[[Path], T], path: Path) -> None:
        self._opener = opener
        self._path = path
        self._mine: _Owned | None = None

    def get(self) -> T:
        """Return this process's handle."""
        mine = self._mine
        if mine is None or mine.owner != os.getpid():
            with _OPENING:
                mine = self._mine = self._opened()
        return mine.handle

    def _opened(self) -> _Owned:
        key = (self._opener, self._path.absolute())
        shared = self._shared.get(key)
        if shared is not None and shared.owner == os.getpid():
            return shared
        if shared is not None:
            # Inherited through a fork, and LMDB counts it as open in this process too.
            shared.handle.close()
        fresh = self._shared[key] = _Owned(self._opener(self._path), os.getpid())
        return fresh

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, '_mine': None}


@dataclass(eq=False)
class _Owned:
    """An open handle and the process that opened it."""

    handle: Any
    owner: int
