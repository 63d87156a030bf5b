# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""benchmarks/look_probe.py: a short training on a look and on a data set, judged on others."""

import json
from pathlib import Path
import sys

import pytest

from depth_distill_ros.shipped import shipped_robot_rooms, shipped_rooms

sys.path.append(str(Path(__file__).resolve().parents[1] / 'benchmarks'))

import look_probe  # noqa: E402

pytestmark = pytest.mark.slow


def test_each_stream_has_its_figures_and_all_students_start_alike(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, 'argv', [
        'look_probe.py', 'nyu', f'folder:{shipped_robot_rooms()},frames=0:40', '--teacher', '',
        '--judge', f'folder:{shipped_rooms()},frames=0:4', '--metrics', 'robot', '--images', '16',
        '--rooms', '4', '--out', str(tmp_path)])
    look_probe.main()
    rows = [json.loads(line) for line in (tmp_path / 'results.jsonl').read_text().splitlines()]
    assert [row['images'] for row in rows] == [0, 8, 16] * 2
    assert rows[0]['delta1'] == rows[3]['delta1'] != rows[2]['delta1'] != rows[5]['delta1']
    assert all(0 < row['l_bn'] < 1e6 and 0 < row['delta1_median_scaled'] < 1 for row in rows)
    assert len(list((tmp_path / 'nyu-4' / 'image').iterdir())) == 32
    assert f"{rows[5]['delta1']:.3f}" in capsys.readouterr().out
