# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which release answers: held, promoted, rolled back, over restarts; and which ones are kept."""

from dataclasses import replace
import json

import pytest

pytest.importorskip('rclpy')
import students  # noqa: E402

from depth_distill_ros.distillation.operation.release_control import ReleaseControl  # noqa: E402
from depth_distill_ros.distillation.operation.release_state import (  # noqa: E402
    Operation,
    ReleaseId,
    ReleaseState,
    ReleaseStateError,
    StateFile,
)
from depth_distill_ros.distillation.release_folders import (  # noqa: E402
    in_order,
    latest,
    prune,
    releases,
)

ONE, TWO, THREE = (ReleaseId(number, 'run') for number in (1, 2, 3))


def release(folder, delta1=0.5, **about):
    return students.release(folder, 2.0, size=(64, 64), run='run', score={'delta1': delta1},
                            **about)


def numbers(found):
    return [release.number for release, _ in found]


@pytest.fixture
def root(tmp_path):
    for _ in range(3):
        release(tmp_path)
    return tmp_path / 'releases'


def test_the_newest_release_answers_until_another_is_chosen_or_it_is_held(root):
    assert numbers(in_order(root)) == [3, 2, 1]
    control = ReleaseControl(root)
    assert control.promote(2, 'a test') == 'release 2 is in use'
    state = control.file.read()
    assert numbers(in_order(root, state)) == [2, 3, 1]
    assert not state.takes(THREE) and state.takes(ReleaseId(4, 'run'))
    assert state.takes(ReleaseId(1, 'another run'))
    control.hold(True)
    assert not control.file.read().takes(ReleaseId(4, 'run'))
    control.hold(False)
    assert control.file.read().takes(ReleaseId(4, 'run'))


def test_a_rollback_goes_to_the_last_good_release_and_never_back_to_a_bad_one(root):
    control = ReleaseControl(root)
    for number in (1, 2, 3):
        control.promote(number, 'a test')
    assert 'release 2 is in use: rolled back from release 3' in control.rollback('walls missing')
    assert 'release 1 is in use' in control.rollback('worse still')
    state = control.file.read()
    assert state.rolled_back == {THREE: 'walls missing', TWO: 'worse still'}
    assert numbers(in_order(root, state)) == [1]
    with pytest.raises(ReleaseStateError, match='no usable release answered before release 1'):
        control.rollback('again')
    control.promote(3, 'it was good after all')
    assert THREE not in control.file.read().rolled_back


def test_a_rollback_passes_over_a_release_whose_files_are_damaged(root):
    control = ReleaseControl(root)
    for number in (1, 2, 3):
        control.promote(number, 'a test')
    students.cut_short(releases(root)[1])
    assert 'release 1 is in use' in control.rollback('a test')


def test_the_state_is_private_and_the_same_when_it_is_read_again(root):
    file = StateFile(root)
    state = ReleaseState(held=True).using(ONE, 'x').using(TWO, 'y').rolling_back(
        'bad', lambda release: True)
    state = replace(state, operation={TWO: Operation(0.4, 12)})
    assert file.change(lambda _: state) == file.read() == state
    assert file.path.stat().st_mode & 0o777 == 0o600
    version = file.version()
    assert file.change(lambda same: same) == state and file.version() == version


@pytest.mark.parametrize('text', [
    '{', '[]', '[' * 100_000, '{"format": 1, "held": 1}', '{"format": 2, "held": true}',
    '{"format": 1, "held": true, "uses": [{"number": 1e999, "run": "", "since": 0, "why": ""}], '
    '"passed": {}, "rolled_back": [], "operation": []}'])
def test_a_damaged_state_is_refused_with_its_cure(root, text):
    (root / 'state.json').write_text(text)
    with pytest.raises(ReleaseStateError, match=r'state\.json is damaged: delete it'):
        StateFile(root).read()


def test_a_release_that_was_not_promoted_answers_only_if_it_is_chosen(tmp_path):
    good, bad = release(tmp_path), release(tmp_path, not_promoted='worse')
    root = tmp_path / 'releases'
    assert bad.not_promoted == 'worse' and latest(root).number == good.number
    control = ReleaseControl(root)
    control.promote(bad.number, 'by hand')
    assert latest(root, state=control.file.read()).number == bad.number


def test_of_old_releases_the_newest_the_best_the_one_in_use_and_the_one_before_stay(tmp_path):
    for score in (0.5, 0.9, 0.6, 0.6, 0.6, 0.6, 0.7, 0.7):
        release(tmp_path, score)
    root = tmp_path / 'releases'
    state = ReleaseState().using(ReleaseId(3, 'run'), 'x').using(ReleaseId(5, 'run'), 'y')
    assert prune(root, 0, state) == []
    assert [record.number for record in prune(root, 2, state)] == [1, 4, 6]
    assert [record.number for record in releases(root)] == [2, 3, 5, 7, 8]
    assert not list(root.glob('.0*'))
    assert release(tmp_path).number == 9


def test_a_promotion_of_what_is_not_there_or_not_whole_changes_nothing(root):
    control = ReleaseControl(root)
    with pytest.raises(ReleaseStateError, match='no release 7; there are 1, 2, 3'):
        control.promote(7, 'a test')
    students.with_nan(releases(root)[2])
    with pytest.raises(ReleaseStateError, match='NaN'):
        control.promote(0, 'a test')
    assert not control.file.path.exists()


def test_the_operator_s_command_line_shows_holds_and_rolls_back(tmp_path, capsys, monkeypatch):
    from depth_distill_ros.apps import cli
    monkeypatch.setenv('COLUMNS', '120')

    def command(*words):
        code = cli.main(['release', words[0], str(tmp_path), *words[1:]])
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    assert command('list') == (1, f'depth-distill: {tmp_path / "releases"} is not a folder: name '
                               'the work_dir of a distiller\n')
    release(tmp_path, 0.61), release(tmp_path, 0.72)
    assert command('promote', '1') == (0, 'release 1 is in use\n')
    assert command('promote') == (0, 'release 2 is in use\n')
    assert command('hold') == (0, 'held: release 2 stays in use\n')
    code, table = command('list')
    assert code == 0 and '0.610' in table and 'held (by hand)' in table
    assert command('rollback', '--why', 'chairs are missing')[0] == 0
    rows = json.loads(command('list', '--json')[1])
    assert rows['held'] and rows['releases'][0]['status'].startswith('in use since')
    assert rows['releases'][1]['status'] == 'rolled back: chairs are missing'
    assert 'held_out.delta1: 0.6100' in command('show')[1]
    assert command('show', '2')[1].endswith('status: rolled back: chairs are missing\n')
    assert command('hold', '--off')[1] == 'not held: newer releases than release 1 are taken\n'
