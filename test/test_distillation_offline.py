# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Offline runs: any method on data sets, killed and resumed, in several processes, from a file."""

from dataclasses import asdict, replace
import inspect
import json
import os
from pathlib import Path
import signal
import socket

import offline_run
from offline_run import SIZE, train
import pytest
import torch
from waiting import TIMEOUT

from depth_distill_ros import datasets
from depth_distill_ros.apps.cli import main
from depth_distill_ros.datasets.preprocessing import preparation
from depth_distill_ros.distillation.checkpoint import load_checkpoint
from depth_distill_ros.distillation.data.dataset_source import DatasetBatches
from depth_distill_ros.distillation.offline import open_run
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.networks.model_folder import load_model
from depth_distill_ros.settings.distillation import OfflineSettings
from depth_distill_ros.settings.file import read_settings

pytestmark = pytest.mark.slow

# Fixtures: pytest looks for them in this file.
teacher, frames, settings = offline_run.teacher, offline_run.frames, offline_run.settings


@pytest.fixture(scope='module')
def whole(settings, tmp_path_factory):
    """Return the progress of a run that nothing interrupted, its folder, its student's weights."""
    folder = tmp_path_factory.mktemp('whole') / 'run'
    progress, opened = train(settings, folder)
    return progress, folder, opened.training.trainer.student.state_dict()


@pytest.mark.parametrize('method', ['d3', 'random-noise'])
def test_a_run_killed_at_any_step_goes_on_bit_identically(request, settings, tmp_path, method):
    if method == 'd3':
        whole, _, expected = request.getfixturevalue('whole')
    else:
        settings = replace(settings, method=method, stream='')
        whole, opened = train(settings, tmp_path / 'whole')
        expected = opened.training.trainer.student.state_dict()
    opened = open_run(settings, tmp_path / 'parts')
    steps = opened.training.steps(opened.total, 2, save_every=3)
    first = [next(steps) for _ in range(4)]  # killed after step 4, saved after step 3
    (tmp_path / 'parts' / 'last.pt').rename(tmp_path / 'saved')
    steps.close()
    (tmp_path / 'saved').rename(tmp_path / 'parts' / 'last.pt')
    again, opened = train(settings, tmp_path / 'parts')
    assert [p.step for p in again] == [4, 5, 6]
    assert [p.losses for p in whole] == [p.losses for p in first[:3] + again]
    for name, tensor in opened.training.trainer.student.state_dict().items():
        assert torch.equal(tensor, expected[name]), name


@pytest.fixture
def ctrl_c():
    """Let Ctrl-C interrupt, which it does not do in tests that run in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_a_run_interrupted_in_the_middle_of_a_step_ends_after_it_and_goes_on_bit_identically(
        settings, whole, tmp_path, ctrl_c):
    whole, _, expected = whole
    opened = open_run(settings, tmp_path / 'parts')
    training = opened.training.trainer
    update, calls = training._update, []

    def interrupted(loss, *names):
        update(loss, *names)
        calls.append(names)
        if len(calls) == 7:  # in step 4, between the updates of G and of the student
            os.kill(os.getpid(), signal.SIGINT)

    training._update = interrupted
    before = []
    with pytest.raises(KeyboardInterrupt):
        before.extend(opened.training.steps(opened.total, 2))
    assert (training.step, len(calls)) == (4, 8)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    again, opened = train(settings, tmp_path / 'parts')
    assert [p.step for p in again] == [5, 6]
    assert [p.losses for p in whole[4:]] == [p.losses for p in again]
    for name, tensor in opened.training.trainer.student.state_dict().items():
        assert torch.equal(tensor, expected[name]), name


def test_a_second_training_in_a_folder_is_refused_while_the_first_one_runs(settings, tmp_path):
    first, second = (open_run(replace(settings, lr=lr), tmp_path).training for lr in (0.01, 0.02))
    steps = first.steps(6, 2)
    next(steps)
    with pytest.raises(DepthDistillError, match=f'process {os.getpid()} trains there; stop'):
        next(second.steps(6, 2))
    assert read_settings(OfflineSettings, tmp_path / 'run.yaml').lr == 0.01
    steps.close()
    (tmp_path / '.last.pt.123456789').write_text('half of it')
    assert next(second.steps(6, 2)).step == 1
    assert not list(tmp_path.glob('.last.pt.*'))


def test_a_run_that_is_given_up_saves_first(settings, tmp_path):
    opened = open_run(settings, tmp_path)
    steps = opened.training.steps(6, 2)
    next(steps), next(steps)
    steps.close()
    assert load_checkpoint(tmp_path / 'last.pt')['training']['step'] == 2


def test_the_best_student_so_far_is_a_model_folder_and_so_is_the_last(
        settings, frames, tmp_path):
    opened = open_run(settings, tmp_path, datasets.open_reader(frames))
    for _ in opened.training.steps(opened.total, 2, evaluate_every=2):
        pass
    figures = [json.loads(line) for line in (tmp_path / 'figures.jsonl').open()]
    assert [f['step'] for f in figures] == [2, 4, 6]
    best = max(figures, key=lambda f: f['delta1'])
    assert [f.name for f in tmp_path.glob('best-*')] == [f'best-{best["step"]:06d}']
    student, card = load_model(opened.training.finish())
    assert card.size == SIZE and card.about['settings']['method'] == 'd3'
    for name, tensor in opened.training.trainer.average.module.state_dict().items():
        assert torch.equal(tensor, student.state_dict()[name])
    assert any((tmp_path / 'tensorboard').iterdir())


def test_the_file_beside_a_run_reproduces_it(whole, tmp_path):
    progress, folder, _ = whole
    again, _ = train(read_settings(OfflineSettings, folder / 'run.yaml'), tmp_path)
    assert [p.losses for p in progress] == [p.losses for p in again]


def test_frames_without_what_the_method_needs_are_counted_and_skipped(frames):
    reader = datasets.open_reader(frames)

    class Holes:
        def __len__(self):
            return len(reader)

        def __getitem__(self, index):
            return replace(reader[index], depth=None) if index % 3 == 0 else reader[index]

    source = DatasetBatches(Holes(), preparation('folder:/x', SIZE, ('depth',)), 4, 0,
                          torch.device('cpu'), needed=('depth',))
    drawn = [source.draw() for _ in range(3)]
    assert all(images.depth.shape[0] == 4 for images in drawn)
    assert source.unreadable > 0


def test_a_source_that_is_read_leaves_the_random_numbers_of_dropout_alone(frames):
    state = torch.random.get_rng_state()
    batches = DatasetBatches(datasets.open_reader(frames), preparation(frames, SIZE), 2, 0,
                             torch.device('cpu'))
    batches.draw()
    assert torch.equal(torch.random.get_rng_state(), state)


def test_frames_that_cannot_be_read_are_counted_and_skipped(settings, frames, tmp_path):
    source = Path(frames.partition(':')[2])
    damaged = tmp_path / 'damaged'
    for kind in ('image', 'semantics'):
        (damaged / kind).mkdir(parents=True)
        for file in (source / kind).iterdir():
            (damaged / kind / file.name).write_bytes(file.read_bytes())
    (damaged / 'image' / '005.png').write_bytes(b'\x89PNG half of it')
    settings = OfflineSettings(**{**vars(settings), 'stream': f'folder:{damaged}'})
    progress, opened = train(settings, tmp_path / 'run')
    assert len(progress) == 6
    assert opened.training.source.unreadable == 1  # twelve draws, one epoch


def test_workers_read_the_same_frames_as_the_process_itself(settings, whole, tmp_path):
    helped, _ = train(replace(settings, workers=2), tmp_path)
    assert [p.losses for p in whole[0]] == [p.losses for p in helped]


def losses_of(settings, folder):
    """Train on the settings, in a folder; return the losses of the student."""
    opened = open_run(settings, folder)
    # the statistics of half a batch are not those of the whole one
    student = opened.training.trainer.student.eval()
    student.train = lambda mode=True: student
    return [p.losses['loss_student'] for p in opened.training.steps(opened.total, settings.batch)]


_PART = f"""
import json, sys
from pathlib import Path
from depth_distill_ros.distillation.parallel import processes
from depth_distill_ros.distillation.offline import open_run
from depth_distill_ros.settings.distillation import OfflineSettings

{inspect.getsource(losses_of)}

processes.join()
losses = losses_of(OfflineSettings(**json.loads(sys.argv[1])), Path(sys.argv[2]))
if processes.rank() == 0:
    print(json.dumps(losses))
processes.leave()
"""


def test_two_processes_train_as_one_with_twice_the_batch(settings, tmp_path, host):
    settings = replace(settings, method='kd-ood', batch=4, steps=3)
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = free.getsockname()[1]
    torchrun = {'WORLD_SIZE': '2', 'MASTER_ADDR': '127.0.0.1', 'MASTER_PORT': str(port),
                'GLOO_SOCKET_IFNAME': 'lo'}
    processes = []
    for rank in '01':
        with (tmp_path / rank).open('w') as output:
            processes.append(host.start(
                ['-c', _PART, json.dumps(asdict(settings)), tmp_path / 'two'], output,
                {**torchrun, 'RANK': rank, 'LOCAL_RANK': rank}))
    codes = [process.wait(TIMEOUT) for process in processes]
    printed = (tmp_path / '0').read_text()
    assert codes == [0, 0], printed + (tmp_path / '1').read_text()
    one, two = losses_of(settings, tmp_path / 'one'), json.loads(printed.splitlines()[-1])
    assert two == pytest.approx(one, abs=2e-4)
    assert two[-1] < two[0]


def test_the_command_trains_and_leaves_a_student(teacher, frames, tmp_path, capsys):
    words = ['distill', '--method', 'd3', '--stream', frames, '--teacher', teacher,
             '--start', 'random', '--g-form', 'none', '--steps', '3', '--batch', '2',
             '--evaluate', frames, '--evaluate-frames', '3', '--out', str(tmp_path / 'run')]
    assert main(words) == 0
    assert 'delta1' in capsys.readouterr().out
    assert load_model(tmp_path / 'run' / 'student')[1].network == 'lden'
    assert main(words) == 0  # nothing left to do, and nothing undone
    assert 'resumed from step 3' in capsys.readouterr().out
