# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""NYU-v2, ScanNet, SUN RGB-D and TUM RGB-D are read from the layouts they are shipped in."""

import pickle

from dataset_files import (
    SIZE,
    assert_depth,
    assert_image,
    cut,
    made_image,
    stored_depth,
    text,
    write,
)
import h5py
import numpy as np
import pytest
from scipy.io import savemat

from depth_distill_ros.datasets import DatasetError, open_reader
from depth_distill_ros.geometry.intrinsics import Intrinsics


@pytest.fixture
def nyu(tmp_path):
    root = tmp_path / 'nyu'
    lines = {'train': [], 'test': []}
    for number in range(3):
        scene = f'data/nyu2_train/living_room_00{number}_out/{number}7'
        write(root / f'{scene}.jpg', made_image(number))
        eight_bit = (stored_depth(number) // 20).astype(np.uint8)
        write(root / f'{scene}.png', eight_bit)
        lines['train'].append(f'{scene}.jpg,{scene}.png')
        scene = f'data/nyu2_test/{number:05d}'
        write(root / f'{scene}_colors.png', made_image(number))
        write(root / f'{scene}_depth.png', stored_depth(number, most=12000))
        lines['test'].append(f'{scene}_colors.png,{scene}_depth.png')
    # The training list comes with DOS line ends, the other one without.
    (root / 'data' / 'nyu2_train.csv').write_bytes('\r\n'.join(lines['train']).encode() + b'\r\n')
    text(root / 'data' / 'nyu2_test.csv', '\n'.join(lines['test']))
    return root


def test_nyu_training_depth_is_eight_bit_of_ten_metres(nyu):
    reader = open_reader(f'nyu:{nyu}')
    assert len(reader) == 3
    sample = reader[1]
    assert sample.name == 'data/nyu2_train/living_room_001_out/17'
    assert_image(sample.image, 1)
    assert_depth(sample.depth, (stored_depth(1) // 20).astype(float), 25.5)


def test_nyu_test_depth_is_millimetres_and_ends_at_ten_metres(nyu):
    for path in (nyu, nyu / 'data'):
        sample = open_reader(f'nyu:{path},split=test')[2]
        assert_image(sample.image, 2, exact=True)
        assert_depth(sample.depth, stored_depth(2, most=12000), farthest=10)


def test_nyu_intrinsics_are_those_of_the_image_at_hand(nyu):
    camera = open_reader(f'nyu:{nyu}')[0].intrinsics
    assert camera.size == SIZE
    assert camera.fx == pytest.approx(518.857901 / 20)
    assert camera.resized((480, 640)).cx == pytest.approx(325.582449)


def test_a_wrong_nyu_folder_says_what_was_looked_for_and_what_is_there(nyu):
    with pytest.raises(DatasetError, match=r'data/nyu2_train.csv in .*nyu2_test; it holds 00000_'):
        open_reader(f'nyu:{nyu}/data/nyu2_test')
    with pytest.raises(DatasetError, match=r'does not exist; .*nyu holds data$'):
        open_reader(f'nyu:{nyu}/dtaa')
    for file in (nyu / 'data' / 'nyu2_train').rglob('*.jpg'):
        file.unlink()
    with pytest.raises(DatasetError, match=r'looked for .*/07.jpg \(the first line of nyu2_tra'):
        open_reader(f'nyu:{nyu}')


def test_damaged_and_missing_files_are_named(nyu):
    reader = open_reader(f'nyu:{nyu}')
    folder = nyu / 'data' / 'nyu2_train'
    cut(folder / 'living_room_000_out' / '07.jpg')
    with pytest.raises(DatasetError, match=r'000_out/07.jpg is truncated after \d+ bytes'):
        reader[0]
    (folder / 'living_room_001_out' / '17.png').unlink()
    with pytest.raises(DatasetError, match=r'001_out/17.png cannot be read: No such file'):
        reader[1]
    write(folder / 'living_room_002_out' / '27.png', made_image(2))
    with pytest.raises(DatasetError, match=r'002_out/27.png holds uint8 of shape \(24, 32, 3\)'):
        reader[2]
    (folder / 'living_room_002_out' / '27.png').write_bytes(b'')
    with pytest.raises(DatasetError, match=r'27.png is damaged or no image \(0 bytes\)'):
        reader[2]


@pytest.fixture
def nyu_mat(tmp_path):
    file = tmp_path / 'nyu_depth_v2_labeled.mat'
    depth = [stored_depth(n, most=12000) / 1000 for n in range(4)]
    # MATLAB 7.3 is HDF5 behind 512 bytes, with the axes the other way round.
    with h5py.File(file, 'w', userblock_size=512) as hdf5:
        hdf5['images'] = np.stack([made_image(n).transpose(2, 1, 0) for n in range(4)])
        hdf5['depths'] = np.stack([d.T for d in depth]).astype(np.float32)
        hdf5['rawDepths'] = np.stack([d.T / 2 for d in depth]).astype(np.float32)
    savemat(tmp_path / 'splits.mat', {'trainNdxs': np.array([[1], [4]], np.uint16),
                                      'testNdxs': np.array([[2], [3]], np.uint16)})
    return file


def test_the_official_nyu_file_is_read_with_its_split(nyu_mat):
    reader = open_reader(f'nyu-mat:{nyu_mat.parent},split=test')
    assert [reader[i].name for i in range(len(reader))] == ['0002', '0003']
    assert_image(reader[0].image, 1, exact=True)
    assert_depth(reader[0].depth, stored_depth(1, most=12000), farthest=10)
    raw = open_reader(f'nyu-mat:{nyu_mat},depth=raw')
    assert len(raw) == 4
    assert_depth(raw[3].depth, stored_depth(3, most=12000), 2000, farthest=10)


def test_an_open_nyu_file_may_be_pickled(nyu_mat):
    reader = pickle.loads(pickle.dumps(open_reader(f'nyu-mat:{nyu_mat}')))
    assert_image(reader[2].image, 2, exact=True)


def test_a_damaged_nyu_file_or_split_is_named(nyu_mat):
    savemat(nyu_mat.parent / 'splits.mat', {'testNdxs': np.array([[2], [9]])})
    with pytest.raises(DatasetError, match=r'splits.mat: testNdxs does not number frames of 1..4'):
        open_reader(f'nyu-mat:{nyu_mat},split=test')
    with pytest.raises(DatasetError, match=r'splits.mat holds no "trainNdxs"'):
        open_reader(f'nyu-mat:{nyu_mat},split=train')
    (nyu_mat.parent / 'splits.mat').write_bytes(b'no MATLAB file at all')
    with pytest.raises(DatasetError, match=r'splits.mat is damaged or not a MATLAB file'):
        open_reader(f'nyu-mat:{nyu_mat},split=train')
    nyu_mat.write_bytes(nyu_mat.read_bytes()[:700])
    with pytest.raises(DatasetError, match=r'labeled.mat is damaged or not a MATLAB 7.3 file'):
        open_reader(f'nyu-mat:{nyu_mat}')


COLOUR_SIZE = (50, 66)


def _matrix(fx, cx, cy):
    return f'{fx} 0 {cx} 0\n0 {fx} {cy} 0\n0 0 1 0\n0 0 0 1\n'


@pytest.fixture
def scannet(tmp_path):
    root = tmp_path / 'scannet'
    for scene in ('scene0000_00', 'scene0012_01'):
        for number in (0, 2, 10):
            write(root / 'scans' / scene / 'color' / f'{number}.jpg',
                  made_image(number, COLOUR_SIZE))
            write(root / 'scans' / scene / 'depth' / f'{number}.png',
                  stored_depth(number, most=9000))
        text(root / 'scans' / scene / 'intrinsic' / 'intrinsic_color.txt', _matrix(60, 32.5, 24.5))
    return root


def test_scannet_frames_come_in_the_order_of_their_numbers_at_the_size_of_the_depth(scannet):
    reader = open_reader(f'scannet:{scannet}')
    assert [reader[i].name for i in range(len(reader))] == [
        f'{scene}/{number}' for scene in ('scene0000_00', 'scene0012_01')
        for number in (0, 2, 10)]
    sample = reader[2]
    assert_image(sample.image, 10)
    assert_depth(sample.depth, stored_depth(10, most=9000), farthest=6)
    assert sample.intrinsics.fx == pytest.approx(60 * 32 / 66)
    assert sample.intrinsics.cx == pytest.approx(33 * 32 / 66 - 0.5)


def test_scannet_scenes_and_frames_may_be_chosen(scannet):
    chosen = text(scannet / 'val.txt', 'scene0012_01\n')
    reader = open_reader(f'scannet:{scannet},every=2,scenes={chosen}')
    assert [reader[i].name for i in range(len(reader))] == ['scene0012_01/0', 'scene0012_01/10']
    assert len(open_reader(f'scannet:{scannet}/scans/scene0000_00')) == 3
    chosen.write_text('scene0012_01\nscene0707_00\n')
    with pytest.raises(DatasetError, match=r'1 of the 2 scenes .* the first being scene0707_00'):
        open_reader(f'scannet:{scannet},scenes={chosen}')


def test_the_25k_subset_of_scannet_is_read_too(tmp_path):
    scene = tmp_path / 'scannet_frames_25k' / 'scene0000_00'
    write(scene / 'color' / '000100.jpg', made_image(1, COLOUR_SIZE))
    write(scene / 'depth' / '000100.png', stored_depth(1))
    text(scene / 'intrinsics_color.txt', _matrix(60, 32.5, 24.5))
    sample = open_reader(f'scannet:{tmp_path}')[0]
    assert sample.name == 'scene0000_00/000100' and sample.intrinsics.size == SIZE
    with pytest.raises(DatasetError, match=r'scene0000_00/color in .*depth; it holds 000100.png'):
        open_reader(f'scannet:{scene}/depth')


@pytest.fixture
def sunrgbd(tmp_path):
    root = tmp_path / 'SUNRGBD'
    frames = ['kv1/NYUdata/NYU0001', 'kv2/kinect2data/000002_2014-05-26', 'xtion/sun3ddata/a/b/c']
    for number, frame in enumerate(frames):
        write(root / frame / 'image' / f'{number}.jpg', made_image(number))
        millimetres = stored_depth(number, most=9000)
        write(root / frame / 'depth_bfx' / f'{number}.png',
              (millimetres << 3) | (millimetres >> 13))
        write(root / frame / 'depth' / f'{number}.png', np.full(SIZE, 8000, np.uint16))
        text(root / frame / 'intrinsics.txt', '52.5 0 15.5 \n0 53.25 11.5 \n0 0 1 \n')
    cells = np.empty((1, 2), object)
    cells[0, :] = [f'/n/fs/sun3d/data/SUNRGBD/{frame}' for frame in (frames[2], frames[0] + '/')]
    toolbox = tmp_path / 'SUNRGBDtoolbox' / 'traintestSUNRGBD'
    toolbox.mkdir(parents=True)
    savemat(toolbox / 'allsplit.mat', {'alltest': cells, 'alltrain': cells[:, :1]})
    return root


def test_sun_rgbd_depth_is_turned_back_and_ends_at_eight_metres(sunrgbd):
    for path in (sunrgbd, sunrgbd.parent):
        reader = open_reader(f'sunrgbd:{path}')
        assert len(reader) == 3
        sample = reader[1]
        assert sample.name == 'kv2/kinect2data/000002_2014-05-26'
        assert_image(sample.image, 1)
        assert_depth(sample.depth, stored_depth(1, most=9000), farthest=8)
        assert sample.intrinsics == Intrinsics(52.5, 53.25, 15.5, 11.5, *SIZE)
    assert np.all(open_reader(f'sunrgbd:{sunrgbd},depth=raw')[0].depth == 1.0)


def test_sun_rgbd_splits_are_the_official_ones(sunrgbd):
    reader = open_reader(f'sunrgbd:{sunrgbd},split=test')
    assert [reader[i].name for i in range(2)] == ['xtion/sun3ddata/a/b/c', 'kv1/NYUdata/NYU0001']
    assert len(open_reader(f'sunrgbd:{sunrgbd},split=train')) == 1
    with pytest.raises(DatasetError, match=r'kv1/, kv2/, realsense/, xtion/ in .*kv2; it holds k'):
        open_reader(f'sunrgbd:{sunrgbd}/kv2')


def _sequence(root, offsets=(0.01, -0.004, 0.5)):
    listed = {'rgb': [], 'depth': []}
    for number, offset in enumerate(offsets):
        time = 1305031452.5 + number
        for kind, at, pixels in (('rgb', time, made_image(number)),
                                 ('depth', time + offset, stored_depth(number, most=60000))):
            name = f'{kind}/{at:.6f}.png'
            write(root / name, pixels)
            listed[kind].append(f'{at:.6f} {name}')
    for kind, lines in listed.items():
        text(root / f'{kind}.txt', '# color images\n# timestamp filename\n' + '\n'.join(lines))
    return root


def test_tum_images_come_with_the_depth_of_their_time(tmp_path):
    path = _sequence(tmp_path / 'rgbd_dataset_freiburg2_desk')
    reader = open_reader(f'tum:{path}')
    assert len(reader) == 2
    sample = reader[1]
    assert sample.name == 'rgbd_dataset_freiburg2_desk/1305031453.500000'
    assert_image(sample.image, 1, exact=True)
    assert_depth(sample.depth, stored_depth(1, most=60000), 5000)
    assert sample.intrinsics.fx == pytest.approx(520.9 / 20)
    assert len(open_reader(f'tum:{path},within=0.6')) == 3


def test_tum_sequences_are_read_together_and_unknown_cameras_have_no_intrinsics(tmp_path):
    _sequence(tmp_path / 'rgbd_dataset_freiburg1_xyz')
    _sequence(tmp_path / 'mine')
    reader = open_reader(f'tum:{tmp_path}')
    assert len({reader[i].name for i in range(4)}) == len(reader) == 4
    assert reader[0].name.startswith('mine/') and reader[0].intrinsics is None


def test_a_damaged_tum_list_is_named(tmp_path):
    path = _sequence(tmp_path / 'sequence')
    text(path / 'rgb.txt', 'no times here\n')
    with pytest.raises(DatasetError, match=r'rgb.txt does not hold lines "time file"'):
        open_reader(f'tum:{path}')
    (path / 'rgb.txt').unlink()
    with pytest.raises(DatasetError, match=r'looked for rgb.txt and depth.txt, or assoc'):
        open_reader(f'tum:{path}')
