# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Looks, each a YAML file of ranges: those in config/looks (``BUILT_IN``), and any of a user's.

Keys that a file leaves out keep the values of the look named as its ``base``.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Iterable
import math
from pathlib import Path
from typing import Any

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.files import expanded, read_yaml
from depth_distill_ros.installation import share
from depth_distill_ros.worlds.rooms.layouts import LAYOUTS
from depth_distill_ros.worlds.rooms.looks import Lighting, Look, Palette, Range, Sensor
from depth_distill_ros.worlds.rooms.materials import FLOOR_TILE, WALL_TILE
from depth_distill_ros.worlds.rooms.photographs import in_folder

BUILT_IN = ('stream', 'target', 'general', 'nyu')


def named(name: str) -> Look:
    """Return a built-in look or that of a YAML file; DepthDistillError if there is none."""
    return load(Path(name) if name.endswith(('.yaml', '.yml')) else _built_in(name))


def load(path: Path) -> Look:
    """Return the look of a YAML file; DepthDistillError names the key and a good value."""
    values = {name: _values(path, name, entries) for name, entries in _sections(path).items()}
    lighting, sensor = Lighting(**values.pop('lights')), values.pop('sensor')
    # Not used here: sim/isaac/stream.py reads it, in a Python without this package.
    del values['between_frames']
    if folder := values['textures']['photographs']:
        values['textures']['photographs'] = _with_photographs(path, folder)
    return Look(path.stem, lighting=lighting, sensor=Sensor(**sensor) if sensor else None,
                **dict(ChainMap(*values.values())))


def _with_photographs(path: Path, folder: Path) -> Path:
    """Return the folder, which a look's file names from where it lies."""
    try:
        in_folder(found := path.parent.resolve() / folder)
    except DepthDistillError as error:
        raise DepthDistillError(f'{path}: textures.{error}') from None
    return found


def _built_in(name: object) -> Path:
    # 'robot' is an old name.
    name = 'target' if name == 'robot' else name
    if name not in BUILT_IN:
        raise DepthDistillError(
            f"look: there is no {name!r}; choose one of {', '.join(BUILT_IN)}")
    return share() / 'config' / 'looks' / f'{name}.yaml'


def _sections(path: Path) -> dict[str, dict[str, object]]:
    """Return the sections of a file, completed by those of its base."""
    sections = read_yaml(path, DepthDistillError)
    names = ', '.join(('base', *_SECTIONS))
    if not isinstance(sections, dict):
        raise DepthDistillError(f'{path}: it must be a mapping of {names}')
    base = sections.pop('base', 'stream')
    if base not in (*BUILT_IN, 'robot'):
        raise DepthDistillError(f'{path}: base: {base!r} is none of {", ".join(BUILT_IN)}')
    for section, entries in sections.items():
        if section not in _SECTIONS:
            raise DepthDistillError(f'{path}: {section}: no such section; there are {names}')
        if not isinstance(entries, dict):
            raise DepthDistillError(
                f'{path}: {section}: must be a mapping of {", ".join(_SECTIONS[section])}')
    below = {} if path == _built_in('stream') else _sections(_built_in(base))
    return {section: below.get(section, {}) | sections.get(section, {}) for section in _SECTIONS}


def _values(path: Path, section: str, entries: dict[str, object]) -> dict[str, Any]:
    """Return the value of each field of the look that a section sets."""
    known, values = _SECTIONS[section], {}
    for key, value in entries.items():
        if key not in known:
            raise DepthDistillError(
                f'{path}: {section}.{key}: no such key; there are {", ".join(known)}')
        try:
            values[_FIELDS.get((section, key), key)] = known[key](value)
        except (TypeError, ValueError) as error:
            raise DepthDistillError(f'{path}: {section}.{key}: {error}; got {value!r}') from None
    return values


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _span(low: float, high: float, convert: Callable[[Range], object] = tuple,
          ) -> Callable[[object], object]:
    def read(value: object) -> object:
        if not isinstance(value, list) or len(value) != 2 or not all(map(_is_number, value)):
            raise ValueError('expected [low, high]')
        first, last = map(float, value)
        if not low <= first <= last <= high:
            raise ValueError(f'expected [low, high] within {low:g} to {high:g}')
        return convert((first, last))
    return read


def _count(most: int, beyond: int = 0) -> Callable[[object], object]:
    """Read whole numbers [least, most]; ``beyond`` is added to the upper one."""
    def whole(span: Range) -> tuple[int, int]:
        if not all(v.is_integer() for v in span):
            raise ValueError('expected whole numbers [least, most]')
        return int(span[0]), int(span[1]) + beyond
    return _span(0, most, whole)


def _side(span: Range) -> Range:
    if span[1] < 4.5:
        raise ValueError('the longest must be at least 4.5')
    return span


def _radians(span: Range) -> Range:
    return tuple(map(math.radians, span))


def _middle(span: Range) -> Range:
    # Rounded, so that 0.57 to 0.63 is exactly 0.6 ± 0.03.
    return round(0.5 * (span[0] + span[1]), 9), round(0.5 * (span[1] - span[0]), 9)


def _number(low: float, high: float) -> Callable[[object], float]:
    def read(value: object) -> float:
        if not _is_number(value) or not low <= value <= high:
            raise ValueError(f'expected a number from {low:g} to {high:g}')
        return float(value)
    return read


def _folder(value: object) -> Path | None:
    if not isinstance(value, str):
        raise ValueError('expected a folder')
    return expanded(value) if value else None


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError('expected true or false')
    return value


def _weights(names: Iterable[str]) -> Callable[[object], dict[str, float]]:
    def read(value: object) -> dict[str, float]:
        if not isinstance(value, dict) or not set(value) <= set(names) or not all(
                _is_number(v) and 0 <= v < math.inf for v in value.values()) \
                or not sum(value.values()) > 0:
            raise ValueError(f'expected weights, not all 0, of {", ".join(names)}')
        return {key: float(weight) for key, weight in value.items()}
    return read


def _palette(value: object) -> Palette:
    keys = ('weight', 'hue', 'saturation', 'value')
    if not isinstance(value, list) or not value or not all(
            isinstance(entry, dict) and set(entry) == set(keys) for entry in value):
        raise ValueError(
            'expected a list of {weight, hue: [], saturation: [], value: []} in 0 to 1')
    # Hues above 1 start at red again, so that a range may contain red.
    readers = (_number(1e-3, 1e3), _span(0.0, 2.0), _span(0.0, 1.0), _span(0.0, 1.0))
    return tuple(tuple(read(entry[key]) for key, read in zip(keys, readers, strict=True))
                 for entry in value)


_STRENGTH, _SHARE = _span(0.0, 1.0), _number(0.0, 1.0)
# section -> key -> reader of the value
_SECTIONS: dict[str, dict[str, Callable[[object], object]]] = {
    'room': {'kinds': _weights(LAYOUTS), 'side': _span(3.0, 12.0, _side),
             'ceiling': _span(2.3, 4.0)},
    'colours': {'repaint': _SHARE, **dict.fromkeys(
        ('wall', 'floor', 'wood', 'paint', 'fabric', 'small', 'roof'), _palette)},
    'textures': {
        'floors': _weights(FLOOR_TILE), 'walls': _weights(WALL_TILE),
        'fabrics': _weights(('dots', 'noise', 'plaid', 'stripes', 'weave')),
        'contrast': _STRENGTH, 'scale': _span(0.25, 4.0),
        'accent_wall': _SHARE, 'plain_fabric': _SHARE,
        'photographs': _folder, 'photographed': _SHARE},
    'objects': {
        'chairs': _weights(('shell', 'slats', 'solid', 'stool')),
        'sofas': _weights(('boxy', 'rounded', 'slim')),
        'tables': _weights(('legs', 'panel', 'pedestal')),
        'storage': _weights(('bookcase', 'cabinet', 'cubes', 'drawers', 'wardrobe')),
        'painted': _SHARE, 'proportions': _span(0.6, 1.5), 'variety': _number(0.0, 3.0)},
    'clutter': {'extras': _count(20, beyond=1), 'litter': _count(20), 'pictures': _count(8),
                **dict.fromkeys(('share', 'rug', 'curtain'), _SHARE)},
    # OpenGL's fixed pipeline has eight lights, and a room may use five without these lamps.
    'lights': {'lamps': _count(3),
               **dict.fromkeys(('ambient', 'ceiling', 'window', 'bounce'), _STRENGTH),
               **dict.fromkeys(('temperature', 'window_temperature'), _span(-1.0, 1.0))},
    'camera': {
        'height': _span(0.1, 4.0, _middle),
        'pitch': _span(-45.0, 30.0, lambda span: _radians(_middle(span))),
        'roll': lambda value: math.radians(_number(0.0, 30.0)(value)),
        'vertical_fov': _span(15.0, 120.0, _radians)},
    'sensor': {
        'auto_exposure': _number(0.0, 0.9), 'exposure': _span(0.2, 4.0),
        'white_balance': _number(0.0, 0.5),
        'gamma': _span(0.4, 2.5), 'contrast': _STRENGTH, 'vignette': _STRENGTH,
        'blur': _span(0.0, 4.0), 'noise': _span(0.0, 0.2)},
    'between_frames': {'every': _number(0.0, 1e6), 'light': _span(0.01, 100.0),
                       'tint': _number(0.0, 0.99), 'surfaces': _flag},
}
# (section, key) -> field of the look, where that is not the key
_FIELDS = {('textures', 'contrast'): 'texture_contrast', ('textures', 'scale'): 'texture_scale',
           ('clutter', 'share'): 'clutter',
           **{('camera', key): f'camera_{key}' for key in ('height', 'pitch', 'roll')}}
