# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Data sets as people have them: what holds for all ten kinds, and damaged parts."""

from dataset_files import made_image, stored_depth, text, write
from dataset_kinds import CAMERA, COUNT, DEPTH, KINDS, made
import pytest
from test_datasets_kitti import CALIBRATION

from depth_distill_ros.datasets import DatasetError, first_frame, open_reader, readable_frames
from depth_distill_ros.errors import DepthDistillError

LFS = 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n'


@pytest.mark.parametrize('kind', KINDS)
def test_every_kind_reads_its_frames(tmp_path, kind):
    reader = open_reader(made(kind, tmp_path / 'data'))
    assert len(reader) == COUNT and reader.left_out == [] or kind == 'bag'
    for index in range(len(reader)):
        frame = reader[index]
        assert frame.depth is None or frame.depth.shape == frame.size
    with pytest.raises(IndexError):
        reader[len(reader)]


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


def test_images_that_are_neither_jpeg_nor_png_are_told(tmp_path):
    spec = made('folder', tmp_path / 'data')
    for n in range(2):
        write(tmp_path / 'data' / 'image' / f'w{n}.webp', made_image(n))
    reader = open_reader(spec)
    assert len(reader) == COUNT
    assert 'holds 2 images that are neither JPEG nor PNG, the first being w0' in reader.remarks[0]


def test_a_pointer_of_git_lfs_is_told_with_the_command_that_fetches_the_file(tmp_path):
    bag = text(tmp_path / 'a.mcap', LFS)
    with pytest.raises(DatasetError, match='a.mcap .* with "git lfs pull"'):
        open_reader(f'bag:{bag}')
    spec = made('folder', tmp_path / 'data')
    text(tmp_path / 'data' / 'image' / '1.png', LFS)
    with pytest.raises(DatasetError, match='image/1.png .* with "git lfs pull"'):
        open_reader(spec)[1]


def test_files_without_content_are_damaged_and_hold_no_frame(tmp_path):
    spec = made('store', tmp_path / 'store')
    (tmp_path / 'store' / 'data.mdb').write_bytes(b'')
    with pytest.raises(DepthDistillError, match='data.mdb there is damaged or no store'):
        open_reader(spec)
    mat = made('nyu-mat', tmp_path / 'mat')
    text(tmp_path / 'mat' / 'nyu_depth_v2_labeled.mat', LFS)
    with pytest.raises(DatasetError, match='git lfs pull'):
        open_reader(mat)
