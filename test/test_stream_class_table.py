# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One file maps a simulator's names and ids to the 13 classes."""

from pathlib import Path

import pytest

from depth_distill_ros.stream.class_table import ClassTableError, load
from depth_distill_ros.stream.classes import NYU13

SHIPPED = Path(__file__).resolve().parents[1] / 'config' / 'classes.yaml'


def named(table, name):
    number = table.of_name(name)
    return None if number is None else NYU13[number]


def test_the_13_classes_have_their_own_names_and_ids():
    table = load()
    for number, name in enumerate(NYU13):
        assert table.of_name(name) == table.of_name(name.upper()) == table.ids[number] == number
    assert NYU13[table.other] == 'objects'


@pytest.mark.parametrize('name, expected', [
    ('BACKGROUND', 'unknown'), ('UNLABELLED', 'unknown'), ('couch', 'sofa'),
    ('Coffee Table', 'table'), ('coffee-table', 'table'), ('office__chair ', 'chair'),
    ('boombox,armchair,furniture', 'chair'), ('boombox', None), ('', None), ('boombox,', None)])
def test_names_of_simulators_are_found_however_they_are_written(name, expected):
    assert named(load(), name) == expected


def test_a_name_belongs_to_one_class_in_the_shipped_file():
    import yaml
    names = yaml.safe_load(SHIPPED.read_text(encoding='utf-8'))['names']
    every = [alias for aliases in names.values() for alias in aliases] + list(names)
    assert len(every) == len(set(every))
    assert set(names) == set(NYU13)


def test_a_file_of_ones_own_adds_names_and_replaces_ids(tmp_path):
    file = tmp_path / 'mine.yaml'
    file.write_text(
        'other: unknown\nids: {40: Boombox, 41: couch}\nnames: {tv: [boombox, lamp]}\n')
    table = load(file)
    assert named(table, 'boombox') == named(table, 'lamp') == 'tv'
    assert named(table, 'couch') == 'sofa'
    assert table.ids == {40: NYU13.index('tv'), 41: NYU13.index('sofa')}
    assert table.other == 0
    file.write_text('')
    assert load(file) == load()


@pytest.mark.parametrize('text, culprit', [
    ('names: {kitchen: [oven]}', "names: kitchen: 'kitchen' is not one of unknown, bed"),
    ('names: {bed: oven}', "names: bed: found 'oven', expected a list"),
    ('names: [bed]', 'expected a mapping'), ('ids: {one: bed}', "ids: found 'one'"),
    ('ids: {3: moon}', "ids: 3: 'moon' is not one of"), ('other: moon', "other: 'moon'"),
    ('classes: {}', 'mapping of other, ids, names'), ('- 1', 'mapping of'),
    ('{', 'not valid YAML'), (b'\xff\xfe\x00', 'cannot be read|not valid YAML')])
def test_a_wrong_file_is_refused_with_the_place_of_the_fault(tmp_path, text, culprit):
    file = tmp_path / 'mine.yaml'
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ClassTableError, match=culprit) as error:
        load(file)
    assert str(file) in str(error.value) and '\n' not in str(error.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ClassTableError, match='none.yaml: cannot be read: No such file'):
        load(tmp_path / 'none.yaml')
