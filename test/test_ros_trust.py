# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What anybody on the graph may send to the inference node, and what may go wrong beside it."""

import psutil
import pytest

pytest.importorskip('rclpy')
import engine_parts  # noqa: E402
from ros_graph import wait_until  # noqa: E402
from std_msgs.msg import String  # noqa: E402
import students  # noqa: E402

from depth_distill_ros.distillation.release_message import ReleaseMessage  # noqa: E402
from depth_distill_ros.ros.support.qos import profile  # noqa: E402

LATCHED = profile(1, latched=True)
SIZE = (64, 64)


def release(folder, metres):
    return students.release(folder, metres, size=SIZE)


def test_no_text_on_the_release_topic_ends_the_node_or_floods_its_log(nodes, tmp_path):
    release(tmp_path, 1.0)
    node = nodes.start('inference_node', work_dir=str(tmp_path), engine='torch-cpu')
    releases = nodes.talk(String, 'release', LATCHED)
    texts = ('{"folder":"/x","number":1e999}', '[' * 100_000, '{"folder":"/x\\ud800","number":2}',
             '{"folder":"/x\\u0000","number":2}', 'x' * 1_000_000)
    for number, text in enumerate(texts, 1):
        releases.publish(String(data=text))
        found = node.wait_for_values(refused_releases=number, state='active')
        assert found['last_refusal'].startswith('release refused, ')
        assert max(map(len, found.values())) <= 2000
    assert len(node.log) < 20_000 and 'Traceback' not in node.log
    releases.publish(students.message(release(tmp_path, 2.0)))
    node.wait_for_values(release=2, preparing='')


def test_a_release_outside_the_trusted_folders_is_refused_also_behind_a_link(nodes, tmp_path):
    run, other, third = (tmp_path / name for name in ('run', 'other', 'third'))
    release(run, 1.0)
    foreign, allowed = release(other, 2.0), release(third, 3.0)
    (run / 'releases' / 'link').symlink_to(foreign.folder)
    node = nodes.start('inference_node', work_dir=str(run), engine='torch-cpu',
                       release_folders=[str(third)])
    releases = nodes.talk(String, 'release', LATCHED)
    for number, folder in enumerate((foreign.folder, run / 'releases' / 'link'), 1):
        releases.publish(String(data=ReleaseMessage(str(folder), 7).text()))
        line = node.wait_for_values(refused_releases=number, release=1)['last_refusal']
        assert str(folder) in line and 'release_folders' in line
    releases.publish(students.message(allowed))
    assert node.wait_for_values(swaps=1)['release_folder'] == str(allowed.folder)


def test_a_new_run_in_the_same_folder_is_taken_although_its_numbers_begin_again(nodes, tmp_path):
    first = release(tmp_path, 1.0)
    node = nodes.start('inference_node', work_dir=str(tmp_path), engine='torch-cpu')
    releases = nodes.talk(String, 'release', LATCHED)
    node.wait_for_values(release=1, preparing='')
    (tmp_path / 'releases').rename(tmp_path / 'before')  # in one step: the node may be writing
    again = students.release(tmp_path, 2.0, size=SIZE, run='second')
    assert again.folder == first.folder
    releases.publish(String(data=ReleaseMessage(
        str(again.folder), again.number, again.step, again.run).text()))
    node.wait_for_values(release=1, swaps=1, refused_releases=0)


def test_a_release_whose_preparation_is_killed_twice_runs_with_torch_and_the_next_is_prepared(
        nodes, tmp_path):
    release(tmp_path, 1.0)
    engine = engine_parts.prepared()
    node = nodes.start('inference_node', work_dir=str(tmp_path), engine=engine)
    releases = nodes.talk(String, 'release', LATCHED)
    node.wait_for_values(engine=engine, preparing='')
    process = psutil.Process(node.process.pid)
    killed = []

    def kill_the_worker():
        for worker in process.children():
            worker.kill()
            killed.append(worker.pid)
        return 'is opened with torch' in node.log

    releases.publish(students.message(release(tmp_path, 2.0)))
    wait_until(kill_the_worker, 'that it gives up')
    assert len(set(killed)) >= 2
    found = node.wait_for_values(release=2, engine='torch-cpu', preparing='', refused_releases=0)
    assert found['swaps'] == '1'
    wait_until(lambda: node.level() == 1 and 'opened with torch' in node.message(), 'a warning')
    assert 'prepared once more' in node.log
    releases.publish(students.message(release(tmp_path, 3.0)))
    node.wait_for_values(release=3, engine=engine, preparing='')
    wait_until(lambda: 'opened with torch' not in node.message(), 'no warning of it')
