# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Further faults of recordings, calibrations and lists: the right value, or a line with a cure."""

from contextlib import closing
import shutil
import sqlite3

from dataset_files import assert_depth, assert_image, made_image, stored_depth, text, write
from dataset_kinds import COUNT, made
import numpy as np
import pytest
from rosbags.rosbag2 import StoragePlugin
from test_datasets_bag import START, camera_topics, image, write_bag
from test_datasets_bag_faults import file_of
import yaml

from depth_distill_ros.datasets import DatasetError, open_reader, readable_frames
from depth_distill_ros.datasets.bags import sqlite as sqlite_files
from depth_distill_ros.errors import DepthDistillError

MCAP, SQLITE3 = StoragePlugin.MCAP, StoragePlugin.SQLITE3
LFS = 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n'


def with_metadata(bag, change):
    metadata = bag / 'metadata.yaml'
    entries = yaml.safe_load(metadata.read_text())
    change(entries['rosbag2_bagfile_information'])
    metadata.write_text(yaml.safe_dump(entries))


# Bags.

@pytest.mark.parametrize('kind', ['acme_msgs/msg/Odd', 'sensor_msgs/msg/CameraInfo'])
def test_a_topic_that_was_registered_twice_keeps_its_images(tmp_path, kind):
    bag = write_bag(tmp_path / 'bag', camera_topics(), SQLITE3)
    with sqlite3.connect(file_of(bag)) as database:
        database.execute(
            f"INSERT INTO topics VALUES (0, '/camera/image_raw', '{kind}', 'cdr', '', '')")
    reader = open_reader(f'bag:{bag},depth=/camera/depth/image_rect')
    assert len(reader) == 2
    assert_image(reader[1].image, 2, exact=True)


@pytest.mark.parametrize('spoil', [
    lambda file: file.touch(), lambda file: sqlite3.connect(file).execute('CREATE TABLE a (b)')])
def test_one_of_several_files_that_cannot_be_read_is_told_and_costs_no_other(tmp_path, spoil):
    bag = write_bag(tmp_path / 'bag', camera_topics(), SQLITE3)
    spoil(bag / 'bag_1.db3')
    with_metadata(bag, lambda about: about['relative_file_paths'].append('bag_1.db3'))
    reader = open_reader(f'bag:{bag}')
    assert len(reader) == 2 and 'bag_1.db3 is ' in reader.remarks[0]
    del reader  # which holds the files open
    (bag / 'bag.db3').unlink()
    with pytest.raises(DatasetError, match='bag_1.db3 is '):
        open_reader(f'bag:{bag}')


def test_the_names_in_the_metadata_may_be_of_another_computer_or_of_before(tmp_path):
    bag = write_bag(tmp_path / 'bag', camera_topics(), MCAP)
    with_metadata(bag, lambda about: about.update(
        relative_file_paths=['C:\\bags\\' + about['relative_file_paths'][0]]))
    assert open_reader(f'bag:{bag}').remarks == []
    assert len(open_reader(f'bag:{bag}/metadata.yaml')) == 2
    file_of(bag).rename(bag / 'kitchen.mcap')
    reader = open_reader(f'bag:{bag}')
    assert len(reader) == 2 and 'or was a file renamed?): all 1 files' in reader.remarks[0]


def test_a_recorder_that_was_killed_while_it_compressed_doubles_no_message(tmp_path):
    bag = write_bag(tmp_path / 'bag', camera_topics(), MCAP)
    file = file_of(bag)
    shutil.copy(file, f'{file}.zstd')  # whatever it wrote so far
    (bag / 'metadata.yaml').unlink()
    reader = open_reader(f'bag:{bag},depth=none')
    assert len(reader) == 4 and all('zstd' not in line for line in reader.remarks)


def test_a_bag_that_its_recorder_keeps_to_itself_is_told_from_a_damaged_one(
        tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite_files, '_PATIENCE', 0.01)
    bag = write_bag(tmp_path / 'bag', camera_topics(), SQLITE3)
    with closing(sqlite3.connect(file_of(bag), isolation_level=None)) as recorder:
        recorder.execute('PRAGMA journal_mode = WAL')
        recorder.execute('PRAGMA locking_mode = EXCLUSIVE')
        recorder.execute('UPDATE messages SET timestamp = timestamp')
        with pytest.raises(DatasetError, match='locked: is it recorded right now'):
            open_reader(f'bag:{bag}')
    assert len(open_reader(f'bag:{bag}')) == 2


def test_bytes_that_were_lost_inside_a_chunk_are_told(tmp_path):
    file = file_of(write_bag(tmp_path / 'bag', camera_topics(8), MCAP))
    data = bytearray(file.read_bytes())
    middle = len(data) // 2
    data[middle:middle + 4096] = bytes(4096)
    file.write_bytes(data)
    reader = open_reader(f'bag:{file}')
    assert len(reader) + len(reader.left_out) < 8
    assert 'damaged records are left out' in reader.remarks[0]


def test_a_topic_whose_encoding_nobody_knows_is_told_where_another_one_is_taken(tmp_path):
    topics = camera_topics()
    for _, message in topics['/camera/image_raw']:
        message.encoding = '8UC3'
    reader = open_reader(f'bag:{write_bag(tmp_path / "bag", topics)}')
    assert any('/camera/image_raw is not read: the encoding "8UC3"' in line
               for line in reader.remarks)
    bag = write_bag(tmp_path / 'odd', {'/i': [(START, image(made_image(0), '8UC3', START))]})
    with pytest.raises(DatasetError, match='no topic with colour.*/i is not read: .*"8UC3"'):
        open_reader(f'bag:{bag}')


def test_a_camera_info_that_is_not_beside_the_images_is_taken_or_left_and_told(tmp_path):
    topics = camera_topics()
    del topics['/camera/camera_info']
    reader = open_reader(f'bag:{write_bag(tmp_path / "one", topics)}')
    assert reader[0].intrinsics.fx == 99
    assert '/camera/depth/camera_info is taken; if that is of another' in reader.remarks[0]
    topics['/other/camera_info'] = topics['/camera/depth/camera_info']
    reader = open_reader(f'bag:{write_bag(tmp_path / "two", topics)}')
    assert reader[0].intrinsics is None
    assert 'name one with camera_info=TOPIC among /camera/depth/camera_info, /oth' in \
        reader.remarks[0]


def test_a_pointer_of_git_lfs_is_told_with_the_command_that_fetches_the_file(tmp_path):
    bag = text(tmp_path / 'a.mcap', LFS)
    with pytest.raises(DatasetError, match='a.mcap .* with "git lfs pull"'):
        open_reader(f'bag:{bag}')
    spec = made('folder', tmp_path / 'data')
    text(tmp_path / 'data' / 'image' / '1.png', LFS)
    with pytest.raises(DatasetError, match='image/1.png .* with "git lfs pull"'):
        open_reader(spec)[1]


# Calibrations.

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


def test_a_camera_of_a_recording_that_only_p_describes_can_be_given(tmp_path):
    topics = camera_topics()
    for _, message in topics['/camera/camera_info']:
        message.k, message.p = np.zeros(9), np.array([30, 0, 15.5, 0, 0, 30, 11.5, 0, 0, 0, 1, 0.])
    bag = write_bag(tmp_path / 'bag', topics)
    assert 'no intrinsics but those of camera=FILE' in open_reader(f'bag:{bag}').remarks[0]
    camera = text(tmp_path / 'K.txt', '30 0 15.5\n0 30 11.5\n0 0 1')
    assert open_reader(f'bag:{bag},camera={camera}')[0].intrinsics.fx == 30


# Lists and names.

def relisted(root, line):
    for kind in ('rgb', 'depth'):
        text(root / f'{kind}.txt', '\n'.join(line.format(n=n, kind=kind) for n in range(COUNT)))


@pytest.mark.parametrize('line', [
    '{n}.0 "{kind}/{n}.png"', '{n}.0 {kind}/my {n}.png', '170000000{n}000000123,{kind}/{n}.png',
    '170000000{n}000 {kind}/{n}.png'])
def test_names_with_spaces_and_times_in_other_units_are_read(tmp_path, line):
    spec = made('tum', tmp_path / 'data')
    relisted(tmp_path / 'data', line)
    if 'my' in line:
        for file in list((tmp_path / 'data').glob('*/*.png')):
            file.rename(file.with_name(f'my {file.name}'))
    reader = open_reader(spec)
    assert len(reader) == COUNT and reader.left_out == []
    assert_image(reader[2].image, 2, exact=True)
    assert_depth(reader[2].depth, stored_depth(2), 5000)


def test_times_in_nanoseconds_are_matched_within_seconds(tmp_path):
    spec = made('tum', tmp_path / 'data')
    relisted(tmp_path / 'data', '170000000{n}000000000 {kind}/{n}.png')
    text(tmp_path / 'data' / 'depth.txt', '\n'.join(
        f'170000000{n}0{late}000000 depth/{n}.png' for n, late in enumerate(('05', '15', '35'))))
    reader = open_reader(spec)
    assert len(reader) == 2 and len(reader.left_out) == 1


def test_images_that_are_neither_jpeg_nor_png_are_told(tmp_path):
    spec = made('folder', tmp_path / 'data')
    for n in range(2):
        write(tmp_path / 'data' / 'image' / f'w{n}.webp', made_image(n))
    reader = open_reader(spec)
    assert len(reader) == COUNT
    assert 'holds 2 images that are neither JPEG nor PNG, the first being w0' in reader.remarks[0]


# One bad neighbour, in all kinds.

def test_frames_that_cannot_be_read_are_passed_over_unless_they_are_all(tmp_path):
    class Frames(list):
        tried = 0

        def __getitem__(self, index):
            self.tried += 1
            if (frame := super().__getitem__(index)) is None:
                raise DatasetError(f'frame {index} is damaged')
            return frame

    some = Frames([None] * 99 + ['a', None, 'b'] + [None] * 200)
    assert [*readable_frames(some)] == [(99, 'a'), (101, 'b')] and some.tried == len(some)
    assert [*readable_frames(some, [5, 101, 7])] == [(101, 'b')]
    none = Frames([None] * 5000)
    with pytest.raises(DatasetError, match='none of 100 frames .*: frame 99 is damaged'):
        next(readable_frames(none))
    assert none.tried == 100


def test_a_scene_or_a_sequence_without_images_beside_others_is_told(tmp_path):
    scannet, tum = made('scannet', tmp_path / 'scannet'), made('tum', tmp_path / 'tum' / 'a')
    (tmp_path / 'scannet' / 'scans' / 'scene0001_00').mkdir()
    reader = open_reader(scannet)
    assert len(reader) == COUNT
    assert '1 of 2 scenes have no color/*.jpg, the first being scene0001_00' in reader.remarks[0]
    text(tmp_path / 'tum' / 'b' / 'rgb.txt', '# nothing yet\n')
    reader = open_reader(tum.removesuffix('/a'))
    assert len(reader) == COUNT and 'b/rgb.txt is empty' in reader.remarks[0]


def test_a_list_whose_first_image_is_missing_is_read_and_a_bad_line_is_named(tmp_path):
    spec = made('nyu', tmp_path / 'nyu')
    next((tmp_path / 'nyu').rglob('0.jpg')).unlink()
    reader = open_reader(spec)
    assert len(reader) == COUNT
    assert_image(reader[1].image, 1)
    with pytest.raises(DatasetError, match='0.jpg cannot be read'):
        reader[0]
    file = tmp_path / 'nyu' / 'data' / 'nyu2_train.csv'
    text(file, file.read_text() + '\ndata/nyu2_train/half\n')
    with pytest.raises(DatasetError, match='"image,depth": data/nyu2_train/half'):
        open_reader(spec)


def test_files_without_content_are_damaged_and_hold_no_frame(tmp_path):
    spec = made('store', tmp_path / 'store')
    (tmp_path / 'store' / 'data.mdb').write_bytes(b'')
    with pytest.raises(DepthDistillError, match='data.mdb there is damaged or no store'):
        open_reader(spec)
    mat = made('nyu-mat', tmp_path / 'mat')
    text(tmp_path / 'mat' / 'nyu_depth_v2_labeled.mat', LFS)
    with pytest.raises(DatasetError, match='git lfs pull'):
        open_reader(mat)
