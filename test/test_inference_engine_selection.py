# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The selection of an engine: the fastest whose depth agrees with torch's."""

import shutil

import engine_parts
import numpy as np
import pytest

from depth_distill_ros.apps import cli
from depth_distill_ros.inference import engine_selection as selection
from depth_distill_ros.inference.engine_selection import open_engine, select_engine, shipped_frames
from depth_distill_ros.inference.engines import openvino_engine
from depth_distill_ros.inference.engines.engine import DepthEngine, EngineAbsentError, EngineError
from depth_distill_ros.inference.parity import ParityLimits, check_parity
from depth_distill_ros.networks.model_folder import ModelError

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True, scope='module')
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('XDG_CACHE_HOME', str(tmp_path_factory.mktemp('cache')))
        yield


class MadeUp(DepthEngine):
    """Predicts one depth, NaN in the first `silent` rows; a fake clock times its calls."""

    now = 0.0

    def __init__(self, folder, depth=3.0, silent=0, seconds=0.0, name='made-up'):
        super().__init__(name, folder)
        self._depth = np.full((1, 1, 48, 64), depth, np.float32)
        self._depth[..., :silent, :] = np.nan
        self._seconds = seconds
        self.output_size = (48, 64)

    def _infer(self, image, view):
        MadeUp.now += self._seconds
        return self._depth,


@pytest.fixture(scope='module')
def student(tmp_path_factory):
    return engine_parts.shipped_student(tmp_path_factory.mktemp('shipped'))


@pytest.fixture
def engines(monkeypatch):
    """Replace all engines by those of a test, and torch by a made-up one."""
    made = {}
    # the clock of a busy machine would not always tell which engine is the faster
    monkeypatch.setattr(selection, 'perf_counter', lambda: MadeUp.now)
    monkeypatch.setattr(selection, '_GPU', {})
    monkeypatch.setattr(selection, '_CPU', made)
    monkeypatch.setattr(selection, 'ENGINES', ('quick', 'exact', 'slow', 'torch-cpu'))
    made['torch-cpu'] = lambda folder, log: MadeUp(folder, name='torch-cpu', seconds=0.004)
    return made


@pytest.mark.parametrize(('found', 'expected', 'median', 'delta1', 'largest'), [
    ({'depth': 3.03}, {}, 0.01, 1.0, 0.03),
    ({'depth': 4.5}, {}, 0.5, 0.0, 1.5),
    ({'depth': 2.3}, {}, 0.7 / 3, 0.0, 0.7),
    ({'silent': 12}, {}, 0.0, 0.75, 0.0),
    ({'silent': 12}, {'silent': 12}, 0.0, 1.0, 0.0),
    ({'silent': 48}, {'silent': 48}, 0.0, 1.0, 0.0),
    ({'silent': 48}, {}, 0.0, 0.0, 0.0),
])
def test_parity_follows_its_definition(student, found, expected, median, delta1, largest):
    parity = check_parity(MadeUp(student, **found), MadeUp(student, **expected),
                          [np.zeros((96, 128, 3), np.uint8), np.zeros((50, 40, 3), np.uint8)])
    assert parity.median_relative_error == pytest.approx(median, abs=1e-6)
    assert parity.delta1 == delta1 and parity.frames == 2
    assert parity.largest_error == pytest.approx(largest, abs=1e-6)


def test_an_engine_at_the_limits_of_parity_is_within_them(student):
    parity = check_parity(MadeUp(student, depth=3.0, silent=12), MadeUp(student, depth=3.0),
                          [np.zeros((96, 128, 3), np.uint8)])
    assert parity.within(ParityLimits(0.0, 0.75))
    assert not parity.within(ParityLimits(0.0, 0.7501))


def test_auto_selects_the_fastest_engine(student, engines):
    engines['slow'] = lambda folder, log: MadeUp(folder, name='slow', seconds=0.008)
    engines['quick'] = lambda folder, log: MadeUp(folder, name='quick')
    log = []
    assert select_engine(student, log=log.append).name == 'quick'
    assert len(log) == 1 and log[0].startswith('quick selected')


def test_an_engine_that_differs_from_torch_is_rejected_with_its_errors_and_the_next_is_selected(
        student, engines):
    engines['quick'] = lambda folder, log: MadeUp(folder, 3.3, name='quick')
    engines['exact'] = lambda folder, log: MadeUp(folder, 3.001, seconds=0.001, name='exact')
    log = []
    assert select_engine(student, log=log.append).name == 'exact'
    assert log[0].startswith('quick rejected: median relative error 0.1, δ1 1.0000')
    assert 'limits 0.005 and 0.998' in log[0]
    assert select_engine(student, limits=ParityLimits(0.2, 0.9)).name == 'quick'


def test_an_engine_asked_for_by_name_is_not_replaced_by_another(student, engines):
    engines['quick'] = lambda folder, log: MadeUp(folder, 3.3, name='quick')
    with pytest.raises(EngineError, match='no engine "quick" for .*: quick rejected: median'):
        select_engine(student, 'quick')


def test_after_an_engine_that_cannot_be_made_the_next_is_selected(student, engines):
    def broken(folder, log):
        raise RuntimeError('Exception from plugin.cpp:54\nmany\nlines')

    engines['quick'] = broken
    log = []
    assert select_engine(student, log=log.append).name == 'torch-cpu'
    assert log[0] == f'quick rejected: quick cannot run {student}: Exception from plugin.cpp:54'


class FailsLater(MadeUp):
    """Fails from its second call on."""

    _calls = 0

    def _infer(self, image, view):
        self._calls += 1
        if self._calls > 1:
            raise RuntimeError('device lost')
        return self._depth,


def test_an_engine_that_fails_on_its_second_frame_is_rejected_and_the_next_is_selected(
        student, engines):
    engines['quick'] = lambda folder, log: FailsLater(folder, name='quick')
    log = []
    assert select_engine(student, log=log.append).name == 'torch-cpu'
    assert log[0] == 'quick rejected: quick failed on an image: device lost'
    with pytest.raises(EngineError, match='no engine "quick" for .*device lost'):
        select_engine(student, 'quick')


def test_engines_are_compared_on_the_frames_of_the_caller(student, engines):
    class Dark(MadeUp):
        def _infer(self, image, view):
            return self._depth + np.float32(image.max() == 0),

    engines['quick'] = lambda folder, log: Dark(folder, name='quick')
    night = [np.zeros((96, 128, 3), np.uint8)]
    assert select_engine(student).name == 'quick'
    assert select_engine(student, frames=night).name == 'torch-cpu'


def test_auto_and_the_name_of_a_backend_select_an_engine_of_this_machine(student):
    log = []
    assert select_engine(student, log=log.append).name in engine_parts.installed()
    assert 'rejected' not in ' '.join(log)
    assert select_engine(student, 'onnxruntime').name.startswith('onnxruntime-')


def test_the_error_names_an_unknown_engine_or_an_unusable_model(student, tmp_path):
    for take in (select_engine, open_engine):
        with pytest.raises(EngineError, match='no engine "openvin"; choose one of auto, tens'):
            take(student, 'openvin')
    with pytest.raises(ModelError, match='nothing is not a model folder'):
        select_engine(tmp_path / 'nothing')


@pytest.mark.parametrize(('name', 'module', 'packages'), [
    ('openvino-f32', 'openvino', 'onnx openvino'),
    ('onnxruntime-cpu', 'onnxruntime', 'onnx onnxruntime'),
    ('tensorrt-fp16', 'tensorrt', 'onnx onnxruntime tensorrt'),
])
def test_the_error_of_an_absent_engine_is_one_line_with_the_packages_to_install(
        name, module, packages, student, monkeypatch):
    monkeypatch.setitem(__import__('sys').modules, module, None)
    openvino_engine.core.cache_clear()
    with pytest.raises(EngineAbsentError, match=f'pip install {packages}') as caught:
        open_engine(student, name)
    assert '\n' not in str(caught.value)
    with pytest.raises(EngineError, match=f'no engine "{name}".*{packages}'):
        select_engine(student, name)
    openvino_engine.core.cache_clear()


def test_without_the_onnx_package_the_engines_that_need_it_are_absent_and_torch_is_selected(
        student, tmp_path, monkeypatch):
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))  # no ONNX file of an earlier test
    folder = shutil.copytree(student, tmp_path / 'student',
                             ignore=shutil.ignore_patterns('engines'))
    monkeypatch.setattr(
        'depth_distill_ros.inference.engines.onnx_export.find_spec', lambda name: None)
    assert select_engine(folder).name.startswith('torch-')
    with pytest.raises(EngineAbsentError, match='pip install onnx'):
        open_engine(folder, 'onnxruntime-cpu')


def test_the_error_names_what_a_processor_or_machine_lacks_for_an_engine(student, monkeypatch):
    class Core:
        def get_property(self, device, name):
            return ['FP32']

    monkeypatch.setattr(openvino_engine, 'core', Core)
    with pytest.raises(EngineAbsentError, match='no bfloat16.*openvino-f32'):
        open_engine(student, 'openvino-bf16')
    monkeypatch.setattr('torch.cuda.is_available', lambda: False)
    with pytest.raises(EngineAbsentError, match='no NVIDIA GPU.*torch-cpu'):
        open_engine(student, 'torch-cuda')


def test_the_shipped_frames_are_small_images_of_rooms():
    frames = shipped_frames()
    assert len(frames) == 6
    assert all(f.shape == (240, 320, 3) and f.dtype == np.uint8 and f.std() > 20 for f in frames)


def test_export_writes_the_files_once_and_prints_what_it_did(tmp_path, capsys):
    folder = engine_parts.shipped_student(tmp_path)
    assert cli.main(['export', str(folder)]) == 0
    assert f'written: {folder}/engines/student.onnx' in capsys.readouterr().out
    assert cli.main(['export', str(folder)]) == 0
    assert 'up to date' in capsys.readouterr().out
    assert cli.main(['export', str(folder), '--engine', 'onnxruntime']) == 0
    assert 'selected: ' in capsys.readouterr().out


def test_export_of_an_engine_that_is_not_installed_fails_with_one_line(
        tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(__import__('sys').modules, 'tensorrt', None)
    folder = engine_parts.shipped_student(tmp_path)
    assert cli.main(['export', str(folder), '--engine', 'tensorrt']) == 1
    assert 'pip install onnx onnxruntime tensorrt' in capsys.readouterr().err
    assert cli.main(['export', str(tmp_path)]) == 1
    assert 'not a model folder' in capsys.readouterr().err
