# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Data sets as people have them: what holds for all ten kinds, and what each of them meets."""

import os
from pathlib import Path
import shutil
import subprocess

from dataset_files import assert_depth, assert_image, made_image, stored_depth, text, write
from dataset_kinds import CAMERA, COLOUR, COUNT, DEPTH, KINDS, made
import numpy as np
import pytest
from rosbags.rosbag2 import StoragePlugin
from stream_frames import python
from test_datasets_bag import camera_topics, write_bag
from test_datasets_bag_faults import kill_the_recorder_of
from test_datasets_kitti import CALIBRATION, DATE, DRIVE

from depth_distill_ros.datasets import DatasetError, first_frame, open_reader


@pytest.mark.parametrize('kind', KINDS)
def test_every_kind_reads_its_frames(tmp_path, kind):
    reader = open_reader(made(kind, tmp_path / 'data'))
    assert len(reader) == COUNT and reader.left_out == [] or kind == 'bag'
    for index in range(len(reader)):
        frame = reader[index]
        assert frame.depth is None or frame.depth.shape == frame.size
    with pytest.raises(IndexError):
        reader[len(reader)]


# 14. Depth that does not belong.

@pytest.mark.parametrize('kind', DEPTH)
@pytest.mark.parametrize('size', [(12, 16), (24, 34), (32, 24)])
def test_depth_of_another_size_is_refused_with_its_file(tmp_path, kind, size):
    spec = made(kind, tmp_path / 'data')
    file = next((tmp_path / 'data').glob(DEPTH[kind]))
    write(file, stored_depth(1, size))
    reader = open_reader(spec)
    if kind == 'scannet' and size == (12, 16):
        # its depth camera has fewer pixels than its colour camera
        assert reader[1].size == size
        return
    with pytest.raises(DatasetError, match=f'{file.name} is .{size[0]}, {size[1]}.* its image'):
        reader[1]
    assert reader[0].depth is not None


def test_depth_of_another_size_in_the_nyu_file_is_refused_with_its_frame(tmp_path):
    reader = open_reader(made('nyu-mat', tmp_path / 'data', depth_size=(12, 16)))
    with pytest.raises(DatasetError, match='0002: its depth is 12x16 and its image 24x32'):
        reader[1]


# 15. Which file?

NUMBERS = {'nan': 'nan 0 15.5\n0 30 11.5\n0 0 1', 'zero': '0 0 15.5\n0 30 11.5\n0 0 1',
           'negative': '-30 0 15.5\n0 30 11.5\n0 0 1', 'inf': '30 0 inf\n0 30 11.5\n0 0 1',
           'zero fy': '30 0 15.5\n0 0 11.5\n0 0 1'}


@pytest.mark.parametrize('kind', CAMERA)
@pytest.mark.parametrize('what', NUMBERS)
def test_a_calibration_that_is_none_is_named(tmp_path, kind, what):
    spec = made(kind, tmp_path / 'data')
    file = next((tmp_path / 'data').glob(CAMERA[kind]))
    rows = [line.split() for line in NUMBERS[what].splitlines()]
    if kind == 'kitti':
        flat = ' '.join(word for row in rows for word in [*row, '0'])
        text(file, CALIBRATION.replace(CALIBRATION.splitlines()[3], f'P_rect_02: {flat}'))
    elif kind == 'scannet':
        text(file, '\n'.join(' '.join([*row, '0']) for row in [*rows, ['0', '0', '0']]))
    else:
        text(file, '\n'.join(map(' '.join, rows)))
    with pytest.raises(DatasetError, match=file.name) as caught:
        open_reader(spec)[1]
    assert 'camera_info' not in str(caught.value) and '\n' not in str(caught.value)


def test_the_camera_of_a_json_file_is_checked_too(tmp_path):
    spec = made('folder', tmp_path / 'data')
    (tmp_path / 'data' / 'K.txt').unlink()
    text(tmp_path / 'data' / 'intrinsics.json', '{"fx": NaN, "fy": 30, "cx": 1, "cy": 1}')
    with pytest.raises(DatasetError, match='intrinsics.json holds no camera: .*fx is nan'):
        open_reader(spec)
    text(tmp_path / 'data' / 'intrinsics.json', '[' * 100_000)
    with pytest.raises(DatasetError, match='intrinsics.json does not hold the numbers'):
        open_reader(spec)


# 16. Names and texts as people have them.

@pytest.mark.parametrize('encoding', ['utf-8-sig', 'utf-16'])
def test_the_byte_order_mark_of_a_text_is_no_part_of_it(tmp_path, encoding):
    def marked(file):
        words = file.read_text()
        file.write_bytes(words.replace('\n', '\r\n').encode(encoding))
        return file

    for kind, files in {'nyu': ['data/nyu2_train.csv'], 'tum': ['rgb.txt', 'depth.txt'],
                        'folder': ['K.txt'], 'kitti': ['2011_09_26/calib_cam_to_cam.txt'],
                        'scannet': ['scans/scene0000_00/intrinsic/intrinsic_color.txt']}.items():
        spec = made(kind, tmp_path / kind)
        for name in files:
            marked(tmp_path / kind / name)
        reader = open_reader(spec)
        assert len(reader) == COUNT
        assert_depth(reader[1].depth, stored_depth(1) // 20 if kind == 'nyu' else stored_depth(1),
                     {'nyu': 25.5, 'tum': 5000, 'kitti': 256}.get(kind, 1000))
        assert (reader[1].intrinsics is None) == (kind == 'tum')
    scenes = marked(text(tmp_path / 'scenes.txt', 'scene0000_00\n'))
    assert len(open_reader(f'scannet:{tmp_path}/scannet,scenes={scenes}')) == COUNT
    listed = marked(text(tmp_path / 'eigen.txt',
                         '2011_09_26/2011_09_26_drive_0002_sync 2 l\n'))
    assert len(open_reader(f'kitti:{tmp_path}/kitti,files={listed}')) == 1
    data = marked(text(tmp_path / 'K.json', '{"fx": 30, "fy": 30, "cx": 15, "cy": 11}'))
    assert open_reader(f'tum:{tmp_path}/tum,camera={data}')[0].intrinsics.fx == 30


@pytest.mark.parametrize('kind', COLOUR)
def test_suffixes_may_be_written_in_capitals(tmp_path, kind):
    spec = made(kind, tmp_path / 'data')
    for pattern in (COLOUR[kind], DEPTH[kind]):
        for file in (tmp_path / 'data').glob(pattern):
            file.rename(file.with_suffix(file.suffix.upper()))
    reader = open_reader(spec)
    assert len(reader) == COUNT
    assert reader[1].depth is not None and reader[1].image.std() > 10


def test_jpeg_is_another_name_of_jpg(tmp_path):
    spec = made('scannet', tmp_path / 'data')
    for file in (tmp_path / 'data').rglob('*.jpg'):
        file.rename(file.with_suffix('.jpeg'))
    assert_image(open_reader(spec)[2].image, 2)


def test_digits_of_unicode_in_names_are_letters(tmp_path):
    for name in ('10²3', '2', '١٢', '½', '10'):
        write(tmp_path / f'{name}.png', made_image(1))
    assert len(open_reader(f'folder:{tmp_path}')) == 5


def test_the_digits_of_numbers_are_plain(tmp_path):
    for key in ('every=²', 'every=٣x', 'frames=²:3'):
        kind = 'folder' if 'frames' in key else 'scannet'
        with pytest.raises(DatasetError, match='give a whole number|write FIRST:LAST'):
            open_reader(f'{kind}:{tmp_path},{key}')


def test_a_name_that_is_no_utf_8_can_be_shown(tmp_path):
    os.makedirs(tmp_path / 'data')
    shutil.copy(write(tmp_path / 'a.png', made_image(0)),
                os.fsencode(tmp_path / 'data') + b'/caf\xe9.png')
    frame = open_reader(f'folder:{tmp_path}/data')[0]
    assert frame.name.encode() == b'caf\\udce9'


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


@pytest.mark.parametrize('line', ['{n} depth/{n}.png {n} rgb/{n}.png',
                                  '{n}.5 rgb/{n}.png {n}.6 depth/{n}.png',
                                  r'{n},rgb\{n}.png,{n},depth\{n}.png'])
def test_the_associations_of_icl_nuim_are_read(tmp_path, line):
    spec = made('tum', tmp_path / 'traj0_frei_png')
    for name in ('rgb.txt', 'depth.txt'):
        (tmp_path / 'traj0_frei_png' / name).unlink()
    text(tmp_path / 'traj0_frei_png' / 'associations.txt',
         '# pairs\n' + '\n'.join(line.format(n=n) for n in (2, 0, 1)))
    camera = text(tmp_path / 'icl.txt', '24.06 0 15.98\n0 -24.00 11.98\n0 0 1\n')
    reader = open_reader(f'{spec},camera={camera}')
    assert len(reader) == COUNT
    assert_image(reader[1].image, 1, exact=True)
    assert_depth(reader[1].depth, stored_depth(1), 5000)
    assert (reader[1].intrinsics.fx, reader[1].intrinsics.fy) == (24.06, 24.0)


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


def test_comments_blank_lines_and_names_of_columns_are_no_entries(tmp_path):
    nyu = made('nyu', tmp_path / 'nyu')
    rows = tmp_path / 'nyu' / 'data' / 'nyu2_train.csv'
    text(rows, 'image,depth\n# mine\n  \n' + rows.read_text() + '\n\n')
    assert len(open_reader(nyu)) == COUNT
    scannet, scenes = made('scannet', tmp_path / 's'), tmp_path / 'scenes.txt'
    text(scenes, '# of the kitchen\n\nscene0000_00\n')
    assert len(open_reader(f'{scannet},scenes={scenes}')) == COUNT
    kitti, files = made('kitti', tmp_path / 'k'), tmp_path / 'files.txt'
    text(files, f'# Eigen\n\n{DATE}/{DRIVE} 1 l\n')
    assert len(open_reader(f'{kitti},files={files}')) == 1


# 17. A path of another kind.

@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize(('name', 'words'), [
    ('x.zip', r'is an archive: unpack it \(unzip x.zip\)'),
    ('x.tar.gz', r'is an archive: unpack it \(tar xf x.tar.gz\)'),
    ('x.7z', r'is an archive: unpack it \(7z x x.7z\)'),
    ('x.png', 'is one image: name the folder of the images'),
    ('X.JPG', 'is one image: name the folder of the images'),
    ('x.mp4', 'is a video: write its images to a folder'),
    ('x.sens', "with ScanNet's SensReader"),
    ('x.csv', '.')])
def test_a_file_in_place_of_a_folder_is_named_with_the_cure(tmp_path, kind, name, words):
    (tmp_path / name).write_bytes(b'anything')
    with pytest.raises(DatasetError, match=words) as caught:
        open_reader(f'{kind}:{tmp_path}/{name}')
    assert name in str(caught.value) and 'does not exist' not in str(caught.value)


@pytest.mark.parametrize('kind', sorted(set(KINDS) - {'bag'}))
def test_a_bag_is_shown_to_the_kind_bag(tmp_path, kind):
    (tmp_path / 'x.mcap').write_bytes(b'anything')
    with pytest.raises(DatasetError, match=f'write bag:{tmp_path}/x.mcap'):
        open_reader(f'{kind}:{tmp_path}/x.mcap')


@pytest.mark.parametrize('kind', KINDS)
def test_a_folder_of_another_kind_is_recognised(tmp_path, kind):
    made(kind, tmp_path / 'data')
    wrong = 'store' if kind != 'store' else 'nyu'
    with pytest.raises(DatasetError, match=f'it looks like {kind}:{tmp_path}/data$'):
        open_reader(f'{wrong}:{tmp_path}/data')


@pytest.mark.parametrize('kind', KINDS)
def test_what_is_neither_file_nor_folder_is_refused(tmp_path, kind):
    os.mkfifo(tmp_path / 'pipe')
    with pytest.raises(DatasetError, match='neither a file nor a folder'):
        open_reader(f'{kind}:{tmp_path}/pipe')
    (tmp_path / 'link').symlink_to('/media/unplugged/data')
    with pytest.raises(DatasetError, match='link is a link to /media/unplugged/data, which does'):
        open_reader(f'{kind}:{tmp_path}/link')


WITHOUT_PERMISSION = """
import importlib, os, sys
from depth_distill_ros.datasets import open_reader
from depth_distill_ros.datasets.kinds import KINDS
from depth_distill_ros.errors import DepthDistillError
# all modules now: another user may not read those of this one
for kind in KINDS.values():
    importlib.import_module('depth_distill_ros.datasets.readers.' + kind.reader.split(':')[0])
import h5py, rosbags.typesys
''.encode('ascii')
if os.getuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
for spec in sys.argv[1:]:
    try:
        reader = open_reader(spec)
        [reader[index] for index in range(len(reader))]
        print(len(reader), 'frames')
    except DepthDistillError as error:
        print(repr(str(error)))
"""
CLOSED = 0o700 if os.getuid() == 0 else 0o000


@pytest.fixture(scope='module')
def without_permission():
    """Return what a user meets who may read only what all may, by name of the data."""
    # not below pytest's own folder, which no other user may enter
    root = Path(subprocess.run(['mktemp', '-d'], check=True, capture_output=True,
                               text=True).stdout.strip())
    root.chmod(0o755)
    specs = {}
    try:
        for kind in KINDS:
            for how, mode in (('closed', CLOSED), ('listed', 0o744), ('inside', 0o755)):
                folder = root / f'{kind}-{how}'
                specs[folder.name] = made(kind, folder)
                folder.chmod(mode)
                for inner in folder.iterdir() if how == 'inside' else ():
                    inner.chmod(CLOSED)
        killed = kill_the_recorder_of(write_bag(
            root / 'killed', camera_topics(), StoragePlugin.SQLITE3))
        for file in killed.iterdir():
            if file.name.endswith('-shm'):
                file.unlink()
            else:
                file.chmod(0o444)
        killed.chmod(0o555)
        specs['killed'] = f'bag:{killed},depth=none'
        output, errors = python(WITHOUT_PERMISSION, *specs.values()).communicate()
        assert not errors, errors
        assert not list(killed.glob('*-shm'))
        yield dict(zip(specs, output.splitlines(), strict=True))
    finally:
        subprocess.run(['chmod', '-R', 'u+rwX', root], check=True)
        shutil.rmtree(root)


@pytest.mark.parametrize('kind', KINDS)
def test_a_folder_without_permission_is_named(kind, without_permission):
    line = without_permission[f'{kind}-closed']
    assert f'{kind}-closed' in line and 'Permission denied' in line and r'\n' not in line
    # it can be listed and not entered
    assert 'Permission denied' in without_permission[f'{kind}-listed']
    inside = without_permission[f'{kind}-inside']
    assert f'{kind}-inside' in inside and r'\n' not in inside


def test_the_log_of_a_killed_recorder_is_read_where_nothing_can_be_written(without_permission):
    assert without_permission['killed'] == '4 frames'


@pytest.mark.parametrize('empty', ['', '\n\n', '# nothing yet\n'])
def test_an_empty_list_is_named(tmp_path, empty):
    for kind, list_, key in (
            ('tum', 'rgb.txt', ''), ('tum', 'depth.txt', ''), ('nyu', 'data/nyu2_train.csv', ''),
            ('scannet', 'scenes.txt', 'scenes'), ('kitti', 'list.txt', 'files')):
        root = tmp_path / f'{kind}-{Path(list_).stem}'
        spec = made(kind, root)
        file = text(root / list_, empty)
        with pytest.raises(DatasetError, match=file.name):
            open_reader(f'{spec},{key}={file}' if key else spec)


@pytest.mark.parametrize('kind', KINDS)
def test_the_camera_of_any_kind_can_be_given(tmp_path, kind):
    camera = text(tmp_path / 'mine.txt', '44 0 15.5\n0 45 11.5\n0 0 1\n')
    frame = open_reader(f'{made(kind, tmp_path / "data")},camera={camera}')[0]
    assert (frame.intrinsics.fx, frame.intrinsics.fy) == (44, 45)
    assert frame.intrinsics.size == frame.size
    text(camera, 'no numbers')
    with pytest.raises(DatasetError, match='mine.txt does not begin with 9 numbers'):
        open_reader(f'{kind}:{tmp_path}/data,camera={camera}')


def test_the_first_frame_is_the_first_that_can_be_read(tmp_path):
    spec = made('folder', tmp_path / 'data')
    (tmp_path / 'data' / 'image' / '0.png').write_bytes(b'damaged')
    assert first_frame(open_reader(spec)).name == '1'
    for number in (1, 2):
        (tmp_path / 'data' / 'image' / f'{number}.png').write_bytes(b'damaged')
    with pytest.raises(DatasetError, match='2.png is damaged'):
        first_frame(open_reader(spec))


def test_without_a_home_a_path_with_a_tilde_is_refused():
    code = ('from depth_distill_ros.datasets import open_reader\n'
            'from depth_distill_ros.errors import DepthDistillError\n'
            'import pathlib\n'
            'def homeless(*_): raise RuntimeError("Could not determine home directory.")\n'
            'pathlib.Path.expanduser = homeless\n'
            'try:\n    open_reader("folder:~/data")\n'
            'except DepthDistillError as error:\n    print(error)')
    output, errors = python(code).communicate()
    assert 'there is no home folder' in output, errors
