# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
The parameters that YAML files give to a node, before it runs.

ROS itself lets `/**` of a later file lose against a node's name in an earlier one; here a later
file always takes precedence over an earlier one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
import re
from typing import Any

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.files import read_yaml

_PARAMETERS = 'ros__parameters'


class ParameterFileError(DepthDistillError):
    """A parameter file that cannot be read, or is none."""


class ParameterFiles:
    """Parameter files in the order in which they add to one another."""

    def __init__(self, *paths: Path) -> None:
        self._entries: list[tuple[str, dict[str, Any]]] = []
        for path in paths:
            content = read_yaml(path, ParameterFileError)
            if not isinstance(content, dict):
                raise ParameterFileError(f'{path}: it holds no node with {_PARAMETERS}')
            # the more a pattern leaves open, the earlier it comes
            self._entries += sorted(_entries(path, content, ''), key=lambda e: _openness(e[0]))

    def of(self, namespace: str, name: str) -> dict[str, Any]:
        """Return the parameters of a node, nested names with dots."""
        node = '/'.join(['', *filter(None, namespace.split('/')), name])
        found: dict[str, Any] = {}
        for pattern, values in self._entries:
            if re.fullmatch(_expression(pattern), node):
                found |= values
        return found


def _entries(path: Path, content: Mapping[str, Any], above: str,
             ) -> Iterator[tuple[str, dict[str, Any]]]:
    for key, value in content.items():
        if not isinstance(value, dict):
            raise ParameterFileError(f'{path}: {above}/{key} has no {_PARAMETERS}')
        if key == _PARAMETERS:
            found = dict(_flat(value, ''))
            if empty := [name for name, one in found.items() if one is None]:
                raise ParameterFileError(f"{path}: {above}: {empty[0]} has no value; write '' for "
                                         'an empty text, or omit it')
            yield above, found
        else:
            yield from _entries(path, value, f'{above}/{str(key).strip("/")}')


def _flat(values: Mapping[str, Any], above: str) -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f'{above}{key}.')
        else:
            yield f'{above}{key}', value


def _expression(pattern: str) -> str:
    tokens = [{'**': r'(/\w+)*', '*': r'/\w+'}.get(token, '/' + re.escape(token))
              for token in pattern.strip('/').split('/')]
    return ''.join(tokens)


def _openness(pattern: str) -> int:
    tokens = pattern.strip('/').split('/')
    if tokens == ['**']:
        return 0
    return 1 if {'*', '**'} & set(tokens) else 2
