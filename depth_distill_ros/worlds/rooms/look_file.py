# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
A look from a YAML file of ranges (sim/randomisation.yaml), for domain randomisation.

Keys that the file leaves out keep the values of the look named as its ``base``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
import math
from pathlib import Path

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.files import read_yaml
from depth_distill_ros.worlds.rooms import looks
from depth_distill_ros.worlds.rooms.layouts import LAYOUTS
from depth_distill_ros.worlds.rooms.looks import Look, Randomisation, Range, Sensor
from depth_distill_ros.worlds.rooms.materials import FLOOR_TILE, WALL_TILE


class LookFileError(DepthDistillError):
    """A wrong file of ranges; the message names the file, the key and the expected value."""


def named(name: str) -> Look:
    """Return a built-in look or that of a YAML file; DepthDistillError if there is none."""
    return load(Path(name)) if name.endswith(('.yaml', '.yml')) else looks.named(name)


def load(path: Path) -> Look:
    """Return the look of a YAML file; LookFileError for an unknown key or a bad value."""
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
        place: {} for place in ('look', 'lighting', 'sensor', 'randomisation', 'frames')}
    for section, entries in sections.items():
        for place, field, value in _section(path, section, entries):
            found[place][field] = value
    sensor = look.sensor
    if found['sensor']:
        sensor = replace(sensor or _IDEAL, **found['sensor'])
    return replace(look, name=path.stem, lighting=replace(look.lighting, **found['lighting']),
                   sensor=sensor, randomisation=Randomisation(**found['randomisation']),
                   **found['look'])


def _section(path: Path, section: str, entries: object) -> Iterator[tuple[str, str, object]]:
    """Yield (part of the look, field, value) of each entry."""
    if section not in _SECTIONS:
        raise LookFileError(
            f'{path}: {section}: no such section; there are {", ".join(("base", *_SECTIONS))}')
    known = _SECTIONS[section]
    if not isinstance(entries, dict):
        raise LookFileError(f'{path}: {section}: must be a mapping of {", ".join(known)}')
    for key, value in entries.items():
        if key not in known:
            raise LookFileError(
                f'{path}: {section}.{key}: no such key; there are {", ".join(known)}')
        places, read = known[key]
        try:
            values = read(value)
        except (TypeError, ValueError) as error:
            raise LookFileError(f'{path}: {section}.{key}: {error}; got {value!r}') from None
        # A range of the camera sets two numbers of the look: middle and half width.
        names = places.split()
        for name, part in zip(names, values if len(names) > 1 else (values,), strict=True):
            place, _, field = name.rpartition('.')
            yield place or 'look', field, part


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
    return 0.5 * (span[0] + span[1]), 0.5 * (span[1] - span[0])


def _number(low: float, high: float) -> Callable[[object], float]:
    def read(value: object) -> float:
        if not _is_number(value) or not low <= value <= high:
            raise ValueError(f'expected a number from {low:g} to {high:g}')
        return float(value)
    return read


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


def _palette(value: object) -> looks.Palette:
    keys = ('weight', 'hue', 'saturation', 'value')
    if not isinstance(value, list) or not value or not all(
            isinstance(entry, dict) and set(entry) == set(keys) for entry in value):
        raise ValueError(
            'expected a list of {weight, hue: [], saturation: [], value: []} in 0 to 1')
    # Hues above 1 start at red again, so that a range may contain red.
    readers = (_number(1e-3, 1e3), _span(0.0, 2.0), _span(0.0, 1.0), _span(0.0, 1.0))
    return tuple(tuple(read(entry[key]) for key, read in zip(keys, readers, strict=True))
                 for entry in value)


def _styles(field: str) -> tuple[str, ...]:
    return tuple(sorted({name for look in looks.LOOKS.values() for name in getattr(look, field)}))


# The sensor without errors, for the keys that a sensor section leaves out.
_IDEAL = Sensor(exposure=(1.0, 1.0), white_balance=0.0, gamma=(1.0, 1.0), contrast=(0.0, 0.0),
                vignette=(0.0, 0.0), blur=(0.0, 0.0), noise=(0.0, 0.0))
_STRENGTH, _SHARE = _span(0.0, 1.0), _number(0.0, 1.0)
# section -> key -> (fields of the look, reader of the value)
_SECTIONS: dict[str, dict[str, tuple[str, Callable[[object], object]]]] = {
    'room': {
        'kinds': ('kinds', _weights(LAYOUTS)),
        'side': ('side', _span(3.0, 12.0, _side)),
        'ceiling': ('ceiling', _span(2.3, 4.0))},
    'colours': {
        **{name: (name, _palette) for name in (
            'wall', 'floor', 'wood', 'paint', 'fabric', 'small', 'roof')},
        'repaint': ('randomisation.repaint', _SHARE)},
    'textures': {
        'floors': ('floors', _weights(FLOOR_TILE)),
        'walls': ('walls', _weights(WALL_TILE)),
        'fabrics': ('fabrics', _weights(_styles('fabrics'))),
        'contrast': ('texture_contrast', _STRENGTH),
        'scale': ('randomisation.texture_scale', _span(0.25, 4.0)),
        'accent_wall': ('accent_wall', _SHARE),
        'plain_fabric': ('plain_fabric', _SHARE)},
    'objects': {
        **{name: (name, _weights(_styles(name))) for name in (
            'chairs', 'sofas', 'tables', 'storage')},
        'proportions': ('proportions', _span(0.6, 1.5)),
        'variety': ('randomisation.variety', _number(0.0, 3.0))},
    'clutter': {
        'share': ('clutter', _SHARE),
        'extras': ('extras', _count(20, beyond=1)),
        'litter': ('randomisation.litter', _count(20)),
        'pictures': ('pictures', _count(8)),
        'rug': ('rug', _SHARE),
        'curtain': ('curtain', _SHARE)},
    'lights': {
        **{name: (f'lighting.{name}', _STRENGTH) for name in (
            'ambient', 'ceiling', 'window', 'bounce')},
        **{name: (f'lighting.{name}', _span(-1.0, 1.0)) for name in (
            'temperature', 'window_temperature')},
        # OpenGL's fixed pipeline has eight lights, and a room may use five without these.
        'lamps': ('randomisation.lamps', _count(3))},
    'camera': {
        'height': ('camera_height camera_height_jitter', _span(0.1, 1.0, _middle)),
        'pitch': ('camera_pitch camera_pitch_jitter', _span(
            -45.0, 30.0, lambda span: _middle(_radians(span)))),
        'roll': ('camera_roll_jitter', lambda value: math.radians(_number(0.0, 30.0)(value))),
        'vertical_fov': ('randomisation.vertical_fov', _span(15.0, 120.0, _radians))},
    'sensor': {
        'exposure': ('sensor.exposure', _span(0.2, 4.0)),
        'white_balance': ('sensor.white_balance', _number(0.0, 0.5)),
        'gamma': ('sensor.gamma', _span(0.4, 2.5)),
        'contrast': ('sensor.contrast', _STRENGTH),
        'vignette': ('sensor.vignette', _STRENGTH),
        'blur': ('sensor.blur', _span(0.0, 4.0)),
        'noise': ('sensor.noise', _span(0.0, 0.2))},
    # Not used here: sim/isaac/stream.py reads this section, in a Python without this package.
    'between_frames': {
        'every': ('frames.every', _number(0.0, 1e6)),
        'light': ('frames.light', _span(0.01, 100.0)),
        'tint': ('frames.tint', _number(0.0, 0.99)),
        'surfaces': ('frames.surfaces', _flag)},
}
