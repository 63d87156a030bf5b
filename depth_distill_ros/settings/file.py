# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""run.yaml: the settings that a run followed from, beside its outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from depth_distill_ros import __version__
from depth_distill_ros.files import read_yaml, write_yaml
from depth_distill_ros.settings.field import (
    Kind,
    SettingError,
    Settings,
    renamed,
    settings_of,
)

_VERSION = 'package_version'


def read_settings(kind: type[Kind], path: Path) -> Kind:
    """Read a run.yaml of this or an earlier version; SettingError names what is wrong in it."""
    values = read_yaml(Path(path), SettingError)
    if not isinstance(values, dict):
        raise SettingError(f'{path} holds {values}, not names and values of settings')
    values.pop(_VERSION, None)
    try:
        # a file that an earlier version wrote has no reader to be warned
        return kind.from_mapping(values, warn=lambda line: None)
    except SettingError as error:
        raise SettingError(f'{path}: {error}') from error


def write_settings(settings: Settings, path: Path) -> None:
    """Write a run.yaml; DepthDistillError where that is not possible."""
    values = {name: list(value) if isinstance(value, tuple) else value
              for name, value in asdict(settings).items()}
    write_yaml(Path(path), {**values, _VERSION: __version__})


def upgraded(kind: type[Settings], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings that an earlier version stored, with the names and defaults of today."""
    table = settings_of(kind)
    return {name: described.default for name, described in table.items()} | renamed(
        values, table)[0]
