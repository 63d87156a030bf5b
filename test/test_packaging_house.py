# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The rooms of the package: their picture in docs/DESIGN.md, their imports and their sizes."""

import ast
from functools import cache
from pathlib import Path
import re

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / 'depth_distill_ros'
DESIGN = (ROOT / 'docs' / 'DESIGN.md').read_text(encoding='utf-8')
SOURCES = sorted(PACKAGE.rglob('*.py'))


def section(title):
    return DESIGN.partition(f'\n## {title}\n')[2].partition('\n## ')[0]


def drawn():
    """Return what each room imports by the arrows of the picture."""
    arrows = {}
    for room, other in re.findall(r'^ +(\w+) --> (\w+)$', section('The rooms'), re.MULTILINE):
        arrows.setdefault(room, set()).add(other)
    return arrows


def below(room):
    """Return all rooms that one reaches from a room along the arrows."""
    arrows, reached, open_ends = drawn(), set(), [room]
    while open_ends:
        new = arrows.get(open_ends.pop(), set()) - reached
        reached |= new
        open_ends += new
    return reached


def room_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix('.py')


def described():
    """Return the names in the first column of the table of rooms."""
    rows = [line for line in section('The rooms').split('\n') if line.startswith('| `')]
    return set(re.findall(r'`(\w+)`', ' '.join(row.split('|')[1] for row in rows)))


# Modules of the root that no arrow is drawn for: they import nothing but each other and errors.
SMALL = {'errors', 'files', 'installation', 'shipped', 'yaml_file'}


@cache
def imports():
    """Return {(room, imported room): a file with that import} of the whole package."""
    found = {}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [f'{node.module}.{alias.name}' for alias in node.names]
            for name in names:
                top, _, rest = name.partition('.')
                if top == 'depth_distill_ros' and rest and not rest.startswith('__'):
                    found.setdefault((room_of(path), rest.split('.')[0]),
                                     path.relative_to(ROOT))
    return {pair: path for pair, path in found.items() if pair[0] != pair[1]}


def test_the_table_describes_every_room_and_no_other():
    there = {room_of(path) for path in SOURCES} - {'__init__', '__main__'}
    assert described() == there


def test_every_import_goes_down_along_the_arrows_of_the_picture():
    up = [f'{path}: {room} imports {other}' for (room, other), path in imports().items()
          if room != '__main__' and other not in below(room) | SMALL]
    assert not up


def test_the_small_modules_import_no_room():
    assert not {pair: path for pair, path in imports().items()
                if pair[0] in SMALL and pair[1] not in SMALL}


def test_every_arrow_of_the_picture_is_an_import():
    pairs = {(room, other) for room, others in drawn().items() for other in others}
    assert len(pairs) > 10
    assert pairs <= set(imports())


def test_the_picture_has_no_circle():
    assert not [room for room in drawn() if room in below(room)]


def test_every_file_that_the_page_names_is_there():
    names = re.findall(r'`([\w/]+\.py|[\w/]+/)`', section('Where to find it'))
    assert len(names) > 10
    for name in names:
        assert (PACKAGE / name).exists(), name


def test_no_file_has_more_than_300_lines():
    long = {str(path.relative_to(ROOT)): lines for path in SOURCES
            if (lines := len(path.read_text(encoding='utf-8').splitlines())) > 300}
    assert not long


def test_no_folder_has_more_than_20_modules():
    folders = {path.parent for path in SOURCES}
    full = {str(folder.relative_to(ROOT)): count for folder in folders
            if (count := sum(path.name != '__init__.py' for path in folder.glob('*.py'))) > 20}
    assert not full


@pytest.mark.parametrize('name', ['errors', 'geometry', 'distillation', 'apps'])
def test_the_walk_over_the_imports_sees_the_known_rooms(name):
    assert any(name in pair for pair in imports())
