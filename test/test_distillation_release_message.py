# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Messages on the release topic, which anybody on the graph may send."""

import json

import pytest

from depth_distill_ros.distillation.release_message import ReleaseError, ReleaseMessage


def test_a_message_is_read_as_it_was_written():
    message = ReleaseMessage('/run/releases/000007', 7, 1200, 'a1b2c3d4')
    assert ReleaseMessage.parse(message.text()) == message


def test_a_message_of_an_earlier_version_has_no_run():
    found = ReleaseMessage.parse('{"folder": "/run/releases/000007", "number": 7, "step": 9}')
    assert found == ReleaseMessage('/run/releases/000007', 7, 9, '')


@pytest.mark.parametrize('text', [
    '', 'release 9', '[]', '7', 'null', '{}', '{"folder": "/x"}', '{"number": 1}',
    '{"folder":"/x","number":1e999}', '{"folder":"/x","number":1.5}',
    '{"folder":"/x","number":true}', '{"folder":"/x","number":-1}', '{"folder":"/x","number":"1"}',
    '{"folder":"/x","number":99999999999999999999}', '{"folder":5,"number":1}',
    '{"folder":"/x","number":1,"step":NaN}', '{"folder":"/x","number":1,"run":[]}',
    '{"folder":"/x\\u0000","number":1}', '{"folder":"/x\\ud800","number":1}',
    '{"folder":"/x","number":' + '9' * 4000 + '}', '[' * 4000, '{"a":' * 800,
    '[' * 100_000, 'x' * 10_000_000], ids=lambda text: text[:30])
def test_any_other_text_is_refused_by_a_short_line_that_every_log_takes(text):
    with pytest.raises(ReleaseError) as found:
        ReleaseMessage.parse(text)
    line = str(found.value)
    assert line.startswith('release topic: ') and len(line) < 300
    line.encode()
    assert line.isprintable()


def test_a_release_lies_below_a_trusted_folder(tmp_path):
    root, other = tmp_path / 'run' / 'releases', tmp_path / 'other'
    (root / '000001').mkdir(parents=True)
    (other / '000001').mkdir(parents=True)
    message = ReleaseMessage(str(root / '000001'), 1)
    assert message.path([root]) == message.path([other, root]) == root / '000001'
    assert ReleaseMessage(str(tmp_path / 'run/../run/releases/000001'), 1).path([root])


@pytest.mark.parametrize('folder', [
    '{other}/000001', '{root}/../../other/000001', '{root}', '{root}/link', '{root}x/000001',
    '/', 'releases/000001', '{root}/circle', 'x' * 3000])
def test_a_folder_elsewhere_is_refused_and_named_even_behind_a_link(tmp_path, folder):
    root, other = tmp_path / 'run' / 'releases', tmp_path / 'other'
    root.mkdir(parents=True)
    (other / '000001').mkdir(parents=True)
    (root / 'link').symlink_to(other / '000001')
    (root / 'circle').symlink_to(tmp_path / 'circle')
    (tmp_path / 'circle').symlink_to(root / 'circle')
    named = folder.format(root=root, other=other)
    text = json.dumps({'folder': named, 'number': 1})
    with pytest.raises(ReleaseError, match='release_folders|no folder of releases') as found:
        ReleaseMessage.parse(text).path([root])
    assert named[:50] in str(found.value)


def test_without_a_trusted_folder_every_release_of_the_topic_is_refused(tmp_path):
    with pytest.raises(ReleaseError, match='set the parameter work_dir'):
        ReleaseMessage(str(tmp_path), 1).path([])
