# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Parts of the GPU engines that run on a CPU: the view, float16, file names."""

import engine_parts
import numpy as np
import pytest
import torch

from depth_distill_ros.geometry.intrinsics import GeometryError
from depth_distill_ros.geometry.view import View
from depth_distill_ros.inference.engine_cache import EngineCache
from depth_distill_ros.inference.engine_selection import open_engine, shipped_frames
from depth_distill_ros.inference.engines.device_view import view_on_device
from depth_distill_ros.inference.engines.tensorrt_engine import engine_file_name, half_precision

onnxruntime = pytest.importorskip('onnxruntime')
CPU = torch.device('cpu')


@pytest.fixture(autouse=True, scope='module')
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('XDG_CACHE_HOME', str(tmp_path_factory.mktemp('cache')))
        yield


@pytest.mark.parametrize('view', [
    View.fit((240, 320), (96, 128)),
    View.fit((240, 320), (57, 200)),
    View.fit((240, 320), (70, 100)),
    View.fit((240, 320), (57, 76)),
    View.pad((240, 320), (64, 96)),
    View.pad((240, 320), (300, 333)),
    View.fit((240, 320), (240, 320)),
    View((3, 5, 200, 60), (100, 90)),
], ids=str)
def test_a_view_on_the_device_is_the_view_to_within_a_grey_level(view):
    image = shipped_frames()[0]
    found, expected = view_on_device(view, image, CPU), view.image(image)
    assert found.dtype == torch.uint8 and found.shape == (1, *expected.shape)
    assert expected.shape == (*view.size, 3)
    assert np.abs(found[0].numpy().astype(int) - expected).max() <= 1


def test_a_view_on_the_device_refuses_an_image_that_is_smaller_than_its_crop():
    with pytest.raises(GeometryError):
        view_on_device(View.fit((240, 320), (96, 128)), np.zeros((100, 320, 3), np.uint8), CPU)


@pytest.mark.slow
def test_the_network_in_float16_gives_the_depth_of_torch(tmp_path):
    pytest.importorskip('onnxruntime.transformers.float16')
    folder = engine_parts.shipped_student(tmp_path)
    whole = EngineCache(folder).onnx()
    half = half_precision(whole)
    assert len(half) < 0.6 * len(whole)
    session = onnxruntime.InferenceSession(half, providers=['CPUExecutionProvider'])
    assert [(i.name, i.type, i.shape) for i in session.get_inputs()] == [
        ('picture', 'tensor(uint8)', [1, 96, 128, 3])]
    assert [(o.name, o.type) for o in session.get_outputs()] == [('depth', 'tensor(float)')]
    reference = open_engine(folder, 'torch-cpu')
    for frame in shipped_frames():
        view = View.fit(frame.shape[:2], (96, 128))
        found, = session.run(None, {'picture': view.image(frame)[None]})
        expected = reference(frame, view).depth
        assert np.median(np.abs(found[0, 0] - expected) / expected) < 1e-3


def test_the_name_of_an_engine_file_has_its_device_and_version():
    assert engine_file_name('10.3.0', 'NVIDIA GeForce RTX 4090') == \
        'tensorrt-10.3.0-nvidia-geforce-rtx-4090.engine'
    assert engine_file_name('10.3.0', 'Orin (nvgpu)') != engine_file_name('10.4.0', 'Orin (nvgpu)')
