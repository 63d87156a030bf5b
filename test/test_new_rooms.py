# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""benchmarks/new_rooms.py: the node's training on stored frames, judged in several worlds."""

from pathlib import Path
import sys

import pytest

from depth_distill_ros.shipped import shipped_robot_rooms, shipped_rooms

sys.path.append(str(Path(__file__).resolve().parents[1] / 'benchmarks'))

import new_rooms  # noqa: E402

pytestmark = pytest.mark.slow


def test_each_world_has_its_figures_before_and_after_the_training(monkeypatch, capsys):
    rooms, robots = f'folder:{shipped_rooms()}', f'folder:{shipped_robot_rooms()}'
    monkeypatch.setattr(sys, 'argv', [
        'new_rooms.py', 'batch=2', 'method=kd-ood', '--stream', f'{robots},frames=0:80',
        '--robot', f'{robots},frames=80:140', '--judge', f'rooms={rooms},frames=0:2',
        f'others={rooms},frames=40:42', '--updates', '0', '1'])
    new_rooms.main()
    printed = capsys.readouterr().out
    before, after = ([float(value) for value in line.partition(': ')[2].split()]
                     for line in printed.splitlines() if line.startswith('seed 0, update'))
    assert len(before) == 4 and all(0 < value < 1 for value in before) and before != after
    assert 'agreement' in printed and 'others' in printed
    teacher = next(line for line in printed.splitlines() if 'teacher' in line)
    assert [cell.strip() for cell in teacher.split('│')[2:5:2]] == ['1.000', '1.000']
