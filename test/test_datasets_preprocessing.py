# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Pipelines move image, depth, classes and camera together, and repeat with their numbers."""

from dataclasses import replace
import pickle

from dataset_files import made_image
import numpy as np
import pytest

from depth_distill_ros.datasets import DatasetError, Frame
from depth_distill_ros.datasets.kinds import KINDS
from depth_distill_ros.datasets.photometric import dacnn, hu
from depth_distill_ros.datasets.preprocessing import Fit, Indoor, RandomCrop, preparation
from depth_distill_ros.datasets.transforms import flipped, rotated
from depth_distill_ros.frame import FrameSizeError
from depth_distill_ros.geometry.intrinsics import Intrinsics

# A flat wall, seen by a camera with square pixels: X and Y of each pixel are known.
CAMERA = Intrinsics(500.0, 500.0, 330.0, 250.0, 480, 640)


def sample(size=(480, 640), right=False):
    """Return an image that encodes where its pixels were, in red (x / 4) and green (y / 4)."""
    rows, columns = np.mgrid[0:size[0], 0:size[1]]
    image = np.stack([columns // 4, rows // 4, np.full(size, 99)], -1).astype(np.uint8)
    depth = (1 + columns / 100).astype(np.float32)
    depth[rows < 40] = np.nan
    semantics = (1 + rows // 40).astype(np.uint8)
    return Frame(image, depth, semantics, CAMERA if size == CAMERA.size else None,
                 np.roll(image, 20, 1) if right else None, name='wall')


def random(number=0):
    return np.random.default_rng(number)


def directions(prepared):
    """Return X/Z of the row and column through the middle, from camera and image."""
    camera, image = prepared.intrinsics, prepared.image.astype(float)
    row, column = camera.height // 2, camera.width // 2
    said = (column - camera.cx) / camera.fx, (row - camera.cy) / camera.fy
    shown = ((image[row, column, 0] * 4 + 1.5 - CAMERA.cx) / CAMERA.fx,
             (image[row, column, 1] * 4 + 1.5 - CAMERA.cy) / CAMERA.fy)
    return np.array(said), np.array(shown)


def test_the_test_pipeline_is_half_size_and_the_middle():
    prepared = Indoor()(sample())
    assert prepared.image.shape == (228, 304, 3) and prepared.depth.shape == (228, 304)
    # Offsets 8 and 6 at half size: the first pixel shows columns 16, 17 and rows 12, 13.
    assert prepared.image[0, 0].tolist() == [4, 3, 99]
    assert prepared.depth[100, 0] == pytest.approx(1.17, abs=0.011)
    assert np.isnan(prepared.depth[13]).all() and np.isfinite(prepared.depth[14]).all()
    assert prepared.semantics[14, 0] == 2 and prepared.semantics[13, 0] == 1
    said, shown = directions(prepared)
    np.testing.assert_allclose(said, shown, atol=0.005)


def test_the_training_pipeline_gives_depth_at_half_the_size_of_the_crop():
    prepared = Indoor(depth_size=(114, 152))(sample())
    assert prepared.image.shape == (228, 304, 3) and prepared.depth.shape == (114, 152)
    shown = prepared.image[1::2, 1::2, 0] * 4.0
    np.testing.assert_allclose(prepared.depth[60], 1 + shown[60] / 100, atol=0.05)


def test_any_image_covers_any_crop():
    for size in ((100, 300), (531, 681), (300, 100), (240, 320)):
        for wanted in ((96, 128), (256, 512), (228, 304)):
            prepared = Indoor(wanted, flip=True, rotation=5.0)(sample(size), random())
            assert prepared.image.shape[:2] == prepared.depth.shape == wanted


def test_a_mirrored_image_is_that_of_a_mirrored_camera():
    mirrored = flipped(sample())
    np.testing.assert_array_equal(mirrored.image[:, ::-1], sample().image)
    np.testing.assert_array_equal(mirrored.depth[:, ::-1], sample().depth)
    assert mirrored.intrinsics.cx == 639 - 330
    assert flipped(mirrored).intrinsics == CAMERA
    shares = [Indoor(flip=True)(sample(), random(n)).image[0, 0, 0] > 80 for n in range(60)]
    assert 15 < sum(shares) < 45


def test_a_turn_moves_everything_alike_and_uncovers_the_unknown():
    turned = rotated(sample(), 5.0)
    assert turned.image[0, 0].tolist() == [0, 0, 0] and turned.semantics[0, 0] == 0
    assert np.isnan(turned.depth[0, 0])
    # The image's own record of x against the depth that was made of it.
    inside = (slice(100, 380), slice(100, 540))
    error = turned.depth[inside] - (1 + (turned.image[inside][..., 0] * 4.0 + 1.5) / 100)
    assert np.abs(error).max() < 0.06
    # Counterclockwise: what was in the middle of the right edge goes up.
    assert turned.image[212, 620, 1] * 4.0 == pytest.approx(238, abs=6)
    principal = round(turned.intrinsics.cy), round(turned.intrinsics.cx)
    np.testing.assert_allclose(
        turned.image[principal][:2].astype(int) * 4, (CAMERA.cx, CAMERA.cy), atol=5)
    np.testing.assert_array_equal(rotated(sample(), 0.0).image, sample().image)


def test_turns_stay_within_their_bounds_and_differ():
    angles = set()
    for number in range(20):
        image = Indoor(rotation=5.0)(sample(), random(number)).image.astype(float)
        slope = (image[114, 280, 1] - image[114, 24, 1]) / (image[114, 280, 0] - image[114, 24, 0])
        angles.add(round(np.degrees(np.arctan(slope)), 1))
    assert len(angles) > 10 and max(map(abs, angles)) < 5.6 and max(map(abs, angles)) > 3


def test_a_crop_takes_the_same_part_of_both_views_and_the_depth():
    corners = set()
    for number in range(40):
        cut = RandomCrop((256, 512))(sample(right=True), random(number))
        assert cut.image.shape == cut.right.shape == (256, 512, 3)
        left = round((cut.depth[200, 0] - 1) * 100)
        assert left // 4 == cut.image[0, 0, 0]
        np.testing.assert_array_equal(cut.right[:, 20:], cut.image[:, :-20])
        assert cut.intrinsics.cx == CAMERA.cx - left
        corners.add((left, int(cut.image[0, 0, 1])))
    assert len(corners) > 35
    with pytest.raises(DatasetError, match=r'wall: a crop of \(500, 512\) does not fit'):
        RandomCrop((500, 512))(sample(), random())


def test_stereo_pairs_are_neither_mirrored_nor_turned():
    with pytest.raises(DatasetError, match='cannot be mirrored'):
        flipped(sample(right=True))
    with pytest.raises(DatasetError, match='cannot be rotated'):
        rotated(sample(right=True), 1.0)
    for spec in ('folder:/x', 'kitti:/x,stereo=yes'):
        prepare = preparation(spec, (96, 128), ('depth', 'right'))
        assert prepare.photometric is dacnn
        for number in range(8):
            assert prepare.pipeline(sample(right=True), random(number)).right.shape == (96, 128, 3)


def test_depth_of_another_size_than_the_image_is_refused():
    wrong = replace(sample(), depth=sample().depth[:, :-1])
    for pipeline in (Indoor(), RandomCrop(), Fit((96, 128), (48, 64))):
        with pytest.raises(FrameSizeError, match='depth of size 480x639 .* of 480x640'):
            pipeline(wrong, random())


def test_a_camera_image_is_fitted_as_the_nodes_do():
    prepared = Fit((96, 128), (48, 64))(replace(sample(), semantics=None))
    assert prepared.image.shape == (96, 128, 3) and prepared.depth.shape == (48, 64)
    assert prepared.semantics is None
    said, shown = directions(prepared)
    np.testing.assert_allclose(said, shown, atol=0.008)
    small = Frame(made_image(0, (96, 128)), name='small')
    assert Fit((96, 128))(small).image is not None
    np.testing.assert_array_equal(Fit((96, 128))(small).image, small.image)


def test_equal_random_numbers_give_equal_samples_in_any_process():
    for pipeline in (Indoor((96, 128), (48, 64), True, 5.0), RandomCrop((96, 128)),
                     Fit((96, 128), None, True)):
        again = pickle.loads(pickle.dumps(pipeline))
        assert again == pipeline
        first, second = pipeline(sample(), random(7)), again(sample(), random(7))
        np.testing.assert_array_equal(first.image, second.image)
        np.testing.assert_array_equal(first.depth, second.depth)


@pytest.mark.parametrize('kind', KINDS)
def test_every_kind_of_data_has_a_preparation_for_learning_and_for_distilling(kind):
    source = sample((240, 320))
    learning = preparation(f'{kind}:/data,split=train', (96, 128), ('depth',))
    prepared = learning.pipeline(source, random())
    assert prepared.image.shape == (96, 128, 3) and not learning.plain
    assert prepared.depth.shape == ((96, 128) if kind == 'kitti' else (48, 64))
    assert learning.photometric is (dacnn if kind == 'kitti' else hu)
    distilling = preparation(f'{kind}:/data', (96, 128), ('semantics',))
    assert distilling.photometric is None
    first, second = (distilling.pipeline(source, random(n)).image for n in range(2))
    assert distilling.plain == np.array_equal(first, second) == (kind != 'kitti')
