# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A session of online distillation on a small store, with a small teacher."""

from dataclasses import replace

import pytest
import small_teacher
import stream_frames
import torch

from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.online import OnlineDistillation
from depth_distill_ros.settings.distillation import OnlineSettings
from depth_distill_ros.stream.store import StreamWriter

SIZE = (32, 48)
CPU = Compute(torch.device('cpu'), 'fp32')


@pytest.fixture(scope='module')
def teacher_folder(tmp_path_factory):
    return small_teacher.save(tmp_path_factory.mktemp('models') / 'teacher', SIZE)


@pytest.fixture(scope='module')
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp('stream') / 'store'
    with StreamWriter(folder, SIZE, 500) as writer:
        for number in range(80):
            writer.append(stream_frames.frame(number, SIZE))
    return folder


@pytest.fixture
def config(teacher_folder, store):
    return OnlineSettings(
        teacher=str(teacher_folder), student='lden', student_backbone='mobilenetv2',
        student_start='random', g_width=0.125, curriculum='none', batch=2, lr=1e-3,
        halving_steps=1000, min_frames=64, held_out_frames=4)


@pytest.fixture
def open_session(config, store, tmp_path):
    """Give sessions on the store, which one process can have open only once."""
    opened = []

    def make(folder=tmp_path, store=store, auxiliary_store=None, **changes):
        for session in opened:
            session.close()
        opened.append(OnlineDistillation(
            replace(config, **changes), folder, CPU, store, auxiliary_store))
        return opened[-1]

    yield make
    for session in opened:
        session.close()
