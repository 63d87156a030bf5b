# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the inference node publishes: pixels, encodings, confidence, cloud and scan."""

from importlib.util import find_spec
import math

import numpy as np
import pytest

pytest.importorskip('rclpy')
from robot_camera import FRAME, RobotCamera, one_by_one, stamp_of  # noqa: E402
from ros_graph import wait_until  # noqa: E402
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, Imu, LaserScan, PointCloud2  # noqa: E402
from std_msgs.msg import Header  # noqa: E402
import students  # noqa: E402

from depth_distill_ros.geometry.intrinsics import Intrinsics  # noqa: E402
from depth_distill_ros.geometry.scan import Mount  # noqa: E402
from depth_distill_ros.networks.scale_anchor import ScaleAnchor  # noqa: E402
from depth_distill_ros.ros.conversions import (
    camera_info,
    images,  # noqa: E402
)

WIDE = Intrinsics(150.0, 151.0, 98.0, 61.0, 120, 200)


@pytest.fixture
def image():
    return np.random.default_rng(0).integers(0, 256, (120, 200, 3), np.uint8)


@pytest.fixture
def start(nodes, tmp_path):
    """Start the node with a student of constant depth, and a camera for it."""
    def start(metres=2.5, confidence=None, learned=None, camera=WIDE, output='network',
              **parameters):
        record = students.release(tmp_path, metres, confidence, learned)
        compressed = parameters.get('transport') == 'compressed'
        if output:
            parameters['output'] = output
        node = nodes.start('inference_node', model=str(record.folder), engine='torch-cpu',
                           **parameters)
        return node, RobotCamera(nodes, camera, compressed=compressed)
    return start


def test_depth_on_the_camera_s_own_pixels_has_its_camera_info_and_nothing_beside_the_crop(
        start, nodes, image):
    node, camera = start(output='')  # the default
    depths, infos = nodes.listen(Image, 'depth'), nodes.listen(CameraInfo, 'camera_info_out')
    depth = images.read_depth(one_by_one(camera, depths, 1, image))
    # 120x200 is cropped to 120x160, 20 columns off each side
    assert depth.shape == (120, 200)
    assert np.isnan(depth[:, :20]).all() and np.isnan(depth[:, 180:]).all()
    np.testing.assert_allclose(depth[:, 20:180], 2.5, rtol=1e-5)
    wait_until(lambda: infos, 'camera_info')
    assert camera_info.to_intrinsics(infos[-1]) == WIDE
    assert stamp_of(infos[-1]) == stamp_of(depths[-1]) and infos[-1].header.frame_id == FRAME
    # The same for a thin line, as image_transport has it.
    message = one_by_one(camera, nodes.listen(CompressedImage, 'depth/compressedDepth'), 1, image)
    assert stamp_of(message) == camera.stamps[-1] and message.header.frame_id == FRAME
    np.testing.assert_allclose(images.read_depth(message), depth, atol=2e-3)
    assert len(message.data) < depth.nbytes / 20


def test_a_padded_image_is_answered_to_its_edges(start, nodes, image):
    node, camera = start(resize='pad', output='camera')
    depth = images.read_depth(one_by_one(camera, nodes.listen(Image, 'depth'), 1, image))
    np.testing.assert_allclose(depth, 2.5, rtol=1e-5)


def test_millimetres_for_those_who_want_them(start, nodes, image):
    node, camera = start(encoding='16UC1')
    message = one_by_one(camera, nodes.listen(Image, 'depth'), 1, image)
    assert (message.encoding, message.step) == ('16UC1', 2 * message.width)
    assert np.unique(images.read_array(message)).tolist() == [2500]


def test_what_is_farther_than_far_is_free_space(start, nodes, image):
    node, camera = start(metres=9.0, free_beyond=4.0)
    depths, clouds = nodes.listen(Image, 'depth'), nodes.listen(PointCloud2, 'points')
    assert np.isposinf(images.read_depth(one_by_one(camera, depths, 1, image))).all()
    one_by_one(camera, clouds, 1, image)
    assert np.unique(points_of(clouds[-1])[..., 2]).tolist() == [4.0]


def test_depth_of_little_confidence_is_left_out_and_the_limit_can_be_moved(start, nodes, image):
    node, camera = start(confidence=0.75, min_confidence=0.5)
    depths, sure = nodes.listen(Image, 'depth'), nodes.listen(Image, 'confidence')
    np.testing.assert_allclose(
        images.read_depth(one_by_one(camera, depths, 1, image)), 2.5, rtol=1e-6)
    one_by_one(camera, sure, 1, image)
    assert (sure[-1].encoding, sure[-1].height, sure[-1].width) == ('32FC1', 48, 64)
    np.testing.assert_allclose(images.read_array(sure[-1]), 0.75, rtol=1e-4)
    node.set_parameter('min_confidence', 0.9)
    assert np.isnan(images.read_depth(one_by_one(camera, depths, 1, image))).all()


def test_a_cloud_has_a_point_for_each_pixel_in_the_image_s_colours(start, nodes):
    node, camera = start(points_rgb=True)
    clouds, infos = nodes.listen(PointCloud2, 'points'), nodes.listen(
        CameraInfo, 'camera_info_out')
    orange = np.full((120, 200, 3), (200, 100, 50), np.uint8)
    cloud = one_by_one(camera, clouds, 1, orange)
    assert (cloud.height, cloud.width, cloud.is_dense) == (48, 64, False)
    assert cloud.header.frame_id == FRAME and stamp_of(cloud) == camera.stamps[-1]
    wait_until(lambda: infos, 'camera_info')
    points, seen = points_of(cloud), camera_info.to_intrinsics(infos[-1])
    v, u = np.mgrid[:48, :64]
    np.testing.assert_allclose(points[..., 0], (u - seen.cx) / seen.fx * 2.5, atol=1e-5)
    np.testing.assert_allclose(points[..., 1], (v - seen.cy) / seen.fy * 2.5, atol=1e-5)
    colours = np.frombuffer(bytes(cloud.data), np.uint8).reshape(48, 64, 16)[..., 12:15]
    assert np.unique(colours.reshape(-1, 3), axis=0).tolist() == [[50, 100, 200]]


def test_a_thinned_cloud_is_smaller_and_lies_on_the_same_surface(start, nodes, image):
    node, camera = start(points_voxel=0.25)
    cloud = one_by_one(camera, nodes.listen(PointCloud2, 'points'), 1, image)
    assert (cloud.height, cloud.is_dense) == (1, True) and 10 < cloud.width < 200
    np.testing.assert_allclose(points_of(cloud)[..., 2], 2.5, rtol=1e-6)


def test_a_cloud_has_nothing_below_the_floor_and_nothing_above_the_robot(start, nodes, image):
    node, camera = start(points_voxel=0.05, floor_tolerance=0.05, points_high=0.9,
                         camera_height=0.6, camera_pitch=12.0)
    points = points_of(one_by_one(camera, nodes.listen(PointCloud2, 'points'), 1, image))[0]
    heights = points @ Mount(0.6, math.radians(12.0)).to_level()[2] + 0.6
    assert heights.min() == pytest.approx(0.0, abs=1e-3) and 0.7 < heights.max() <= 0.9
    assert (np.abs(heights) < 1e-3).sum() > 20  # the wall at 2.5 m goes below the floor
    # The depth image is cleaned for those who ask.
    depths = nodes.listen(Image, 'depth')
    assert images.read_depth(one_by_one(camera, depths, 1, image)).min() > 2.4
    node.set_parameter('clean_depth', True)
    assert images.read_depth(one_by_one(camera, depths, 1, image)).min() < 2.0


def test_the_floor_is_looked_for_where_the_imu_has_it(start, nodes, image):
    node, camera = start(metres=0.8, points_voxel=0.02, floor_tolerance=0.05, camera_height=0.6,
                         mount='imu')
    clouds, tilt = nodes.listen(PointCloud2, 'points'), nodes.talk(Imu, 'imu')
    level = points_of(one_by_one(camera, clouds, 1, image))[0]
    message = Imu(header=Header(frame_id='camera_imu'))
    message.orientation.y, message.orientation.w = math.sin(0.35), math.cos(0.35)  # looks down

    def lower():
        tilt.publish(message)
        return points_of(one_by_one(camera, clouds, 1, image))[0][:, 2].max()

    # What ends 0.8 m ahead of a level camera is floor once the camera looks down.
    assert level[:, 2] == pytest.approx(0.8, rel=1e-5)
    wait_until(lambda: lower() > 0.9, 'the floor as the tilted camera sees it')


@pytest.mark.skipif(find_spec('tf2_ros') is not None, reason='tf2_ros is installed')
def test_without_tf2_its_user_is_told_what_to_install(nodes, tmp_path):
    model = str(students.release(tmp_path, 2.5).folder)
    node = nodes.start('inference_node', wait_for=None, model=model, mount='tf')
    node.wait_for_log('tf2_ros cannot be imported')
    node.wait_for_log('or set mount to parameters')


def test_a_scan_of_a_wall_is_in_a_level_frame_whatever_the_camera_s_pitch(start, nodes, image):
    pitch = 10.0
    node, camera = start(camera_height=0.6, camera_pitch=pitch, scan_frame='eye_level')
    scan = one_by_one(camera, nodes.listen(LaserScan, 'scan'), 1, image)
    assert scan.header.frame_id == 'eye_level' and stamp_of(scan) == camera.stamps[-1]
    ranges = np.array(scan.ranges)
    bearings = scan.angle_min + scan.angle_increment * np.arange(len(ranges))
    # A plane at 2.5 m across the optical axis, which looks down: above the floor it is nearest,
    # level with the camera's feet, where it meets the lowest height that counts.
    ahead = ranges[np.abs(bearings).argmin()]
    low = 0.6 - 0.05
    expected = 2.5 / math.cos(math.radians(pitch)) - low * math.tan(math.radians(pitch))
    assert ahead == pytest.approx(expected, abs=0.03)
    assert len(ranges) > 40 and bearings[0] < -0.3 and bearings[-1] > 0.3


def test_a_longer_lens_makes_the_same_image_farther(start, nodes, image):
    learned = Intrinsics(60.0, 60.4, 64.0, 48.0, *students.SIZE)
    # 120 rows become 96: this camera's 150 pixels of focal length are 120 for the network
    node, camera = start(learned=learned)
    depth = images.read_depth(one_by_one(camera, nodes.listen(Image, 'depth'), 1, image))
    np.testing.assert_allclose(depth, 5.0, rtol=1e-5)


def test_focal_scaling_can_be_switched_off(start, nodes, image):
    learned = Intrinsics(60.0, 60.4, 64.0, 48.0, *students.SIZE)
    node, camera = start(learned=learned, scale_focal=False)
    depth = images.read_depth(one_by_one(camera, nodes.listen(Image, 'depth'), 1, image))
    np.testing.assert_allclose(depth, 2.5, rtol=1e-5)


def test_the_scale_anchor_of_a_release_is_applied_once_shown_and_can_be_switched_off(
        nodes, tmp_path, image):
    # 120 rows become 96
    anchor = ScaleAnchor(1.2, 50, Intrinsics(120.0, 120.8, 78.2, 48.7, *students.SIZE))
    record = students.release(tmp_path, 2.5, anchor=anchor)
    node = nodes.start('inference_node', model=str(record.folder), engine='torch-cpu')
    camera = RobotCamera(nodes, WIDE)
    depths, watched = nodes.listen(Image, 'depth'), nodes.listen(Image, 'watch_depth')
    depth = images.read_depth(one_by_one(camera, depths, 1, image))
    np.testing.assert_allclose(depth[:, 20:180], 3.0, rtol=1e-5)
    wait_until(lambda: watched, 'a frame for the watch')
    np.testing.assert_allclose(images.read_depth(watched[-1]), 3.0, rtol=1e-5)
    node.wait_for_values(scale_anchor=1.2, anchor__factor=1.2, anchor__frames=50)
    node.set_parameter('scale_anchor', False)
    depth = images.read_depth(one_by_one(camera, depths, 1, image))
    np.testing.assert_allclose(depth[:, 20:180], 2.5, rtol=1e-5)
    node.wait_for_values(scale_anchor=1)


def test_the_scale_anchor_of_another_lens_is_not_applied(nodes, tmp_path, image):
    anchor = ScaleAnchor(1.2, 50, Intrinsics(100.0, 100.0, 78.2, 48.7, *students.SIZE))
    record = students.release(tmp_path, 2.5, anchor=anchor)
    node = nodes.start('inference_node', model=str(record.folder), engine='torch-cpu')
    depth = one_by_one(RobotCamera(nodes, WIDE), nodes.listen(Image, 'depth'), 1, image)
    np.testing.assert_allclose(images.read_depth(depth)[:, 20:180], 2.5, rtol=1e-5)
    node.wait_for_values(scale_anchor=1, anchor__factor=1.2)


def test_a_distorted_camera_is_rectified_and_its_depth_has_no_distortion(start, nodes, image):
    def barrel(message):
        message.d = [-0.2, 0.05, 0.0, 0.0, 0.0]

    node, camera = start(rectify='node')
    depths, infos = nodes.listen(Image, 'depth'), nodes.listen(CameraInfo, 'camera_info_out')
    one_by_one(camera, depths, 1, image, change_info=barrel)
    wait_until(lambda: infos, 'camera_info')
    assert not any(infos[-1].d) and infos[-1].width == 64
    unknown = students_of_unknown_model
    camera.show(image, change_info=unknown)
    node.wait_for_values(rejected__camera_info=1)
    assert 'rectify the images upstream' in node.values()['last_rejection']
    one_by_one(camera, depths, 1, image, change_info=barrel)


def distorted(message):
    message.d = [-0.2, 0.05, 0.0, 0.0, 0.0]
    message.p = np.array([100.0, 0, 99, 0, 0, 100, 60, 0, 0, 0, 1, 0])


def test_an_image_that_is_rectified_already_is_that_of_p(start, nodes, image):
    node, camera = start(rectify='upstream', output='camera', resize='pad')
    depths, infos = nodes.listen(Image, 'depth'), nodes.listen(CameraInfo, 'camera_info_out')
    depth = images.read_depth(one_by_one(camera, depths, 1, image, change_info=distorted))
    np.testing.assert_allclose(depth, 2.5, rtol=1e-5)  # nothing is moved, nothing was unseen
    wait_until(lambda: infos, 'camera_info')
    assert camera_info.to_intrinsics(infos[-1]) == Intrinsics(100.0, 100.0, 99.0, 60.0, 120, 200)
    assert not any(infos[-1].d) and 'set rectify' not in node.log


def test_a_distortion_that_is_left_in_is_said_once(start, nodes, image):
    node, camera = start()
    depths = nodes.listen(Image, 'depth')
    one_by_one(camera, depths, 2, image)
    assert 'set rectify' not in node.log
    one_by_one(camera, depths, 2, image, change_info=distorted)
    one_by_one(camera, depths, 1, image)
    one_by_one(camera, depths, 1, image, change_info=distorted)
    assert node.log.count('camera_info has a distortion, which stays in the images: set '
                          'rectify to node, or to upstream if') == 1


def students_of_unknown_model(message):
    message.distortion_model, message.d = 'thin_prism', [0.1, 0.2]


def test_a_compressed_image_is_answered_like_a_raw_one(start, nodes, image):
    node, camera = start(transport='compressed')
    depth = one_by_one(camera, nodes.listen(Image, 'depth'), 1, image)
    assert stamp_of(depth) == camera.stamps[-1]
    camera.show(image, lambda message: message.data.__delitem__(slice(300, None)))
    node.wait_for_values(rejected__image=1)
    assert 'is truncated after' in node.values()['last_rejection']


def points_of(cloud):
    step = cloud.point_step // 4
    return np.frombuffer(bytes(cloud.data), np.float32).reshape(
        cloud.height, cloud.width, step)[..., :3]


def test_what_is_farther_than_far_is_no_obstacle_in_the_scan_either(start, nodes, image):
    node, camera = start(metres=4.0, free_beyond=3.0, scan_range_max=5.0)
    scan = one_by_one(camera, nodes.listen(LaserScan, 'scan'), 1, image)
    ranges = np.array(scan.ranges)
    assert np.isposinf(ranges).any() and not np.isfinite(ranges).any()


def test_a_limit_on_a_confidence_that_no_model_gives_is_said(start, nodes, image):
    node, camera = start(min_confidence=0.9)
    depth = one_by_one(camera, nodes.listen(Image, 'depth'), 1, image)
    np.testing.assert_allclose(images.read_depth(depth), 2.5, rtol=1e-5)
    wait_until(lambda: node.level() == 1, 'a warning on /diagnostics')
    assert 'the model predicts no confidence' in node.message()
