# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The pages: their links, the navigation of the site, and what they say of launch files."""

from pathlib import Path
import re

import pytest
import yaml

import depth_distill_ros
from depth_distill_ros.settings.field import settings_of
from depth_distill_ros.settings.launch import LAUNCHES

ROOT = Path(__file__).resolve().parents[1]
# The folders that `make docs` copies.
PAGES = sorted([*ROOT.glob('*.md'), *ROOT.glob('docs/**/*.md'), *ROOT.glob('sim/**/*.md'),
                *ROOT.glob('examples/**/*.md')])
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]


def arguments_of(launch_file):
    """Return the names of the arguments of a launch file, without launch being installed."""
    return settings_of(LAUNCHES[f'{launch_file}.launch.py']).keys()


def leaves(tree):
    """Return every text at the end of a tree of lists and dicts."""
    if isinstance(tree, dict):
        return leaves(list(tree.values()))
    return sum(map(leaves, tree), []) if isinstance(tree, list) else [tree]


def test_the_pages_are_found():
    assert {'README.md', 'CONTRIBUTING.md', 'docs/DESIGN.md', 'sim/README.md',
            'examples/README.md'} <= set(NAMES)


@pytest.mark.parametrize('name', NAMES)
def test_every_relative_link_of_a_page_leads_to_a_file(name):
    page = ROOT / name
    links = re.findall(r'\]\(([^)\s]+)\)', page.read_text(encoding='utf-8'))
    assert links or name != 'README.md'
    for link in links:
        if not re.match(r'https?:|mailto:', link):
            target, _, anchor = link.partition('#')
            found = page.parent / target if target else page
            assert found.exists(), link
            if anchor:
                text = found.read_text(encoding='utf-8')
                headings = re.findall(r'^#+ (.+)$', text, re.MULTILINE)
                assert anchor in {re.sub(r'[^\w -]', '', heading).lower().replace(' ', '-')
                                  for heading in headings}, link


def test_the_files_to_copy_and_to_register_in_are_there():
    text = (ROOT / 'CONTRIBUTING.md').read_text(encoding='utf-8')
    files = re.findall(r'`((?:depth_distill_ros|test)/[\w/]+\.py)`', text)
    assert len(set(files)) > 10
    for file in files:
        assert (ROOT / file).is_file(), file


def test_the_site_lists_every_page_and_no_other():
    text = (ROOT / 'mkdocs.yml').read_text(encoding='utf-8')
    navigation = re.search(r'^nav:\n((?: .*\n)+)', text, re.MULTILINE)[1]
    assert sorted(leaves(yaml.safe_load(navigation))) == sorted(NAMES)


@pytest.mark.parametrize('name', NAMES)
def test_the_launch_arguments_of_a_page_are_those_of_its_launch_files(name):
    for command in re.findall(r'ros2 launch depth_distill_ros (\w+)\.launch\.py((?:.*\\\n)*.*)',
                              (ROOT / name).read_text(encoding='utf-8')):
        found = set(re.findall(r'(\w+):=', command[1]))
        assert found <= arguments_of(command[0]), found - arguments_of(command[0])


def test_the_first_screen_of_the_readme_says_what_to_type():
    screen = (ROOT / 'README.md').read_text(encoding='utf-8').split('\n')[:25]
    assert 'make demo' in '\n'.join(screen)


def test_the_citation_names_this_version_and_licence():
    citation = yaml.safe_load((ROOT / 'CITATION.cff').read_text(encoding='utf-8'))
    assert citation['version'] == depth_distill_ros.__version__
    assert citation['license'] == 'Apache-2.0'
    assert citation['references'] and all(entry['authors'] for entry in citation['references'])


def test_the_hooks_before_a_commit_download_nothing():
    hooks = yaml.safe_load((ROOT / '.pre-commit-config.yaml').read_text(encoding='utf-8'))
    assert [entry['repo'] for entry in hooks['repos']] == ['local']
