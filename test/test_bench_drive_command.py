# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The command of the closed loop: its results go on, its jobs agree, its errors are one line."""

from importlib.util import find_spec
import json
import math
import os

import cv2
import pytest

from depth_distill_ros.apps.bench.drive import episode
from depth_distill_ros.apps.bench.drive.episode import Drive
from depth_distill_ros.apps.bench.drive.results import Record, Results, figures
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.files import exclusive


def record(source, seed, number, end='reached'):
    return Record(source, seed, number, Drive(end, 10.0, 4.0, 3.2, [(0.0, 0.0), (1.0, 0.0)]))


def test_an_interrupted_run_goes_on_and_only_common_rooms_are_compared(tmp_path):
    results = Results(tmp_path, {'look': 'target'})
    for number in range(3):
        results.add(record('exact', 0, number))
    results.add(record('teacher', 0, 1, 'collision'))
    with (tmp_path / 'results.jsonl').open('a') as file:
        file.write('{"source": "teacher", "se')  # killed
    again = Results(tmp_path, {'look': 'target'})
    assert again.done('exact', 0) == {0, 1, 2} and again.done('teacher', 0) == {1}
    exact, teacher = figures(again.records)
    assert (exact.rooms, exact.shares['reached'][0], exact.detour) == (1, 1.0, 1.25)
    assert teacher.shares['collision'][0] == 1.0 and math.isnan(teacher.seconds)
    again.add(record('teacher', 0, 2))
    assert Results(tmp_path, {'look': 'target'}).done('teacher', 0) == {1, 2}
    with pytest.raises(DepthDistillError, match='is of another run'):
        Results(tmp_path, {'look': 'stream'})


def test_a_file_that_is_no_run_of_the_bench_is_refused_and_left_as_it_is(tmp_path):
    (tmp_path / 'results.jsonl').write_text('notes of mine, in one line')
    with pytest.raises(DepthDistillError, match='cannot be read'):
        Results(tmp_path, {'look': 'target'})
    assert (tmp_path / 'results.jsonl').read_text() == 'notes of mine, in one line'


def test_the_spread_is_that_of_the_seeds():
    records = [record('exact', seed, number, 'reached' if number < seed else 'stuck')
               for seed in range(3) for number in range(2)]
    mean, spread = figures(records)[0].shares['reached']
    assert (mean, spread) == (0.5, 0.5)


@pytest.mark.slow
@pytest.mark.parametrize('jobs', (1, 2))
def test_the_command_drives_rooms_by_clouds_over_dds(
        domain, before_two_domains, jobs, tmp_path, capsys, monkeypatch):
    pytest.importorskip('rclpy')
    if find_spec('mujoco') is None:
        pytest.skip('needs mujoco')
    from depth_distill_ros.apps.bench.drive.bench import EXACT, Source
    from depth_distill_ros.apps.cli import main
    from depth_distill_ros.apps.commands import _bench_drive

    monkeypatch.setattr(episode, '_LONGEST', 2.0)  # of one job, which drives in this process
    # one node instead of four, each of which imports torch
    monkeypatch.setattr(_bench_drive, '_sources', lambda models: [Source(EXACT)])
    before = dict(os.environ)
    # each job takes a domain after that of the command
    monkeypatch.setenv('ROS_DOMAIN_ID', domain if jobs == 1 else before_two_domains)
    try:
        assert main(['bench', 'drive', '--rooms', '1', '--seeds', str(jobs), '--jobs', str(jobs),
                     '--out', str(tmp_path)]) == 0
    finally:
        os.environ.clear()
        os.environ.update(before)
    head, *lines = map(json.loads, (tmp_path / 'results.jsonl').read_text().splitlines())
    assert head['settings']['look'] == 'target'
    assert sorted((line['source'], line['seed']) for line in lines) == [
        ('exact', seed) for seed in range(jobs)]
    assert all(len(line['path']) > 2 for line in lines)
    assert cv2.imread(str(tmp_path / 'paths.png')).std() > 5
    assert 'the closed loop' in capsys.readouterr().out


class Benches:
    """In place of a bench: drives take no time, and the source 'bad' has no node."""

    def __init__(self, folder):
        pass

    def drives(self, source, seed, rooms):
        for number in rooms:
            if source.name == 'bad':
                raise DepthDistillError('the node has not started')
            yield number, record(source.name, seed, number).drive

    def close(self):
        pass


def without_opengl(folder):
    raise DepthDistillError('no OpenGL')


def blocks(*names):
    from depth_distill_ros.apps.bench.drive.bench import Source
    from depth_distill_ros.apps.bench.drive.workers import Block

    return [Block(Source(name), seed, (3, 4)) for name in names for seed in range(2)]


def test_several_jobs_make_the_same_drives_as_one(tmp_path):
    from depth_distill_ros.apps.bench.drive.workers import drives

    found = [sorted((r.source, r.seed, r.room) for r in drives(
        Benches, tmp_path, blocks('exact', 'teacher'), jobs)) for jobs in (1, 9)]
    assert found[0] == found[1] and len(found[0]) == 8


@pytest.mark.parametrize(('make', 'error'), [
    (Benches, 'the node has not started'), (without_opengl, 'no OpenGL')])
def test_an_error_of_a_job_is_that_of_the_command(tmp_path, make, error):
    from depth_distill_ros.apps.bench.drive.workers import drives

    with pytest.raises(DepthDistillError, match=error):
        list(drives(make, tmp_path, blocks('exact', 'bad'), 2))


def test_the_teacher_the_blind_map_and_a_constant_drive_beside_the_students():
    from depth_distill_ros.apps.commands._bench_drive import _sources
    from depth_distill_ros.shipped import shipped_start

    start = str(shipped_start('mobilenetv2'))
    assert [source.name for source in _sources({'mine': start})] == [
        'exact', 'teacher', 'mine', 'blind-map', 'constant']


def test_a_folder_is_driven_in_by_one_process(tmp_path, capsys):
    from depth_distill_ros.apps.cli import main

    with exclusive(tmp_path / 'drive.lock', ValueError):
        assert main(['bench', 'drive', '--out', str(tmp_path)]) == 1
    assert f'process {os.getpid()} drives there' in capsys.readouterr().err
    assert not (tmp_path / 'results.jsonl').exists()


def test_a_student_cannot_have_the_name_of_another_source(tmp_path, capsys):
    from depth_distill_ros.apps.cli import main

    assert main(['bench', 'drive', '--models', 'teacher=x', '--out', str(tmp_path)]) == 1
    assert 'choose another name' in capsys.readouterr().err
