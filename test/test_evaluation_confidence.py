# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How wrong the pixels are that a network is sure of."""

import json
import math

import cv2
import numpy as np
import pytest
import torch

from depth_distill_ros.apps.cli import main
from depth_distill_ros.evaluation.confidence import THRESHOLDS, ConfidenceCurve
from depth_distill_ros.networks import build
from depth_distill_ros.networks.model_folder import ModelCard, save_model


def test_each_threshold_keeps_the_pixels_above_it_and_counts_their_errors():
    curve = ConfidenceCurve()
    reference = np.array([[2.0, 2.0, 2.0, np.nan]])
    curve.add(np.array([[0.9, 0.6, 0.1, 1.0]]), np.array([[2.0, 2.4, 4.0, 9.0]]), reference)
    curve.add(np.array([[0.9]]), np.array([[np.nan]]), np.array([[2.0]]))
    rows = {row['threshold']: row for row in curve.rows()}
    assert rows[0.0] == {'threshold': 0.0, 'kept': 1.0, 'delta1': pytest.approx(2 / 3),
                         'rmse': pytest.approx(math.sqrt(4.16 / 3)),
                         'rel': pytest.approx(0.4)}
    assert rows[0.5]['kept'] == pytest.approx(2 / 3) and rows[0.5]['delta1'] == 1.0
    assert rows[0.9]['rmse'] == 0.0
    assert list(rows) == [threshold for threshold in THRESHOLDS if threshold <= 0.9]


def test_a_network_with_a_confidence_is_evaluated_by_threshold(tmp_path, capsys):
    network = build('lden', 'mobilenetv2', confidence=True).eval()
    with torch.no_grad():
        for layer, value in ((network.head[-1], 2.0), (network.confidence.body[-1], 1.0)):
            layer.weight.zero_()
            layer.bias.fill_(value)
    save_model(tmp_path / 'sure', network, ModelCard(
        'lden', 'mobilenetv2', (32, 64), options={'confidence': True}))
    for part, image in (('image', np.full((40, 80, 3), 90, np.uint8)),
                          ('depth', np.full((40, 80), 3000, np.uint16))):
        (tmp_path / 'data' / part).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / 'data' / part / '0.png'), image)
    words = ['evaluate', '--model', str(tmp_path / 'sure'), '--data',
             f'folder:{tmp_path / "data"}', '--device', 'cpu']
    assert main([*words, '--json']) == 0
    rows = json.loads(capsys.readouterr().out)['confidence']
    # sigmoid of 1.0 is 0.73
    assert [row['threshold'] for row in rows] == [0.0, 0.3, 0.5, 0.7]
    assert all((row['kept'], row['delta1']) == (1.0, 0.0) for row in rows)
    assert rows[0]['rmse'] == pytest.approx(1.0, abs=1e-5)
    assert main(words) == 0
    assert 'pixels with at least this confidence' in capsys.readouterr().out
