# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Data sets in an object store or on a web server, named by a URL: copied once, then read from here.

fsspec reads the URL (``s3://``, ``gs://``, ``https://``, ...); the extra package that a protocol
needs is named in the error. LMDB and most readers need files, so nothing is streamed.
"""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatch
from glob import has_magic
import hashlib
import json
from pathlib import Path, PurePosixPath
import re
from typing import Any

from depth_distill_ros.datasets.reader import DatasetError
from depth_distill_ros.errors import one_line
from depth_distill_ros.files import exclusive, private_folder, replacing, user_cache, write_json

_URL = re.compile(r'[A-Za-z][A-Za-z0-9+.-]*://')
_MANIFEST = 'copied.json'
_LEFT_OUT = ('lock.mdb', '*.lock')  # of processes there


def is_url(path: str) -> bool:
    """Return whether the path of a data set is a URL."""
    return bool(_URL.match(path))


def local_copy(url: str, say: Callable[[str], object] = lambda line: None) -> Path:
    """
    Copy what is new or has changed at a URL; return the path that the reader is given instead.

    The URL may be that of a whole bucket. Its last parts may have wildcards, as those of a path;
    the returned path then has them too. What has gone there goes here. Each URL has its own folder
    in the user's cache, readable by the user alone.

    Args:
        url: of a bucket, a folder or a file
        say: receives a line before files are copied
    Raises:
        DatasetError: a package is missing, nothing is there, it cannot be read, or another process
            is copying it
    """
    protocol, _, path = url.partition('://')
    parts = PurePosixPath(path).parts
    fixed = next((n for n, part in enumerate(parts) if has_magic(part)), max(1, len(parts) - 1))
    if not fixed or not parts:
        raise DatasetError(f'{url}: name a bucket or host, without wildcards')
    above, pattern = str(PurePosixPath(*parts[:fixed])), '/'.join(parts[fixed:])
    cache = user_cache()
    if cache is None:
        raise DatasetError('there is no home folder for copies; set XDG_CACHE_HOME')
    kept = cache / 'data' / hashlib.sha256(f'{protocol}://{above}'.encode()).hexdigest()[:16]
    try:
        import fsspec
        files, top = fsspec.core.url_to_fs(f'{protocol}://{above}')
        found = files.find(top if has_magic(pattern) else f'{top}/{pattern}'.rstrip('/'))
        wanted = {PurePosixPath(path).relative_to(top).as_posix(): path for path in found}
    except ImportError as error:
        raise DatasetError(f'{url} needs a package that is missing: {one_line(error)}') from None
    except (OSError, ValueError) as error:
        raise DatasetError(f'{url} cannot be read: {one_line(error)}') from None
    wanted = {name: path for name, path in wanted.items() if _matches(name, pattern)}
    if not wanted:
        raise DatasetError(f'{url}: nothing is there')
    place = kept / 'files'
    try:
        private_folder(kept)
        with exclusive(kept / 'copy.lock', lambda owner: DatasetError(
                f'{url}: process {owner} is copying it; wait for it')):
            _update(files, wanted, pattern, kept, lambda count: say(
                f'copying {count} files of {url} to {place}'))
    except OSError as error:
        raise DatasetError(f'{url} cannot be copied to {kept}: {one_line(error)}') from None
    return place / pattern


def _matches(name: str, pattern: str) -> bool:
    """Return whether a file is what the pattern names, or lies in a folder that it names."""
    parts, wanted = PurePosixPath(name).parts, PurePosixPath(pattern).parts
    return '..' not in parts and len(parts) >= len(wanted) and all(map(fnmatch, parts, wanted)) \
        and not any(fnmatch(parts[-1], mark) for mark in _LEFT_OUT)


def _update(files: Any, wanted: dict[str, str], pattern: str, kept: Path,
            begin: Callable[[int], object]) -> None:
    manifest, place = kept / _MANIFEST, kept / 'files'
    try:
        copied: dict[str, str] = json.loads(manifest.read_text(encoding='utf-8'))
    except (OSError, ValueError):
        copied = {}
    there = {name: str(files.ukey(path)) for name, path in wanted.items()}
    gone = [name for name in copied if _matches(name, pattern) and name not in there]
    new = [name for name, key in there.items()
           if copied.get(name) != key or not (place / name).is_file()]
    if new:
        begin(len(new))
    for name in gone:
        (place / name).unlink(missing_ok=True)
        del copied[name]
    try:
        for name in new:
            with replacing(place / name) as aside:
                files.get_file(wanted[name], str(aside))
            copied[name] = there[name]
    finally:  # an interrupted copy goes on where it was
        write_json(manifest, copied)
