# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The stream node and its classes: labels of Isaac Sim, label_info, tables."""

import json
import time
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip('rclpy')
from ros_graph import wait_until  # noqa: E402
from simulator_wires import Gazebo, Isaac  # noqa: E402
from std_msgs.msg import String  # noqa: E402
import stream_nodes  # noqa: E402
from stream_nodes import SIZE, assert_stored, start  # noqa: E402

from depth_distill_ros.errors import PERMANENT  # noqa: E402
from depth_distill_ros.ros.conversions import images  # noqa: E402
from depth_distill_ros.ros.conversions.label_info import (  # noqa: E402
    label_info_type,
    names_by_id,
)
from depth_distill_ros.stream.store_reader import StreamReader  # noqa: E402

# Fixtures: pytest looks for them in this file.
rendered, ahead, stream = stream_nodes.rendered, stream_nodes.ahead, stream_nodes.stream


def test_isaacs_labels_may_be_late_or_early_and_frames_without_are_dropped_and_counted(
        stream, rendered):
    nodes, node, work_dir = stream
    isaac = Isaac(nodes)
    late = []
    for number, frame in enumerate(rendered[:10]):
        messages = isaac.messages(number, frame)
        # of the two seconds that a frame waits, a busy machine may need some itself
        late.append((time.monotonic() + 0.5, messages.pop('semantic_labels')))
        isaac.publish(messages)
        time.sleep(0.05)
    for due, labels in late:
        time.sleep(max(0.0, due - time.monotonic()))
        isaac.publish({'semantic_labels': labels})
    node.wait_for_values(stored=10, without_labels=0)
    early = isaac.messages(10, rendered[10])
    isaac.publish({'semantic_labels': early.pop('semantic_labels')})
    time.sleep(0.3)
    isaac.publish(early)
    # Of 17 nothing but labels comes, of the others everything but labels.
    for number in range(11, 17):
        isaac.send(number, rendered[0], lambda messages: messages.pop('semantic_labels'))
    isaac.send(17, rendered[11], lambda messages: messages.pop('image'))
    values = node.wait_for_values(stored=11, without_labels=6, labels_without_frame=1)
    assert values['waiting_for_labels'] == '0' and node.level() == 1
    assert_stored(work_dir, rendered[:11])


def test_isaac_begins_again_when_its_timeline_is_stopped(stream, rendered):
    nodes, node, work_dir = stream
    isaac = Isaac(nodes)
    for number in range(30, 34):
        isaac.send(number, rendered[number - 30])
    isaac.send(34, rendered[4], lambda messages: messages.pop('semantic_labels'))
    values = node.wait_for_values(stored=4, paired=5)
    # it waits for no more than two seconds, and is dropped either way
    assert int(values['waiting_for_labels']) + int(values['without_labels']) == 1
    for number in range(4):
        isaac.send(number, rendered[number + 4])
    node.wait_for_values(stored=8, resets=1, without_labels=1)
    assert_stored(work_dir, rendered[:8])


def test_frames_whose_labels_never_come_do_not_pile_up(stream, rendered):
    nodes, node, _ = stream
    isaac = Isaac(nodes)

    def without_labels(messages):
        del messages['semantic_labels'], messages['depth']
        messages['semantics'].header.frame_id = 'Camera_segmentation' * 2000

    for number in range(150):
        isaac.send(number, rendered[0], without_labels)
        time.sleep(0.005)
        assert int(node.values().get('waiting_for_labels', 0)) <= 90
    wait_until(lambda: (v := node.values()).get('waiting_for_labels') == '0'
               and v['paired'] == v['without_labels'] and int(v['paired']) > 100, 'all dropped')
    isaac.send(200, rendered[1])
    node.wait_for_values(stored=1)


def test_bad_labels_and_images_are_counted_and_named_and_the_stream_goes_on(
        stream, rendered):
    nodes, node, _ = stream
    isaac = Isaac(nodes)

    def set_labels(text):
        return lambda messages: messages.update(semantic_labels=String(data=text))

    def timeless(messages):
        entries = json.loads(messages['semantic_labels'].data)
        del entries['time_stamp']
        messages['semantic_labels'].data = json.dumps(entries)

    def nameless(messages):
        entries = json.loads(messages['semantic_labels'].data)
        messages['semantic_labels'].data = json.dumps({'time_stamp': entries['time_stamp']})

    def small_semantics(messages):
        message = messages['semantics']
        messages['semantics'] = images.from_array(
            images.read_array(message)[::2, ::2], '32SC1', message.header.stamp, 'sim_camera')

    def truncated(messages):
        messages['semantics'].data = messages['semantics'].data[:50]

    for number, spoil in enumerate((
            set_labels('[]'), timeless, nameless, small_semantics, truncated,
            set_labels('{"0":'))):
        isaac.send(number, rendered[0], spoil)
    isaac.send(6, rendered[0])
    values = node.wait_for_values(stored=1, without_labels=3)
    assert 'no JSON' in values['last_rejection'] and node.level() == 1
    assert {k: v for k, v in values.items() if k.startswith('rejected')} == {
        'rejected': '6', 'rejected.labels': '3', 'rejected.semantics': '2', 'rejected.size': '1'}
    assert 'Traceback' not in node.log


def test_classes_that_the_table_lacks_are_named_once_and_become_the_other_class(
        stream, rendered):
    nodes, node, work_dir = stream
    isaac = Isaac(nodes)

    def with_lava(messages):
        labels = messages['semantic_labels']
        labels.data = labels.data.replace('"floor"', '"lava"')

    for number in range(3):
        isaac.send(number, rendered[number], with_lava)
    node.wait_for_values(stored=3, unknown_classes='lava (3)')
    assert node.level() == 1
    assert node.log.count('the class table lacks lava') == 1
    with StreamReader(work_dir / 'store') as reader:
        stored = reader.read(0).semantics
    floor = rendered[0].semantics == 5
    assert floor.any() and (stored[floor] == 7).all()
    np.testing.assert_array_equal(stored[~floor], rendered[0].semantics[~floor])


def test_a_class_table_of_ones_own_reads_a_world_with_other_labels(nodes, tmp_path, rendered):
    table = tmp_path / 'mine.yaml'
    table.write_text('ids: {0: unknown, 100: wall, 101: floor, 102: couch}\nother: furniture\n')
    node = start(nodes, tmp_path, classes=str(table))
    gazebo = Gazebo(nodes)

    def other_labels(messages):
        ids = np.full((*SIZE, 3), 100, np.uint8)
        ids[20:30], ids[30:40], ids[40:50], ids[50:] = 101, 102, 200, 0
        messages['semantics'] = images.from_array(
            ids, 'rgb8', messages['semantics'].header.stamp, 'camera')

    gazebo.send(0, rendered[0], other_labels)
    node.wait_for_values(stored=1, unknown_classes='id 200 (1)')
    with StreamReader(tmp_path / 'store') as reader:
        rows = reader.read(0).semantics[::10, 0]
    assert rows.tolist() == [12, 12, 5, 9, 6, 0]


def test_a_class_table_that_is_wrong_ends_the_node_with_a_line_that_names_it(nodes, tmp_path):
    table = tmp_path / 'mine.yaml'
    table.write_text('names: {kitchen: [oven]}')
    node = nodes.start('stream_node', wait_for=None, work_dir=str(tmp_path), classes=str(table))
    assert node.exit_code() == PERMANENT
    assert 'names: kitchen' in node.log and 'Traceback' not in node.log


@pytest.mark.skipif(label_info_type() is not None, reason='vision_msgs is installed')
def test_label_info_without_vision_msgs_ends_the_node_with_what_to_install(nodes, tmp_path):
    node = nodes.start('stream_node', wait_for=None, work_dir=str(tmp_path),
                       semantics='label_info')
    assert node.exit_code() == PERMANENT
    assert 'vision-msgs' in node.log and 'Traceback' not in node.log


def test_label_info_names_ids_by_its_two_fields():
    message = SimpleNamespace(class_map=[
        SimpleNamespace(class_id=3, class_name='couch'),
        SimpleNamespace(class_id=9, class_name='wall')], threshold=0.5)
    assert names_by_id(message) == {3: 'couch', 9: 'wall'}
