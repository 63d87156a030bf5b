# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Files that engines start from, cached beside the model.

Each has a JSON file beside it with the model, the device and the versions that it was made for and
the SHA-256 of its bytes. A file that is truncated or was made for another model, device or version
is thus detected before a backend reads it, and made again.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
import hashlib
import json
from pathlib import Path
import shutil

from depth_distill_ros import __version__
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.files import (
    check_regular,
    remove_leftovers,
    user_cache,
    write_bytes,
    write_json,
)
from depth_distill_ros.inference.engines.engine import Log, no_log
from depth_distill_ros.inference.engines.onnx_export import export_onnx
from depth_distill_ros.networks.model_folder import WEIGHTS, ModelError, load_model, read_card
from depth_distill_ros.shipped import is_shipped

_FOLDER = 'engines'
_MODELS_KEPT = 16  # in the user's cache
_MOST_BYTES, _MOST_MANIFEST_BYTES = 1 << 34, 1 << 20
_REASONS = {'sha256': 'it is damaged', 'model': 'the model has changed'}


class EngineCache:
    """The engine files of one model; `log` gets a line for each file written or not used."""

    def __init__(self, folder: Path, log: Log = no_log):
        self.folder = Path(folder)
        self._log = log
        self._model = _fingerprint(self.folder)

    def onnx(self) -> bytes:
        """Return the ONNX file of `export_onnx`. Raises ModelError for an unusable model."""
        return self.get('student.onnx', {}, self._export)

    def get(self, name: str, made_for: dict[str, str], make: Callable[[], bytes]) -> bytes:
        """
        Return the file `name` if it was made from this model for `made_for`, else make it.

        It is stored beside the model, or in the user's cache if that folder cannot be written or
        belongs to the package. If neither can be written it is only returned.
        """
        beside, places = self.folder / _FOLDER / name, self._places(name)
        found, data = self._found(places, made_for)
        if data is None:
            data = make()
        for path in places[:places.index(found)] if found else places:
            try:
                remove_leftovers(path.parent, f'{path.name}*')
                write_bytes(path, data)
                write_json(_manifest_path(path), self._manifest(made_for, data))
            except DepthDistillError as error:
                if found is None:
                    self._log(str(error))
                continue
            if path != beside:
                _remove_oldest(path.parents[1])
            self._log(f'written: {path}')
            break
        return data

    def stored(self, name: str, made_for: dict[str, str]) -> bytes | None:
        """Return the file `name` if it was made from this model for `made_for`, else None."""
        return self._found(self._places(name), made_for)[1]

    def _places(self, name: str) -> list[Path]:
        cache = self._user_cache()
        places = [] if is_shipped(self.folder) else [self.folder / _FOLDER / name]
        return places if cache is None else [*places, cache / name]

    def _found(self, places: list[Path], made_for: dict[str, str],
               ) -> tuple[Path | None, bytes | None]:
        return next(
            ((path, data) for path in places if (data := self._read(path, made_for)) is not None),
            (None, None))

    def _export(self) -> bytes:
        network, card = load_model(self.folder)
        return export_onnx(network, card.size)

    def _read(self, path: Path, made_for: dict[str, str]) -> bytes | None:
        try:
            check_regular(path, _MOST_BYTES)
            data = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            self._log(f'{path} is made again: {error.strerror}')
            return None
        try:
            check_regular(_manifest_path(path), _MOST_MANIFEST_BYTES)
            manifest = json.loads(_manifest_path(path).read_text(encoding='utf-8'))
        except (OSError, ValueError, RecursionError):
            manifest = None
        if not isinstance(manifest, dict):
            self._log(f'{path} is made again: {_manifest_path(path).name} is missing or damaged')
            return None
        for key, value in self._manifest(made_for, data).items():
            if manifest.get(key) != value:
                reason = _REASONS.get(key, f'{key} is {value}, it was {manifest.get(key)}')
                self._log(f'{path} is made again: {reason}')
                return None
        return data

    def _manifest(self, made_for: dict[str, str], data: bytes) -> dict[str, str]:
        return {'depth_distill_ros': __version__, 'model': self._model, **made_for,
                'sha256': hashlib.sha256(data).hexdigest()}

    def _user_cache(self) -> Path | None:
        """Return the folder of this model in the user's cache; None for a user without a home."""
        cache = user_cache()
        return cache and cache / _FOLDER / self._model[:16]


def _fingerprint(folder: Path) -> str:
    """Return the SHA-256 of everything that determines the network's output."""
    card = read_card(folder)
    graph = json.dumps([card.network, card.backbone, card.size, card.options], sort_keys=True)
    try:
        weights = (folder / WEIGHTS).read_bytes()
    except OSError as error:
        raise ModelError(f'{folder / WEIGHTS} cannot be read: {error.strerror}') from error
    return hashlib.sha256(graph.encode() + weights).hexdigest()


def _remove_oldest(cache: Path) -> None:
    """Remove the cached files of all but the models for which files were made last."""
    with suppress(OSError):  # another process may remove the same ones
        folders = sorted((f for f in cache.iterdir() if f.is_dir()),
                         key=lambda f: f.stat().st_mtime)
        for folder in folders[:-_MODELS_KEPT]:
            shutil.rmtree(folder, ignore_errors=True)


def _manifest_path(path: Path) -> Path:
    return path.with_name(f'{path.name}.json')
