# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a session releases and what not, what judges it, and what is written beside it."""

from dataclasses import replace

import online_session
from online_session import CPU, SIZE
import pytest
import stream_frames
import torch

from depth_distill_ros.distillation.online import OnlineDistillation
from depth_distill_ros.distillation.release_folders import releases
from depth_distill_ros.networks.model_folder import load_model, read_card
from depth_distill_ros.stream.store import StreamWriter

pytestmark = pytest.mark.slow

# Fixtures: pytest looks for them in this file.
teacher_folder, store = online_session.teacher_folder, online_session.store
config, open_session = online_session.config, online_session.open_session


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


def test_a_student_worse_than_constant_depth_is_not_released(open_session):
    session = open_session()
    assert session.ready()
    with torch.no_grad():
        session._trainer.average.module.head[3].bias.fill_(-50.0)
    assert session.verdict is None
    assert session.consider_release() is None
    assert session.latest_release() is None
    found = session.verdict.comparisons['stream']
    assert found.delta1 <= found.running


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


@pytest.mark.parametrize('change, robots, promoted', [
    ({}, 0, False), ({}, 7, False), ({}, 8, True), ({'held_out_frames': 4}, 8, True),
    ({'robot_frames': 'judge'}, 0, False),
    ({'robot_frames': 'off'}, 0, True), ({'first_student': 'general'}, 0, True)])
def test_beside_a_student_of_photographs_none_is_released_before_the_robots_frames_judge_it(
        open_session, tmp_path, teacher_folder, change, robots, promoted):
    own = tmp_path / 'auxiliary'
    with StreamWriter(own, SIZE, 500) as writer:
        for number in range(robots):  # the first 32 are held out
            writer.append(stream_frames.frame(1000 + number, SIZE))
    session = open_session(auxiliary_store=own, student_backbone='resnet18',
                           **{'first_student': 'real', 'held_out_frames': 8, **change})
    assert session.ready()
    session._trainer.average.module.load_state_dict(load_model(teacher_folder)[0].state_dict())
    assert (session.consider_release() is not None) == promoted
    if not promoted:
        assert 'fewer than 8 held-out frames' in session.verdict.why_not
        assert 'or start again with robot_frames: off' in session.verdict.why_not
    assert session.consider_release(force=True)


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
