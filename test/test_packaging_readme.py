# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The README says what the code says."""

from pathlib import Path
import re

import pytest
import yaml

from depth_distill_ros.settings import document
from depth_distill_ros.settings.field import settings_of
from depth_distill_ros.settings.launch import NODES

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / 'README.md').read_text(encoding='utf-8')
PAGES = [ROOT / 'README.md', *sorted((ROOT / 'docs').glob('*.md')), *sorted(
    ROOT.glob('sim/**/README.md'))]


def test_the_page_of_the_parameters_is_current():
    page = (ROOT / 'docs' / 'PARAMETERS.md').read_text(encoding='utf-8')
    assert page == document.document(), 'python -m depth_distill_ros.settings.document makes it'


def test_the_readme_has_the_twenty_parameters_that_people_change_as_the_settings_have_them():
    table = README.partition('\n## Parameters\n')[2].partition('\n## ')[0]
    rows = re.findall(r'^\| (\w+) \| `(\w+)` \| (.*?) \| (.*) \|$', table, re.MULTILINE)
    assert len(rows) == len(set(rows)) == 20
    for node, name, default, meaning in rows:
        described = settings_of(*NODES[node])[name]
        assert (default, meaning) == (document.text_of(described.default), described.described())


@pytest.mark.parametrize('page', PAGES, ids=lambda p: p.name)
def test_the_parameters_in_a_pages_yaml_exist(page):
    for text in re.findall(r'```yaml\n(.*?)```', page.read_text(encoding='utf-8'), re.DOTALL):
        for key, entry in yaml.safe_load(text).items():
            if isinstance(entry, dict) and 'ros__parameters' in entry:
                table = settings_of(*NODES[key.removeprefix('/**/')])
                for name, value in entry['ros__parameters'].items():
                    default = table[name.rpartition('.')[2]].default  # after a camera's name
                    assert type(value) is (list if isinstance(default, tuple)
                                           else type(default)), name
