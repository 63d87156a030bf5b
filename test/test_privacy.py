# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""No process of the package talks to anybody but its own graph, or leaves a mark at home."""

import json
import os
from pathlib import Path
import re
import shutil
import subprocess
import sys

import engine_parts
import pytest
import students

pytestmark = pytest.mark.slow

# Python runs this at the start of each process that has the folder in its PYTHONPATH.
AUDIT = """
import json, os, sys
_FILE = {file!r}
def _tell(event):
    with open(_FILE, 'a') as file:
        file.write(json.dumps(event) + '\\n')
_tell(['start', os.getpid()])
def _hook(event, args):
    if event in ('socket.getaddrinfo', 'socket.gethostbyname', 'os.fork', 'urllib.Request'):
        _tell([event, repr(args[:1])])
    elif event in ('socket.connect', 'socket.sendto') and isinstance(args[1], tuple):
        _tell([event, repr(args[1])])
sys.addaudithook(_hook)
"""
ENGINES = """
from pathlib import Path
import sys
import numpy as np
from depth_distill_ros.geometry.view import View
from depth_distill_ros.inference.engine_selection import open_engine
for name in sys.argv[2:]:
    engine = open_engine(Path(sys.argv[1]), name)
    engine(np.zeros((64, 64, 3), np.uint8), View.fit((64, 64), engine.input_size))
    print(name)
"""


@pytest.fixture
def watched(tmp_path):
    """Return an environment in which every Python process writes what it asks of the network."""
    home, audit = tmp_path / 'home', tmp_path / 'audit'
    home.mkdir()
    audit.mkdir()
    (audit / 'sitecustomize.py').write_text(AUDIT.format(file=str(audit / 'events')))
    root = str(Path(__file__).resolve().parents[1])
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith(('XDG_', 'ORT_', 'HF_')) and name not in ('CI', 'DO_NOT_TRACK')}
    return {**kept, 'HOME': str(home), 'PYTHONPATH': os.pathsep.join([str(audit), root]),
            'CUDA_VISIBLE_DEVICES': ''}


def events(watched):
    folder = Path(watched['PYTHONPATH'].partition(os.pathsep)[0])
    return [json.loads(line) for line in (folder / 'events').read_text().splitlines()]


def test_engines_open_no_connection_fork_nothing_and_write_nothing_at_home(watched, tmp_path):
    folder = students.release(tmp_path, 2.0, size=(64, 64)).folder
    names = engine_parts.installed()
    trace = tmp_path / 'trace'
    tracer = ['strace', '-f', '--seccomp-bpf', '-e', 'trace=connect,sendto,sendmsg,sendmmsg',
              '-o', str(trace)] if strace_works() else []
    result = subprocess.run(
        [*tracer, sys.executable, '-c', ENGINES, str(folder), *names], env=watched,
        capture_output=True, text=True, check=True)
    assert result.stdout.split() == list(names)
    assert [event[0] for event in events(watched)] == ['start']
    assert not list(Path(watched['HOME']).rglob('*'))
    if tracer:  # the libraries' own threads, which Python does not see
        assert not re.findall('.*AF_INET.*', trace.read_text())


def test_the_watch_sees_a_connection_that_is_tried(watched):
    code = 'import socket; socket.socket(type=socket.SOCK_DGRAM).connect(("127.0.0.1", 9))'
    subprocess.run([sys.executable, '-c', code], env=watched, check=True)
    assert [event[0] for event in events(watched)] == ['start', 'socket.connect']


@pytest.mark.ros
def test_the_nodes_open_no_connection_but_those_of_dds(nodes, watched, tmp_path, monkeypatch):
    for name, value in watched.items():
        monkeypatch.setenv(name, value)
    students.release(tmp_path, 2.0, size=(64, 64))
    students.save_teacher(tmp_path / 'teacher')
    inference = nodes.start('inference_node', script=True, work_dir=str(tmp_path),
                            engine=engine_parts.prepared())
    nodes.start('distiller_node', script=True, work_dir=str(tmp_path),
                teacher=str(tmp_path / 'teacher'), g_width=0.05)
    nodes.start('stream_node', script=True, work_dir=str(tmp_path))
    inference.wait_for_values(preparing='', refused_releases=0)
    assert [event[0] for event in events(watched)] == 4 * ['start']  # and the worker
    home = Path(watched['HOME'])
    assert {path.relative_to(home).parts[0] for path in home.rglob('*')} <= {'.ros'}


def strace_works():
    strace = shutil.which('strace')
    return strace and not subprocess.run([strace, '-o', os.devnull, 'true'],
                                         capture_output=True).returncode
