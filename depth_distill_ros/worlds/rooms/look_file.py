# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
A look from a YAML file of ranges (sim/randomisation.yaml), for domain randomisation.

What the file does not name keeps the number of the look it starts from.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
import math
from pathlib import Path

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.files import read_yaml
from depth_distill_ros.worlds.rooms import looks
from depth_distill_ros.worlds.rooms.layouts import LAYOUTS
from depth_distill_ros.worlds.rooms.looks import Look, Sensor, Wild
from depth_distill_ros.worlds.rooms.materials import FLOOR_TILE, WALL_TILE


class LookFileError(DepthDistillError):
    """A file of ranges that cannot be used; names the file, the key and what belongs there."""


def named(name: str) -> Look:
    """
    Return a built-in look, or the one of a YAML file.

    Raises
    ------
    DepthDistillError : there is no such look, or the file is wrong.

    """
    return load(Path(name)) if name.endswith(('.yaml', '.yml')) else looks.named(name)


def load(path: Path) -> Look:
    """
    Return the look that a YAML file describes.

    Raises
    ------
    LookFileError : it cannot be read, or something in it is unknown or out of range.

    """
    sections = read_yaml(path, LookFileError)
    if not isinstance(sections, dict):
        raise LookFileError(f'{path}: it must be a mapping of {", ".join(("base", *_SECTIONS))}')
    base = sections.pop('base', 'stream')
    try:
        look = looks.named(base)
    except DepthDistillError:
        raise LookFileError(f'{path}: base: {base!r} is none of {", ".join(sorted(looks.LOOKS))}'
                            ) from None
    found: dict[str, dict[str, object]] = {
        place: {} for place in ('look', 'lighting', 'sensor', 'wild', 'frames')}
    for section, entries in sections.items():
        for place, field, value in _section(path, section, entries):
            found[place][field] = value
    sensor = look.sensor
    if found['sensor']:
        sensor = replace(sensor or _STILL, **found['sensor'])
    return replace(look, name=path.stem, lighting=replace(look.lighting, **found['lighting']),
                   sensor=sensor, wild=Wild(**found['wild']), **found['look'])


def _section(path: Path, section: str, entries: object) -> list[tuple[str, str, object]]:
    if section not in _SECTIONS:
        raise LookFileError(
            f'{path}: {section}: no such section; there are {", ".join(("base", *_SECTIONS))}')
    known = _SECTIONS[section]
    if not isinstance(entries, dict):
        raise LookFileError(f'{path}: {section}: must be a mapping of {", ".join(known)}')
    result = []
    for key, value in entries.items():
        if key not in known:
            raise LookFileError(
                f'{path}: {section}.{key}: no such key; there are {", ".join(known)}')
        places, read = known[key]
        try:
            values = read(value)
        except (TypeError, ValueError) as error:
            raise LookFileError(f'{path}: {section}.{key}: {error}; got {value!r}') from None
        # A range of the camera's becomes two numbers of the look: middle and half width.
        names = places.split()
        for name, part in zip(names, values if len(names) > 1 else (values,), strict=True):
            place, _, field = name.rpartition('.')
            result.append((place or 'look', field, part))
    return result


def _numbers(value: object, count: int) -> list[float]:
    if not isinstance(value, list) or len(value) != count or any(
            isinstance(v, bool) or not isinstance(v, (int, float)) for v in value):
        raise ValueError('expected [low, high]')
    return [float(v) for v in value]


def _span(low: float, high: float) -> Callable[[object], tuple[float, float]]:
    def read(value: object) -> tuple[float, float]:
        first, last = _numbers(value, 2)
        if not low <= first <= last <= high:
            raise ValueError(f'expected [low, high] within {low:g} to {high:g}')
        return first, last
    return read


def _count(most: int) -> Callable[[object], tuple[int, int]]:
    def read(value: object) -> tuple[int, int]:
        first, last = _span(0, most)(value)
        if not first.is_integer() or not last.is_integer():
            raise ValueError('expected whole numbers [least, most]')
        return int(first), int(last)
    return read


def _open_count(most: int) -> Callable[[object], tuple[int, int]]:
    def read(value: object) -> tuple[int, int]:
        first, last = _count(most)(value)
        return first, last + 1
    return read


def _number(low: float, high: float) -> Callable[[object], float]:
    def read(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)) \
                or not low <= value <= high:
            raise ValueError(f'expected a number from {low:g} to {high:g}')
        return float(value)
    return read


def _side(value: object) -> tuple[float, float]:
    first, last = _span(3.0, 12.0)(value)
    if last < 4.5:
        raise ValueError('the longest must be at least 4.5')
    return first, last


def _degrees(low: float, high: float) -> Callable[[object], tuple[float, float]]:
    def read(value: object) -> tuple[float, float]:
        first, last = _span(low, high)(value)
        return math.radians(first), math.radians(last)
    return read


def _about(read: Callable[[object], tuple[float, float]],
           ) -> Callable[[object], tuple[float, float]]:
    def middle(value: object) -> tuple[float, float]:
        first, last = read(value)
        return 0.5 * (first + last), 0.5 * (last - first)
    return middle


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError('expected true or false')
    return value


def _weights(names: tuple[str, ...]) -> Callable[[object], dict[str, float]]:
    def read(value: object) -> dict[str, float]:
        if not isinstance(value, dict) or not set(value) <= set(names) or any(
                isinstance(v, bool) or not isinstance(v, (int, float)) or not 0 <= v < math.inf
                for v in value.values()) or not sum(value.values()) > 0:
            raise ValueError(f'expected weights, not all 0, of {", ".join(names)}')
        return {key: float(weight) for key, weight in value.items()}
    return read


def _palette(value: object) -> looks.Palette:
    shape = 'expected a list of {weight, hue: [], saturation: [], value: []} in 0 to 1'
    if not isinstance(value, list) or not value:
        raise ValueError(shape)
    entries = []
    for entry in value:
        if not isinstance(entry, dict) or set(entry) != {'weight', 'hue', 'saturation', 'value'}:
            raise ValueError(shape)
        # A hue past 1 is one past red: a range may run through it.
        entries.append((_number(1e-3, 1e3)(entry['weight']), _span(0.0, 2.0)(entry['hue']),
                        _span(0.0, 1.0)(entry['saturation']), _span(0.0, 1.0)(entry['value'])))
    return tuple(entries)


def _styles(field: str) -> tuple[str, ...]:
    return tuple(sorted({name for look in looks.LOOKS.values() for name in getattr(look, field)}))


# A camera that changes nothing: what a sensor section does not name.
_STILL = Sensor(exposure=(1.0, 1.0), white_balance=0.0, gamma=(1.0, 1.0), contrast=(0.0, 0.0),
                vignette=(0.0, 0.0), blur=(0.0, 0.0), noise=(0.0, 0.0))
_STRENGTH, _SHARE = _span(0.0, 1.0), _number(0.0, 1.0)
# section -> key -> (fields of the look, how its value is read)
_SECTIONS: dict[str, dict[str, tuple[str, Callable[[object], object]]]] = {
    'room': {
        'kinds': ('kinds', _weights(tuple(LAYOUTS))),
        'side': ('side', _side),
        'ceiling': ('ceiling', _span(2.3, 4.0))},
    'colours': {
        **{name: (name, _palette) for name in (
            'wall', 'floor', 'wood', 'paint', 'fabric', 'small', 'roof')},
        'repaint': ('wild.repaint', _SHARE)},
    'textures': {
        'floors': ('floors', _weights(tuple(FLOOR_TILE))),
        'walls': ('walls', _weights(tuple(WALL_TILE))),
        'fabrics': ('fabrics', _weights(_styles('fabrics'))),
        'contrast': ('texture_contrast', _STRENGTH),
        'scale': ('wild.texture_scale', _span(0.25, 4.0)),
        'accent_wall': ('accent_wall', _SHARE),
        'plain_fabric': ('plain_fabric', _SHARE)},
    'objects': {
        **{name: (name, _weights(_styles(name))) for name in (
            'chairs', 'sofas', 'tables', 'storage')},
        'proportions': ('proportions', _span(0.6, 1.5)),
        'variety': ('wild.variety', _number(0.0, 3.0))},
    'clutter': {
        'share': ('clutter', _SHARE),
        'extras': ('extras', _open_count(20)),
        'litter': ('wild.litter', _count(20)),
        'pictures': ('pictures', _count(8)),
        'rug': ('rug', _SHARE),
        'curtain': ('curtain', _SHARE)},
    'lights': {
        **{name: (f'lighting.{name}', _STRENGTH) for name in (
            'ambient', 'ceiling', 'window', 'bounce')},
        **{name: (f'lighting.{name}', _span(-1.0, 1.0)) for name in (
            'temperature', 'window_temperature')},
        # OpenGL's fixed pipeline has eight lights; a room may use five without these.
        'lamps': ('wild.lamps', _count(3))},
    'camera': {
        'height': ('camera_height camera_height_jitter', _about(_span(0.1, 1.0))),
        'pitch': ('camera_pitch camera_pitch_jitter', _about(_degrees(-45.0, 30.0))),
        'roll': ('camera_roll_jitter', lambda value: math.radians(_number(0.0, 30.0)(value))),
        'vertical_fov': ('wild.vertical_fov', _degrees(15.0, 120.0))},
    'sensor': {
        'exposure': ('sensor.exposure', _span(0.2, 4.0)),
        'white_balance': ('sensor.white_balance', _number(0.0, 0.5)),
        'gamma': ('sensor.gamma', _span(0.4, 2.5)),
        'contrast': ('sensor.contrast', _STRENGTH),
        'vignette': ('sensor.vignette', _STRENGTH),
        'blur': ('sensor.blur', _span(0.0, 4.0)),
        'noise': ('sensor.noise', _span(0.0, 0.2))},
    # Not of the room: sim/isaac/stream.py reads it again, in a Python without this package.
    'between_frames': {
        'every': ('frames.every', _number(0.0, 1e6)),
        'light': ('frames.light', _span(0.01, 100.0)),
        'tint': ('frames.tint', _number(0.0, 0.99)),
        'surfaces': ('frames.surfaces', _flag)},
}
