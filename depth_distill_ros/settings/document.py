# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
docs/PARAMETERS.md, made from the settings.

python -m depth_distill_ros.settings.document > docs/PARAMETERS.md
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from depth_distill_ros.settings.commands import COMMANDS
from depth_distill_ros.settings.distillation import OfflineSettings
from depth_distill_ros.settings.field import Setting, Settings, settings_of
from depth_distill_ros.settings.inference import CameraSettings
from depth_distill_ros.settings.launch import LAUNCHES, NODES

_HEAD = """\
# Parameters

Made from `depth_distill_ros/settings/` by `python -m depth_distill_ros.settings.document`; a test
holds that it is current. Set the nodes' parameters in a YAML file (`params_file:=`; examples in
[config/](../config)). The order is: a launch argument that was given, then your file, then the
package's file, then the default. A launch argument that was not given overrides nothing.

A change of a parameter marked * takes effect while the node runs; the others are read-only.
Earlier names are accepted for one version, with a warning. `--help` of a command also lists the
files and folders that it reads and writes.
"""
_TITLES: dict[type[Settings], str] = {CameraSettings: 'inference: each camera'}


def document() -> str:
    """Return the text of docs/PARAMETERS.md."""
    parts = [_HEAD]
    for node, kinds in NODES.items():
        parts += [_section(_TITLES.get(kind, node), kind) for kind in kinds]
    for command, kind in COMMANDS.items():
        kinds = (OfflineSettings, kind) if command == 'distill' else (kind,)
        parts += [_section(f'depth-distill {command}', each, 'option') for each in kinds]
    parts += [_section(title, kind, 'argument') for title, kind in LAUNCHES.items()]
    return '\n'.join(parts)


def _section(title: str, kind: type[Settings], what: str = 'parameter') -> str:
    return '\n'.join([f'## {title}\n', f'{kind.__doc__}\n', *_table(kind, what), ''])


def _table(kind: type[Settings], what: str) -> Iterator[str]:
    yield f'| {what} | default | values | meaning |'
    yield '|---|---|---|---|'
    base = kind.__base__
    above = settings_of(base) if what == 'argument' and base else {}
    for name, described in settings_of(kind).items():
        if above.get(name) == described:
            continue
        shown = '--' + name.replace('_', '-') if what == 'option' else name
        star = ' *' if described.changeable and what == 'parameter' else ''
        default = not_given(described) if described.optional else text_of(described.default)
        if described.required:
            default = 'must be given'
        elif what == 'option' and isinstance(described.default, tuple):
            default = ' '.join(map(text_of, described.default))
        meaning = described.help + ''.join(
            f'; formerly `{old}`' for old in described.old_names)
        yield (f'| `{shown}`{star} | {default} | {values_of(described)} | '
               f'{meaning} |')


def not_given(described: Setting) -> str:
    """Return what decides an optional argument that is not given."""
    default = described.default != '' and f', else {text_of(described.default)}' or ''
    return f'as the files have it{default}'


def text_of(value: Any) -> str:
    """Return a default as YAML has it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f'{value:.6g}'
    if isinstance(value, tuple):
        return f'[{", ".join(map(text_of, value))}]'
    return str(value) if value != '' else '""'


def values_of(described: Setting) -> str:
    """Return the legal values with their unit: a range, or choices."""
    if described.choices:
        return ', '.join(map(str, described.choices))
    if described.range is None:
        return 'true, false' if isinstance(described.default, bool) else ''
    low, high = described.range
    span = f'{low:.10g} to {high:.10g}'
    return f'{span} {described.unit}' if described.unit else span


if __name__ == '__main__':
    print(document(), end='')
