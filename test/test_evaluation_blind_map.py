# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The blind map is the median of each pixel of a training side, and is judged on others."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.evaluation import blind_map
from depth_distill_ros.evaluation.blind_map import OtherFrames, learn
from depth_distill_ros.evaluation.blind_network import BlindNetwork
from depth_distill_ros.evaluation.gain import gain
from depth_distill_ros.evaluation.protocol import PROTOCOLS, Evaluation
from depth_distill_ros.frame import Frame

SIZE = (24, 32)
ROWS = np.tile(np.linspace(1, 4, 24, dtype=np.float32)[:, None], (1, 32))


def frame(depth, name=''):
    return Frame(np.zeros((*depth.shape, 3), np.uint8), depth.astype(np.float32), name=name)


def frames(*factors):
    return [frame(factor * ROWS) for factor in factors]


def test_it_is_the_median_of_each_pixel():
    learned = learn(frames(1.0, 1.2, 9.0))
    np.testing.assert_allclose(learned.depth, 1.2 * ROWS, rtol=1e-3)
    np.testing.assert_allclose(learn(frames(1.0, 1.2)).depth, 1.1 * ROWS, rtol=1e-3)


def test_holes_do_not_count_and_a_pixel_without_any_depth_has_the_median_of_all():
    holed = frames(1.0, 1.2, 9.0)
    holed[2].depth[:] = np.nan
    for each in holed:
        each.depth[0, 0] = 0
    learned = learn(holed)
    np.testing.assert_allclose(learned.depth[1:], 1.1 * ROWS[1:], rtol=1e-3)
    assert learned.depth[0, 0] == pytest.approx(np.median(1.1 * ROWS), rel=0.05)
    assert np.isfinite(learned.depth).all()


@pytest.mark.parametrize('none', [[], [Frame(np.zeros((*SIZE, 3), np.uint8))],
                                  frames(float('nan'))])
def test_without_a_depth_there_is_nothing_to_learn(none):
    with pytest.raises(DepthDistillError, match='no frame has a depth'):
        learn(none)


def test_large_frames_are_reduced_and_small_ones_stay():
    assert learn([frame(np.ones((480, 640)))]).depth.shape == (96, 128)
    assert learn([frame(np.ones((360, 640)))]).depth.shape == (96, 171)
    assert learn(frames(1.0)).depth.shape == SIZE


def test_a_frame_that_taught_it_is_refused_and_another_is_not():
    taught, other = frames(1.0, 1.2), frames(1.3)[0]
    learned = learn(taught)
    assert OtherFrames([other], learned)[0] is other
    # as a file of another format may hold it, off by a rounding error
    same = replace(taught[1], depth=taught[1].depth * np.float32(1 + 1e-7), name='kitchen_07')
    with pytest.raises(DepthDistillError, match='learned from frame kitchen_07'):
        OtherFrames([other, same], learned)[1]


def test_a_file_holds_the_map_and_which_frames_taught_it(tmp_path):
    learned = learn(frames(1.0, 1.2))
    learned.save(tmp_path / 'map.npz')
    again = blind_map.load(tmp_path / 'map.npz')
    np.testing.assert_allclose(again.depth, learned.depth, rtol=1e-3)
    (same, other) = frames(1.2, 1.3)
    assert again.learned_from(same.depth) and not again.learned_from(other.depth)


@pytest.mark.parametrize('content', [
    b'', b'PK\x03\x04 half a file', b'depth', {'depth': np.ones((2, 2))},
    {'depth': np.full((2, 2), np.nan), 'learned': np.zeros(1, np.uint64)},
    {'depth': np.ones(3), 'learned': np.zeros(1, np.uint64)}])
def test_another_file_is_refused_by_its_name(tmp_path, content):
    path = tmp_path / 'map.npz'
    path.write_bytes(content) if isinstance(content, bytes) else np.savez(path, **content)
    with pytest.raises(DepthDistillError, match=r'map\.npz.*models blind-map'):
        blind_map.load(path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DepthDistillError, match='nowhere.npz: cannot be read'):
        blind_map.load(tmp_path / 'nowhere.npz')


@pytest.mark.parametrize('protocol', ['robot', 'nyu', 'nyu-labelled', 'kitti-eigen'])
@pytest.mark.parametrize('size', [(24, 32), (40, 48), (48, 64)])
def test_its_pixels_are_those_of_the_frames_in_every_protocol(protocol, size):
    columns = np.tile(np.linspace(1, 4, 160, dtype=np.float32), (96, 1))
    frames = [frame(columns * factor) for factor in (1.0, 1.0, 2.0)]
    network = BlindNetwork(learn(frames), PROTOCOLS[protocol], size)
    evaluation = Evaluation(network, size, PROTOCOLS[protocol], torch.device('cpu'))
    (result, *_) = evaluation.frames(frames)
    # the ends of a reduced map are half a pixel from those of the frame
    np.testing.assert_allclose(result.prediction, np.where(
        np.isnan(result.reference), result.prediction, result.reference), atol=0.06)


def test_whatever_the_image_shows_the_map_stays():
    network = BlindNetwork(learn(frames(1.0)), PROTOCOLS['robot'], SIZE)
    found = network(torch.randn(3, 3, *SIZE))
    assert found.shape == (3, 1, *SIZE) and (found == found[:1]).all()


@pytest.mark.parametrize('student, expected', [(0.6, 0.0), (0.85, 1.0), (0.725, 0.5), (0.5, -0.4)])
def test_the_gain_is_the_students_share_of_what_the_teacher_has_beyond_the_map(student, expected):
    assert gain(student, 0.6, 0.85) == pytest.approx(expected)


def test_a_teacher_that_is_no_better_than_the_map_gives_no_gain():
    assert gain(0.7, 0.6, 0.6) is None and gain(0.7, 0.6, 0.5) is None
