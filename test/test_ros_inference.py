# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The inference node as a process on a real graph."""

import time

import numpy as np
import psutil
import pytest

pytest.importorskip('rclpy')
from builtin_interfaces.msg import Time  # noqa: E402
import engine_parts  # noqa: E402
from recording import recorded_frames  # noqa: E402
from robot_camera import (  # noqa: E402
    BEST_EFFORT,
    FRAME,
    RobotCamera,
    one_by_one,
    stamp_of,
)
from ros_graph import TIMEOUT, wait_until  # noqa: E402
from sensor_msgs.msg import CameraInfo, Image  # noqa: E402
from std_msgs.msg import String  # noqa: E402
import students  # noqa: E402

from depth_distill_ros.errors import PERMANENT  # noqa: E402
from depth_distill_ros.geometry.intrinsics import Intrinsics  # noqa: E402
from depth_distill_ros.ros.conversions import (
    camera_info,
    images,  # noqa: E402
)
from depth_distill_ros.ros.support.qos import profile  # noqa: E402
from depth_distill_ros.shipped import shipped_start, shipped_student  # noqa: E402


def inference(nodes, **parameters):
    """Start the node with depth on the network's pixels, where nothing is cropped, and torch."""
    return nodes.start('inference_node', **{
        'output': 'network', 'engine': 'torch-cpu', **parameters})


@pytest.fixture
def rgb():
    return np.random.default_rng(0).integers(0, 256, (120, 200, 3), np.uint8)


@pytest.fixture
def camera_of_image():
    return Intrinsics(150.0, 151.0, 98.0, 61.0, 120, 200)


def test_answers_with_the_image_s_stamp_and_frame_and_with_intrinsics_that_fit(
        nodes, tmp_path, rgb, camera_of_image):
    students.release(tmp_path, 2.5)
    inference(nodes, work_dir=str(tmp_path))
    depths, infos = nodes.listen(Image, 'depth'), nodes.listen(CameraInfo, 'camera_info_out')
    camera = RobotCamera(nodes, camera_of_image)
    one_by_one(camera, depths, 5, rgb)
    wait_until(lambda: len(infos) == 5, 'camera_info')
    assert [stamp_of(m) for m in depths] == [stamp_of(m) for m in infos] == camera.stamps
    assert {m.header.frame_id for m in depths + infos} == {FRAME}
    assert {(m.encoding, m.height, m.width) for m in depths} == {('32FC1', 48, 64)}
    np.testing.assert_allclose(images.read_depth(depths[0]), 2.5, rtol=1e-6)
    # 120x200 is cropped to 120x160 (20 columns off each side), then scaled by 48/120.
    found = camera_info.to_intrinsics(infos[0])
    assert found.size == students.DEPTH_SIZE
    assert found.fx == pytest.approx(150.0 * 0.4)
    assert found.cx == pytest.approx((98.0 - 20 + 0.5) * 0.4 - 0.5)


def test_every_frame_of_a_swap_under_load_comes_from_one_release_and_is_accounted_for(
        nodes, tmp_path, rgb, camera_of_image):
    records = [students.release(tmp_path, metres) for metres in (1.0, 2.0, 3.0)]
    node = inference(nodes, model=str(records[0].folder),
                     release_folders=[str(tmp_path)])
    depths = nodes.listen(Image, 'depth', profile(1000))
    releases = nodes.talk(String, 'release', profile(1, latched=True))
    camera = RobotCamera(nodes, camera_of_image)
    answered_by = {1.0: 0, 2.0: 0, 3.0: 0}
    for metres, record in zip((1.0, 2.0, 3.0), [None, *records[1:]], strict=True):
        if record is not None:
            releases.publish(students.message(record))
        deadline = time.monotonic() + TIMEOUT
        while not (depths and images.read_depth(depths[-1])[0, 0] == metres):
            camera.show(rgb)
            time.sleep(0.002)
            assert time.monotonic() < deadline, node.log
    values = wait_until(
        lambda: (v := node.values()).get('in_flight') == '0'
        and int(v['answered']) == len(depths) and v, 'all frames accounted for')
    assert int(values['received']) == int(values['answered']) + int(values['dropped'])
    assert int(values['dropped.newer_frame']) > 0
    assert values['rejected'] == '0' and values['release'] == '3' and values['swaps'] == '2'
    for message in depths:
        found = np.unique(images.read_depth(message))
        assert len(found) == 1 and float(found[0]) in answered_by
        answered_by[float(found[0])] += 1
    assert all(answered_by.values())
    stamps = [stamp_of(m) for m in depths]
    assert stamps == sorted(set(stamps)) and set(stamps) <= set(camera.stamps)


def test_bad_releases_are_refused_by_name_and_the_running_student_stays(
        nodes, tmp_path, rgb, camera_of_image):
    good, nan, half, other, bare = (students.release(tmp_path, 4.0) for _ in range(5))
    students.with_nan(nan)
    students.cut_short(half)
    students.of_another_architecture(other)
    (bare.folder / 'card.json').unlink()
    node = inference(nodes, model=str(good.folder), work_dir=str(tmp_path),
                     engine=engine_parts.prepared())
    releases = nodes.talk(String, 'release', profile(1, latched=True))
    depths = nodes.listen(Image, 'depth')
    for record, word in ((nan, 'NaN'), (half, 'safetensors'), (other, 'resnet18'),
                         (bare, 'card.json cannot be read')):
        releases.publish(students.message(record))
        node.wait_for_log(str(record.folder))
        refusal, = (line for line in node.log.splitlines() if str(record.folder) in line)
        assert 'release refused' in refusal and word in refusal
    none = tmp_path / 'releases' / 'none'
    releases.publish(String(data=f'{{"folder": "{none}", "number": 9, "step": 1}}'))
    node.wait_for_log(str(none))
    releases.publish(String(data='release 9'))
    node.wait_for_values(refused_releases=6, release=1)
    one_by_one(RobotCamera(nodes, camera_of_image), depths, 1, rgb)
    assert images.read_depth(depths[0])[0, 0] == 4.0
    assert 'Traceback' not in node.log


def test_unusable_images_are_counted_by_reason_and_the_next_good_one_is_answered(
        nodes, tmp_path, rgb, camera_of_image):
    node = inference(nodes, model=str(students.release(tmp_path, 1.0).folder))
    depths = nodes.listen(Image, 'depth')
    images_only = nodes.talk(Image, 'image', BEST_EFFORT)
    images_only.publish(images.from_array(rgb, 'rgb8', Time(), FRAME))
    node.wait_for_values(rejected__no_camera_info=1)
    camera = RobotCamera(nodes, camera_of_image)

    def unknown_encoding(message):
        message.encoding = 'yuv9'

    def truncated(message):
        message.data = message.data[:1000]

    for number, (spoil, word) in enumerate((
            (unknown_encoding, 'yuv9'), (truncated, 'got 1000')), 1):
        camera.show(rgb, spoil)
        assert word in node.wait_for_values(rejected__image=number)['last_rejection']
    camera.show(rgb[:100])
    assert '100x200' in node.wait_for_values(rejected__no_camera_info=2)['last_rejection']
    one_by_one(camera, depths, 1, rgb)
    assert node.wait_for_values(answered=1, received=5, rejected=4, dropped=0)
    assert 'Traceback' not in node.log


def test_the_general_student_answers_from_the_first_frame_until_a_release_comes(
        nodes, tmp_path, rgb, camera_of_image):
    node = inference(nodes, work_dir=str(tmp_path), engine='torch-cpu')
    camera, depths = RobotCamera(nodes, camera_of_image), nodes.listen(Image, 'depth')
    one_by_one(camera, depths, 1, rgb)
    assert np.isfinite(images.read_depth(depths[-1])).all()
    assert node.wait_for_values(release=0)['release_folder'] == str(shipped_student('general'))
    assert node.level() == 1 and node.message().startswith('no release yet, model general')
    record = students.release(tmp_path, 1.0)
    nodes.talk(String, 'release', profile(1, latched=True)).publish(students.message(record))
    node.wait_for_values(release=1)
    one_by_one(camera, depths, 1, rgb)
    np.testing.assert_allclose(images.read_depth(depths[-1]), 1.0, rtol=1e-5)


def test_without_a_release_and_a_general_student_frames_are_dropped_and_counted(
        nodes, tmp_path, rgb, camera_of_image):
    node = inference(nodes, work_dir=str(tmp_path), first_student='none')
    camera = RobotCamera(nodes, camera_of_image)
    camera.show(rgb)
    node.wait_for_values(dropped__no_release=1, release='')
    node.wait_for_log('no release yet')
    record = students.release(tmp_path, 1.0)
    nodes.talk(String, 'release', profile(1, latched=True)).publish(students.message(record))
    node.wait_for_values(release=1)
    one_by_one(camera, nodes.listen(Image, 'depth'), 1, rgb)


def test_the_node_answers_with_torch_at_once_and_with_the_engine_that_is_selected_meanwhile(
        nodes, tmp_path, rgb, camera_of_image):
    engine = engine_parts.prepared()
    node = inference(nodes, model=str(students.release(tmp_path, 2.0).folder),
                     engine=engine)
    camera, depths = RobotCamera(nodes, camera_of_image), nodes.listen(Image, 'depth')
    one_by_one(camera, depths, 1, rgb)
    node.wait_for_values(engine=engine, preparing='', swaps=0, refused_releases=0)
    wait_until(lambda: one_by_one(camera, depths, 1, rgb) and node.message() ==
               f'release 1 answers ({engine})', 'the engine')
    one_by_one(camera, depths, 1, rgb)
    np.testing.assert_allclose(images.read_depth(depths[-1]), 2.0, rtol=1e-5)
    assert node.log.index('torch-cpu)') < node.log.index(f'{engine} selected: ')
    assert node.log.count('release 1 answers') == 1


def test_an_engine_that_cannot_be_had_leaves_torch_answering_and_is_named(
        nodes, tmp_path, rgb, camera_of_image):
    node = inference(nodes, model=str(students.release(tmp_path, 2.0).folder),
                     engine='torch-cuda')
    node.wait_for_values(engine='torch-cpu', preparing='', refused_releases=1)
    wait_until(lambda: node.level() == 1, 'a warning')
    assert 'no NVIDIA GPU' in node.message() and 'Traceback' not in node.log
    one_by_one(RobotCamera(nodes, camera_of_image), nodes.listen(Image, 'depth'), 1, rgb)


def test_the_node_ends_at_once_while_an_engine_is_prepared(nodes, tmp_path):
    node = inference(nodes, model=str(students.release(tmp_path, 2.0).folder), engine='auto')
    child, = wait_until(psutil.Process(node.process.pid).children, 'the preparing process')
    assert node.interrupt() == 0
    wait_until(lambda: not child.is_running(), 'its end')
    assert 'Traceback' not in node.log and 'ended with code' not in node.log


def test_impossible_limits_of_the_scan_end_the_node_with_one_line(nodes, tmp_path):
    for limits, line in (({'scan_low': 2.0, 'scan_high': 1.0}, 'the lowest height 2.0 m'),
                         ({'scan_range_min': 6.0}, 'ranges from 6.0 to 5.0 m are empty')):
        node = inference(nodes, wait_for=None, **limits)
        assert node.exit_code() == PERMANENT
        assert f'configure failed: scan: {line}' in node.log
        assert 'Traceback' not in node.log


def test_a_model_parameter_that_names_no_model_ends_the_node_with_one_line(nodes, tmp_path):
    node = inference(nodes, wait_for=None, model=str(tmp_path / 'nothing'))
    assert node.exit_code() == PERMANENT
    assert 'nothing is not a model folder' in node.log and 'Traceback' not in node.log


def test_broken_newest_releases_at_the_start_give_way_to_the_one_before(nodes, tmp_path):
    students.release(tmp_path, 1.0)
    students.cut_short(students.release(tmp_path, 2.0))
    (students.release(tmp_path, 3.0).folder / 'card.json').write_text('{')
    node = inference(nodes, work_dir=str(tmp_path))
    node.wait_for_values(release=1, refused_releases=2)


def test_a_recording_played_as_the_robot_s_camera_is_answered_frame_by_frame(nodes):
    frames, intrinsics = recorded_frames(5)
    inference(nodes, model=str(shipped_start('mobilenetv2')))
    depths = nodes.listen(Image, 'depth')
    camera = RobotCamera(nodes, intrinsics)
    for image in frames:
        one_by_one(camera, depths, 1, image)
    assert [stamp_of(m) for m in depths] == camera.stamps and len(depths) == 5
    assert all(np.isfinite(images.read_depth(m)).mean() > 0.99 for m in depths)
    assert len({images.read_depth(m).tobytes() for m in depths}) == 5
