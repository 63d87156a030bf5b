# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The one command that measures a GPU, in miniature on a CPU."""

import json
import os
from pathlib import Path
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow
COMMAND = Path(__file__).resolve().parents[1] / 'benchmarks' / 'gpu.py'


def run(*arguments):
    subprocess.run([sys.executable, str(COMMAND), *map(str, arguments)], check=True,
                   env={**os.environ, 'OMP_NUM_THREADS': '1'}, capture_output=True)


def test_each_part_writes_its_figures_and_what_it_lacked(tmp_path):
    run('--device', 'cpu', '--small', '--minutes', '5', '--out', tmp_path,
        '--only', 'machine', 'correctness', 'tests', 'train')
    summary, correctness, tests, train = (
        json.loads((tmp_path / f'{name}.json').read_text())
        for name in ('summary', 'correctness', 'tests', 'train'))
    assert {part['state'] for part in summary.values()} == {'done'}
    rows = {row['name']: row for row in correctness['rows']}
    assert rows['lden']['output_error'] < 1e-5 and rows['lden']['gradient_error'] < 1e-3
    assert not correctness['missing']
    assert tests['missing'] == ['the tests marked gpu need a GPU']
    assert train['missing'] == ['prepared data: give --data DIR, made by --prepare DIR']


def test_a_part_whose_time_is_over_is_stopped_and_the_command_goes_on(tmp_path):
    run('--device', 'cpu', '--small', '--minutes', '0.2', '--out', tmp_path, '--only', 'step',
        'tests')
    summary = json.loads((tmp_path / 'summary.json').read_text())
    assert set(summary) == {'step', 'tests'}
