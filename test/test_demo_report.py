# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The report's figures, and what the demo does with folders and counters."""

import json

import numpy as np
import pytest

from depth_distill_ros.apps.demo import demo, report, report_image, scores
from depth_distill_ros.apps.demo.history import History
from depth_distill_ros.apps.demo.scores import RunScores, Score, ScoredRelease, ScoreError
from depth_distill_ros.frame import Frame

SIZE = (6, 8)


def frame(depth):
    reference = np.full((24, 32), depth, np.float32)
    return Frame(np.zeros((24, 32, 3), np.uint8), reference)


def predict(depth):
    return lambda image: np.full(SIZE, depth, np.float32)


def run_scores(*delta1):
    return RunScores(
        10, Score(0.43, 1.5), Score(0.82, 0.5),
        tuple(ScoredRelease(i + 1, 30.0 * (i + 1), Score(d, 1.0)) for i, d in enumerate(delta1)))


def test_a_perfect_prediction_scores_one_and_no_error():
    assert scores.mean_score([frame(2.0)], SIZE, predict(2.0)) == Score(1.0, 0.0)


def test_scores_are_means_over_the_frames():
    # Right on one frame; 4 m off, beyond any threshold, on the other.
    score = scores.mean_score([frame(2.0), frame(6.0)], SIZE, predict(2.0))
    assert score == Score(0.5, pytest.approx(2.0))


def test_frames_without_a_reference_are_left_out():
    empty = frame(np.nan)
    seen = frame(2.0)
    assert scores.usable([empty, seen]) == [seen]


def test_no_frame_at_all_is_an_error_with_a_reason():
    with pytest.raises(ScoreError, match='no frame'):
        scores.mean_score([], SIZE, predict(1.0))


def test_at_most_twenty_releases_are_scored_the_first_and_the_last_among_them():
    chosen = scores.evenly(range(1, 101), 20)
    assert len(chosen) == len(set(chosen)) == 20
    assert (chosen[0], chosen[-1]) == (1, 100)
    assert scores.evenly([1, 2, 3], 20) == [1, 2, 3]


def test_the_last_lines_name_the_figures():
    assert run_scores(0.551, 0.7, 0.71).lines() == [
        'delta1 constant=0.430 teacher=0.820 first=0.551 last=0.710',
        'rmse constant=1.500 teacher=0.500 first=1.000 last=1.000']


def test_a_run_without_a_release_is_an_error(tmp_path):
    with pytest.raises(ScoreError, match='no release'):
        report.score_run([frame(1.0)], tmp_path, tmp_path / 'releases', 0.0, print)


def test_counters_go_on_counting_when_their_node_was_restarted():
    history = History()
    for second, received in enumerate(('3', '7', '2', '5')):
        history.add(float(second), {'inference': {'received': received}})
    assert history.total('inference.received') == 12
    assert history.latest('inference.received') == 5


def test_what_is_no_number_is_no_row_of_a_curve():
    history = History()
    history.add(0.0, {'distiller': {'step': '', 'loss_plain': 'nan', 'device': 'cpu'}})
    history.add(1.0, {'distiller': {'step': '4', 'loss_plain': '0.5'}})
    assert history.curve('distiller.step') == ([1.0], [4.0])
    assert history.curve('distiller.loss_plain') == ([1.0], [0.5])
    assert history.latest('distiller.device') is None


@pytest.mark.slow
def test_the_image_and_the_numbers_are_written(tmp_path):
    history = History()
    for second in range(3):
        history.add(60.0 * second, {
            'evaluator': {'delta1': '0.5', 'rmse': '1.1'}, 'monitor': {'camera_hz': '5.0'},
            'distiller': {'loss_plain': '-0.3'}, 'inference': {'latency_p50_ms': '20'}})
    holes = np.full(SIZE, np.nan, np.float32)
    holes[0] = 2.0
    rows = [report_image.DepthRow(
        np.zeros((24, 32, 3), np.uint8),
        {'reference': holes, 'teacher': np.full(SIZE, 3.0, np.float32)})] * 2
    report_image.draw_report(tmp_path / 'report.png', 'title', history, run_scores(0.5, 0.6), rows)
    assert (tmp_path / 'report.png').read_bytes().startswith(b'\x89PNG')

    report.write_figures(tmp_path / 'figures.json', run_scores(0.5, 0.6), {'received': 9}, history)
    figures = json.loads((tmp_path / 'figures.json').read_text())
    assert figures['verdict']['releases'][1]['score']['delta1'] == 0.6
    assert figures['counts'] == {'received': 9}


def test_an_older_demo_is_moved_aside_and_never_deleted(tmp_path):
    folder = tmp_path / 'demo_run'
    assert demo.move_aside(folder) is None
    for content in ('first', 'second', 'third'):
        demo.move_aside(folder)
        folder.mkdir()
        (folder / 'note').write_text(content)
    notes = {path.name: (path / 'note').read_text() for path in tmp_path.iterdir()}
    assert notes == {'demo_run': 'third', 'demo_run.1': 'first', 'demo_run.2': 'second'}
