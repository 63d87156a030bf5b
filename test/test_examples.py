# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Every example runs and leaves behind what its text promises."""

import os
from pathlib import Path
import re
import subprocess
import sys

import pytest

pytest.importorskip('mujoco')

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / 'examples'
RESULTS = {
    'your_own_data_set.py': ['image/000003.png', 'depth/000003.png', 'intrinsics.json'],
    'your_own_teacher.py': ['run/student/weights.safetensors', 'run/run.yaml'],
    'look_at_g.py': ['g.jpg']}


def run(name, *options):
    paths = [str(ROOT), os.environ.get('PYTHONPATH', '')]
    return subprocess.run(
        [sys.executable, str(EXAMPLES / name), *options], capture_output=True, text=True,
        env={**os.environ, 'PYTHONPATH': os.pathsep.join(filter(None, paths)),
             'CUDA_VISIBLE_DEVICES': ''})


def test_every_example_has_a_row_here_and_in_the_readme_of_the_examples():
    there = {path.name for path in EXAMPLES.glob('*.py')}
    page = (EXAMPLES / 'README.md').read_text(encoding='utf-8')
    rows = set(re.findall(r'^\| \[(\w+\.py)\]', page, re.MULTILINE))
    assert there == set(RESULTS) == rows


@pytest.mark.slow
def test_the_examples_run_and_write_their_results(tmp_path):
    few = ['--out', str(tmp_path), '--frames', '4']
    for name, options in (('your_own_data_set.py', few),
                          ('your_own_teacher.py', [*few, '--steps', '2']),
                          ('look_at_g.py', [str(tmp_path)])):
        done = run(name, *options)
        assert done.returncode == 0, done.stdout + done.stderr
        for result in RESULTS[name]:
            assert (tmp_path / result).stat().st_size > 0


@pytest.mark.slow
def test_every_benchmark_starts_with_its_help():
    pytest.importorskip('rclpy')
    paths = sorted(map(str, (ROOT / 'benchmarks').glob('*.py')))
    assert paths
    source = (  # one process: each alone would import torch anew
        'import runpy, sys\n'
        f'for path in {paths!r}:\n'
        '    sys.argv = [path, "--help"]\n'
        '    try: runpy.run_path(path, run_name="__main__")\n'
        '    except SystemExit as end: assert end.code == 0, path\n'
        '    else: raise AssertionError(path)\n')
    done = subprocess.run([sys.executable, '-c', source], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count('usage: ') == len(paths)
