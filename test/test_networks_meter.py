# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""METER: exact parameter counts, any size of image, NYU-v2's frame, and the public weights."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from depth_distill_ros.apps.cli import main
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.evaluation.metrics import depth_metrics
from depth_distill_ros.networks import build
from depth_distill_ros.networks.authors import load_authors
from depth_distill_ros.networks.authors.meter import CAMERA
from depth_distill_ros.networks.blocks import resize
from depth_distill_ros.networks.meter import MobileViTBlock, WhiteFrame
from depth_distill_ros.networks.model_folder import load_model
from depth_distill_ros.networks.normalisation import denormalise, normalise, to_input

_SHARED = Path(__file__).resolve().parents[2] / 'shared'
_WEIGHTS = _SHARED / 'models' / 'meter_xxs_nyu' / 'weights.pt'
_NYU = _SHARED / 'data' / 'nyu_v2_labelled' / 'train'


@pytest.mark.parametrize(('size', 'parameters', 'norms'), [
    ('xxs', 713_464, 35), ('xs', 1_449_760, 35), ('s', 3_295_168, 35)])
def test_meter_has_exactly_the_parameters_of_its_authors_network(size, parameters, norms):
    with torch.device('meta'):
        network = build('meter', size)
    assert sum(p.numel() for p in network.parameters()) == parameters
    assert sum(isinstance(m, nn.BatchNorm2d) for m in network.modules()) == norms


@pytest.mark.parametrize('size', [(192, 256), (65, 97), (32, 32)])
def test_meter_answers_any_size_at_a_quarter_with_gradients(size):
    network = build('meter', 'xxs', frame=True)
    depth = network(torch.randn(2, 3, *size))
    assert depth.shape == (2, 1, *(-(-side // 4) for side in size))
    depth.square().mean().backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in network.parameters())


def test_a_pixel_attends_to_its_place_in_every_patch_and_to_no_other():
    torch.manual_seed(0)
    block = MobileViTBlock(8, 16, 32).eval()
    x = torch.randn(1, 16, 4, 6)
    with torch.no_grad():
        before = block._attended(x)
        x[0, :, 1, 2] += 1
        changed = (block._attended(x) != before).any(1)[0]
    assert changed[1::2, ::2].all()
    assert changed.sum() == 6


def test_meter_has_no_imagenet_weights_and_three_sizes():
    with pytest.raises(DepthDistillError, match='no ImageNet weights'):
        build('meter', 'xxs', pretrained=True)
    with pytest.raises(DepthDistillError, match="no backbone 'l'.*xxs, xs, s"):
        build('meter', 'l')


def test_the_frame_is_white_and_as_wide_as_nyu_s():
    x = normalise(torch.rand(1, 3, 240, 320))
    framed = WhiteFrame()(x)
    changed = (framed != x).any(1)[0]
    assert [int(changed[:, 160].sum()), int(changed[120].sum())] == [3 + 3, 4 + 4]
    assert torch.equal(framed[..., 3:-3, 4:-4], x[..., 3:-3, 4:-4])
    edges = denormalise(framed)[0, :, [0, 1, -2, -1], 160]
    assert torch.allclose(edges, torch.tensor(254 / 255), atol=1e-5)


@pytest.fixture(scope='module')
def teacher(tmp_path_factory):
    """Return METER XXS of NYU-v2 through the command, and its card."""
    if not _WEIGHTS.is_file():
        pytest.skip(f'{_WEIGHTS} is not there: the public weights of METER XXS')
    out = tmp_path_factory.mktemp('meter') / 'meter'
    assert main(['models', 'import', '--format', 'meter-authors', str(_WEIGHTS), str(out)]) == 0
    return load_model(out)


def test_the_public_weights_come_with_their_camera_and_frame(teacher):
    _, card = teacher
    assert (card.network, card.backbone, card.size) == ('meter', 'xxs', (192, 256))
    assert card.options == {'frame': True}
    assert card.intrinsics == CAMERA
    assert np.degrees(CAMERA.vertical_fov) == pytest.approx(49.6, abs=0.1)


def test_imported_weights_answer_in_metres(teacher):
    # The authors' network itself answers 100 times as much; a room is some metres deep.
    network, _ = teacher
    weights = torch.load(_WEIGHTS, weights_only=True, map_location='cpu')
    assert torch.allclose(100 * network.head.weight, weights['decoder.conv2d_out.weight'])


def delta1(network, images, references, factor=1.0):
    """Return the mean share of pixels within 1.25, of images at 192×256."""
    with torch.no_grad():
        depth = factor * network(to_input(torch.from_numpy(images)))
    depth = resize(depth, references[0].shape)[:, 0].numpy()
    return np.mean([depth_metrics(p, g)['delta1']
                    for p, g in zip(depth, references, strict=True)])


@pytest.mark.slow
def test_meter_knows_rooms_through_any_camera_because_it_paints_the_frame(teacher):
    cv2 = pytest.importorskip('cv2')
    files = sorted((_NYU / 'image').glob('*.jpg'))[::80]
    if not files:
        pytest.skip(f'{_NYU} is not there: labelled images of NYU-v2')
    images = [cv2.imread(str(file))[..., ::-1] for file in files]
    depth = [cv2.imread(str(_NYU / 'depth' / f'{file.stem}.png'), cv2.IMREAD_UNCHANGED) / 1000
             for file in files]
    network, _ = teacher

    def seen(parts):
        return np.stack([cv2.resize(part, (256, 192), interpolation=cv2.INTER_AREA)
                         for part in parts])

    inner = (slice(6, 234), slice(8, 312))
    whole, middle = seen(images), seen([image[inner] for image in images])
    references = [g[inner] for g in depth]
    # as large a part as 304 of 320 columns is seen through a lens that is longer by that
    longer = 320 / 304
    assert delta1(network, whole, depth) > 0.9
    assert delta1(network, middle, references, longer) > 0.9
    unframed, _ = load_authors(_WEIGHTS, 'meter-authors')
    unframed.frame = None
    assert delta1(unframed, whole, depth) > 0.9
    assert delta1(unframed, middle, references, longer) < 0.3
