# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Every example runs and leaves behind what its text promises."""

from importlib.util import find_spec
from pathlib import Path
import re

import pytest

# not imported: the first to import it here would choose its OpenGL for all other tests
pytestmark = pytest.mark.skipif(find_spec('mujoco') is None, reason='needs mujoco')

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / 'examples'
RESULTS = {
    'your_own_data_set.py': ['image/000003.png', 'depth/000003.png', 'intrinsics.json'],
    'your_own_teacher.py': ['run/student/weights.safetensors', 'run/run.yaml'],
    'look_at_g.py': ['g.jpg']}


def test_every_example_has_a_row_here_and_in_the_readme_of_the_examples():
    there = {path.name for path in EXAMPLES.glob('*.py')}
    page = (EXAMPLES / 'README.md').read_text(encoding='utf-8')
    rows = set(re.findall(r'^\| \[(\w+\.py)\]', page, re.MULTILINE))
    assert there == set(RESULTS) == rows


@pytest.mark.slow
def test_the_examples_run_and_write_their_results(tmp_path, host):
    few = ['--out', str(tmp_path), '--frames', '4']
    for name, options in (('your_own_data_set.py', few),
                          ('your_own_teacher.py', [*few, '--steps', '2']),
                          ('look_at_g.py', [str(tmp_path)])):
        done = host.run([EXAMPLES / name, *options])
        assert done.returncode == 0, done.stdout + done.stderr
        for result in RESULTS[name]:
            assert (tmp_path / result).stat().st_size > 0


@pytest.mark.slow
def test_every_benchmark_starts_with_its_help(host):
    pytest.importorskip('rclpy')
    paths = sorted(map(str, (ROOT / 'benchmarks').glob('*.py')))
    assert paths
    source = (
        'import runpy, sys\n'
        f'for path in {paths!r}:\n'
        '    sys.argv = [path, "--help"]\n'
        '    try: runpy.run_path(path, run_name="__main__")\n'
        '    except SystemExit as end: assert end.code == 0, path\n'
        '    else: raise AssertionError(path)\n')
    done = host.run(['-c', source])
    assert done.returncode == 0, done.stderr
    assert done.stdout.count('usage: ') == len(paths)
