# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A run and a robot's topics as a recording that the Rerun viewer opens."""

from importlib.util import find_spec
from threading import Thread
import time

import numpy as np
import pytest

from depth_distill_ros.apps.cli import main
from depth_distill_ros.distillation.curves import TrainingCurves

RERUN = find_spec('rerun') is not None
needs_rerun = pytest.mark.skipif(not RERUN, reason="needs rerun: pip install '.[view]'")


@pytest.mark.skipif(RERUN, reason='rerun is installed')
def test_without_rerun_its_user_is_told_what_to_install(tmp_path, capsys):
    assert main(['view', str(tmp_path), '--save', str(tmp_path / 'a.rrd')]) == 1
    assert "pip install 'rerun-sdk" in capsys.readouterr().err


@needs_rerun
def test_a_folder_without_a_run_is_refused(tmp_path, capsys):
    assert main(['view', str(tmp_path), '--save', str(tmp_path / 'a.rrd')]) == 1
    assert 'is not the work_dir of a run' in capsys.readouterr().err


@needs_rerun
def test_a_run_without_a_release_shows_its_curves(tmp_path, capsys):
    curves = TrainingCurves(tmp_path / 'tensorboard', 0)
    for step in range(3):
        curves.add('train', step, {'loss': 1.0 / (step + 1)})
    curves.close()
    file = tmp_path / 'run.rrd'
    assert main(['view', str(tmp_path), '--save', str(file)]) == 0
    out = capsys.readouterr().out
    assert 'no release yet' in out and str(file) in out
    assert b'curves/train/loss' in file.read_bytes()


@needs_rerun
def test_images_depth_and_clouds_of_a_robot_are_recorded(nodes, tmp_path, monkeypatch, capsys):
    pytest.importorskip('rclpy')
    from builtin_interfaces.msg import Time
    from sensor_msgs.msg import Image, PointCloud2

    from depth_distill_ros.ros.conversions import images
    from depth_distill_ros.ros.conversions.point_cloud import cloud

    names = {name: f'{nodes.namespace}/{name}' for name in ('image', 'depth', 'points')}
    talkers = [nodes.graph.node.create_publisher(kind, names[name], 5) for kind, name in (
        (Image, 'image'), (Image, 'depth'), (PointCloud2, 'points'))]
    stamp, stop = Time(sec=7), []
    messages = [
        images.from_array(np.full((4, 6, 3), 90, np.uint8), 'rgb8', stamp, 'eye'),
        images.from_array(np.full((4, 6), 2.0, np.float32), '32FC1', stamp, 'eye'),
        cloud(np.ones((5, 3), np.float32), stamp, 'eye')]

    def talk():
        while not stop:
            for talker, message in zip(talkers, messages, strict=True):
                talker.publish(message)
            time.sleep(0.1)

    file, thread = tmp_path / 'topics.rrd', Thread(target=talk)
    thread.start()
    try:
        assert main(['view', '--save', str(file), '--seconds', '4', *(
            word for name, topic in names.items() for word in (f'--{name}', topic))]) == 0
    finally:
        stop.append(True)
        thread.join()
    assert int(capsys.readouterr().out.split()[0]) >= 3
    recorded = file.read_bytes()
    assert all(name in recorded for name in (b'camera', b'depth', b'world/points'))

