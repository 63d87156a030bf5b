# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The smallest valid data set of each of the ten kinds."""

from dataset_files import SIZE, made_image, stored_depth, text, write
import h5py
import numpy as np
from stream_frames import fill
from test_datasets_bag import camera_topics, write_bag
from test_datasets_kitti import CALIBRATION, DATE, DRIVE, _annotation, _raw
from test_datasets_scenenet import IDS, _protobuf
from test_datasets_scenenet import SIZE as SCENENET_SIZE

KINDS = ('nyu', 'nyu-mat', 'scannet', 'scenenet', 'sunrgbd', 'tum', 'kitti', 'folder', 'bag',
         'store')
COUNT = 3
K = '30 0 15.5\n0 30 11.5\n0 0 1\n'


def _nyu(root):
    lines = []
    for n in range(COUNT):
        name = f'data/nyu2_train/a_out/{n}'
        write(root / f'{name}.jpg', made_image(n))
        write(root / f'{name}.png', (stored_depth(n) // 20).astype(np.uint8))
        lines.append(f'{name}.jpg,{name}.png')
    text(root / 'data' / 'nyu2_train.csv', '\n'.join(lines))


def _nyu_mat(root, depth_size=SIZE):
    root.mkdir(parents=True)
    with h5py.File(root / 'nyu_depth_v2_labeled.mat', 'w', userblock_size=512) as hdf5:
        hdf5['images'] = np.stack([made_image(n).transpose(2, 1, 0) for n in range(COUNT)])
        hdf5['depths'] = np.stack([
            (stored_depth(n, depth_size) / 1000).T for n in range(COUNT)]).astype(np.float32)


def _scannet(root):
    scene = root / 'scans' / 'scene0000_00'
    for n in range(COUNT):
        write(scene / 'color' / f'{n}.jpg', made_image(n))
        write(scene / 'depth' / f'{n}.png', stored_depth(n))
    text(scene / 'intrinsic' / 'intrinsic_color.txt', '30 0 15.5 0\n0 30 11.5 0\n0 0 1 0\n0 0 0 1')


def _scenenet(root):
    for frame in (0, 25, 50):
        folder = root / 'val' / '0' / '7'
        write(folder / 'photo' / f'{frame}.jpg', made_image(frame, SCENENET_SIZE))
        write(folder / 'depth' / f'{frame}.png', stored_depth(frame, SCENENET_SIZE))
        write(folder / 'instance' / f'{frame}.png', IDS)
    (root / 'scenenet_rgbd_val.pb').write_bytes(_protobuf(['0/7']))


def _sunrgbd(root):
    for n in range(COUNT):
        frame = root / 'kv1' / 'data' / f'NYU{n}'
        millimetres = stored_depth(n)
        write(frame / 'image' / f'{n}.jpg', made_image(n))
        write(frame / 'depth_bfx' / f'{n}.png', (millimetres << 3) | (millimetres >> 13))
        text(frame / 'intrinsics.txt', K)


def _tum(root):
    for kind, made in (('rgb', made_image), ('depth', stored_depth)):
        for n in range(COUNT):
            write(root / kind / f'{n}.png', made(n))
        text(root / f'{kind}.txt', '\n'.join(f'{n}.0 {kind}/{n}.png' for n in range(COUNT)))


def _kitti(root):
    for n in range(COUNT):
        write(root / f'{_raw(DRIVE, 2, n)}.png', made_image(n))
        write(root / 'data_depth_annotated' / 'train' / _annotation(DRIVE, 2, n), stored_depth(n))
    text(root / DATE / 'calib_cam_to_cam.txt', CALIBRATION)


def _folder(root):
    for n in range(COUNT):
        write(root / 'image' / f'{n}.png', made_image(n))
        write(root / 'depth' / f'{n}.png', stored_depth(n))
    text(root / 'K.txt', K)


def _bag(root):
    write_bag(root, camera_topics(2 * COUNT))


def _store(root):
    root.mkdir(parents=True)
    fill(root, COUNT, 10)


_MAKERS = {'nyu': _nyu, 'nyu-mat': _nyu_mat, 'scannet': _scannet, 'scenenet': _scenenet,
           'sunrgbd': _sunrgbd, 'tum': _tum, 'kitti': _kitti, 'folder': _folder, 'bag': _bag,
           'store': _store}
# where each kind has its depth and its camera
DEPTH = {'nyu': 'data/**/1.png', 'scannet': '**/depth/1.png', 'scenenet': '**/depth/25.png',
         'sunrgbd': '**/depth_bfx/1.png', 'tum': 'depth/1.png', 'folder': 'depth/1.png',
         'kitti': '**/groundtruth/**/*1.png'}
CAMERA = {'scannet': '**/intrinsic_color.txt', 'sunrgbd': '**/NYU1/intrinsics.txt',
          'kitti': '**/calib_cam_to_cam.txt', 'folder': 'K.txt'}
COLOUR = {'nyu': 'data/**/*.jpg', 'scannet': '**/color/*.jpg', 'scenenet': '**/photo/*.jpg',
          'sunrgbd': '**/image/*.jpg', 'tum': 'rgb/*.png', 'folder': 'image/*.png',
          'kitti': '20*/**/*.png'}


def made(kind, root, **options):
    """Write a data set of the kind and return it as open_reader takes it."""
    _MAKERS[kind](root, **options)
    return f'{kind}:{root}'
