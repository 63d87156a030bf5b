# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0

"""The README says what the code says."""

from pathlib import Path
import re

import pytest

parameters = pytest.importorskip('depth_distill_ros.nodes.parameters')

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / 'README.md').read_text(encoding='utf-8')


def section(title):
    """Return the text under a heading of the third level."""
    return README.partition(f'\n### {title}\n')[2].partition('\n#')[0]


def text(default):
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, float):
        return f'{default:.6g}'
    if isinstance(default, tuple):
        return f'[{", ".join(map(text, default))}]'
    return str(default) if default != '' else '""'


@pytest.mark.parametrize('title, name', [
    ('simulator, robot_camera', 'SIMULATOR'), ('stream', 'STREAM'), ('distiller', 'DISTILLER'),
    ('inference', 'INFERENCE'), ('evaluator', 'EVALUATOR')])
def test_the_table_of_a_node_has_exactly_its_parameters(title, name):
    rows = [line for line in section(title).split('\n') if line.startswith('| `')]
    assert rows == [f'| `{p.name}` | {text(p.default)} | {p.description} |'
                    for p in getattr(parameters, name)]


def test_what_the_readme_links_to_is_there():
    for target in re.findall(r'\]\(([^)#:]+)\)', README):
        assert (ROOT / target).exists(), target
