# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0

from dataclasses import replace
import json
import os

import cv2
import numpy as np
import pytest

pytest.importorskip('rclpy')

from depth_distill_ros.apps.bench import student  # noqa: E402
from depth_distill_ros.apps.bench.student import Load, StudentBench, resized_model  # noqa: E402
from depth_distill_ros.apps.cli import main  # noqa: E402
from depth_distill_ros.errors import DepthDistillError  # noqa: E402
from depth_distill_ros.installation import graph_of_its_own  # noqa: E402
from depth_distill_ros.networks.model_folder import load_model  # noqa: E402
from depth_distill_ros.shipped import shipped_student  # noqa: E402

pytestmark = pytest.mark.slow

STUDENT = shipped_student('general')


@pytest.fixture(autouse=True)
def environment(domain, forking_supervisor):
    # the command changes it for the nodes that it starts
    before = dict(os.environ)
    os.environ['ROS_DOMAIN_ID'] = domain
    yield
    os.environ.clear()
    os.environ.update(before)


def test_a_steady_and_an_endless_camera_are_measured_and_written_down(tmp_path, capsys):
    assert main(['bench', 'student', '--sizes', 'vga', '--rates', '0', '10', '--seconds', '2',
                 '--training', 'without', '--out', str(tmp_path), '--set', 'threads=1',
                 'engine=torch-cpu']) == 0
    assert 'vga flat out' in capsys.readouterr().out
    results = json.loads((tmp_path / 'results.json').read_text(encoding='utf-8'))
    assert results['device']['cpu'] and results['versions']['torch']
    flat_out, steady = results['loads']
    assert 1 < steady['sent'] <= 23 and steady['missed'] == steady['sent'] - steady['answered']
    # a machine with other work may stand still for a while, the camera and the node with it
    stamps = json.loads((tmp_path / 'stamps.json').read_text(encoding='utf-8'))
    assert np.median(np.diff(stamps)) == pytest.approx(1e8, rel=0.2)
    answered, late = steady['answered'], steady['latency_ms']['max'] / 1e3
    assert 0.1 * (answered - 1) - 0.2 - late < (answered - 1) / steady['fps'] < 2 + late
    assert flat_out['answered'] > 1 and flat_out['load']['rate'] == 0
    for load in (steady, flat_out):
        latency = load['latency_ms']
        assert 0 < latency['p50'] <= latency['p95'] <= latency['p99'] <= latency['max']
        assert float(load['node']['engine_p50_ms']) <= latency['max']
        assert 0 < load['cpu'] < 16 and load['memory_mb'] > 50
        assert load['steps_per_second'] is None
    assert cv2.imread(str(tmp_path / 'latency.png')).std() > 5


def test_the_distiller_trains_beside_the_node_that_is_measured(tmp_path, monkeypatch):
    os.environ.update(graph_of_its_own(tmp_path))
    # a step of the demo's method, which yields to all other processes, may take a busy machine
    # longer than the measurement lasts
    distiller = StudentBench._distiller
    monkeypatch.setattr(StudentBench, '_distiller', lambda bench: replace(
        spec := distiller(bench),
        parameters={**spec.parameters, 'batch': 2, 'method': 'kd-ood', 'niceness': 0,
                    'release_period': 600.0}))
    monkeypatch.setattr(student, '_ROOMS', 4)
    bench = StudentBench(tmp_path, STUDENT, {'threads': 1, 'engine': 'torch-cpu'}, 8.0)
    measurement = bench.measure(Load('vga', 5.0, training=True))
    assert measurement.steps_per_second > 0
    assert measurement.answered > 1
    assert str(measurement.load) == 'vga 5 Hz, training'


def test_a_model_is_measured_at_another_size_with_the_same_weights(tmp_path):
    folder = resized_model(STUDENT, (64, 96), tmp_path / 'student')
    network, card = load_model(folder)
    assert card.size == (64, 96) and card.intrinsics is None
    same = load_model(STUDENT)[0].state_dict()
    assert all(same[name].equal(tensor) for name, tensor in network.state_dict().items())
    assert resized_model(STUDENT, load_model(STUDENT)[1].size, tmp_path / 'other') == STUDENT


def test_what_cannot_be_measured_is_one_line(tmp_path, capsys):
    assert main(['bench', 'student', '--seconds', '0', '--out', str(tmp_path)]) == 1
    assert main(['bench', 'student', '--set', 'threads', '--out', str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert 'seconds is 0.0' in said and 'threads: write KEY=VALUE' in said
    with pytest.raises(DepthDistillError, match='inference cannot run as it is set up: .*threads'):
        StudentBench(tmp_path, tmp_path / 'nowhere', {'threads': -1}, 1.0).measure(
            Load('vga', 5.0, training=False))
