# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Maps a simulator's class names and ids to the 13 NYU classes (config/classes.yaml)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
import re

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.files import read_yaml
from depth_distill_ros.installation import share
from depth_distill_ros.stream.classes import NYU13

_SECTIONS = ('other', 'ids', 'names')


class ClassTableError(DepthDistillError):
    """A class table that cannot be used; names the file, the entry and what is expected."""


@dataclass(frozen=True)
class ClassTable:
    """
    The classes of names and ids.

    Attributes:
        names: id of NYU13 by name, in lower case with words joined by _
        ids: id of NYU13 by the simulator's id
        other: id of NYU13 for all other names and ids
    """

    names: Mapping[str, int]
    ids: Mapping[int, int]
    other: int

    def of_name(self, name: str) -> int | None:
        """
        Return the class of a name, None if it is unknown.

        For several names separated by commas (nested labels) the first known one decides.
        """
        whole = self.names.get(_normal(name))
        if whole is not None or ',' not in name:
            return whole
        known = (self.names.get(_normal(part)) for part in name.split(','))
        return next((found for found in known if found is not None), None)


def load(path: Path | None = None) -> ClassTable:
    """
    Return the shipped table with the changes of a file: its names are added, its ids replace all.

    Raises:
        ClassTableError: the file cannot be read, or an entry names no class
    """
    table = _read(share() / 'config' / 'classes.yaml', ClassTable(
        {name: number for number, name in enumerate(NYU13)}, {}, 0))
    return table if path is None else _read(path, table)


def _read(path: Path, base: ClassTable) -> ClassTable:
    sections = _sections(path)
    names = dict(base.names)
    for target, aliases in _mapping(path, 'names', sections).items():
        number = _class(path, f'names: {target}', target, base.names)
        if not isinstance(aliases, list):
            raise ClassTableError(f'{path}: names: {target}: found {aliases!r}, expected a list')
        names |= {_normal(str(alias)): number for alias in aliases}
    ids = {}
    for key, name in _mapping(path, 'ids', sections).items():
        if isinstance(key, bool) or not isinstance(key, int):
            raise ClassTableError(f'{path}: ids: found {key!r}, expected a whole number')
        ids[key] = _class(path, f'ids: {key}', name, names)
    other = base.other
    if 'other' in sections:
        other = _class(path, 'other', sections['other'], names)
    return ClassTable(names, ids or base.ids, other)


def _sections(path: Path) -> dict[str, object]:
    sections = read_yaml(path, ClassTableError)
    if not isinstance(sections, dict) or not sections.keys() <= set(_SECTIONS):
        raise ClassTableError(f'{path}: it must be a mapping of {", ".join(_SECTIONS)}')
    return sections


def _mapping(path: Path, section: str, sections: dict[str, object]) -> dict:
    found = sections.get(section) or {}
    if not isinstance(found, dict):
        raise ClassTableError(f'{path}: {section}: found {found!r}, expected a mapping')
    return found


def _class(path: Path, place: str, name: object, names: Mapping[str, int]) -> int:
    number = names.get(_normal(str(name)))
    if number is None:
        raise ClassTableError(f'{path}: {place}: {name!r} is not one of {", ".join(NYU13)}')
    return number


def _normal(name: str) -> str:
    return re.sub(r'[\W_]+', '_', name.lower()).strip('_')
