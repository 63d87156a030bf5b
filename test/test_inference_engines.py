# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Every installed engine: the depth of torch, and an error for a broken model."""

from functools import lru_cache
import shutil

import engine_parts
import numpy as np
import psutil
import pytest
from recording import recorded_frames
from safetensors.torch import load_file, save_file
import torch

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.geometry.intrinsics import GeometryError
from depth_distill_ros.geometry.view import View
from depth_distill_ros.inference.engine_selection import open_engine, shipped_frames
from depth_distill_ros.inference.engines.engine import EngineError
from depth_distill_ros.inference.engines.image_network import ImageNetwork
from depth_distill_ros.inference.parity import ParityLimits, check_parity
from depth_distill_ros.networks import build
from depth_distill_ros.networks.model_folder import (
    CARD,
    WEIGHTS,
    ModelCard,
    ModelError,
    load_model,
    save_model,
)
from depth_distill_ros.networks.normalisation import to_input

pytestmark = pytest.mark.slow

EXACT = {'torch-cpu', 'openvino-f32', 'onnxruntime-cpu'}
every_engine = pytest.mark.parametrize('name', engine_parts.installed())


@pytest.fixture(autouse=True, scope='module')
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('XDG_CACHE_HOME', str(tmp_path_factory.mktemp('cache')))
        yield


@pytest.fixture(scope='module')
def student(tmp_path_factory):
    return engine_parts.shipped_student(tmp_path_factory.mktemp('shipped'))


@pytest.fixture(scope='module')
def confident(tmp_path_factory):
    return engine_parts.confident_student(tmp_path_factory.mktemp('made'))


@pytest.fixture(scope='module')
def engines(student, confident):
    """Return a function that opens an engine of the confident or the shipped student once."""
    return lru_cache(lambda name, shipped=False: open_engine(student if shipped else confident,
                                                             name))


@pytest.fixture(scope='module')
def image():
    return shipped_frames()[0]


@every_engine
def test_an_engine_gives_the_depth_of_torch_on_the_shipped_images(name, engines):
    parity = check_parity(engines(name, True), engines('torch-cpu', True), shipped_frames())
    assert parity.frames == 6 and parity.within(ParityLimits()), parity
    if name in EXACT:
        assert parity.largest_error < 1e-3 and parity.delta1 == 1


@every_engine
def test_an_engine_gives_the_depth_of_torch_on_a_recording(name, engines):
    frames, _ = recorded_frames(5)
    parity = check_parity(engines(name, True), engines('torch-cpu', True), frames)
    assert parity.within(ParityLimits()), parity
    if name in EXACT:
        assert parity.largest_error < 1e-3 and parity.delta1 == 1


@every_engine
def test_an_engine_gives_the_network_s_depth_and_confidence(name, engines, confident, image):
    view = View.fit(image.shape[:2], engine_parts.SIZE)
    engine = engines(name)
    found = engine(image, view)
    network, _ = load_model(confident)
    with torch.no_grad():
        x = to_input(torch.from_numpy(view.image(image))[None])
        depth, confidence = (y[0, 0].numpy() for y in network.with_confidence(x))
    atol = 1e-4 if name in EXACT else 0.05
    assert engine.name == name and engine.folder == confident
    assert engine.input_size == engine.card.size == engine_parts.SIZE
    assert found.depth.dtype == found.confidence.dtype == np.float32
    assert engine.output_size == found.depth.shape == found.confidence.shape
    np.testing.assert_allclose(found.depth, depth, atol=atol)
    np.testing.assert_allclose(found.confidence, confidence, atol=atol)
    assert confidence.std() > 0.01


@every_engine
def test_a_network_without_confidence_gives_none(name, engines, image):
    assert engines(name, True)(image, View.fit(image.shape[:2], (96, 128))).confidence is None


@every_engine
def test_an_engine_reads_the_image_through_the_view_of_the_call(name, engines, image):
    engine, size = engines(name), image.shape[:2]
    view = View.pad(size, engine_parts.SIZE)
    assert any(view.bars)
    padded = view.image(image)
    expected = engine(padded, View.fit(padded.shape[:2], engine_parts.SIZE)).depth
    # on a GPU the view is exact to a grey level
    atol = 0.05 if 'cuda' in name or 'tensorrt' in name else 0
    np.testing.assert_allclose(engine(image, view).depth, expected, rtol=0, atol=atol)
    assert not np.array_equal(engine(image, View.fit(size, engine_parts.SIZE)).depth, expected)


@every_engine
def test_a_prediction_stays_as_it_was_when_the_next_frame_comes(name, engines):
    engine = engines(name)
    first, second, *_ = shipped_frames()
    view = View.fit(first.shape[:2], engine_parts.SIZE)
    kept = engine(first, view)
    depth, confidence = kept.depth.copy(), kept.confidence.copy()
    assert not np.array_equal(engine(second, view).depth, depth)
    np.testing.assert_array_equal(kept.depth, depth)
    np.testing.assert_array_equal(kept.confidence, confidence)


@every_engine
def test_an_engine_refuses_an_image_or_a_view_that_it_cannot_read(name, engines, image):
    engine = engines(name)
    view = View.fit(image.shape[:2], engine_parts.SIZE)
    for wrong in (image.astype(np.float32), image[..., 0], image[..., :2],
                  np.dstack([image, image[..., 0]])):
        with pytest.raises(EngineError, match='H×W×3 uint8'):
            engine(wrong, view)
    with pytest.raises(EngineError, match='the view has'):
        engine(image, View.fit(image.shape[:2], (96, 128)))
    with pytest.raises(GeometryError):
        engine(image[:100], view)
    assert np.isfinite(engine(image, view).depth).all()


@pytest.fixture(scope='module')
def broken(tmp_path_factory):
    """Return models of negative and of infinite depth, in one folder."""
    folder, network = tmp_path_factory.mktemp('broken'), build('lden_light', 'resnet18')
    card = ModelCard('lden_light', 'resnet18', (64, 64))
    with torch.no_grad():
        network.head[-1].weight.zero_()
        network.head[-1].bias.fill_(-1.0)
        save_model(folder / 'negative', network, card)
        network.head[2].weight.fill_(3e38)
        network.head[-1].weight.fill_(3e38)
        save_model(folder / 'huge', network, card)
    return folder


@every_engine
def test_depth_behind_the_camera_is_nan(name, broken):
    engine = open_engine(broken / 'negative', name)
    black = np.zeros((64, 64, 3), np.uint8)
    assert np.isnan(engine(black, View.fit((64, 64), (64, 64))).depth).all()


@every_engine
def test_a_damaged_model_is_refused_although_its_engine_file_is_there(
        name, engines, confident, tmp_path):
    engines(name)
    folder = shutil.copytree(confident, tmp_path / 'model')
    tensors = load_file(folder / WEIGHTS)
    tensors['confidence.body.1.bias'].fill_(float('nan'))
    save_file(tensors, folder / WEIGHTS)
    with pytest.raises(ModelError, match='NaN'):
        open_engine(folder, name)
    (folder / WEIGHTS).write_bytes(b'half a file')
    with pytest.raises(ModelError, match=WEIGHTS):
        open_engine(folder, name)
    (folder / WEIGHTS).unlink()
    with pytest.raises(ModelError, match=WEIGHTS):
        open_engine(folder, name)
    (folder / CARD).unlink()
    with pytest.raises(ModelError, match=CARD):
        open_engine(folder, name)


@every_engine
def test_weights_that_overflow_are_refused_on_the_blank_image(name, broken):
    with pytest.raises(EngineError, match='NaN on a blank image'):
        open_engine(broken / 'huge', name)


def test_a_stereo_network_is_refused():
    with torch.device('meta'):
        stereo = build('dacnn_stereo', 'resnest50')
    with pytest.raises(DepthDistillError, match='StereoDACNN reads more than one image'):
        ImageNetwork(stereo)


@pytest.mark.parametrize('name', sorted({'openvino-f32', 'onnxruntime-cpu'}
                                        & set(engine_parts.installed())))
def test_memory_stays_level_over_releases(name, confident, image):
    view, process, used = View.fit(image.shape[:2], engine_parts.SIZE), psutil.Process(), []
    for _ in range(12):
        open_engine(confident, name)(image, view)
        used.append(process.memory_info().rss / 2 ** 20)
    # an engine kept is 20 MB and more
    assert used[-1] - used[3] < 40
