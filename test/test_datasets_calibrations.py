# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Cameras of data sets: matrices, calibration files of ROS, published cameras."""

from dataset_files import assert_image, made_image, stored_depth, text, write
from dataset_kinds import made
import numpy as np
import pytest

from depth_distill_ros.datasets import DatasetError, open_reader


def test_the_camera_of_a_json_file_is_checked_too(tmp_path):
    spec = made('folder', tmp_path / 'data')
    (tmp_path / 'data' / 'K.txt').unlink()
    text(tmp_path / 'data' / 'intrinsics.json', '{"fx": NaN, "fy": 30, "cx": 1, "cy": 1}')
    with pytest.raises(DatasetError, match='intrinsics.json holds no camera: .*fx is nan'):
        open_reader(spec)
    text(tmp_path / 'data' / 'intrinsics.json', '[' * 100_000)
    with pytest.raises(DatasetError, match='intrinsics.json does not hold the numbers'):
        open_reader(spec)


def test_matrices_as_numpy_and_excel_write_them_are_read(tmp_path):
    spec = made('folder', tmp_path / 'data')
    np.savetxt(tmp_path / 'data' / 'K.txt', np.array([[30, 0, 15], [0, 31, 11], [0, 0, 1]]),
               header='camera matrix 2')
    assert open_reader(spec)[0].intrinsics.fy == 31
    text(tmp_path / 'data' / 'K.txt', '[[30., 0., 15.],\n [0., 32., 11.],\n [0., 0., 1.]]')
    assert open_reader(spec)[0].intrinsics.fy == 32
    text(tmp_path / 'data' / 'K.txt', '30;0;15\n0;33;11\n0;0;1')
    assert open_reader(spec)[0].intrinsics.fy == 33
    nyu = made('nyu', tmp_path / 'nyu')
    rows = tmp_path / 'nyu' / 'data' / 'nyu2_train.csv'
    text(rows, rows.read_text().replace(',', ';').replace('/', '\\'))
    assert_image(open_reader(nyu)[1].image, 1)


@pytest.mark.parametrize('matrix', [
    '30 0 15.5 0\n0 31 11.5 0\n0 0 1 0', '30 0 15.5 0\n0 31 11.5 0\n0 0 1 0\n0 0 0 1',
    '30 0.1 15.5\n0 31 11.5\n0 0 1\nmeasured by hand'])
def test_a_k_in_a_larger_matrix_or_before_a_remark_is_read(tmp_path, matrix):
    spec = made('folder', tmp_path / 'data')
    text(tmp_path / 'data' / 'K.txt', matrix)
    assert (camera := open_reader(spec)[0].intrinsics).fy == 31 and camera.cx == 15.5


@pytest.mark.parametrize('matrix, words', [
    ('30 0 0\n0 30 0\n15.5 11.5 1', 'the rows of a K are'),
    ('30,5 0 15,5\n0 30,5 11,5\n0 0 1', 'with a point before the decimals'),
    ('60 0 31\n0 60 23\n0 0 2', 'the rows of a K are'),
    ('0.9 0 0.5\n0 1.2 0.5\n0 0 1', 'a focal length of 0.9 pixels in K is a field of view of 174'),
    ('1 0 0\n0 1 0\n0 0 1', 'a field of view of 173 degrees'),
    ('600 0 310\n0 600 230\n0 0 1', 'a field of view of 3.06 degrees'),
    ('30 0 310\n0 30 11\n0 0 1', r'the principal point of K is \(310, 11\) in 24x32 pixels')])
def test_a_k_of_other_images_or_in_another_order_is_refused_with_its_file(
        tmp_path, matrix, words):
    spec = made('folder', tmp_path / 'data')
    text(tmp_path / 'data' / 'K.txt', matrix)
    with pytest.raises(DatasetError, match=f'K.txt holds no camera.*{words}'):
        open_reader(spec)[0]


CALIBRATION = """image_width: 32
image_height: 24
camera_matrix:
  rows: 3
  cols: 3
  data: [30.0, 0.0, 15.5, 0.0, 31.0, 11.5, 0.0, 0.0, 1.0]
distortion_model: plumb_bob
"""
ECHO = """header:
  frame_id: camera
height: 24
width: 32
k:
- 30.0
- 0.0
- 15.5
- 0.0
- 31.0
- 11.5
- 0.0
- 0.0
- 1.0
---
"""


@pytest.mark.parametrize('name, words, fx', [
    ('ost.yaml', CALIBRATION, 30.0), ('camera.yml', ECHO, 30.0),
    ('ros1.yaml', 'K: [30.0, 0, 15.5, 0, 31.0, 11.5, 0, 0, 1]', 30.0),
    ('K.json', '{"fx": 30, "fy": 31, "cx": 15.5, "cy": 11.5, "width": 32, "height": 24}', 30.0),
    ('twice.yaml', CALIBRATION.replace('32', '64').replace('24', '48'), 15.0)])
def test_the_calibration_files_of_ros_are_cameras(tmp_path, name, words, fx):
    camera = text(tmp_path / name, words)
    frame = open_reader(f'{made("tum", tmp_path / "data")},camera={camera}')[0]
    assert frame.intrinsics.fx == fx and frame.intrinsics.size == frame.size


@pytest.mark.parametrize('words, told', [
    (CALIBRATION.replace('32', '64'), r'is for images of \(24, 64\) and the image is \(24, 32\)'),
    ('k: [1, 2]', 'does not hold the numbers'), ('- 1', 'does not hold the numbers'),
    ('', 'does not hold the numbers'), ('k: [a, b, c]', 'does not hold the numbers'),
    ('!!python/object:os.system {}', 'does not hold the numbers')])
def test_a_calibration_file_without_this_camera_is_refused(tmp_path, words, told):
    spec, camera = made('tum', tmp_path / 'data'), text(tmp_path / 'ost.yaml', words)
    with pytest.raises(DatasetError, match=f'ost.yaml {told}'):
        open_reader(f'{spec},camera={camera}')[0]
    with pytest.raises(DatasetError, match='camera has no value: write camera=VALUE'):
        open_reader(f'{spec},camera=')


@pytest.mark.parametrize(('name', 'fx'), [
    ('rgbd_dataset_freiburg1_xyz', 517.3), ('fr2_desk', 520.9), ('FR3-office', 535.4),
    ('my.freiburg3.run', 535.4), ('hall_fr15', None), ('cfr30', None), ('fr4', None),
    ('freiburg12', None), ('african_fr1x', None), ('room_fr10', None)])
def test_only_the_names_of_the_data_set_mean_its_cameras(tmp_path, name, fx):
    spec = made('tum', tmp_path / name)
    camera = open_reader(spec)[0].intrinsics
    assert camera is None if fx is None else camera.fx == pytest.approx(fx / 20)


def test_a_published_camera_is_not_stretched_over_images_of_another_shape(tmp_path):
    for n in range(2):
        write(tmp_path / 'fr1' / f'rgb/{n}.png', made_image(n, (24, 40)))
        write(tmp_path / 'fr1' / f'depth/{n}.png', stored_depth(n, (24, 40)))
    for kind in ('rgb', 'depth'):
        text(tmp_path / 'fr1' / f'{kind}.txt', f'0.0 {kind}/0.png\n1.0 {kind}/1.png')
    assert open_reader(f'tum:{tmp_path}/fr1')[0].intrinsics is None
