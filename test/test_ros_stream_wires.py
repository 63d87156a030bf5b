# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The stream node hears Gazebo, Isaac Sim and the embedded simulator as they really publish."""

import json
import time
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip('rclpy')
import rclpy  # noqa: E402
from ros_graph import Nodes, wait_until  # noqa: E402
from sensor_msgs.msg import Image  # noqa: E402
from simulator_wires import Gazebo, Isaac, PlainIds  # noqa: E402
from std_msgs.msg import String  # noqa: E402

from depth_distill_ros.errors import PERMANENT  # noqa: E402
from depth_distill_ros.ros.conversions import images  # noqa: E402
from depth_distill_ros.ros.conversions.label_info import (  # noqa: E402
    label_info_type,
    names_by_id,
)
from depth_distill_ros.stream.store_reader import StreamReader  # noqa: E402
from depth_distill_ros.worlds.mujoco.camera import SimulatedCamera  # noqa: E402

SIZE = (60, 80)


@pytest.fixture(scope='module')
def rendered():
    """Twelve frames of three rooms, with what the renderer knows about them."""
    with SimulatedCamera('stream', 5, SIZE, frames_per_room=4, stride=0.5) as camera:
        frames = [frame for _, frame in zip(range(12), camera, strict=False)]
    assert all(len(np.unique(f.semantics)) > 2 for f in frames)
    return frames


@pytest.fixture(scope='module')
def ahead(graph, tmp_path_factory):
    """Start the stream node of the next test while the present one waits."""
    def begin():
        folder = tmp_path_factory.mktemp('stream')
        nodes = Nodes(graph, f'/{folder.name}', folder)
        return nodes, start(nodes, folder, wait_for=None), folder

    def take():
        taken.append(begin())
        return taken[-2]

    taken = [begin()]
    yield take
    taken[-1][0].close()


@pytest.fixture
def stream(ahead):
    """Return a stream node that is active, with its Nodes and its work_dir."""
    nodes, node, work_dir = ahead()
    try:
        node.wait_for_state('active')
        yield nodes, node, work_dir
    finally:
        nodes.close()


def start(nodes, work_dir, **parameters):
    return nodes.start('stream_node', work_dir=str(work_dir), height=SIZE[0], width=SIZE[1],
                       capacity=1000, **parameters)


def assert_stored(work_dir, frames):
    with StreamReader(work_dir / 'store') as reader:
        found = [reader.read(key) for key in reader.keys()]
    assert len(found) == len(frames)
    for stored, frame in zip(found, frames, strict=True):
        np.testing.assert_array_equal(stored.semantics, frame.semantics)
        np.testing.assert_array_equal(stored.image, frame.image)
        assert stored.intrinsics == frame.intrinsics


@pytest.mark.parametrize('simulator, kind', [
    (Gazebo, 'labels_map'), (lambda nodes: Gazebo(nodes, panoptic=True), 'labels_map'),
    (Isaac, 'isaac'), (PlainIds, 'ids')], ids=['gazebo', 'gazebo-panoptic', 'isaac', 'ids'])
def test_the_class_images_that_the_renderer_had_arrive_and_their_kind_is_logged_once(
        stream, rendered, simulator, kind):
    nodes, node, work_dir = stream
    publisher = simulator(nodes)
    for number, frame in enumerate(rendered):
        publisher.send(number, frame)
    values = node.wait_for_values(
        stored=12, unpaired=0, rejected=0, duplicates=0, semantics=kind, unknown_classes='')
    if kind == 'isaac':
        assert values['received.semantic_labels'] == '12' and values['without_labels'] == '0'
    assert node.level() == 0
    assert node.log.count(f'semantics: {kind}') == 1
    assert_stored(work_dir, rendered)


def test_the_embedded_simulator_is_heard_as_it_is(stream):
    nodes, node, work_dir = stream
    sent = nodes.graph.listen(Image, nodes.topic('semantics'))
    nodes.start('simulator_node', rate=10.0, height=SIZE[0], width=SIZE[1])
    with StreamReader(work_dir / 'store') as reader:
        def both():
            stored = {frame.stamp: frame.semantics for frame in map(reader.read, reader.keys())}
            return [(stored[stamp], message) for message in list(sent)
                    if (stamp := images.stamp_ns(message)) in stored]

        # the tester may hear the simulator later than the stream does
        wait_until(lambda: len(both()) >= 4 and len(reader) >= 12, 'frames')
        for semantics, message in both():
            np.testing.assert_array_equal(semantics, images.read_array(message))
    assert node.wait_for_values(semantics='ids', rejected=0)


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


def test_gazebos_colored_map_is_refused_until_its_labels_map_comes(stream, rendered):
    nodes, node, _ = stream
    gazebo = Gazebo(nodes)
    colours = np.random.default_rng(1).integers(0, 256, (14, 3), np.uint8)

    def colored_map(messages):
        messages['semantics'] = images.from_array(
            colours[rendered[0].semantics], 'rgb8', messages['semantics'].header.stamp, 'camera')

    gazebo.send(0, rendered[0], colored_map)
    values = node.wait_for_values(rejected__semantics=1)
    assert 'labels_map' in values['last_rejection']
    gazebo.send(1, rendered[1])
    node.wait_for_values(stored=1)


def test_two_simulators_on_one_topic_are_named_and_the_stream_goes_on(stream, rendered):
    nodes, node, work_dir = stream
    gazebo = Gazebo(nodes)
    gazebo.send(0, rendered[0])
    node.wait_for_values(stored=1)
    intruder = rclpy.create_node('intruder', namespace=nodes.namespace)
    second = SimpleNamespace(
        talk=lambda kind, name, qos: intruder.create_publisher(kind, nodes.topic(name), qos),
        graph=SimpleNamespace(talk=intruder.create_publisher), topic=nodes.topic,
        introduce=nodes.introduce)
    other = Isaac(second)
    topic = nodes.topic('semantics')
    both = f'/tester, {nodes.namespace}/intruder'
    wait_until(lambda: node.values().get(f'publishers.{topic}', '').split(', ') == sorted(
        both.split(', ')), 'both to be named')
    assert node.level() == 1
    # One after the other: of frames that are sent at once some go, as each topic mixes them anew.
    with StreamReader(work_dir / 'store') as reader:
        for number in range(1, 4):
            for simulator in (gazebo, other):
                stored = len(reader) + 1
                simulator.send(number, rendered[number if simulator is gazebo else number + 4])
                wait_until(lambda: len(reader) == stored, 'the frame in the store')  # noqa: B023
    node.wait_for_values(stored=7)
    intruder.destroy_node()
    node.wait_for_log('has 2 publishers')
    wait_until(lambda: f'publishers.{topic}' not in node.values(), 'one to be left')
    gazebo.send(50, rendered[9])
    node.wait_for_values(stored=8)
    assert node.level() == 0 and 'Traceback' not in node.log


def test_publishers_that_skip_different_frames_are_told_from_a_stream_without_any(
        stream, rendered):
    nodes, node, _ = stream
    isaac = Isaac(nodes)
    for number in range(40):
        image, classes = (isaac.messages(2 * number + k, rendered[0]) for k in (0, 1))
        isaac.publish({'image': image['image'], 'camera_info': image['camera_info']})
        isaac.publish({'semantics': classes['semantics']})
    node.wait_for_values(paired=0, received__semantics=40)
    assert node.level() == 1 and 'never have one stamp' in node.message()


def test_infinite_depth_of_a_simulator_is_no_pixel_to_be_evaluated(nodes, rendered):
    node = nodes.start('evaluator_node')
    student, reference = (nodes.talk(Image, name) for name in ('depth', 'reference'))
    for number, frame in enumerate(rendered[:4]):
        simulated = Gazebo.depth_of(frame)
        assert np.isposinf(simulated).any() and np.isneginf(simulated).any()
        stamp = images.time_message(number * 100_000_000)
        student.publish(images.from_array(frame.depth, '32FC1', stamp, 'camera'))
        reference.publish(images.from_array(simulated, '32FC1', stamp, 'camera'))
    node.wait_for_values(evaluated=4, rejected=0, rmse='0', delta1='1')


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
