# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The report's figures, and what the demo does with folders and counters."""

import json

import cv2
import numpy as np
import pytest
import torch

from depth_distill_ros.apps.demo import demo, report, report_image, scores
from depth_distill_ros.apps.demo.history import History
from depth_distill_ros.apps.demo.scores import RunScores, ScoredRelease, ScoreError
from depth_distill_ros.distillation.release_folders import publish
from depth_distill_ros.evaluation.blind_map import learn
from depth_distill_ros.frame import Frame
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.geometry.scan import Mount
from depth_distill_ros.networks import build
from depth_distill_ros.networks.model_folder import ModelCard


def frame(depth):
    reference = np.full((24, 32), depth, np.float32)
    return Frame(np.zeros((24, 32, 3), np.uint8), reference)


def score(delta1, rmse=1.0):
    return {'delta1': delta1, 'rmse': rmse, 'scan_recall': 0.5}


def run_scores(*delta1, blind=0.58):
    return RunScores(
        10, score(0.43, 1.5), None if blind is None else score(blind, 0.8), score(0.82, 0.5),
        tuple(ScoredRelease(i + 1, 30.0 * (i + 1), score(d)) for i, d in enumerate(delta1)))


def test_frames_without_a_reference_are_left_out():
    empty = frame(np.nan)
    seen = frame(2.0)
    assert scores.usable([empty, seen]) == [seen]


def test_the_last_line_has_the_delta1_of_all_that_are_compared():
    assert run_scores(0.551, 0.7, 0.71).lines() == [
        'rmse constant=1.500 blind=0.800 teacher=0.500 first=1.000 last=1.000',
        'scan_recall constant=0.500 blind=0.500 teacher=0.500 first=0.500 last=0.500',
        'gain first=-0.121 last=0.542',
        'delta1 constant=0.430 blind=0.580 teacher=0.820 first=0.551 last=0.710']


def test_without_a_blind_map_there_is_no_gain():
    lines = run_scores(0.551, 0.71, blind=None).lines()
    assert lines[-1] == 'delta1 constant=0.430 teacher=0.820 first=0.551 last=0.710'
    assert not [line for line in lines if 'gain' in line or 'blind' in line]


def release(run, metres, lens=None):
    """Publish a student that predicts one depth for every pixel; return its folder."""
    network = build('lden', 'mobilenetv2').eval()
    with torch.no_grad():
        network.head[-1].weight.zero_()
        network.head[-1].bias.fill_(metres)
    card = ModelCard('lden', 'mobilenetv2', (48, 64), lens)
    return publish(run / 'releases', network, card, 1, {}).folder


def compared(tmp_path, **changes):
    return report.Compared(**{'teacher': str(tmp_path / 'teacher'), 'blind_map': '',
                              'mount': Mount(0.6), **changes})


def test_a_run_without_a_release_is_an_error(tmp_path):
    with pytest.raises(ScoreError, match='no release'):
        report.score_run([frame(1.0)], compared(tmp_path), tmp_path / 'releases', 0.0, print)


def test_without_a_frame_that_has_a_reference_there_is_no_report(tmp_path):
    release(tmp_path, 2.0)
    with pytest.raises(ScoreError, match='no frame'):
        report.score_run([frame(np.nan)], compared(tmp_path), tmp_path / 'releases', 0.0, print)


def test_all_are_scored_on_the_same_frames_and_the_general_student_is_release_0(tmp_path):
    camera = Intrinsics(28.0, 28.0, 15.5, 11.5, 24, 32)
    ramp = np.tile(np.linspace(1, 4, 32, dtype=np.float32), (24, 1))
    taught = [Frame(np.zeros((24, 32, 3), np.uint8), ramp * factor) for factor in (0.9, 1.0, 1.1)]
    learn(taught).save(tmp_path / 'map.npz')
    frames = [Frame(np.zeros((24, 32, 3), np.uint8), ramp * factor, intrinsics=camera)
              for factor in (0.95, 1.05)]
    for metres in (9.0, 2.0, 2.5):
        release(tmp_path / 'run', metres)
    made = report.score_run(
        frames, compared(tmp_path, blind_map=str(tmp_path / 'map.npz'), first='general',
                         teacher=str(release(tmp_path / 'teachers', 2.4))),
        tmp_path / 'run' / 'releases', 0.0, lambda what: None)
    run = made.scores
    assert run.frames == 2 and [found.number for found in run.releases] == [0, 1, 2, 3]
    assert run.first is run.releases[0].score and run.releases[0].time == 0.0
    assert run.blind['delta1'] == 1.0 and run.releases[1].score['delta1'] == 0.0
    assert 0.2 < run.constant['delta1'] < 0.5 and run.last['delta1'] > 0.2
    assert all('scan_recall' in which for which in run.scores().values())
    assert 'scan_recall' not in run.releases[1].score
    assert [list(row.depths) for row in made.rows] == [
        ['reference', 'teacher', 'last release', 'first release', 'blind map']] * 2
    np.testing.assert_allclose(made.rows[1].depths['blind map'], ramp, rtol=0.03)
    np.testing.assert_allclose(made.rows[0].depths['last release'], 2.5, rtol=1e-3)


@pytest.mark.parametrize('scale_focal, metres', [(True, 1.0), (False, 2.0)])
def test_depth_has_the_focal_scale_of_the_inference_node(tmp_path, scale_focal, metres):
    lens = Intrinsics(112.0, 112.0, 31.5, 23.5, 48, 64)
    camera = Intrinsics(28.0, 28.0, 15.5, 11.5, 24, 32)  # half as long, at the network's size
    teacher = str(release(tmp_path / 'teachers', 2.0, lens))
    release(tmp_path / 'run', 2.0, lens)
    made = report.score_run(
        [Frame(np.zeros((24, 32, 3), np.uint8), np.ones((24, 32), np.float32), intrinsics=camera)],
        compared(tmp_path, teacher=teacher, scale_focal=scale_focal),
        tmp_path / 'run' / 'releases', 0.0, lambda what: None)
    for title in ('teacher', 'last release'):
        np.testing.assert_allclose(made.rows[0].depths[title], metres, rtol=1e-3)
    assert made.scores.teacher['delta1'] == made.scores.last['delta1'] == float(scale_focal)
    assert made.scores.constant['delta1'] == 1.0


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
    holes = np.full((6, 8), np.nan, np.float32)
    holes[0] = 2.0
    rows = [report_image.DepthRow(
        np.zeros((24, 32, 3), np.uint8),
        {'reference': holes, 'teacher': np.full((6, 8), 3.0, np.float32)})] * 2
    preview = np.zeros((96, 160, 3), np.uint8)
    heights = []
    for name, images in (('without.png', None), ('report.png', preview)):
        report_image.draw_report(
            tmp_path / name, 'title', history, run_scores(0.5, 0.6), rows, images)
        heights.append(cv2.imread(str(tmp_path / name)).shape[0])
    assert heights[1] > heights[0] + 300, 'the preview is below the rest'

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
