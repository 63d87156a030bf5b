# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Release folders, whole and damaged."""

import json
import os

import pytest

pytest.importorskip('rclpy')
import students  # noqa: E402

from depth_distill_ros.distillation.release_folders import latest, releases  # noqa: E402
from depth_distill_ros.networks.model_folder import ModelError, load_model, read_card  # noqa: E402

SIZE = (64, 64)


def release(folder):
    return students.release(folder, 2.0, size=SIZE)


def rewritten(record, change):
    card = record.folder / 'card.json'
    entries = json.loads(card.read_text())
    change(entries)
    card.write_text(json.dumps(entries))


def without_card(record):
    (record.folder / 'card.json').unlink()


def without_step(record):
    rewritten(record, lambda entries: entries['about'].pop('step'))


def with_odd_scores(record):
    rewritten(record, lambda entries: entries['about'].update(held_out={'delta1': 'high'}))


def with_a_pipe_as_card(record):
    without_card(record)
    os.mkfifo(record.folder / 'card.json')


def with_a_pipe_as_weights(record):
    (record.folder / 'weights.safetensors').unlink()
    os.mkfifo(record.folder / 'weights.safetensors')


def with_a_huge_card(record):
    os.truncate(record.folder / 'card.json', 1 << 40)


def with_huge_weights(record):
    os.truncate(record.folder / 'weights.safetensors', 1 << 40)


def with_nested_card(record):
    (record.folder / 'card.json').write_text('[' * 100_000)


def with_a_download(record):
    rewritten(record, lambda entries: entries['options'].update(pretrained=True))


def with_a_huge_input(record):
    rewritten(record, lambda entries: entries.update(size=[10**6, 10**6]))


DAMAGES = [students.with_nan, students.cut_short, students.of_another_architecture, without_card,
           without_step, with_odd_scores, with_a_pipe_as_card, with_a_pipe_as_weights,
           with_a_huge_card, with_huge_weights, with_nested_card, with_a_download,
           with_a_huge_input]


@pytest.mark.parametrize('damage', DAMAGES)
def test_a_damaged_newest_release_is_told_skipped_and_superseded(tmp_path, damage):
    good, bad = release(tmp_path), release(tmp_path)
    damage(bad)
    told = []
    assert latest(tmp_path / 'releases', told.append).number == good.number
    assert len(told) == 1 and str(bad.folder) in str(told[0])
    assert release(tmp_path).number == bad.number + 1
    assert latest(tmp_path / 'releases').number == bad.number + 1


def test_the_list_of_releases_leaves_out_those_without_a_whole_card(tmp_path):
    records = [release(tmp_path) for _ in range(3)]
    without_step(records[1])
    told = []
    found = releases(tmp_path / 'releases', told.append)
    assert [record.number for record in found] == [1, 3] and len(told) == 1


@pytest.mark.parametrize('damage, reason', [
    (with_a_pipe_as_card, 'not a file'), (with_a_huge_card, 'more than'),
    (with_nested_card, 'not a model card'), (with_a_download, 'pretrained'),
    (with_a_huge_input, '4096')])
def test_a_card_that_no_model_has_is_refused_at_once(tmp_path, damage, reason):
    record = release(tmp_path)
    damage(record)
    with pytest.raises(ModelError, match=reason):
        read_card(record.folder)


@pytest.mark.parametrize('damage, reason', [
    (with_a_pipe_as_weights, 'not a file'), (with_huge_weights, 'more than')])
def test_weights_that_no_network_has_are_refused_at_once(tmp_path, damage, reason):
    record = release(tmp_path)
    damage(record)
    with pytest.raises(ModelError, match=reason):
        load_model(record.folder)
