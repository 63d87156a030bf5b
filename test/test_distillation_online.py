# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The session on a growing store: what trains, what survives, what is resumed."""

from dataclasses import asdict, replace
from functools import partial
import os
import shutil

import numpy as np
import online_session
from online_session import CPU, SIZE
import pytest
import stream_frames
import torch
from waiting import wait_until

from depth_distill_ros.distillation.checkpoint import CheckpointError, load_checkpoint
from depth_distill_ros.distillation.losses import NonFiniteLoss
from depth_distill_ros.distillation.online import OnlineDistillation
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.networks.model_folder import load_model, save_model
from depth_distill_ros.stream.store import StreamWriter

pytestmark = pytest.mark.slow

# Fixtures: pytest looks for them in this file.
teacher_folder, store = online_session.teacher_folder, online_session.store
config, open_session = online_session.config, online_session.open_session


def leaves(state, path=''):
    """Yield the path and the value of everything in a checkpoint."""
    if isinstance(state, (dict, list, tuple)):
        pairs = state.items() if isinstance(state, dict) else enumerate(state)
        for name, value in pairs:
            yield from leaves(value, f'{path}/{name}')
    else:
        yield path, state


def test_both_the_student_s_and_g_s_losses_fall(open_session):
    session = open_session()
    assert session.ready()
    first = session.train_step()
    for _ in range(15):
        last = session.train_step()
    assert last['loss_student'] < first['loss_student'] - 0.3
    assert last['l_bn'] < first['l_bn']


@pytest.mark.parametrize('switches', [{}, {
    'curriculum': 'steps', 'curriculum_steps': 2, 'g_every': 3, 'bn_weight': 0.2,
    'g_bound': 0.5}], ids=['to the letter', 'with its switches'])
def test_a_resumed_run_is_bit_identical_to_one_that_was_not_interrupted(
        open_session, tmp_path, switches):
    open_session = partial(open_session, **switches)
    whole = open_session(tmp_path / 'whole')
    assert whole.ready()
    losses = [whole.train_step() for _ in range(9)]
    random = torch.get_rng_state()
    saved = whole.save()
    first = open_session(tmp_path / 'parts')
    assert first.ready() and not first.resumed
    for _ in range(6):
        first.train_step()
    first.save()
    first.train_step()  # is lost, as after kill -9
    second = open_session(tmp_path / 'parts')
    assert second.resumed and second.step == 6 and second.ready()
    assert [second.train_step() for _ in range(3)] == losses[6:]
    assert torch.equal(torch.get_rng_state(), random)
    expected = dict(leaves(load_checkpoint(saved)))
    found = dict(leaves(load_checkpoint(second.save())))
    assert expected.keys() == found.keys() and len(expected) > 1000
    assert [path for path, value in expected.items() if path != '/run' and not (
        torch.equal(value, found[path]) if isinstance(value, torch.Tensor)
        else value == found[path])] == []


def test_kill_9_in_the_middle_of_training_leaves_a_checkpoint_to_go_on_from(
        open_session, config, store, tmp_path, host):
    code = f"""
from pathlib import Path
from depth_distill_ros.distillation.online import OnlineDistillation
from depth_distill_ros.settings.distillation import OnlineSettings
session = OnlineDistillation(OnlineSettings(**{asdict(config)!r}), Path({str(tmp_path)!r}),
                              store=Path({str(store)!r}))
assert session.ready()
while True:
    session.train_step()
    session.save()
    print(session.step, flush=True)
"""
    log = tmp_path / 'log'
    with log.open('w') as output:
        process = host.start(['-c', code], output)
    lines = wait_until(lambda: process.poll() is not None or len(
        found := log.read_text().splitlines()) > 3 and found, 'four steps')
    process.kill()
    process.wait()
    saved = int(lines[3])
    session = open_session()
    assert session.step >= saved and session.ready()
    session.train_step()


def test_a_training_resumes_with_the_same_teacher_elsewhere_and_with_no_other(
        open_session, teacher_folder, tmp_path):
    open_session().save()
    with pytest.raises(CheckpointError, match="trained with method 'd3', not 'kd-ood'"):
        open_session(method='kd-ood')
    network, card = load_model(teacher_folder)
    with torch.no_grad():
        network.head[3].bias.add_(0.1)
    save_model(tmp_path / 'other', network, card)
    with pytest.raises(CheckpointError, match=r'teacher \S+/teacher \(.*\), not \S+/other \('):
        open_session(teacher=str(tmp_path / 'other'))
    shutil.copytree(teacher_folder, tmp_path / 'moved')
    assert open_session(teacher=str(tmp_path / 'moved')).resumed


def test_a_loss_that_is_not_finite_stops_the_run_and_spares_the_checkpoint(open_session):
    session = open_session()
    session.ready()
    session.train_step()
    path = session.save()
    before = path.read_bytes()
    with torch.no_grad():
        session._trainer.student.head[3].bias.fill_(float('nan'))
    with pytest.raises(NonFiniteLoss, match='step 1.*lower lr'):
        session.train_step()
    assert path.read_bytes() == before


def test_a_store_of_another_size_is_named_with_both_sizes(open_session, tmp_path):
    with StreamWriter(tmp_path / 'store', (24, 32), 64) as writer:
        writer.append(stream_frames.frame(0))
    session = open_session(store=tmp_path / 'store')
    with pytest.raises(DepthDistillError, match='24×32.*32×48'):
        session.ready()


def test_damaged_frames_are_skipped_and_counted(open_session, tmp_path):
    stream_frames.fill(tmp_path / 'store', 80, 500, SIZE)
    for key in range(40, 60):
        stream_frames.damage(tmp_path / 'store', key)
    session = open_session(store=tmp_path / 'store')
    assert session.ready()
    for _ in range(4):
        session.train_step()
    assert session.values()['corrupt_frames'] > 0


def test_robot_camera_frames_join_once_there_are_enough_of_them(open_session, tmp_path):
    own = tmp_path / 'auxiliary'
    session = open_session(auxiliary_store=own, batch=4, held_out_frames=8)
    assert session.ready() and session.values()['auxiliary_frames'] == 0
    assert 'loss_auxiliary' not in session.train_step()
    assert session.consider_release(force=True).figures.keys() == {'against', 'stream'}
    stream_frames.fill(own, 60, 500, SIZE)
    assert session.values()['auxiliary_frames'] == 60
    assert 'robot' in session.consider_release(force=True).figures, 'they judge releases'
    session.train_step()  # its batch may have been drawn before they came
    assert 'loss_auxiliary' in session.train_step()


def test_switched_off_no_frame_of_the_robot_is_read(open_session, tmp_path):
    own = tmp_path / 'auxiliary'
    stream_frames.fill(own, 60, 500, SIZE)
    session = open_session(auxiliary_store=own, batch=4, robot_frames='off')
    assert session.ready() and session.values()['auxiliary_frames'] == 0
    assert 'loss_auxiliary' not in session.train_step()


def test_no_store_yet_means_not_ready(open_session, tmp_path):
    session = open_session(store=tmp_path / 'none')
    assert not session.ready()
    assert session.store_frames == 0


def test_the_preview_shows_five_images_a_row(open_session):
    session = open_session()
    session.ready()
    image = session.preview(frames=2)
    assert image.shape == (2 * SIZE[0], 5 * SIZE[1], 3)
    assert image.dtype == np.uint8
    plain = image[:SIZE[0], :SIZE[1]]
    assert any(np.array_equal(plain, stream_frames.frame(n, SIZE).image) for n in range(32))


def test_a_second_session_in_the_folder_is_refused_and_told_who_has_it(open_session, tmp_path,
                                                                      config, store):
    session = open_session()
    with pytest.raises(DepthDistillError, match=f'process {os.getpid()} distils there; stop'):
        OnlineDistillation(config, tmp_path, CPU, store)
    session.close()
    with pytest.raises(DepthDistillError, match='not a model folder'):
        OnlineDistillation(replace(config, teacher=str(tmp_path)), tmp_path, CPU, store)
    assert open_session()  # a session that could not be opened keeps no lock


def test_what_a_killed_session_left_is_removed_at_the_next_start(open_session, tmp_path):
    for left in ('checkpoints/.last.pt.123456789', 'releases/.000007.123456789/weights'):
        (tmp_path / left).parent.mkdir(parents=True)
        (tmp_path / left).write_text('half of it')
    open_session()
    assert not [path for path in tmp_path.rglob('.*')]


def test_checkpoints_are_their_owner_s_alone(open_session):
    path = open_session().save()
    assert path.parent.stat().st_mode & 0o777 == 0o700
