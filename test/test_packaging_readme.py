# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0

"""The README says what the code says."""

from pathlib import Path
import re

import pytest
import yaml

parameters = pytest.importorskip('depth_distill_ros.ros.support.parameters')

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / 'README.md').read_text(encoding='utf-8')
PAGES = [ROOT / 'README.md', *sorted((ROOT / 'docs').glob('*.md')), *sorted(
    ROOT.glob('sim/**/README.md'))]


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
    ('simulator', 'SIMULATOR'), ('robot_camera', 'RECORDING'), ('stream', 'STREAM'),
    ('distiller', 'DISTILLER'), ('inference', 'INFERENCE'), ('evaluator', 'EVALUATOR')])
def test_the_table_of_a_node_has_exactly_its_parameters(title, name):
    rows = [line for line in section(title).split('\n') if line.startswith('| `')]
    assert rows == [f'| `{p.name}` | {text(p.default)} | {p.description} |'
                    for p in getattr(parameters, name)]


@pytest.mark.parametrize('page', PAGES, ids=lambda p: p.name)
def test_the_parameters_in_a_pages_yaml_exist(page):
    for text in re.findall(r'```yaml\n(.*?)```', page.read_text(encoding='utf-8'), re.DOTALL):
        for key, entry in yaml.safe_load(text).items():
            if isinstance(entry, dict) and 'ros__parameters' in entry:
                table = {p.name: p for p in getattr(parameters, key.removeprefix('/**/').upper())}
                for name, value in entry['ros__parameters'].items():
                    default = table[name.rpartition('.')[2]].default  # after a camera's name
                    assert type(value) is (list if isinstance(default, tuple)
                                           else type(default)), name
