# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Queues of large messages are short, and their memory goes back after them."""

import array
from types import SimpleNamespace

import psutil
import pytest

pytest.importorskip('rclpy')
from ros_graph import wait_until  # noqa: E402
from sensor_msgs.msg import Image  # noqa: E402

from depth_distill_ros.ros.support import input as inputs  # noqa: E402
from depth_distill_ros.ros.support.input import Input  # noqa: E402

BYTES_OF_4K = 3840 * 2160 * 3


def test_an_input_whose_messages_are_large_gets_a_short_queue_and_goes_on_receiving(nodes):
    graph, received = nodes.graph, []
    source = Input(graph.node, Image, nodes.topic('image'), received.append, 60, 'reliable')
    try:
        source._received(SimpleNamespace(data=range(640 * 480 * 3)))
        graph.do(lambda: source.check(5.0))
        assert source.depth == 60
        source._received(SimpleNamespace(data=range(BYTES_OF_4K)))
        graph.do(lambda: source.check(5.0))
        assert source.depth == 5
        publisher = graph.talk(Image, nodes.topic('image'))
        wait_until(publisher.get_subscription_count, 'the input')
        publisher.publish(Image(height=7))
        wait_until(lambda: len(received) == 3, 'a message')
        assert received[-1].height == 7
    finally:
        graph.do(source.destroy)


def test_the_memory_of_large_messages_goes_back_when_they_end(nodes, monkeypatch):
    graph, received = nodes.graph, []
    source = Input(graph.node, Image, nodes.topic('image'), lambda _: received.append(1), 5,
                   'reliable')
    try:
        publisher = graph.talk(Image, nodes.topic('image'))
        wait_until(publisher.get_subscription_count, 'the input')
        message = Image(data=array.array('B', bytes(BYTES_OF_4K)))
        for number in range(1, 4):
            publisher.publish(message)
            wait_until(lambda: len(received) == number, 'a message')  # noqa: B023
        graph.do(lambda: source.check(5.0))
        assert source.depth == 5
        most = psutil.Process().memory_info().rss
        monkeypatch.setattr(inputs, '_FLOOD_ENDS', -1.0)
        graph.do(lambda: source.check(5.0))
        freed = most - psutil.Process().memory_info().rss
        assert freed > BYTES_OF_4K // 2
    finally:
        graph.do(source.destroy)
