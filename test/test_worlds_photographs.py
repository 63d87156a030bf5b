# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Rooms with photographs of a user's folder on their walls and surfaces."""

import cv2
import numpy as np
import pytest

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.worlds.rooms import look_file, photographs
from depth_distill_ros.worlds.rooms.generate import generate

PURE = (250, 10, 190)  # no room draws this colour all over a texture


@pytest.fixture
def look(tmp_path):
    """Return the look of a file beside a folder of photographs, of one colour each."""
    (tmp_path / 'mine' / 'deeper').mkdir(parents=True)
    for name, colour in (('a.png', PURE), ('deeper/b.jpg', PURE)):
        image = np.full((900, 600, 3), colour[::-1], np.uint8)
        cv2.imwrite(str(tmp_path / 'mine' / name), image)

    def written(share, folder='mine'):
        file = tmp_path / 'look.yaml'
        file.write_text('clutter: {pictures: [4, 6]}\n'
                        f'textures: {{photographs: {folder}, photographed: {share}}}\n')
        return look_file.load(file)
    return written


def photographed(room):
    return {name for name, texture in room.textures.items()
            if np.abs(texture.astype(int) - PURE).max() < 12}


def test_every_surface_and_picture_is_of_a_photograph_where_the_look_says_so(look):
    rooms = [generate(look(1.0), (seed, 0)) for seed in range(4)]
    for room in rooms:
        surfaces = {name for name in room.textures if name != 'spines'}
        assert photographed(room) == surfaces >= {'floor', 'wall', 'wood0', 'fabric0'}
    assert any(name.startswith('print') for room in rooms for name in room.textures)


def test_a_share_of_the_surfaces_is_of_photographs(look):
    names = ('floor', 'wall', 'wood0', 'wood1', 'fabric0', 'fabric1', 'fabric2')
    rooms = [generate(look(0.5), (seed, 0)) for seed in range(20)]
    share = np.mean([name in photographed(room) for room in rooms for name in names])
    assert 0.3 < share < 0.7


def test_without_photographs_on_surfaces_only_pictures_show_them(look):
    room = generate(look(0.0), (0, 0))
    assert photographed(room) <= {'print0', 'print1', 'print2'}


def test_a_texture_continues_at_its_edges(tmp_path):
    ramp = np.tile(np.arange(250, dtype=np.uint8)[:, None, None], (1, 250, 3))
    cv2.imwrite(str(tmp_path / 'ramp.png'), ramp)
    texture = photographs.seamless(tmp_path, np.random.default_rng(0), 64)
    assert texture.shape == (64, 64, 3)
    np.testing.assert_array_equal(texture[0], texture[-1])
    np.testing.assert_array_equal(texture[:, 0], texture[:, -1])
    assert texture.std() > 5


@pytest.mark.parametrize('folder', ['deserted', 'nowhere'])
def test_a_folder_without_photographs_is_one_line_that_names_the_key(look, tmp_path, folder):
    (tmp_path / 'deserted').mkdir()
    with pytest.raises(DepthDistillError, match='textures.photographs: .* holds no') as error:
        look(1.0, folder)
    assert 'look.yaml' in str(error.value) and '\n' not in str(error.value)


def test_a_file_that_is_no_image_is_named(look, tmp_path):
    for path in (tmp_path / 'mine').rglob('*.*'):
        path.unlink()
    (tmp_path / 'mine' / 'broken.jpg').write_bytes(b'no image')
    photographs.in_folder.cache_clear()
    with pytest.raises(DepthDistillError, match='broken.jpg cannot be read'):
        generate(look(1.0), (0, 0))
