# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Images for a command, from a camera that publishes on a real graph."""

import threading

import cv2
import numpy as np
import pytest

pytest.importorskip('rclpy')
from ros_graph import wait_until  # noqa: E402
from safetensors import safe_open  # noqa: E402
from sensor_msgs.msg import Image  # noqa: E402

from depth_distill_ros.apps.cli import main  # noqa: E402
from depth_distill_ros.errors import DepthDistillError  # noqa: E402
from depth_distill_ros.networks import build  # noqa: E402
from depth_distill_ros.networks.model_folder import ModelCard, save_model  # noqa: E402
from depth_distill_ros.ros.conversions import images  # noqa: E402
from depth_distill_ros.ros.support.qos import profile  # noqa: E402


class Camera:
    """Publishes images of increasing numbers, in red and green, until it is closed."""

    def __init__(self, nodes, reliable=True, encoding='bgr8', make=None):
        self.topic = nodes.topic('image')
        self._publisher = nodes.graph.talk(Image, self.topic, profile(5, reliable))
        self._encoding = encoding
        self.number = 0
        self._make = make or (lambda number: np.full(
            (80, 100, 3), (0, number // 256, number % 256), np.uint8))
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._publish)
        self._thread.start()

    def close(self):
        self._stop.set()
        self._thread.join()

    def _publish(self):
        while not self._stop.wait(0.03):
            self._publisher.publish(images.from_array(
                self._make(self.number), self._encoding, images.time_message(0), 'eye'))
            self.number += 1


@pytest.fixture
def camera(nodes):
    cameras = []

    def start(**options):
        cameras.append(Camera(nodes, **options))
        return cameras[-1]
    yield start
    for one in cameras:
        one.close()


@pytest.mark.parametrize('reliable', [True, False])
def test_images_come_from_either_kind_of_publisher_the_latest_each_time(camera, reliable):
    from depth_distill_ros.ros.clients.image_topic import topic_images

    eye = camera(reliable=reliable)
    count = old = 0
    for image in topic_images(eye.topic, 4, 30.0):
        assert image.shape == (80, 100, 3) and image.dtype == np.uint8
        red, green, _ = image[0, 0].tolist()
        assert 256 * green + red >= old
        count, old = count + 1, eye.number
        wait_until(lambda: eye.number >= old + 10, 'ten more images')  # noqa: B023
    assert count == 4


def test_a_silent_or_unreadable_topic_is_an_error_that_names_it(nodes, camera):
    from depth_distill_ros.ros.clients.image_topic import topic_images

    with pytest.raises(DepthDistillError, match='nothing.*it has no publisher'):
        next(topic_images(nodes.topic('nothing'), 1, 1.0))
    depth = camera(encoding='32FC1', make=lambda _: np.ones((8, 8), np.float32))
    with pytest.raises(DepthDistillError, match='image: .*32FC1 is not a colour image'):
        next(topic_images(depth.topic, 1, 30.0))


def test_the_command_calibrates_on_a_camera_topic(camera, tmp_path, capsys):
    random = np.random.default_rng(0)
    topic = camera(make=lambda _: cv2.resize(
        random.integers(0, 256, (8, 10, 3), np.uint8), (100, 80))).topic
    save_model(tmp_path / 'teacher', build('lden', 'mobilenetv2'),
               ModelCard('lden', 'mobilenetv2', (64, 96)))
    assert main(['models', 'calibrate', str(tmp_path / 'out.safetensors'), '--teacher',
                 str(tmp_path / 'teacher'), '--topic', topic, '--images', '6']) == 0
    assert '54 layers, 6 images' in capsys.readouterr().out
    with safe_open(tmp_path / 'out.safetensors', 'pt') as file:
        assert file.metadata()['pictures'] == '6'
