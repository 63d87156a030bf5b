# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""int8: made on frames of the run, judged on others, taken only if it agrees with torch."""

import engine_parts
import numpy as np
import pytest
from ros_graph import wait_until
import students

from depth_distill_ros.datasets import open_reader
from depth_distill_ros.inference.engine_cache import EngineCache
from depth_distill_ros.inference.engine_selection import INT8, open_engine, select_engine
from depth_distill_ros.inference.engines.engine import EngineAbsentError, EngineError
from depth_distill_ros.inference.engines.openvino_engine import INT8_FILE
from depth_distill_ros.inference.parity import ParityLimits, check_parity
from depth_distill_ros.inference.quantisation import int8_limits, quantise
from depth_distill_ros.inference.run_frames import run_frames
from depth_distill_ros.shipped import shipped_robot_rooms, shipped_rooms
from depth_distill_ros.stream.split import Part

pytestmark = pytest.mark.slow
pytest.importorskip('nncf')
pytest.importorskip('openvino')


def images(folder, every):
    reader = open_reader(f'folder:{folder}')
    return [reader[i].image for i in range(0, len(reader), every)]


@pytest.fixture(scope='module')
def student(tmp_path_factory):
    """Return a small model with confidence and its int8 file."""
    folder = engine_parts.confident_student(tmp_path_factory.mktemp('int8'))
    quantise(open_engine(folder, 'torch-cpu'), images(shipped_robot_rooms(), 4),
             images(shipped_rooms(), 30), LOOSE, print)
    return folder


LOOSE = ParityLimits(0.2, 0.9, 0.1)  # an untrained network has no depth that int8 could keep


def test_int8_gives_depth_and_confidence_near_torch_s(student):
    engine, reference = (open_engine(student, name) for name in (INT8, 'torch-cpu'))
    parity = check_parity(engine, reference, images(shipped_rooms(), 40))
    assert engine.name == INT8 and engine.output_size == reference.output_size
    assert 0 < parity.median_relative_error < 0.1
    assert 0 < parity.confidence_error < 0.1


def test_the_int8_file_is_made_once_and_again_for_a_changed_model(student, tmp_path):
    log = []
    quantise(open_engine(student, 'torch-cpu'), [], [], LOOSE, log.append)
    assert not log
    assert EngineCache(student).stored(INT8_FILE, {'openvino': 'another version'}) is None


def test_a_model_without_an_int8_file_names_the_command_that_makes_it(tmp_path):
    folder = engine_parts.confident_student(tmp_path)
    with pytest.raises(EngineError, match='no int8 file; "depth-distill export'):
        open_engine(folder, INT8)
    with pytest.raises(EngineAbsentError, match='made on 16 frames or more, 3 are there'):
        quantise(open_engine(folder, 'torch-cpu'), [np.zeros((64, 96, 3), np.uint8)] * 3, [],
                 LOOSE, print)


def test_int8_is_rejected_if_it_differs_from_torch_more_than_the_limits_allow(student):
    strict = ParityLimits(1e-6, 1.0)
    with pytest.raises(EngineError, match='openvino-int8 rejected: median relative error'):
        select_engine(student, INT8, images(shipped_rooms(), 40), strict)
    assert select_engine(student, INT8, images(shipped_rooms(), 40),
                         LOOSE).name == INT8


def test_a_low_limit_of_delta1_does_not_hold_for_int8():
    assert int8_limits(ParityLimits(0.005, 0.5)).delta1 == 0.995
    assert int8_limits(ParityLimits(0.005, 0.999)).delta1 == 0.999


def test_the_ranges_are_measured_on_training_frames_and_judged_on_held_out_ones(tmp_path):
    engine_parts.stored_frames(tmp_path / 'store', 40)
    stores = str(tmp_path / 'store'), str(tmp_path / 'none')
    lines = []
    training, held_out = (run_frames(stores, part, 6, lines.append)
                          for part in (Part.TRAINING, Part.HELD_OUT))
    assert len(training) == len(held_out) == 6 and not lines
    assert not {i.tobytes() for i in training} & {i.tobytes() for i in held_out}


def test_a_store_that_cannot_be_read_is_told_and_the_others_are_used(tmp_path):
    engine_parts.stored_frames(tmp_path / 'store', 40)
    (tmp_path / 'other').mkdir()
    (tmp_path / 'other' / 'data.mdb').write_bytes(b'no store')
    stores, lines = (str(tmp_path / 'other'), str(tmp_path / 'store')), []
    assert len(run_frames(stores, Part.TRAINING, 6, lines.append)) == 6
    line, = lines
    assert 'its frames are not used' in line and str(tmp_path / 'other') in line


@pytest.mark.ros
def test_int8_is_tried_for_a_release_that_has_answered_for_a_while(nodes, tmp_path):
    record = students.release(tmp_path, 2.0, size=engine_parts.SIZE)
    engine_parts.stored_frames(tmp_path / 'store', 60)
    node = nodes.start('inference_node', work_dir=str(tmp_path), int8_after=0.5, threads=1)
    file = record.folder / 'engines' / INT8_FILE
    node.wait_for_values(preparing='', refused_releases=0)
    wait_until(file.exists, 'the int8 file')  # whether it is the fastest here is not certain
    node.wait_for_values(refused_releases=0)
