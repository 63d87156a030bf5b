# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The inference node takes, holds and rolls back releases, also after a restart."""

import signal

import pytest

pytest.importorskip('rclpy')
import engine_parts  # noqa: E402
from ros_graph import wait_until  # noqa: E402
from std_msgs.msg import String  # noqa: E402
from std_srvs.srv import SetBool, Trigger  # noqa: E402
import students  # noqa: E402

from depth_distill_ros.distillation.operation.release_control import ReleaseControl  # noqa: E402
from depth_distill_ros.ros.support.qos import profile  # noqa: E402

LATCHED = profile(1, latched=True)


def release(folder, metres):
    return students.release(folder, metres, size=(64, 64), run='run')


def start(nodes, folder):
    return nodes.start('inference_node', work_dir=str(folder), engine='torch-cpu')


def test_a_held_release_stays_over_a_restart_and_a_rollback_leads_to_the_one_before(
        nodes, tmp_path):
    release(tmp_path, 1.0)
    node = start(nodes, tmp_path)
    told = nodes.talk(String, 'release', LATCHED)
    told.publish(students.message(release(tmp_path, 2.0)))
    found = node.wait_for_values(release=2, preparing='', held=False)
    assert found['release_since'].endswith('Z')
    refused = node.call(Trigger, 'rollback')
    assert refused.success and 'release 1 is in use' in refused.message
    node.wait_for_values(release=1, refused_releases=0)
    assert node.call(SetBool, 'hold', SetBool.Request(data=True), again=True).success
    told.publish(students.message(release(tmp_path, 3.0)))
    node.wait_for_log('release 3 is not taken: the releases are held')

    node.interrupt(signal.SIGKILL)
    nodes.leave_the_dead()
    node = start(nodes, tmp_path)
    node.wait_for_values(release=1, held=True)
    # not the rolled back release 2, and not 3, which it has never heard of
    ReleaseControl(tmp_path / 'releases').hold(False)
    node.wait_for_values(release=3, held=False, refused_releases=0)
    node.set_parameter('use_release', 2)
    assert node.call(Trigger, 'use').message == 'release 2 is in use'
    node.wait_for_values(release=2)
    assert 'Traceback' not in node.log


def test_a_release_that_is_told_in_the_moment_of_a_hold_is_named_and_taken_after_it(
        nodes, tmp_path):
    release(tmp_path, 1.0)
    node = start(nodes, tmp_path)
    told = nodes.talk(String, 'release', LATCHED)
    newer, control = release(tmp_path, 2.0), ReleaseControl(tmp_path / 'releases')
    control.hold(True)
    told.publish(students.message(newer))  # before the loader looks at the state again
    node.wait_for_log('release 2 is not taken: the releases are held')
    control.hold(False)
    node.wait_for_values(release=2, held=False, refused_releases=0)


def test_a_choice_stays_where_the_node_ends_while_it_prepares_the_release(nodes, tmp_path):
    for metres in (1.0, 2.0):
        release(tmp_path, metres)
    node = nodes.start('inference_node', work_dir=str(tmp_path), engine=engine_parts.prepared())
    node.wait_for_values(release=2, preparing='')
    control = ReleaseControl(tmp_path / 'releases')
    control.promote(1, 'the operator')
    node.wait_for_log('release 1 is chosen: the operator')
    assert node.interrupt() == 0
    assert control.file.read().in_use.release.number == 1, node.log


# releases whose preparation never ends, and one that every engine rejects
PREPARATION = """
import time
from depth_distill_ros.inference.engine_worker_client import EngineWorkerClient, PreparationError
usual = EngineWorkerClient.prepare
def prepare(self, request, cancelled):
    while request.folder.endswith('000003') and not cancelled():
        time.sleep(0.05)
    if request.folder.endswith('REJECTED'):
        raise PreparationError('every engine rejects it')
    return usual(self, request, cancelled)
EngineWorkerClient.prepare = prepare
"""


def roll_back_during_the_preparation_of_release_3(nodes, node, folder):
    told = nodes.talk(String, 'release', LATCHED)
    told.publish(students.message(release(folder, 2.0)))
    node.wait_for_values(release=2, preparing='')
    told.publish(students.message(release(folder, 3.0)))
    node.wait_for_values(preparing=3)
    ReleaseControl(folder / 'releases').rollback('a chair was missing')


def test_a_rollback_does_not_wait_for_the_release_that_is_prepared_and_that_one_is_tried_again(
        nodes, tmp_path):
    release(tmp_path, 1.0)
    node = nodes.start('inference_node', work_dir=str(tmp_path), engine=engine_parts.prepared(),
                       before=PREPARATION)
    node.wait_for_values(release=1, preparing='')
    roll_back_during_the_preparation_of_release_3(nodes, node, tmp_path)
    node.wait_for_values(release=1, engine=engine_parts.prepared(), preparing=3,
                         refused_releases=0)
    assert 'Traceback' not in node.log


def test_after_a_rollback_to_a_release_that_no_engine_runs_the_one_before_answers_again(
        nodes, tmp_path):
    release(tmp_path, 1.0)
    node = nodes.start('inference_node', work_dir=str(tmp_path), engine=engine_parts.prepared(),
                       before=PREPARATION.replace('REJECTED', '000001'))
    node.wait_for_values(release=1, refused_releases=1)
    roll_back_during_the_preparation_of_release_3(nodes, node, tmp_path)
    found = node.wait_for_values(release=2, refused_releases=2)
    assert found['last_refusal'].startswith('release refused, release 2 stays')
    # at the start, and with torch after the rollback
    wait_until(lambda: node.log.count('release 1 answers') == 2, 'release 1 to answer again')


def test_a_release_gets_its_engine_although_the_one_chosen_meanwhile_is_unusable(
        nodes, tmp_path):
    for metres in (1.0, 2.0, 3.0):
        release(tmp_path, metres)
    held = tmp_path / 'held'
    held.touch()
    node = nodes.start('inference_node', work_dir=str(tmp_path), engine=engine_parts.prepared(),
                       before=PREPARATION.replace('REJECTED', '000001').replace(
                           'while request', f"import os\n    while os.path.exists('{held}') and "
                           'request'))
    node.wait_for_values(release=3, engine='torch-cpu', preparing=3)
    ReleaseControl(tmp_path / 'releases').promote(1, 'the operator')
    node.wait_for_values(refused_releases=1)
    held.unlink()
    node.wait_for_values(release=3, engine=engine_parts.prepared(), preparing='')


def test_a_chosen_release_that_is_damaged_since_leaves_the_running_one(nodes, tmp_path):
    for metres in (1.0, 2.0):
        release(tmp_path, metres)
    node = start(nodes, tmp_path)
    node.wait_for_values(release=2, preparing='')
    control = ReleaseControl(tmp_path / 'releases')
    (tmp_path / 'releases' / 'state.json').write_text('{')
    node.wait_for_log('state.json is damaged')
    wait_until(lambda: 'state.json is damaged' in node.values()['release_state'], 'the line')
    assert node.values()['refused_releases'] == '0' and node.values()['release'] == '2'
    assert not node.call(SetBool, 'hold', SetBool.Request(data=True)).success
    control.file.path.unlink()
    assert node.call(SetBool, 'hold', SetBool.Request(data=True)).success
    node.wait_for_values(held=True, release=2, release_state='')


def test_a_release_without_depth_or_with_an_impossible_one_is_refused_with_torch_too(
        nodes, tmp_path):
    release(tmp_path, 1.0)
    node = start(nodes, tmp_path)
    told = nodes.talk(String, 'release', LATCHED)
    for number, (metres, line) in enumerate(
            ((-1.0, 'predicts no depth'), (1e30, 'predicts 1e+30 m')), 1):
        told.publish(students.message(release(tmp_path, metres)))
        assert line in node.wait_for_values(refused_releases=number, release=1)['last_refusal']
