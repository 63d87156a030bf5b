# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Checkpoints: whole or untouched, safe to read, and only for the training that wrote them."""

import os
from pathlib import Path

import pytest
import torch
from torch import nn

from depth_distill_ros.distillation.checkpoint import (
    Checkpoint,
    CheckpointError,
    load_checkpoint,
    save_checkpoint,
    teacher_identity,
)

METHOD = {'method': 'd3', 'student': 'lden', 'size': (32, 48)}


class Counter:
    """A part of a training: a number."""

    count = 0

    def state_dict(self):
        return {'count': self.count}

    def load_state_dict(self, state):
        self.count = state['count']


def teacher(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv2d(3, 2, 1), nn.BatchNorm2d(2))


def checkpoint(folder, identity=METHOD, part=None, **options):
    return Checkpoint(folder / 'last.pt', identity, {'training': part or Counter()}, **options)


def test_parts_and_values_come_back(tmp_path):
    part = Counter()
    assert checkpoint(tmp_path).load() is None
    part.count = 3
    checkpoint(tmp_path, part=part).save(best=0.5)
    again = Counter()
    assert checkpoint(tmp_path, part=again).load()['best'] == 0.5
    assert again.count == 3


@pytest.mark.parametrize(('name', 'value', 'message'), [
    ('method', 'dfad', "method 'd3', not 'dfad'"),
    ('student', 'edn', "student 'lden', not 'edn'"),
    ('size', (64, 96), r'size \(32, 48\), not \(64, 96\)'),
    ('data', 'folder:x', "data None, not 'folder:x'"),
])
def test_another_training_does_not_resume_and_both_values_are_named(
        tmp_path, name, value, message):
    checkpoint(tmp_path).save()
    with pytest.raises(CheckpointError, match=f'last.pt was trained with {message}') as refusal:
        checkpoint(tmp_path, {**METHOD, name: value}).load()
    assert '\n' not in str(refusal.value)


def test_another_teacher_is_refused_by_both_names_and_the_same_one_may_lie_elsewhere(tmp_path):
    checkpoint(tmp_path, {**METHOD, **teacher_identity('here', teacher())}).save()
    with pytest.raises(
            CheckpointError, match=r'teacher here \(sha256 .{8}\), not shipped \(sha256 .{8}\)'):
        checkpoint(tmp_path, {**METHOD, **teacher_identity('', teacher(1))}).load()
    moved = {**METHOD, **teacher_identity('elsewhere', teacher())}
    assert checkpoint(tmp_path, moved).load() is not None


def test_the_statistics_of_a_teacher_belong_to_its_identity():
    network, other = teacher(), teacher()
    assert teacher_identity('', network) == teacher_identity('', other)
    other[1].running_mean.add_(1e-3)
    assert teacher_identity('', network) != teacher_identity('', other)


@pytest.mark.parametrize('key', ['architecture', 'settings'])
def test_a_checkpoint_of_an_earlier_version_resumes_and_its_names_are_translated(tmp_path, key):
    part = Counter()
    save_checkpoint(tmp_path / 'last.pt', {
        key: {'way': 'd3', 'student': 'lden'}, 'training': {'count': 5}})

    def upgrade(identity):
        return {{'way': 'method'}.get(name, name): value for name, value in identity.items()}

    now = {**METHOD, **teacher_identity('', teacher())}
    checkpoint(tmp_path, now, part, upgrade=upgrade).load()
    assert part.count == 5
    with pytest.raises(CheckpointError, match="method 'd3', not 'dfad'"):
        checkpoint(tmp_path, {**now, 'method': 'dfad'}, upgrade=upgrade).load()


def test_a_file_that_names_no_training_is_refused(tmp_path):
    save_checkpoint(tmp_path / 'last.pt', {'training': {'count': 5}})
    with pytest.raises(CheckpointError, match='last.pt is not a checkpoint of this program'):
        checkpoint(tmp_path).load()


def test_a_damaged_checkpoint_is_named_and_stays(tmp_path):
    path = tmp_path / 'last.pt'
    path.write_bytes(b'half of it')
    with pytest.raises(CheckpointError, match='last.pt is not a usable checkpoint.*move it away'):
        checkpoint(tmp_path).load()
    assert path.read_bytes() == b'half of it'


def test_code_in_a_checkpoint_is_not_executed(tmp_path):
    path = tmp_path / 'evil.pt'
    torch.save({'state': Path('/')}, path)  # any class of its own would run its constructor
    with pytest.raises(CheckpointError, match='not a usable checkpoint') as found:
        load_checkpoint(path)
    # torch advises to load it all the same
    assert 'weights_only' not in str(found.value) and '\n' not in str(found.value)


@pytest.mark.parametrize('state', [
    [1, 2], {'identity': 'd3'}, {'identity': METHOD, 'training': 5},
    {'identity': METHOD, 'training': {}}], ids=str)
def test_contents_of_another_kind_are_refused_in_one_line(tmp_path, state):
    save_checkpoint(tmp_path / 'last.pt', state)
    with pytest.raises(CheckpointError, match='last.pt .*; move it away') as found:
        checkpoint(tmp_path).load()
    assert '\n' not in str(found.value)


def test_a_pipe_in_place_of_a_checkpoint_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / 'last.pt')
    with pytest.raises(CheckpointError, match='it is not a file'):
        checkpoint(tmp_path).load()


@pytest.mark.slow
def test_a_full_disk_leaves_the_last_checkpoint(tmp_path, host):
    code = f"""
import resource, torch
from pathlib import Path
from depth_distill_ros.distillation.checkpoint import CheckpointError, save_checkpoint
path = Path({str(tmp_path)!r}) / 'last.pt'
save_checkpoint(path, {{'x': torch.zeros(10)}})
import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    save_checkpoint(path, {{'x': torch.zeros(1_000_000)}})
except CheckpointError as error:
    print(error)
"""
    result = host.run(['-c', code])
    result.check_returncode()
    assert 'the last checkpoint is untouched' in result.stdout
    assert torch.load(tmp_path / 'last.pt', weights_only=True)['x'].shape == (10,)
    assert [p.name for p in tmp_path.iterdir()] == ['last.pt']


def test_a_checkpoint_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / 'file').write_text('in the way')
    with pytest.raises(CheckpointError, match='file/last.pt'):
        checkpoint(tmp_path / 'file').save()
