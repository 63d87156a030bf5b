# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""benchmarks/frames_and_updates.py: marks that double, and a second run that trains no more."""

import json
from pathlib import Path
import sys

import cv2
import pytest

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.shipped import shipped_rooms

sys.path.append(str(Path(__file__).resolve().parents[1] / 'benchmarks'))

import frames_and_updates  # noqa: E402


@pytest.mark.parametrize(('updates', 'marks'), [
    (1000, [0, 125, 250, 500, 1000]), (125, [0, 125]), (100, [0, 100])])
def test_marks_double_until_the_last(updates, marks):
    assert frames_and_updates.marks(updates) == marks


@pytest.mark.slow
def test_the_same_command_again_trains_what_is_missing_and_draws(tmp_path, monkeypatch):
    def run(*frames, seed='0'):
        monkeypatch.setattr(sys, 'argv', [
            'frames_and_updates.py', 'nyu', '--frames', *frames, '--updates', '2',
            '--teacher', '', '--judge', f'folder:{shipped_rooms()},frames=0:4', '--metrics',
            'robot', '--level', 'blind map=0.5', '--seed', seed, '--out', str(tmp_path)])
        frames_and_updates.main()
        lines = (tmp_path / 'results.jsonl').read_text(encoding='utf-8').splitlines()
        return [json.loads(line) for line in lines]

    first = run('12')
    assert [row['updates'] for row in first] == [0, 2]
    assert first[0]['delta1'] != first[1]['delta1']
    both = run('12', '20')
    assert both[:2] == first and [row['frames'] for row in both] == [12, 12, 20, 20]
    assert both[2]['delta1'] == first[0]['delta1'] and both[3]['delta1'] != first[1]['delta1']
    assert cv2.imread(str(tmp_path / 'updates.png')).std() > 5
    with pytest.raises(DepthDistillError, match='other settings; name another --out'):
        run('12', seed='1')
