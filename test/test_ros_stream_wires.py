# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The stream node hears Gazebo, Isaac Sim and the embedded simulator as they really publish."""

from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip('rclpy')
import rclpy  # noqa: E402
from ros_graph import wait_until  # noqa: E402
from sensor_msgs.msg import Image  # noqa: E402
from simulator_wires import Gazebo, Isaac, PlainIds  # noqa: E402
import stream_nodes  # noqa: E402
from stream_nodes import SIZE, assert_stored  # noqa: E402

from depth_distill_ros.ros.conversions import images  # noqa: E402
from depth_distill_ros.stream.store_reader import StreamReader  # noqa: E402

# Fixtures: pytest looks for them in this file.
rendered, ahead, stream = stream_nodes.rendered, stream_nodes.ahead, stream_nodes.stream


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
