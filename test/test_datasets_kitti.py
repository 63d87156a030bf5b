# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""KITTI's raw drives, annotated depth, split lists and selected images."""

from dataset_files import SIZE, assert_depth, assert_image, made_image, stored_depth, text, write
import pytest

from depth_distill_ros.datasets import DatasetError, open_reader
from depth_distill_ros.geometry.intrinsics import Intrinsics

DATE, DRIVE, OTHER = '2011_09_26', '2011_09_26_drive_0002_sync', '2011_09_26_drive_0009_sync'
CALIBRATION = (
    'calib_time: 09-Jan-2012 13:57:47\ncorner_dist: 9.950000e-02\n'
    'S_rect_02: 3.200000e+01 2.400000e+01\n'
    'P_rect_02: 3.0e+01 0.0 1.5e+01 4.485728e+01 0.0 3.1e+01 1.2e+01 2.1e-01 0.0 0.0 1.0 2.7e-03\n'
    'P_rect_03: 3.2e+01 0.0 1.6e+01 -3.3e+02 0.0 3.1e+01 1.2e+01 2.1e+00 0.0 0.0 1.0 2.7e-03\n')


def _raw(drive, camera, number):
    return f'{DATE}/{drive}/image_{camera:02d}/data/{number:010d}'


def _annotation(drive, camera, number):
    return f'{drive}/proj_depth/groundtruth/image_{camera:02d}/{number:010d}.png'


@pytest.fixture(params=['.png', '.jpg'])
def kitti(tmp_path, request):
    for drive, split, numbers in ((DRIVE, 'val', (69, 70)), (OTHER, 'train', (5,))):
        for number in numbers:
            for camera in (2, 3):
                write(tmp_path / f'{_raw(drive, camera, number)}{request.param}',
                      made_image(number + camera))
                if number != 70:
                    write(tmp_path / 'data_depth_annotated' / split
                          / _annotation(drive, camera, number), stored_depth(number + camera))
    text(tmp_path / DATE / 'calib_cam_to_cam.txt', CALIBRATION)
    return tmp_path


def test_the_annotated_images_of_the_left_camera_are_the_split(kitti):
    reader = open_reader(f'kitti:{kitti},split=val')
    assert len(reader) == 1
    sample = reader[0]
    assert sample.name == _raw(DRIVE, 2, 69)
    assert_image(sample.image, 71)
    assert_depth(sample.depth, stored_depth(71), 256)
    assert sample.intrinsics == Intrinsics(30, 31, 15, 12, *SIZE)
    assert sample.right is None
    assert [sample.name for sample in map(open_reader(f'kitti:{kitti}').__getitem__, [0])] == [
        _raw(OTHER, 2, 5)]


@pytest.mark.parametrize('line', [
    f'{_raw(DRIVE, 2, 69)}.png {_annotation(DRIVE, 2, 69)} 721.5377',
    f'/{_raw(DRIVE, 2, 69)}.jpg',
    f'{_raw(DRIVE, 2, 69)}.png {_raw(DRIVE, 3, 69)}.png',
    f'{DATE}/{DRIVE} 69 l',
])
def test_the_lists_for_eigens_split_are_understood(kitti, line):
    text(kitti / 'lists' / 'eigen.txt', line + '\n\n')
    for files in ('lists/eigen.txt', kitti / 'lists' / 'eigen.txt'):
        reader = open_reader(f'kitti:{kitti},files={files}')
        assert len(reader) == 1 and reader[0].name == _raw(DRIVE, 2, 69)
        assert_depth(reader[0].depth, stored_depth(71), 256)


def test_images_without_depth_have_none(kitti):
    text(kitti / 'eigen.txt', f'{_raw(DRIVE, 2, 69)}.png None 721.5377\n'
                              f'{DATE}/{DRIVE} 70 l\n{DATE}/{DRIVE} 69 r\n')
    reader = open_reader(f'kitti:{kitti},files=eigen.txt')
    assert [reader[i].depth is None for i in range(3)] == [True, True, False]
    assert_image(reader[2].image, 72)
    assert reader[2].intrinsics.fx == 32


def test_stereo_gives_the_right_view_and_each_pair_once(kitti):
    text(kitti / 'eigen.txt', f'{DATE}/{DRIVE} 69 r\n{DATE}/{DRIVE} 69 l\n{DATE}/{OTHER} 5 l\n')
    reader = open_reader(f'kitti:{kitti},files=eigen.txt,stereo=yes')
    assert [reader[i].name for i in range(len(reader))] == [_raw(DRIVE, 2, 69), _raw(OTHER, 2, 5)]
    assert_image(reader[0].image, 71)
    assert_image(reader[0].right, 72)
    assert_depth(reader[0].depth, stored_depth(71), 256)


@pytest.mark.parametrize('folder', ['depth_selection', '.'])
def test_the_selected_images_of_the_benchmark(tmp_path, folder):
    selection = tmp_path / folder / 'val_selection_cropped'
    name = f'{DRIVE}_image_0000000008_image_02'
    write(selection / 'image' / f'{name}.png', made_image(8))
    write(selection / 'groundtruth_depth'
          / f'{DRIVE}_groundtruth_depth_0000000008_image_02.png', stored_depth(8))
    text(selection / 'intrinsics' / f'{name}.txt', '72.5 0.0 15.5 0.0 73.5 11.5 0.0 0.0 1.0')
    sample = open_reader(f'kitti:{tmp_path},split=val-selection')[0]
    assert sample.name == name
    assert_image(sample.image, 8, exact=True)
    assert_depth(sample.depth, stored_depth(8), 256)
    assert sample.intrinsics == Intrinsics(72.5, 73.5, 15.5, 11.5, *SIZE)
    anonymous = tmp_path / folder / 'test_depth_prediction_anonymous'
    write(anonymous / 'image' / '0000000000.png', made_image(1))
    text(anonymous / 'intrinsics' / '0000000000.txt', '72.5 0 15.5 0 73.5 11.5 0 0 1')
    assert open_reader(f'kitti:{tmp_path},split=test-prediction')[0].depth is None
    with pytest.raises(DatasetError, match='no right images'):
        open_reader(f'kitti:{tmp_path},split=val-selection,stereo=yes')


def test_what_is_missing_or_damaged_is_named(kitti):
    with pytest.raises(DatasetError, match=r'raw drives \(2011_09_26/...\) in .*it holds image_0'):
        open_reader(f'kitti:{kitti / DATE / DRIVE}')
    with pytest.raises(DatasetError, match='looked for the split list eigen.txt in'):
        open_reader(f'kitti:{kitti},files=eigen.txt')
    text(kitti / 'eigen.txt', f'{DATE}/{DRIVE} 69 l\nimages/1.png\n')
    with pytest.raises(DatasetError, match='eigen.txt: line 2 is none of'):
        open_reader(f'kitti:{kitti},files=eigen.txt')
    text(kitti / 'eigen.txt', f'{DATE}/{DATE}_drive_0001_sync 1 l')
    with pytest.raises(DatasetError, match=r'drive_0001_sync/image_02/data/0000000001.png or .jp'):
        open_reader(f'kitti:{kitti},files=eigen.txt')
    text(kitti / DATE / 'calib_cam_to_cam.txt', 'P_rect_02: 1 2\n')
    with pytest.raises(DatasetError, match='calib_cam_to_cam.txt holds no line P_rect_02 of 12'):
        open_reader(f'kitti:{kitti}')[0]
    with pytest.raises(DatasetError, match='depth_selection/val_selection_cropped/image in'):
        open_reader(f'kitti:{kitti},split=val-selection')
