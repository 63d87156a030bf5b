# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Files that are replaced as a whole, checked before they are read, or locked by one process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import errno
import fcntl
import hashlib
import json
import os
from pathlib import Path
import re
import shutil
import stat
from typing import Any, TextIO

import yaml

from depth_distill_ros.errors import DepthDistillError, one_line


@contextmanager
def writing(path: Path, cure: str = '', error_type: type[DepthDistillError] = DepthDistillError,
            also: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """
    Turn an OSError of the block into "cannot write PATH: REASON; CURE" of `error_type`.

    `also` are further exceptions by which a library reports that it could not write.
    """
    failures: tuple[type[Exception], ...] = (OSError, *also)
    try:
        yield
    except failures as error:
        reason = getattr(error, 'strerror', None) or error
        raise error_type(f'cannot write {path}: {reason}{cure and "; " + cure}') from error


def expanded(path: str | Path) -> Path:
    """Return the path with ~ as the home folder; DepthDistillError for a user without one."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise DepthDistillError(f'{path}: there is no home folder that ~ stands for; set HOME, or '
                                'give the whole path') from None


def user_cache() -> Path | None:
    """Return the package's folder in the user's cache; None for a user without a home."""
    try:
        root = Path(os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache')
    except RuntimeError:
        return None
    return root / 'depth_distill_ros'


def lfs_cure(start: bytes) -> str:
    """Return what to do if a file that begins so is only a pointer of Git LFS; '' if it is not."""
    return ': it is a pointer of Git LFS, fetch the file itself with "git lfs pull"' \
        if start.startswith(b'version https://git-lfs') else ''


@contextmanager
def replacing(path: Path, sync: bool = False) -> Iterator[Path]:
    """
    Give the path of a new file or folder, which takes the place of `path` when the block succeeds.

    A reader, a crash or a full disk therefore never leaves half of it at `path`. Missing parent
    folders are made; a folder replaces nothing but an empty one. `sync` waits until the bytes are
    on the disk.
    """
    aside = path.with_name(f'.{path.name}.{os.getpid()}')
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove(aside)  # left by a killed process of the same number
    try:
        yield aside
        if sync:
            for file in [aside, *aside.rglob('*')]:
                if file.is_file():
                    with file.open('rb') as handle:
                        os.fsync(handle.fileno())
        aside.replace(path)
    finally:
        _remove(aside)


def write_bytes(path: Path, data: bytes, cure: str = '',
                error_type: type[DepthDistillError] = DepthDistillError) -> None:
    """Replace the file `path` by `data`; `error_type` with the `cure` if it cannot be written."""
    with writing(path, cure, error_type), replacing(path) as aside:
        aside.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Replace the file `path` by `text` in UTF-8; DepthDistillError if it cannot be written."""
    write_bytes(path, text.encode())


def json_text(value: object) -> str:
    """Return `value` as the package's JSON files hold it."""
    return json.dumps(value, indent=2, ensure_ascii=False) + '\n'


def write_json(path: Path, value: object) -> None:
    """Replace the file `path` by `value` as JSON; DepthDistillError if it cannot be written."""
    write_text(path, json_text(value))


def write_yaml(path: Path, value: object) -> None:
    """Replace the file `path` by `value` as YAML; DepthDistillError if it cannot be written."""
    write_text(path, yaml.dump(value, Dumper=_YamlDumper, sort_keys=False))


class YamlLoader(yaml.SafeLoader):
    """Reads 1e-4 as a number, as YAML 1.2 and ROS do; YAML 1.1 calls it a text."""


class _YamlDumper(yaml.SafeDumper):
    """Quotes a text that the loader would take for a number."""


for _kind in (YamlLoader, _YamlDumper):
    _kind.add_implicit_resolver('tag:yaml.org,2002:float', re.compile(
        r'^[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$'), list('-+.0123456789'))


def parsed_yaml(text: str) -> Any:
    """Return what a YAML text holds; raises as ``yaml.safe_load`` does."""
    return yaml.load(text, YamlLoader)


def read_yaml(path: Path, error_type: type[DepthDistillError]) -> object:
    """Return what the file holds, {} where that is nothing; `error_type` if it cannot be read."""
    try:
        return parsed_yaml(path.read_text(encoding='utf-8-sig')) or {}
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, 'strerror', None) or 'it is not a text file'
        raise error_type(f'{path}: cannot be read: {reason}') from error
    # The 99th of a month, too many digits and too many brackets are no YAMLError.
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        raise error_type(f'{path}: not valid YAML: {one_line(error)}') from error


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes in hexadecimal, read in blocks of 1 MiB."""
    digest = hashlib.sha256()
    with path.open('rb') as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def check_regular(path: Path, most: int) -> None:
    """
    Raise OSError unless `path` is a file of at most `most` bytes.

    A file of somebody else may be a pipe, whose reader waits for ever, or fill the memory.
    """
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, 'it is not a file')
    if found.st_size > most:
        raise OSError(errno.EFBIG, f'it has {found.st_size} bytes, more than the {most} it may '
                      'have')


def exclusive(path: Path, taken: Callable[[str], Exception]) -> TextIO:
    """
    Return the lock file `path`, open and locked for this process; missing folders are made.

    The lock ends when the file is closed, and with the process in any way. Raises what `taken`
    makes of the number of another process that has it, and OSError if the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = path.open('a+')
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.seek(0)
        owner = lock.read(20).strip() or 'unknown'
        lock.close()
        if isinstance(error, BlockingIOError):
            raise taken(owner) from None
        raise
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def remove_leftovers(folder: Path, pattern: str, owned: bool = False) -> list[Path]:
    """
    Remove what killed processes left when they wrote to `folder/pattern`; return the paths.

    `owned`: this process has locked the folder, so that nobody else writes there.
    """
    left = [path for path in folder.glob(f'.{pattern}.*')
            if (found := re.fullmatch(r'\..+\.(\d+)', path.name))
            and (owned or not _runs(int(found[1])))]
    for path in left:
        _remove(path)
    return left


def _runs(process: int) -> bool:
    return process != os.getpid() and Path(f'/proc/{process}').exists()


def private_folder(path: Path) -> None:
    """Make a folder that its owner alone can read, as what the robot's camera saw; or OSError."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.stat().st_uid == os.geteuid():  # one of an earlier version
        path.chmod(0o700)


def remove(folder: Path) -> None:
    """Remove a folder; a reader sees all of it or nothing, also if this process is killed."""
    aside = folder.with_name(f'.{folder.name}.{os.getpid()}')
    _remove(aside)
    with writing(folder):
        folder.rename(aside)
    _remove(aside)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
