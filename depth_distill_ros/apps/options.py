# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Command line options made from settings."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Mapping
import sys
from typing import Any

import yaml

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.files import parsed_yaml
from depth_distill_ros.settings.field import Kind, Settings, settings_of


def add_options(parser: argparse.ArgumentParser, kind: type[Settings],
                recipe: Collection[str] = ()) -> None:
    """
    Add an option for each setting; one that is not given is absent from the parsed arguments.

    `recipe` has the names whose default depends on another option. Old names are accepted and not
    shown.
    """
    for name, described in settings_of(kind).items():
        default, text = described.default, described.described()
        if name in recipe:
            text += ' (default: of the recipe)'
        elif default not in ('', {}, ()) and not described.optional and not described.required:
            shown = ' '.join(map(str, default)) if isinstance(default, tuple) else default
            text += f' (default: {shown})'
        if isinstance(default, bool):
            how: dict[str, Any] = {'action': argparse.BooleanOptionalAction}
        elif isinstance(default, dict):
            how = {'nargs': '+', 'action': 'extend', 'metavar': 'KEY=VALUE'}
        elif isinstance(default, tuple) and isinstance(described.element, int):
            how = {'type': int, 'nargs': len(default), 'metavar': ('H', 'W')}
        else:
            how = {'type': type(described.element), 'choices': described.choices or None}
            if isinstance(default, tuple):
                how |= {'nargs': '+', 'action': 'extend'}
        parser.add_argument(_option(name), default=argparse.SUPPRESS, required=described.required,
                            help=text.replace('%', '%%'), **how)
        how.pop('choices', None)  # old values are translated with the old name
        for old in described.old_names:
            parser.add_argument(_option(old), default=argparse.SUPPRESS, help=argparse.SUPPRESS,
                                **how)


def given(arguments: argparse.Namespace, kind: type[Settings]) -> dict[str, Any]:
    """Return the settings that were given as options, old names among them."""
    found = {}
    for name, described in settings_of(kind).items():
        for word in (name, *described.old_names):
            if word in arguments:
                value = getattr(arguments, word)
                found[word] = (_pairs(value, described.texts)
                               if isinstance(described.default, dict) else value)
    return found


def settings(kind: type[Kind], values: Mapping[str, Any]) -> Kind:
    """Make the settings of options, warning of old names on stderr."""
    return kind.from_mapping(values, warn=lambda line: print(
        f'depth-distill: {line}', file=sys.stderr))


def option_of(name: str, value: Any) -> list[str]:
    """Return the words that give a setting a value."""
    if isinstance(value, bool):
        return [_option(name if value else f'no_{name}')]
    values = value if isinstance(value, (tuple, list)) else [value]
    return [_option(name), *map(str, values)]


def _option(name: str) -> str:
    return '--' + name.replace('_', '-')


def _pairs(words: list[str], texts: bool) -> dict[str, Any]:
    """Return the values of words KEY=VALUE by key, as `texts` or read as YAML."""
    if wrong := [word for word in words if '=' not in word]:
        raise DepthDistillError(f'{wrong[0]}: write KEY=VALUE')
    try:
        found = {key: value if texts else parsed_yaml(value) for key, _, value in (
            word.partition('=') for word in words)}
    except yaml.YAMLError:
        raise DepthDistillError(f'{" ".join(words)}: a value is not valid YAML') from None
    if len(found) < len(words):
        raise DepthDistillError(f'{" ".join(words)}: a key is given twice')
    return found
