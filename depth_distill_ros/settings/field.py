# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
What a setting is: a dataclass field with its help, unit, range, choices and old names.

ROS parameters, command line options, launch arguments, run.yaml and docs/PARAMETERS.md are made
from these fields.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar
import warnings

from depth_distill_ros.errors import DepthDistillError

_KEY = 'setting'
_CALLED = {bool: 'true or false', str: 'a string'}
Kind = TypeVar('Kind', bound='Settings')


class SettingError(DepthDistillError):
    """A setting with an unknown name or an illegal value."""


@dataclass(frozen=True)
class Setting:
    """
    One setting.

    Attributes:
        default: its type is the setting's type; a tuple is a list of strings, a list of numbers,
            or height and width as whole numbers
        help: what it does, in one sentence
        unit: of a number; empty where it has none
        range: (lowest, highest), both legal; a number without choices has one
        choices: the only legal values; empty: any
        changeable: a node takes a change while it runs
        optional: None is legal too: not given
        required: a command line must give it
        texts: the values of a dict are strings; else they are read as YAML
        old_names, old_values: still accepted for one version, with a warning
    """

    default: Any
    help: str
    unit: str = ''
    range: Any = None  # (lowest, highest) of a number
    choices: tuple[Any, ...] = ()
    changeable: bool = False
    optional: bool = False
    required: bool = False
    texts: bool = False
    old_names: tuple[str, ...] = ()
    old_values: Mapping[Any, Any] = field(default_factory=dict)
    name: str = ''

    def checked(self, value: Any) -> Any:
        """Return the value, a list as a tuple and a whole number as a float where one is due."""
        if value is None and self.optional:
            return None
        if isinstance(self.default, tuple):
            value = self._sequence(value)
        elif self.choices:
            if value not in self.choices or isinstance(value, bool):
                raise self._wrong(value, f'one of {", ".join(map(str, self.choices))}')
        elif isinstance(self.default, bool) or not isinstance(self.default, (int, float)):
            kind = type(self.default)
            if not isinstance(value, kind):
                raise self._wrong(value, _CALLED.get(kind, f'of type {kind.__name__}'))
        else:
            value = self._number(value)
        return value

    @property
    def element(self) -> Any:
        """The first value of a list, whose type is that of all; of no list, the default."""
        return (*self.default, '')[0] if isinstance(self.default, tuple) else self.default

    def described(self) -> str:
        """Return the help with the unit."""
        return f'{self.help} [{self.unit}]' if self.unit else self.help

    def _number(self, value: Any) -> Any:
        low, high = self.range
        kind: Any = (int, float)
        article = 'a number'
        if isinstance(self.default, int):
            kind, article = int, 'a whole number'
        if isinstance(value, bool) or not isinstance(value, kind) or not low <= value <= high:
            raise self._wrong(value, f'{article} {self._span()}')
        return type(self.default)(value)

    def _sequence(self, value: Any) -> tuple[Any, ...]:
        if not isinstance(value, (tuple, list)):
            raise self._wrong(value, 'a list')
        if not isinstance(self.element, int):
            each = replace(self, default=self.element)
            return tuple(map(each.checked, value))
        if len(value) != len(self.default) or not all(
                type(part) is int and self.range[0] <= part <= self.range[1] for part in value):
            raise self._wrong(
                value, f'{len(self.default)} whole numbers {self._span()}, height and width')
        return tuple(value)

    def _span(self) -> str:
        return f'from {self.range[0]:,.10g} to {self.range[1]:,.10g} {self.unit}'.rstrip()

    def _wrong(self, value: Any, expected: str) -> SettingError:
        return SettingError(f'setting {self.name} is {value!r}; it must be {expected}')


def setting(default: Any, help: str, **what: Any) -> Any:
    """Return a dataclass field for a setting; the arguments are those of Setting."""
    return _as_field(Setting(default, help, **what))


def modified(kind: type[Settings], name: str, **changes: Any) -> Any:
    """Return a field like the setting `name` of `kind`, with the changes given."""
    return _as_field(replace(settings_of(kind)[name], **changes))


def settings_of(*kinds: type[Settings]) -> dict[str, Setting]:
    """Return the settings of dataclasses by name, in order."""
    return {f.name: replace(f.metadata[_KEY], name=f.name) for kind in kinds for f in fields(kind)}


@dataclass(frozen=True)
class Settings:
    """Base of all components' settings. A value that is not legal raises SettingError."""

    def __post_init__(self) -> None:
        for name, described in settings_of(type(self)).items():
            object.__setattr__(self, name, described.checked(getattr(self, name)))

    @classmethod
    def from_mapping(cls: type[Kind], values: Mapping[str, Any],
                     warn: Callable[[str], None] | None = None) -> Kind:
        """Make the settings of names and values; old ones are accepted with a warning."""
        values, lines = renamed(values, settings_of(cls))
        for line in lines:
            (warn or _warn)(line)
        known = settings_of(cls)
        if unknown := sorted(map(str, values.keys() - known)):
            raise SettingError(f'no setting is called {", ".join(unknown)}; settings are: '
                               f'{", ".join(sorted(known))}')
        return cls(**values)


def renamed(values: Mapping[str, Any], table: Mapping[str, Setting],
            ) -> tuple[dict[str, Any], list[str]]:
    """Return the values under today's names, and a line for each old name or value."""
    new_names = {old: new for new, described in table.items() for old in described.old_names}
    found: dict[str, Any] = {}
    lines = []
    for given, value in values.items():
        name = given if given in table else new_names.get(given, given)
        if name != given:
            lines.append(f'setting {given} is now called {name}; the old name goes with the next '
                         'version')
        if value is False and name in table and 'off' in table[name].choices:
            value = 'off'  # as YAML reads the word
        old_values = table[name].old_values if name in table else {}
        if isinstance(value, str) and value in old_values:
            lines.append(f'setting {name}: {value} is now called {old_values[value]}; the old '
                         'name goes with the next version')
            value = old_values[value]
        if name not in found or name == given:  # today's name wins over an old one beside it
            found[name] = value
    return found, lines


def _as_field(described: Setting) -> Any:
    default = None if described.optional else described.default
    if isinstance(default, dict):
        return field(default_factory=default.copy, metadata={_KEY: described})
    return field(default=default, metadata={_KEY: described})


def _warn(line: str) -> None:
    # FutureWarning is the category that Python shows to users and not to developers alone
    warnings.warn(line, FutureWarning, stacklevel=3)
