# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
The files that engines are made from, kept beside the model, and never used for another.

Beside each is a JSON file that says what it was made from, for and by, and the SHA-256 of its
bytes. A file that is truncated, of other weights, another device or another version is thus found
out before any backend reads it, and made anew.
"""

from __future__ import annotations

from collections.abc import Callable
import hashlib
import json
import os
from pathlib import Path
import shutil

from torch import nn

from depth_distill_ros import __version__
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.files import write_bytes, write_json
from depth_distill_ros.inference.engines.onnx_export import picture_onnx
from depth_distill_ros.networks.model import WEIGHTS, ModelError, load_model, read_card
from depth_distill_ros.shipped import is_shipped

_FOLDER = 'engines'
_MODELS_KEPT = 16  # in the user's cache
_CHANGED = {'sha256': 'it is not whole', 'model': 'the model has changed since'}


class EngineFiles:
    """The engine files of one model folder; `say` is told of each that is not used, and why."""

    def __init__(self, folder: Path, say: Callable[[str], None] = lambda line: None):
        self.folder = Path(folder)
        self._say = say
        self._model = _fingerprint(self.folder)

    def onnx(self) -> bytes:
        """Return the network as `picture_onnx` gives it. Raises ModelError for an unusable one."""
        return self.get('student.onnx', {}, lambda: picture_onnx(*_network(self.folder)))

    def get(self, name: str, made_for: dict[str, str], make: Callable[[], bytes]) -> bytes:
        """
        Return the bytes of the file `name` where they are of this model and `made_for`.

        Else make them and put them beside the model, or into the user's cache where that cannot
        be written to or is the package; where neither can, they are only returned.
        """
        folders = [self._cache()]
        if not is_shipped(self.folder):
            folders.insert(0, self.folder / _FOLDER)
        for found in folders:
            data = self._read(found / name, made_for)
            if data is not None:
                break
        else:
            found, data = None, make()
        for folder in folders:
            if folder == found:
                break
            try:
                write_bytes(folder / name, data)
                write_json(_about(folder / name), self._truth(made_for, data))
                if folder == folders[-1]:
                    _forget_the_oldest(folder.parent)
                self._say(f'written: {folder / name}')
                break
            except (OSError, DepthDistillError) as error:
                if found is None:
                    self._say(f'{name} is not kept: {error}')
        return data

    def _read(self, path: Path, made_for: dict[str, str]) -> bytes | None:
        try:
            data = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            self._say(f'{path} is made anew: {error.strerror}')
            return None
        try:
            said = json.loads(_about(path).read_text(encoding='utf-8'))
        except (OSError, ValueError):
            said = None
        if not isinstance(said, dict):
            self._say(f'{path} is made anew: nothing beside it says what it was made from')
            return None
        for key, value in self._truth(made_for, data).items():
            if said.get(key) != value:
                why = _CHANGED.get(key, f'it is of {key} {said.get(key)}, not of {value}')
                self._say(f'{path} is made anew: {why}')
                return None
        return data

    def _truth(self, made_for: dict[str, str], data: bytes) -> dict[str, str]:
        return {'depth_distill_ros': __version__, 'model': self._model, **made_for,
                'sha256': hashlib.sha256(data).hexdigest()}

    def _cache(self) -> Path:
        root = os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache'
        return Path(root) / 'depth_distill_ros' / _FOLDER / self._model[:16]


def _fingerprint(folder: Path) -> str:
    """Return the SHA-256 of all that decides what the network computes."""
    card = read_card(folder)
    what = json.dumps([card.network, card.backbone, card.size, card.options], sort_keys=True)
    try:
        weights = (folder / WEIGHTS).read_bytes()
    except OSError as error:
        raise ModelError(f'{folder / WEIGHTS} cannot be read: {error.strerror}') from error
    return hashlib.sha256(what.encode() + weights).hexdigest()


def _network(folder: Path) -> tuple[nn.Module, tuple[int, int]]:
    network, card = load_model(folder)
    return network, card.size


def _forget_the_oldest(cache: Path) -> None:
    """Delete what the cache holds of models that nothing was made for in a long time."""
    folders = sorted((f for f in cache.iterdir() if f.is_dir()), key=lambda f: f.stat().st_mtime)
    for folder in folders[:-_MODELS_KEPT]:
        shutil.rmtree(folder, ignore_errors=True)


def _about(path: Path) -> Path:
    return path.with_name(f'{path.name}.json')
