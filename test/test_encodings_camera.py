# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A camera_info that describes a camera is used; of any other a line says what is wrong."""

from types import SimpleNamespace

import numpy as np
import pytest

from depth_distill_ros.encodings.camera import (
    CameraInfoError,
    check_size,
    to_intrinsics,
    to_rectified_intrinsics,
    to_rectifier,
)
from depth_distill_ros.encodings.camera_infos import CameraInfos, NoCameraInfoError
from depth_distill_ros.geometry.intrinsics import GeometryError, Intrinsics, SizeError

VGA = Intrinsics(525.0, 525.0, 319.5, 239.5, 480, 640)
TRUE_P = [525.0, 0, 319.5, 0, 0, 525.0, 239.5, 0, 0, 0, 1, 0]
RECTIFY = 'set rectify of the inference node to upstream'


def info_of(camera=VGA, stamp=0, **fields):
    """Return what has the fields of a sensor_msgs/CameraInfo."""
    message = SimpleNamespace(
        header=SimpleNamespace(stamp=SimpleNamespace(sec=stamp // 10**9, nanosec=stamp % 10**9)),
        height=camera.height, width=camera.width, binning_x=0, binning_y=0,
        distortion_model='plumb_bob', d=[0.0] * 5, k=camera.matrix().ravel(), r=np.eye(3).ravel(),
        p=np.hstack([camera.matrix(), np.zeros((3, 1))]).ravel(),
        roi=SimpleNamespace(x_offset=0, y_offset=0, height=0, width=0))
    for name, value in fields.items():
        target, _, part = name.rpartition('__')
        setattr(getattr(message, target) if target else message, part, value)
    return message


def k_of(fx, fy, cx=319.5, cy=239.5):
    return np.array([fx, 0, cx, 0, fy, cy, 0, 0, 1], float)


@pytest.mark.parametrize('k, words', [
    (np.eye(3).ravel(), f'a field of view of 180 degrees.*{RECTIFY}'),
    (np.zeros(9), f'its focal length is 0 in K.*{RECTIFY}'),
    (np.full(9, np.nan), f'fx of K is nan.*{RECTIFY}'),
    (k_of(0.82, 0.82, 0.5, 0.5), 'a focal length of 0.82 pixels in K is a field of view of 180'),
    (k_of(1e6, 1e6), 'a focal length of 1e.06 pixels in K is a field of view of 0.0367 degrees'),
    (k_of(12000, 12000), '3.06 degrees'), (k_of(525, 2100.5), 'fx and fy of K are 525 and 2100.5'),
    (k_of(525, np.inf), 'fy of K is inf'), (k_of(525, -525), 'fy of K is -525'),
    (k_of(525, 525, np.nan), 'cx of K is nan'), (k_of(525, 0), 'fy of K is 0'),
    (VGA.matrix().T.ravel(), 'the rows of K are not'), (2 * VGA.matrix().ravel(), 'the rows of K'),
    (k_of(525, 525, 0, 0), r'the principal point of K is \(0, 0\) in 480x640'),
    (k_of(525, 525, 319, 5000), r'the principal point of K is \(319, 5000\)')])
def test_a_k_that_no_camera_has_is_refused_with_its_number_and_what_to_do(k, words):
    with pytest.raises(CameraInfoError, match=f'camera_info is not calibrated .*{words}'):
        to_intrinsics(info_of(k=k))
    with pytest.raises(CameraInfoError, match='calibrate the camera or publish its calibration'):
        to_intrinsics(info_of(k=k, p=np.zeros(12)))


@pytest.mark.parametrize('camera', [
    Intrinsics(160.0, 160.0, 319.5, 239.5, 480, 640),  # fisheye, 127 degrees
    Intrinsics(7000.0, 7000.0, 319.5, 239.5, 480, 640),  # telephoto, 5.2 degrees
    Intrinsics(525.0, 262.0, 319.5, 119.5, 240, 640),  # half the rows
    Intrinsics(525.0, 525.0, 319.5, -80.0, 240, 640),  # the lower part of an image
    Intrinsics(60.0, 60.0, 31.5, 1.5, 4, 64)])
def test_unusual_cameras_are_cameras(camera):
    assert to_intrinsics(info_of(camera)) == camera


@pytest.mark.parametrize('p', [
    np.zeros(12), np.eye(3, 4).ravel(), np.full(12, np.nan), [np.inf] * 12, [-1.0] * 12,
    [525.0, 0, 0, 0, 0, 525.0, 0, 0, 0, 0, 1, 0]])
def test_a_p_that_is_no_camera_is_left_out_where_k_is_used(p):
    message = info_of(p=p, d=[0.1, 0.0, 0.0, 0.0, 0.0])
    assert to_rectified_intrinsics(message) is None
    assert to_rectifier(message).camera.size == VGA.size


@pytest.mark.parametrize('fields, words', [
    ({'height': 0, 'width': 0}, 'image size 0x0 .*the driver must fill in both'),
    ({'height': 480, 'width': 0}, 'image size 480x0'),
    ({'height': 2**31, 'width': 2**31}, 'image size 2147483648x2147483648'),
    ({'binning_x': 2000, 'binning_y': 1}, 'binning of 2000x1 leaves no pixel'),
    ({'roi__height': 480, 'roi__y_offset': 240}, r'ROI of 480x0 at \(240, 0\) does not lie'),
    ({'roi__width': 700}, 'ROI of 0x700')])
def test_an_impossible_size_is_named(fields, words):
    with pytest.raises(CameraInfoError, match=words):
        to_intrinsics(info_of(**fields))


@pytest.mark.parametrize('fields, size, words', [
    ({'binning_x': 2, 'binning_y': 2}, (480, 640), 'its binning of 2x2 does not hold .*fill in 1'),
    ({'binning_x': 4}, (480, 640), 'its binning of 4x0 does not hold'),
    ({'roi__height': 240, 'roi__width': 320}, (480, 640), 'its ROI of 240x320 does not hold'),
    ({'roi__height': 240}, (480, 640), 'its ROI of 240x640 does not hold'),
    ({'roi__height': 240, 'roi__width': 320, 'binning_x': 2, 'binning_y': 2}, (480, 640),
     'its binning of 2x2 and its ROI of 240x320 do not hold'),
    ({'roi__height': 240, 'roi__width': 320, 'binning_x': 2, 'binning_y': 2}, (240, 320),
     'its binning of 2x2 does not hold'),
    ({'height': 0, 'width': 0}, (480, 640), 'the driver must fill in the size'),
    ({}, (240, 320), 'was the image resized without its camera_info'),
    ({}, (640, 480), 'height and width are exchanged'),
    ({}, (100, 200), 'is camera_info remapped to the same camera')])
def test_a_camera_info_for_another_size_names_the_cause(fields, size, words):
    with pytest.raises(SizeError, match=f'the image is {size[0]}x{size[1]} .*{words}'):
        check_size(info_of(**fields), size)
    infos = CameraInfos()
    infos.add(info_of(**fields))
    with pytest.raises(SizeError, match=words):
        infos.choose(size, 0)


@pytest.mark.parametrize('model, d, same_as', [
    ('plumb_bob', [0.1, -0.05, 0.001, 0.0, 0.0, 0.0, 0.0, 0.0], [0.1, -0.05, 0.001, 0.0, 0.0]),
    ('plumb_bob', [0.1, -0.05], [0.1, -0.05, 0.0, 0.0, 0.0]),
    ('equidistant', [0.1, 0.01, 0.0, 0.0, 0.0], [0.1, 0.01, 0.0, 0.0]),
    ('equidistant', [0.1], [0.1, 0.0, 0.0, 0.0]),
    ('rational_polynomial', [0.1, -0.05, 0.001, 0.0, 0.0], [0.1, -0.05, 0.001, 0, 0, 0, 0, 0]),
    ('rational_polynomial', [0.1, 0.05] + [0.0] * 12, [0.1, 0.05, 0, 0, 0, 0, 0, 0])])
def test_zeros_at_the_end_of_d_may_be_there_or_not(model, d, same_as):
    image = np.random.default_rng(0).integers(0, 256, (*VGA.size, 3), np.uint8)
    found, expected = (to_rectifier(info_of(distortion_model=model, d=each, p=np.zeros(12)))
                       for each in (d, same_as))
    assert found.camera == expected.camera
    np.testing.assert_array_equal(found.image(image), expected.image(image))


@pytest.mark.parametrize('fields, words', [
    ({'d': [0.1] * 8}, 'has at most 5: if D is that of rational_polynomial, name this model'),
    ({'d': [0.1] * 5, 'distortion_model': 'equidistant'}, 'has at most 4: rectify the images up'),
    ({'d': [0.1] * 20}, 'has at most 5: rectify the images upstream'),
    ({'d': [0.1, np.nan, 0, 0, 0]}, r'camera_info: D is \[0.1, nan.*calibrate the camera again'),
    ({'d': [0.1] * 4, 'distortion_model': 'Kannala'}, '"Kannala" is not one of plumb_bob, .*name'),
    ({'r': np.full(9, np.nan)}, 'R is not a rotation: .*fill in the identity'),
    ({'r': np.ones(9)}, 'R is not a rotation')])
def test_a_distortion_that_cannot_be_removed_is_refused_with_a_cure(fields, words):
    with pytest.raises(GeometryError, match=words):
        to_rectifier(info_of(**{'d': [0.1] * 5, **fields}))


def test_an_image_goes_with_the_nearest_camera_info_of_its_size_however_far_away():
    infos = CameraInfos()
    with pytest.raises(NoCameraInfoError, match='none was received'):
        infos.choose((480, 640), 5)
    small = VGA.resized((240, 320))
    for camera, stamp in ((VGA, 10), (small, 11), (VGA, 30)):
        infos.add(info_of(camera, stamp))
    assert [infos.choose((480, 640), s).header.stamp.nanosec for s in (0, 14, 27, 10**12)] == [
        10, 10, 30, 30]
    assert infos.offset == pytest.approx(-1000.0 + 30e-9)
    assert infos.choose((240, 320), 30).header.stamp.nanosec == 11
    assert infos.reach(30) and not infos.reach(31) and infos.received == 3
    infos.clear()
    assert infos.offset is None and infos.received == 0 and not infos.reach(0)
