# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""depth-distill bench paper from the simulator to the table, in miniature."""

from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
import io
import json
import shutil

import cv2
from path_tracing import needs_path_tracing
import pytest

from depth_distill_ros.apps.bench.preset import small
from depth_distill_ros.apps.cli import main
from depth_distill_ros.apps.commands import _bench_paper
from depth_distill_ros.evaluation.tables import paper_table
from depth_distill_ros.worlds.path_traced.world import World

pytestmark = [needs_path_tracing, pytest.mark.slow]

TINY = World({'train': 4, 'val': 1, 'test': 1}, {'train': 2, 'val': 1, 'test': 2}, (64, 96),
             samples=1, seed=77)
# every method once, and one more row of another pair
ROWS = [*(f'lden-mbv2-{name}' for name in (
    'teacher', 'student', 'random-noise', 'dfad', 'kd-ood-x1', 'd3-x1', 'kd-ood-x2', 'd3-x2')),
    'lden-r18-student']


@pytest.fixture(scope='module', autouse=True)
def _miniature():
    preset = small(TINY, steps=2, rooms=1, test_rooms=1, stereo_size=(32, 64), stereo_steps=1)
    patch = pytest.MonkeyPatch()
    patch.setattr(_bench_paper, 'small', lambda: preset)
    yield
    patch.undo()


@pytest.fixture(scope='module')
def table_3(tmp_path_factory):
    """Run D3's table 3; return the folder, which all tests share, and what was printed."""
    folder, printed = tmp_path_factory.mktemp('bench') / 'out', io.StringIO()
    with redirect_stdout(printed):
        assert bench(folder, 'd3-3', '--rows', *ROWS)
    return folder, printed.getvalue()


@pytest.fixture
def folder(table_3):
    return table_3[0]


@pytest.fixture(scope='module')
def table_5(table_3):
    """Run D3's table 5 in the same folder; return its results and what was printed."""
    printed = io.StringIO()
    with redirect_stdout(printed):
        return bench(table_3[0], 'd3-5'), printed.getvalue()


@contextmanager
def put_back(path):
    """Remove a folder, or a file's changes, for the time of the block."""
    aside = path.with_name(f'aside.{path.name}')
    if path.is_dir():
        path.rename(aside)
    else:
        shutil.copy(path, aside)
    try:
        yield
    finally:
        if path.is_dir():
            shutil.rmtree(path)
        aside.replace(path)


def bench(folder, table, *words):
    code = main(['bench', 'paper', '--table', table, '--out', str(folder), *words])
    return results(folder)[table] if code == 0 else None


def lines(found):
    return {tuple(row[key] for key in found['keys']): row['ours'] for row in found['rows']}


def results(folder):
    """Return the results by table, all of the small preset."""
    found = json.loads((folder / 'results.json').read_text())
    assert all(key.startswith('small/') for key in found)
    return {key.removeprefix('small/'): table for key, table in found.items()}


def test_every_method_of_d3s_table_3_gets_its_figures(table_3):
    folder, printed = table_3
    found = results(folder)['d3-3']
    ours = lines(found)
    assert list(ours) == [(pair, *row) for pair in ('LDEN R34->R34', 'LDEN R34->MBv2') for row in (
        ('Teacher', 'NYU-v2'), ('Student', 'NYU-v2'), ('Random noise', 'None'), ('DFAD', 'None'),
        ('KD-OOD', 'X1'), ('D3', 'X1'), ('KD-OOD', 'X2'), ('D3', 'X2'))]
    assert all(figures.keys() == {'rmse', 'delta1'} for (pair, *row), figures in ours.items()
               if pair == 'LDEN R34->MBv2' or row[0] in ('Teacher', 'Student'))
    assert ours['LDEN R34->R34', 'D3', 'X1'] == {}, 'it was not asked for'
    trained = {row['row']: row for row in found['trained']}
    assert trained['lden-mbv2-d3-x2']['device']['computed'].startswith('cpu')
    assert trained['lden-mbv2-d3-x2']['settings']['stream'] == (
        f'folder:{folder}/data/stream-large')
    assert all(row['seconds'] > 0 for name, row in trained.items()
               if not name.endswith('-teacher'))
    assert found['baselines'].keys() == {'constant', 'blind map'}
    teacher, blind = (figures['delta1'] for figures in (
        ours['LDEN R34->MBv2', 'Teacher', 'NYU-v2'], found['baselines']['blind map']))
    if teacher > blind:
        assert found['gain']['LDEN R34->MBv2 D3 X1'] == pytest.approx(
            (ours['LDEN R34->MBv2', 'D3', 'X1']['delta1'] - blind) / (teacher - blind))
    assert found['versions'].keys() == {'depth_distill_ros', 'torch', 'python'}
    assert '| LDEN R34->MBv2 | D3 | X1 | 0.600 |' in (folder / 'RESULTS.md').read_text()
    assert 'rendering 48 frames for stream-large' in printed
    images = [cv2.imread(str(folder / f'figure-{number}-LDEN_R34_MBv2.jpg'))
                for number in (4, 5)]
    # ten columns of depth and one of images; five columns
    assert images[0].shape[1] > 1.8 * images[1].shape[1] > 1000


def test_the_ablation_takes_the_row_that_both_tables_have(folder, table_5):
    found, said = table_5
    assert list(lines(found)) == [('D3',), ('Without l_rec',), ('Without G',),
                                  ('Without image mixing',)]
    assert 'lden-mbv2-d3-no-g-x1: 2 steps' in said and 'lden-mbv2-d3-x1: ' not in said
    table = (folder / 'RESULTS.md').read_text()
    assert 'D3 table 3' in table and 'D3 table 5' in table


def test_a_row_that_was_lost_is_trained_again_and_no_other(folder, table_5, capsys):
    before = bench(folder, 'd3-5', '--rows', 'lden-mbv2-d3-no-g-x1')
    assert 'steps on' not in capsys.readouterr().out
    assert len(before['trained']) == 4, 'what is done stays in the table'
    shutil.rmtree(folder / 'lden-mbv2-d3-no-g-x1' / 'seed-0')
    after = bench(folder, 'd3-5')
    assert capsys.readouterr().out.count('2 steps on') == 1
    assert lines(after) == lines(before)


def test_what_is_done_stays_in_the_table_when_another_row_is_interrupted(folder, monkeypatch):
    def interrupted(steps, first, total):
        raise KeyboardInterrupt

    before = results(folder)['d3-3']
    assert before['figures']
    monkeypatch.setattr(_bench_paper, 'show', interrupted)
    with put_back(folder / 'results.json'), put_back(folder / 'lden-r18-student' / 'seed-0'):
        assert bench(folder, 'd3-3', '--rows', 'lden-r18-student') is None
        now = results(folder)['d3-3']
    assert now['figures'] == before['figures']
    assert {row['row'] for row in before['trained']} - {row['row'] for row in now['trained']} == {
        'lden-r18-student'}


def test_an_interrupted_row_goes_on_where_it_was(folder, table_5, capsys, monkeypatch):
    def interrupted(steps, first, total):
        next(steps)
        raise KeyboardInterrupt

    shutil.rmtree(folder / 'lden-mbv2-d3-no-g-x1' / 'seed-0')
    with monkeypatch.context() as patch:
        patch.setattr(_bench_paper, 'show', interrupted)
        assert bench(folder, 'd3-5') is None
    assert bench(folder, 'd3-5')
    assert 'lden-mbv2-d3-no-g-x1: 2 steps on cpu' in (said := capsys.readouterr().out)
    assert ', resumed from step 1' in said
    # its cost is told for all of its steps, by the pace of those that were timed
    path = folder / 'lden-mbv2-d3-no-g-x1' / 'seed-0' / 'row.json'
    record = json.loads(path.read_text())
    assert (record['steps'], record['steps_of_them']) == (2, 1)
    path.write_text(json.dumps({**record, 'seconds': 60.0}))
    row, = (row for row in bench(folder, 'd3-5')['rows'] if row['variant'] == 'Without G')
    assert row['minutes'] == 2.0


def test_several_seeds_show_their_spread(folder, table_5):
    found = bench(folder, 'd3-5', '--rows', 'lden-mbv2-d3-no-g-x1', '--seeds', '2')
    trained = [row for row in found['trained'] if row['row'] == 'lden-mbv2-d3-no-g-x1']
    assert [row['seed'] for row in trained] == [0, 1]
    line, = (line for line in (folder / 'RESULTS.md').read_text().splitlines()
             if line.startswith('| Without G |'))
    assert line.count(' ± ') == 2 and line.split('|')[-3].strip() == '2'
    assert lines(found)['Without G',]['rmse'] == pytest.approx(
        sum(row['figures']['rmse'] for row in trained) / 2)
    assert bench(folder, 'd3-5')['rows'] == found['rows'], 'fewer seeds forget none'
    shutil.rmtree(folder / 'lden-mbv2-d3-no-g-x1' / 'seed-1')


def test_other_settings_in_a_folder_are_refused(folder, capsys, monkeypatch):
    preset = small(TINY, steps=3, rooms=1, test_rooms=1)
    monkeypatch.setattr(_bench_paper, 'small', lambda: preset)
    assert bench(folder, 'd3-3') is None
    assert 'was trained with other settings (steps)' in capsys.readouterr().err
    preset = small(replace(TINY, seed=78), steps=2, rooms=1, test_rooms=1)
    assert bench(folder, 'd3-3') is None
    assert 'target was rendered with other settings' in capsys.readouterr().err
    preset = small(TINY, steps=2, rooms=2, test_rooms=1)
    assert bench(folder, 'd3-3') is None
    assert 'data/stream was rendered for something else' in capsys.readouterr().err


def test_rows_that_other_weights_taught_are_refused(folder, capsys):
    path = folder / 'lden-mbv2-d3-x1' / 'seed-0' / 'row.json'
    record = json.loads(path.read_text())
    assert all(len(digest) == 64 for digest in record['started_from'].values())
    record['started_from']["the teacher's weights"] = 64 * '0'
    with put_back(path):
        path.write_text(json.dumps(record))
        assert bench(folder, 'd3-5') is None
        assert "was trained with other settings (the teacher's weights)" in capsys.readouterr().err


def test_lwd_is_scored_on_its_own_test_set_and_on_others(folder):
    ours = lines(bench(folder, 'lwd-2'))
    for method in ('LWD Ns(X)', 'LWD Ns(X+U)', "LWD Ns(X+U')"):
        assert ours[method, 'MobileNet-V2'].keys() == {'rmse', 'rel', 'delta1'}
    params = lines(bench(folder, 'lwd-3'))['LWD Ns(X+U)', 'MobileNet-V2']['params_M']
    assert params == pytest.approx(1.67, abs=0.01)
    sequences = lines(bench(folder, 'lwd-5'))
    assert sequences["LWD Ns(X+U')",].keys() == {'360', 'desk', 'desk2', 'rpy', 'xyz'}
    curve = lines(bench(folder, 'lwd-fig7', '--rows', 'lwd-x', 'lwd-x-u-11.6K'))
    assert curve['0',].keys() == curve['204.2K',].keys() == {
        'delta1_unlabelled', 'delta1_labelled'}
    assert curve['11.6K',].keys() == {'delta1_unlabelled'}
    assert curve['67.6K',] == {}
    assert (folder / 'figure-7.png').stat().st_size > 1000


def test_the_table_beyond_the_papers_shows_ours_alone_and_takes_what_is_done(folder):
    found = bench(folder, 'd3plus', '--rows', 'lden-mbv2-d3plus-x1-robot')
    assert [(row['method'], row['data']) for row in found['rows']] == [
        ('Teacher', 'target'), ('Student', 'target'), ('KD-OOD', 'X1'), ('D3', 'X1'),
        ('KD-OOD', 'X2'), ('D3', 'X2'), ('D3+', 'X1 + robot frames')]
    assert paper_table('d3plus').rows == ()
    page = (folder / 'RESULTS.md').read_text()
    assert '- Beyond the papers: Small preset' in page
    section = page.partition('## Beyond the papers')[2].partition('\n### ')[0]
    assert '| method | data | rmse ours | delta1 ours |' in section and 'paper |' not in section
    settings = {row['row']: row['settings'] for row in found['trained'] if 'settings' in row}
    assert settings['lden-mbv2-d3plus-x1-robot']['auxiliary'] == f'folder:{folder}/target/val'


def test_dacnn_is_trained_on_rendered_stereo_pairs(folder):
    ours = lines(bench(folder, 'dacnn-3', '--rows', 'dacnn-no-depth-aware'))
    assert list(ours) == [('w/o depth-aware blocks',), ('w/o knowledge distillation',), ('full',)]
    assert ours['w/o depth-aware blocks',].keys() == {'abs_rel', 'sq_rel', 'rmse', 'rmse_log'}
    assert (folder / 'dacnn-teacher' / 'seed-0' / 'student' / 'card.json').exists()
    left = {path.parent.parent.name for path in folder.glob('*/seed-*/last.pt')}
    assert left and all('-d3-' in name for name in left), 'only G of D3 is needed afterwards'


def test_data_is_written_as_role_and_reader(tmp_path, capsys):
    for words, said in ((['--data', 'nyu:/x'], 'nyu:/x: write KEY=VALUE'),
                        (['--data', 'stream=folder:/x', 'stream=folder:/y'], 'given twice'),
                        (['--seeds', '0'], 'seeds is 0'),
                        (['--preset', 'full', '--target', '/rooms'],
                         'give --data target-train=folder:/rooms/train')):
        assert bench(tmp_path / 'none', 'd3-3', *words) is None
        assert said in capsys.readouterr().err


def test_results_that_have_the_names_of_tables_alone_are_kept_under_their_preset(
        folder, table_3, table_5):
    with put_back(folder / 'results.json'):
        tables = results(folder)
        (folder / 'results.json').write_text(json.dumps(tables))
        assert bench(folder, 'd3-5')['title'] == tables.pop('d3-5')['title']
        assert tables and {name: results(folder)[name] for name in tables} == tables


@pytest.mark.parametrize('text', ['{"d3-5": {}}', '{"d3-5"', '[]'])
def test_results_of_another_version_are_refused_in_one_line(folder, capsys, text):
    with put_back(folder / 'results.json'):
        (folder / 'results.json').write_text(text.replace('d3-5', 'small/lwd-2'))
        assert bench(folder, 'd3-5') is None
        assert 'results.json is damaged or of another version' in capsys.readouterr().err
