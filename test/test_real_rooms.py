# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""benchmarks/real_rooms.py: what it trains on, and that an interrupted training goes on."""

from pathlib import Path
import sys

import numpy as np
import pytest
import torch
from torch import nn

from depth_distill_ros.datasets import open_reader
from depth_distill_ros.frame import Frame
from depth_distill_ros.networks import build
from depth_distill_ros.networks.model_folder import ModelCard
from depth_distill_ros.shipped import shipped_robot_rooms, shipped_student

sys.path.append(str(Path(__file__).resolve().parents[1] / 'benchmarks'))

import real_rooms  # noqa: E402
import room_images  # noqa: E402
import room_judge  # noqa: E402
import room_views  # noqa: E402
import room_weights  # noqa: E402

pytestmark = pytest.mark.slow


@pytest.fixture(scope='module')
def frames():
    return [open_reader(f'folder:{shipped_robot_rooms()}')[index] for index in (0, 40, 80)]


def test_a_wall_in_front_of_a_turned_and_nearer_camera_has_the_depth_of_geometry(frames):
    camera = frames[0].intrinsics
    _, columns = np.indices(frames[0].size)

    def at(column):
        """Return the depth of the plane z = 3 + 0.5 x in the camera's frame."""
        return 3.0 / (1.0 - 0.5 * (column - camera.cx) / camera.fx)

    image = np.repeat((columns % 256).astype(np.uint8)[..., None], 3, 2)
    wall = Frame(image, at(columns).astype(np.float32), intrinsics=camera)
    seen, depth = room_views.turned(wall, np.random.default_rng(3))
    # a pixel of the new image shows the column of the old one that its grey level tells
    whole = np.isfinite(depth)
    ratio = depth[whole] / at(seen[..., 0][whole].astype(float))
    assert whole.mean() > 0.9
    # the zoom divides all depth alike; the turn changes it from side to side by a few percent
    assert 1 / (1.1 * room_views._MOST_ZOOM) < np.median(ratio) < 1.0
    assert ratio.std() < 0.1 * np.median(ratio)


def test_a_mixture_has_each_pixel_of_one_of_two_images_or_of_both_blended():
    one, other = (np.full((48, 64, 3), grey, np.uint8) for grey in (40, 200))
    depth = np.tile(np.linspace(1.0, 4.0, 64, dtype=np.float32), (48, 1))
    depth[:, 5] = np.nan
    random = np.random.default_rng(0)
    mixtures = [room_views.mixed(one, depth, other, random)[..., 0] for _ in range(40)]
    assert all(40 < mixture.min() < 200 or set(np.unique(mixture)) == {40, 200}
               for mixture in mixtures)
    # the near half of one before the other, without what has no depth
    near = [mixture for mixture in mixtures if (mixture[:, 5] == 200).all()
            and (mixture[:, 6] == 40).all()]
    assert near and all((np.diff(mixture[0, 6:].astype(int)) >= 0).all() for mixture in near)


def test_a_photo_is_cut_in_its_middle_to_the_shape_of_the_frames(frames):
    height, width = frames[0].size
    for size in ((2 * height, 4 * width), (3 * height, width), (height // 2, width)):
        # grey levels tell the place, from side to side or from top to bottom
        wide = size[1] * height > size[0] * width
        ramp = np.linspace(0, 255, size[1] if wide else size[0]).astype(np.uint8)
        ramp = np.broadcast_to(ramp if wide else ramp[:, None], size)
        photo, = room_images.Photos([([Frame(np.repeat(ramp[..., None], 3, 2))], 0)], frames[0])
        assert photo.size == (height, width) and photo.intrinsics == frames[0].intrinsics
        grey = photo.image[..., 0].astype(float)
        assert abs(grey.mean() - 127.5) < 2
        assert np.ptp(grey) == pytest.approx(
            255 * min(size[0] * width / height / size[1], size[1] * height / width / size[0]),
            abs=4)


def test_half_of_what_a_teacher_answers_is_made_of_photos_and_half_is_seen_alone(frames):
    def one(grey, depth=None):
        return Frame(np.full((*frames[0].size, 3), grey, np.uint8), depth,
                     intrinsics=frames[0].intrinsics)

    plan = real_rooms.Plan(4, 2, 1, 1e-3, ((1.0, (48, 64)),))
    room, photo = one(50, np.ones(frames[0].size, np.float32)), one(200)
    training = real_rooms.Training(str(shipped_student('general')), [''], [room], plan, 0, [photo])
    found = [set(np.unique(training._asked())) for _ in range(200)]
    rooms, photos = (sum(image == {grey} for image in found) for grey in (50, 200))
    # a half alone, and half of the mixtures are of two rooms or of two photos
    assert 55 < rooms < 95 and 55 < photos < 95
    assert sum({50, 200} <= image for image in found) > 20
    losses = [training.train_step() for _ in range(2)]
    assert np.isfinite(losses).all()


def test_the_agreement_is_the_share_of_pixels_within_a_quarter_of_the_answer(frames):
    answered = []

    def answers(images, size):
        answered.append(size)
        return torch.full((1, 1, *size), 2.0)

    class Guess(nn.Module):
        def forward(self, x):
            factors = torch.tensor([0.79, 0.81, 1.24, 1.26]).repeat_interleave(x.shape[-1] // 4)
            return (2.0 * factors).expand(len(x), 1, *x.shape[-2:])

    judge = room_judge.Judge(frames[:1], [frame.image for frame in frames[1:]], answers)
    card = ModelCard('lden_light', 'efficientnet_lite0', (48, 64))
    for _ in range(2):
        assert judge.figures(Guess(), card, (48, 64))['agreement'] == 0.5
    # a teacher is asked once about each photo
    assert answered == [(48, 64)] * 2
    assert 'agreement' not in room_judge.Judge(frames[:1], [], answers).figures(
        Guess(), card, (48, 64))


def test_of_several_teachers_the_answer_is_the_geometric_mean(frames):
    plan = real_rooms.Plan(12, 2, 1, 1e-3, ((1.0, (48, 64)),))
    one, other, both = (real_rooms.Training(str(shipped_student('general')), teachers, frames,
                                            plan, 0).answers([frames[0].image], (48, 64))
                        for teachers in ([''], ['real'], ['', 'real']))
    assert torch.allclose(both, (one * other).sqrt(), rtol=1e-5)


def test_the_answer_to_the_mirror_image_is_the_mirrored_answer(frames):
    plan = real_rooms.Plan(4, 2, 1, 1e-3, ((1.0, (48, 64)),))
    training = real_rooms.Training('efficientnet_lite0', [''], frames, plan, 0)
    image = frames[0].image
    one, other = (training.answers([view], (48, 64)) for view in (image, image[:, ::-1].copy()))
    assert torch.allclose(one.flip(-1), other, rtol=1e-4)


def test_a_training_starts_from_imagenet_by_the_name_of_its_encoder(frames):
    plan = real_rooms.Plan(4, 2, 1, 1e-3, ((1.0, (48, 64)),))
    training = real_rooms.Training('efficientnet_lite0', [''], frames, plan, 0)
    published = build('lden_light', 'efficientnet_lite0', pretrained=True)
    for found, expected in zip(training.network.encoder.parameters(),
                               published.encoder.parameters(), strict=True):
        assert torch.equal(found, expected)


def test_of_the_start_s_weights_the_given_share_is_kept(frames):
    start, trained = (build('lden_light', 'efficientnet_lite0') for _ in range(2))
    for network in (start, trained):
        network(torch.rand(2, 3, 64, 96))  # the statistics move, too
    trained(torch.rand(2, 3, 64, 96))
    found = room_weights.between(start, trained, 0.25).state_dict()
    for name, value in trained.state_dict().items():
        if name.endswith('num_batches_tracked'):
            assert found[name] == value == 2
        else:
            expected = 0.25 * start.state_dict()[name] + 0.75 * value
            assert torch.allclose(found[name], expected, atol=1e-6), name


def test_with_another_size_of_the_images_the_average_of_the_weights_begins_anew(frames):
    plan = real_rooms.Plan(8, 2, 1, 1e-2, ((0.5, (48, 64)), (1.0, (64, 96))))
    training = real_rooms.Training(str(shipped_student('general')), [''], frames, plan, 0)

    def is_the_network():
        return all(torch.equal(one, other) for one, other in zip(
            training.average.module.parameters(), training.network.parameters(), strict=True))

    averages = []
    for _ in range(4):
        training.train_step()
        averages.append(is_the_network())
    assert averages == [True, False, True, False]


def test_a_training_that_was_interrupted_goes_on_as_if_it_was_not(frames):
    plan = real_rooms.Plan(12, 2, 1, 1e-3, ((0.5, (48, 64)), (1.0, (64, 96))))

    def training():
        return real_rooms.Training(str(shipped_student('general')), [''], frames, plan, 0)

    whole, first, second = training(), training(), training()
    losses = [whole.train_step() for _ in range(4)]
    for _ in range(2):
        first.train_step()
    second.load(first.state())
    assert [second.train_step() for _ in range(2)] == losses[2:]
    for one, other in zip(whole.average.parameters(), second.average.parameters(), strict=True):
        assert torch.equal(one, other)
