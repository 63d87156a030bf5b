# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The distiller node as a process on a real graph."""

import json
import shutil
import signal
import threading
from types import SimpleNamespace
from unittest.mock import Mock

import numpy as np
import pytest

pytest.importorskip('rclpy')
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue  # noqa: E402
from rcl_interfaces.srv import SetParameters  # noqa: E402
from ros_graph import wait_until  # noqa: E402
from sensor_msgs.msg import Image  # noqa: E402
from std_msgs.msg import String  # noqa: E402
from std_srvs.srv import Trigger  # noqa: E402
import students  # noqa: E402

from depth_distill_ros.errors import PERMANENT  # noqa: E402
from depth_distill_ros.frame import Frame  # noqa: E402
from depth_distill_ros.geometry.intrinsics import Intrinsics  # noqa: E402
from depth_distill_ros.ros.nodes import distiller  # noqa: E402
from depth_distill_ros.ros.support.qos import profile  # noqa: E402
from depth_distill_ros.stream.store import StreamWriter  # noqa: E402

LATCHED = profile(1, latched=True)


def fill_store(work_dir, frames=80, size=students.SIZE):
    camera = Intrinsics.from_vertical_fov(0.8, size)
    random = np.random.default_rng(0)
    with StreamWriter(work_dir / 'store', size, 1000) as writer:
        for number in range(frames):
            writer.append(Frame(
                random.integers(0, 256, (*size, 3), np.uint8),
                semantics=random.integers(0, 14, size, np.uint8), intrinsics=camera,
                stamp=number))


def start(nodes, work_dir, **parameters):
    teacher = work_dir / 'teacher'
    if not teacher.exists():
        students.save_teacher(teacher)
    return nodes.start('distiller_node', **{
        'work_dir': str(work_dir), 'teacher': str(teacher), 'g_width': 0.05, 'batch': 2,
        'curriculum': 'none', 'held_out_frames': 2, 'min_frames': 64, 'checkpoint_period': 1000.0,
        'release_period': 1000.0, 'threads': 1, **parameters})


def step_of(node):
    return int(node.values().get('step', 0))


def test_it_waits_for_frames_trains_and_obeys_its_services(nodes, tmp_path):
    node = start(nodes, tmp_path)
    node.wait_for_log("robot_frames: learn: images of the robot's camera are stored in "
                      f"{tmp_path / 'auxiliary'}")
    node.wait_for_log('waiting for the stream: 0 of 64 frames')
    node.wait_for_values(waiting_for_frames=True)
    refused = node.call(Trigger, 'release')
    assert not refused.success and 'too few frames' in refused.message
    fill_store(tmp_path)
    previews = nodes.listen(Image, 'preview')
    wait_until(lambda: step_of(node) > 0, 'steps')
    assert float(node.values()['images_per_s']) > 0 and 'loss_student' in node.values()

    assert node.call(Trigger, 'pause').success
    paused_at = int(node.wait_for_values(paused=True)['step'])
    saved = node.call(Trigger, 'save')
    assert saved.success and (tmp_path / 'checkpoints' / 'last.pt').is_file()
    # it is paused after the step that it was in the middle of
    wait_until(lambda: saved.message.endswith(f'at step {step_of(node)}'), saved.message)
    assert step_of(node) <= paused_at + 1
    assert node.call(Trigger, 'resume').success

    releases = nodes.listen(String, 'release', LATCHED)
    assert node.call(Trigger, 'release').success
    wait_until(lambda: releases, 'a release message')
    record = json.loads(releases[0].data)
    assert record['number'] == 1 and (tmp_path / 'releases' / '000001').samefile(record['folder'])
    request = SetParameters.Request(parameters=[Parameter(
        name='preview_period', value=ParameterValue(
            type=ParameterType.PARAMETER_DOUBLE, double_value=0.5))])
    assert node.call(SetParameters, 'set_parameters', request, again=True).results[0].successful
    wait_until(lambda: previews, 'a preview')
    assert previews[0].encoding == 'rgb8' and previews[0].width == 5 * students.SIZE[1]
    assert node.interrupt(signal.SIGINT, signal.SIGINT) == 0
    assert list((tmp_path / 'tensorboard').iterdir())
    assert 'Traceback' not in node.log


def test_until_the_first_release_it_tells_its_progress_and_why_there_is_none(monkeypatch):
    monkeypatch.setattr(distiller, '_PROGRESS_PERIOD', 0.0)
    stop, lines = threading.Event(), []
    session = SimpleNamespace(step=0, verdict=None, ready=lambda: True,
                              values=lambda: {'images_per_s': 3.0}, pause_with=Mock())
    node = SimpleNamespace(
        _session=session, _paused=False, _release=None, _requests=Mock(), _consider_release=None,
        _save=None, _preview=None, _look=None, _budget=Mock(), _try=Mock(),
        _wait_for_frames=lambda stop: True,
        value=lambda name: 0 if name == 'niceness' else 1000.0,
        get_logger=lambda: SimpleNamespace(info=lines.append))
    node._log_progress = lambda: distiller.DistillerNode._log_progress(node)

    def train_step():
        session.step += 1
        session.verdict = SimpleNamespace(why_not='worse') if session.step > 1 else None
        node._release = session.step > 2
        if session.step == 4:
            stop.set()
        return {}

    session.train_step = train_step
    distiller.DistillerNode._train(node, stop)
    assert lines == [
        'step 1, 3.0 images/s, no release yet',
        'step 2, 3.0 images/s, no release yet: worse']


def test_killed_it_resumes_from_the_last_checkpoint_and_tells_its_last_release_again(
        nodes, tmp_path):
    fill_store(tmp_path)
    node = start(nodes, tmp_path)
    wait_until(lambda: step_of(node) > 2, 'steps')
    message = node.call(Trigger, 'save').message
    assert node.call(Trigger, 'release').success
    node.interrupt(signal.SIGKILL)
    nodes.leave_the_dead()
    releases = nodes.graph.listen(String, nodes.topic('release'), LATCHED)
    again = start(nodes, tmp_path, robot_frames=False)  # as YAML reads the word off
    saved_at = message.rpartition(' ')[2]
    assert f'resumed at step {saved_at}' in again.log
    assert "robot_frames: off: of the images of the robot's camera none is stored" in again.log
    assert not (tmp_path / 'auxiliary').exists()
    # it publishes the one of before; the resumed student may be released before the tester hears
    again.wait_for_log('release 1 at step')
    wait_until(lambda: releases, 'a release')
    assert json.loads(releases[0].data)['number'] in (1, 2)
    wait_until(lambda: step_of(again) > int(saved_at), 'more steps')


def test_a_loss_that_is_no_number_stops_it_loudly_and_keeps_the_last_checkpoint(nodes, tmp_path):
    # Statistics so large that their squared distance overflows at the first step.
    students.save_teacher(tmp_path / 'teacher', running_mean=1e30)
    node = start(nodes, tmp_path)
    assert node.call(Trigger, 'save').success
    checkpoint = (tmp_path / 'checkpoints' / 'last.pt').read_bytes()
    fill_store(tmp_path)
    wait_until(lambda: node.level() == 2, 'an error on /diagnostics')
    assert node.exit_code() == 1  # so that it is started again, from the checkpoint
    assert 'not a finite number at step' in node.log and 'Traceback' not in node.log
    assert (tmp_path / 'checkpoints' / 'last.pt').read_bytes() == checkpoint


def test_a_teacher_that_does_not_fit_its_card_ends_it_with_one_line(nodes, tmp_path):
    record = students.release(tmp_path, 1.0)
    students.of_another_architecture(record)
    node = nodes.start('distiller_node', wait_for=None, work_dir=str(tmp_path),
                       teacher=str(record.folder))
    assert node.exit_code() == PERMANENT
    assert 'resnet18' in node.log and 'Traceback' not in node.log


def test_a_second_distiller_on_a_work_dir_ends_and_names_the_first(nodes, tmp_path):
    first = start(nodes, tmp_path)
    second = nodes.start('distiller_node', 'second', wait_for=None, work_dir=str(tmp_path),
                         teacher=str(tmp_path / 'teacher'))
    assert second.exit_code() != 0
    assert f'process {first.process.pid} distils there' in second.log
    assert 'Traceback' not in second.log and first.state() == 'active'


def test_training_goes_on_with_the_store_that_took_the_place_of_a_deleted_one(nodes, tmp_path):
    fill_store(tmp_path)
    node = start(nodes, tmp_path)
    wait_until(lambda: step_of(node) > 2, 'steps')
    shutil.rmtree(tmp_path / 'store')
    node.wait_for_values(waiting_for_frames=True, store_frames=0, state='active')
    step = step_of(node)
    fill_store(tmp_path)
    wait_until(lambda: step_of(node) > step, 'more steps')
    assert 'Traceback' not in node.log
