# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The session on a growing store: what survives, what is resumed, what is released."""

from dataclasses import asdict, replace
from functools import partial
import os
import shutil

import numpy as np
import pytest
import stream_frames
import torch
from waiting import wait_until

from depth_distill_ros.distillation.checkpoint import CheckpointError, load_checkpoint
from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.losses import NonFiniteLoss
from depth_distill_ros.distillation.online import OnlineDistillation
from depth_distill_ros.distillation.release_folders import releases
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.networks import build
from depth_distill_ros.networks.model_folder import ModelCard, load_model, read_card, save_model
from depth_distill_ros.settings.distillation import OnlineSettings
from depth_distill_ros.stream.store import StreamWriter

pytestmark = pytest.mark.slow

SIZE = (32, 48)
CPU = Compute(torch.device('cpu'), 'fp32')


@pytest.fixture(scope='module')
def teacher_folder(tmp_path_factory):
    torch.manual_seed(7)
    network = build('lden', 'resnet18')
    for _ in range(3):  # statistics of real batches, not the defaults
        network(torch.randn(4, 3, *SIZE))
    with torch.no_grad():
        network.head[3].bias.fill_(2.5)  # metres in front of the camera,
        network.head[3].weight.mul_(100.0)  # and not the same everywhere
    folder = tmp_path_factory.mktemp('models') / 'teacher'
    save_model(folder, network, ModelCard('lden', 'resnet18', SIZE))
    return folder


@pytest.fixture(scope='module')
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp('stream') / 'store'
    with StreamWriter(folder, SIZE, 500) as writer:
        for number in range(80):
            writer.append(stream_frames.frame(number, SIZE))
    return folder


@pytest.fixture
def config(teacher_folder, store):
    return OnlineSettings(
        teacher=str(teacher_folder), student='lden', student_backbone='mobilenetv2',
        student_start='random', g_width=0.125, curriculum='none', batch=2, lr=1e-3,
        halving_steps=1000, min_frames=64, held_out_frames=4)


@pytest.fixture
def open_session(config, store, tmp_path):
    """Give sessions on the store, which one process can have open only once."""
    opened = []

    def make(folder=tmp_path, store=store, auxiliary_store=None, **changes):
        for session in opened:
            session.close()
        opened.append(OnlineDistillation(
            replace(config, **changes), folder, CPU, store, auxiliary_store))
        return opened[-1]

    yield make
    for session in opened:
        session.close()


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


def test_a_new_student_begins_near_the_depth_that_the_teacher_has_in_the_median(open_session):
    session = open_session(lr=1e-6)
    assert session.ready()
    session.train_step()
    x = session._source.held_out(4).x
    with torch.no_grad():
        found, expected = (network(x).median() for network in (
            session._trainer.average.module, session._teacher))
    assert abs(found - expected) < 0.5 < expected


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


def test_a_student_better_than_constant_depth_is_released_and_a_worse_one_is_not(
        open_session, tmp_path, teacher_folder):
    session = open_session(student_backbone='resnet18')
    session.ready()
    session._trainer.average.module.load_state_dict(load_model(teacher_folder)[0].state_dict())
    first = session.consider_release()
    assert (first.number, first.step, first.folder.name) == (1, 0, '000001')
    with torch.no_grad():
        session._trainer.average.module.head[3].bias.add_(1.0)
    assert session.consider_release() is None
    assert session.verdict.why_not.startswith('worse than release 1 on the stream frames: ')
    assert session.consider_release(force=True).number == 2
    records = releases(tmp_path / 'releases')
    assert [r.number for r in records] == [1, 2]
    assert not first.not_promoted and records[1].not_promoted == session.verdict.why_not
    assert session.latest_release() == records[0]  # inference does not take the other one
    assert records[0].score['delta1'] > records[1].score['delta1']



def test_a_release_has_a_confidence_head_where_its_network_can_have_one(open_session):
    session = open_session()
    session.ready()
    losses = [session.train_step() for _ in range(4)]
    assert 'loss_confidence' in losses[-1] and 'loss_confidence' not in losses[0]
    network, card = load_model(session.consider_release(force=True).folder)
    assert card.options == {'confidence': True} and network.confidence is not None
    other = open_session(session._checkpoint.path.parent / 'other', student='edn',
                         student_backbone='resnet18')
    other.ready()
    assert load_model(other.consider_release(force=True).folder)[1].options == {}


def test_releases_look_at_no_frame_that_training_draws(open_session):
    session = open_session()
    session.ready()
    drawn = {key for _ in range(40) for key in session._source.draw()['stream'].keys}
    assert not drawn & set(session._source.held_out(32).keys)


@pytest.mark.parametrize('changes, seen', [
    ({'method': 'kd-ood'}, 1), ({'method': 'd3', 'g_form': 'none'}, 2), ({'method': 'd3'}, 2),
    ({'method': 'd3', 'mixing': 'none'}, 2), ({'method': 'd3', 'curriculum': 'progress'}, 1)],
    ids=['plain', 'mixed', 'transformed', 'G alone', 'plain at first'])
def test_mixed_and_transformed_images_judge_a_student_that_trains_on_them(
        open_session, changes, seen):
    session = open_session(**changes)
    session.ready()
    frames = session.judged_frames()[0]
    assert len(frames.targets) == seen
    plain = session._source.held_out(4).x
    assert [torch.equal(x, plain) for x, _ in frames.targets] == [True, False][:seen]


def test_a_student_takes_the_encoder_of_its_start_and_a_fresh_decoder(open_session, tmp_path):
    torch.manual_seed(3)
    start = build('lden', 'mobilenetv2')
    save_model(tmp_path / 'start', start, ModelCard('lden', 'mobilenetv2', SIZE))
    session = open_session(student_start=str(tmp_path / 'start'))
    for name, tensor in session._trainer.student.encoder.state_dict().items():
        assert torch.equal(tensor, start.encoder.state_dict()[name]), name
    assert not torch.equal(session._trainer.student.head[3].weight, start.head[3].weight)


def test_a_pretrained_encoder_keeps_its_statistics_and_is_still_trained(open_session, tmp_path):
    start = build('lden', 'mobilenetv2')
    save_model(tmp_path / 'start', start, ModelCard('lden', 'mobilenetv2', SIZE))
    session = open_session(student_start=str(tmp_path / 'start'))
    assert session.ready()
    session.train_step()
    batch_norm, convolution = session._trainer.student.encoder.stages[0][0][1], \
        session._trainer.student.encoder.stages[0][0][0]
    assert torch.equal(batch_norm.running_mean, start.encoder.stages[0][0][1].running_mean)
    assert not torch.equal(convolution.weight, start.encoder.stages[0][0][0].weight)
    assert session._trainer.student.compress[0][2].num_batches_tracked == 1


def test_a_student_without_a_start_differs_by_its_seed_alone(open_session, tmp_path):
    weights = [open_session(tmp_path / str(i), seed=seed)._trainer.student.head[3].weight.clone()
               for i, seed in enumerate((1, 1, 2))]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_a_start_of_another_kind_is_refused_with_both_names(open_session, teacher_folder):
    with pytest.raises(DepthDistillError, match='resnet18.*mobilenetv2'):
        open_session(student_start=str(teacher_folder))


def test_a_student_worse_than_constant_depth_is_not_released(open_session):
    session = open_session()
    assert session.ready()
    with torch.no_grad():
        session._trainer.average.module.head[3].bias.fill_(-50.0)
    assert session.last_attempt is None
    assert session.consider_release() is None
    assert session.latest_release() is None
    score, needed = session.last_attempt
    assert score <= needed


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


@pytest.mark.parametrize('method', ['kd-ood', 'random-noise', 'dfad'])
def test_the_baselines_run_in_the_same_session_and_release_their_students(
        open_session, method):
    session = open_session(method=method)
    assert session.ready()
    session.train_step()
    record = session.consider_release(force=True)
    student, card = load_model(record.folder)
    assert card.about['method'] == method and 0 <= record.score['delta1'] <= 1
    assert torch.equal(student.head[0].weight, session._trainer.average.module.head[0].weight)
    assert session.preview(frames=1).shape == (SIZE[0], 5 * SIZE[1], 3)


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


def test_a_resumed_training_keeps_the_id_of_its_run_and_a_new_one_has_another(
        open_session, tmp_path):
    session = open_session()
    assert session.ready()
    record = session.consider_release(force=True)
    assert record.run == session.run == load_model(record.folder)[1].about['run']
    session.save()
    assert open_session().run == record.run
    assert open_session(tmp_path / 'other').run != record.run


def test_a_damaged_newest_release_is_told_once_and_the_one_before_must_be_beaten(
        open_session, tmp_path, config, store):
    session = open_session()
    assert session.ready()
    good, bad = (session.consider_release(force=True) for _ in range(2))
    (bad.folder / 'card.json').unlink()
    session.close()
    lines = []
    session = OnlineDistillation(config, tmp_path, CPU, store, warn=lines.append)
    try:
        assert session.ready()
        assert session.latest_release().number == session.latest_release().number == good.number
        assert len(lines) == 1 and str(bad.folder) in lines[0] and 'skipped' in lines[0]
        assert session.consider_release() is None  # it is as good as the last usable one
        assert session.consider_release(force=True).number == bad.number + 1
    finally:
        session.close()


def test_checkpoints_are_their_owner_s_alone(open_session):
    path = open_session().save()
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize('change, anchored', [
    ({}, True), ({'scale_anchor': False}, False), ({'robot_frames': 'judge'}, False)])
def test_a_release_has_the_anchor_of_the_robots_frames_that_train(
        open_session, tmp_path, change, anchored):
    own = tmp_path / 'auxiliary'
    with StreamWriter(own, SIZE, 500) as writer:
        lens = stream_frames.frame(0, SIZE).intrinsics
        for number in range(100):
            writer.append(replace(stream_frames.frame(1000 + number, SIZE), intrinsics=lens))
    session = open_session(auxiliary_store=own, batch=4, held_out_frames=8,
                           **{'scale_anchor': True, **change})
    assert session.ready()
    session.train_step()
    record = session.consider_release(force=True)
    assert 'robot' in record.figures
    anchor = read_card(record.folder).anchor
    assert (anchor == record.anchor is not None) == anchored
    if anchored:
        assert anchor.camera == lens and anchor.frames == 50
        again = session.consider_release(force=True).anchor
        assert again.factor == pytest.approx(anchor.factor)
