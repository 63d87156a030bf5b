# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The parts of the package: their diagram in docs/DESIGN.md, their imports and their sizes."""

import ast
from functools import cache
from pathlib import Path
import re

import pytest

HEADING = 'The packages and their imports'
ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / 'depth_distill_ros'
DESIGN = (ROOT / 'docs' / 'DESIGN.md').read_text(encoding='utf-8')
SOURCES = sorted(PACKAGE.rglob('*.py'))


def section(title):
    return DESIGN.partition(f'\n## {title}\n')[2].partition('\n## ')[0]


def drawn():
    """Return what each part imports by the arrows of the diagram."""
    arrows = {}
    for part, other in re.findall(r'^ +(\w+) --> (\w+)$', section(HEADING), re.MULTILINE):
        arrows.setdefault(part, set()).add(other)
    return arrows


def below(part):
    """Return all parts that one reaches from a part along the arrows."""
    arrows, reached, open_ends = drawn(), set(), [part]
    while open_ends:
        new = arrows.get(open_ends.pop(), set()) - reached
        reached |= new
        open_ends += new
    return reached


def part_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix('.py')


def described():
    """Return the names in the first column of the table of parts."""
    rows = [line for line in section(HEADING).split('\n') if line.startswith('| `')]
    return set(re.findall(r'`(\w+)`', ' '.join(row.split('|')[1] for row in rows)))


# Modules of the root that no arrow is drawn for: they import nothing but each other and errors.
SMALL = {'errors', 'files', 'installation', 'shipped', 'spread', 'worker', 'yaml_file'}


@cache
def imports():
    """Return {(part, imported part): a file with that import} of the whole package."""
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
                    found.setdefault((part_of(path), rest.split('.')[0]),
                                     path.relative_to(ROOT))
    return {pair: path for pair, path in found.items() if pair[0] != pair[1]}


def test_the_table_describes_every_part_and_no_other():
    there = {part_of(path) for path in SOURCES} - {'__init__', '__main__'}
    assert described() == there


def test_every_import_goes_down_along_the_arrows_of_the_diagram():
    up = [f'{path}: {part} imports {other}' for (part, other), path in imports().items()
          if part != '__main__' and other not in below(part) | SMALL]
    assert not up


def test_the_small_modules_import_no_part():
    assert not {pair: path for pair, path in imports().items()
                if pair[0] in SMALL and pair[1] not in SMALL}


def test_every_arrow_of_the_diagram_is_an_import():
    pairs = {(part, other) for part, others in drawn().items() for other in others}
    assert len(pairs) > 10
    assert pairs <= set(imports())


def test_the_diagram_has_no_circle():
    assert not [part for part in drawn() if part in below(part)]


def test_every_file_that_the_page_names_is_there():
    names = re.findall(r'`([\w/]+\.py|[\w/]+/)`', section('Where to find it'))
    assert len(names) > 10
    for name in names:
        assert (PACKAGE / name).exists(), name


def test_no_file_has_more_than_300_lines():
    others = [path for folder in ('benchmarks', 'launch', 'sim', 'test')
              for path in sorted((ROOT / folder).rglob('*.py'))]
    assert len(others) > 100
    long = {str(path.relative_to(ROOT)): lines for path in [*SOURCES, *others]
            if (lines := len(path.read_text(encoding='utf-8').splitlines())) > 300}
    assert not long


def test_no_folder_has_more_than_20_modules():
    folders = {path.parent for path in SOURCES}
    full = {str(folder.relative_to(ROOT)): count for folder in folders
            if (count := sum(path.name != '__init__.py' for path in folder.glob('*.py'))) > 20}
    assert not full


@pytest.mark.parametrize('name', ['errors', 'geometry', 'distillation', 'apps'])
def test_the_walk_over_the_imports_sees_the_known_parts(name):
    assert any(name in pair for pair in imports())
