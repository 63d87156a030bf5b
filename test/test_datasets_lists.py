# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Names, lists and texts of data sets as people write them."""

import os
from pathlib import Path
import shutil

from dataset_files import assert_depth, assert_image, made_image, stored_depth, text, write
from dataset_kinds import COLOUR, COUNT, DEPTH, made
import pytest
from test_datasets_kitti import DATE, DRIVE

from depth_distill_ros.datasets import DatasetError, open_reader


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
