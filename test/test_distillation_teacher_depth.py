# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Depth of the teacher: asked once for each frame, before a step, within its memory."""

from dataclasses import replace
from functools import partial

import method_parts
from method_parts import CPU, SIZE, in_a_thread, some, step
import pytest
import torch

from depth_distill_ros.distillation.batch_norm_loss import FeatureStatistics
from depth_distill_ros.distillation.data.batch import STREAM, Batch
from depth_distill_ros.distillation.data.teacher_depth import TeacherDepth
from depth_distill_ros.distillation.methods import make_method
from depth_distill_ros.settings.distillation import MethodSettings
from depth_distill_ros.settings.names import STREAM_METHODS

pytestmark = pytest.mark.slow

# Fixtures: pytest looks for them in this file.
frames, teacher_state, networks = (
    method_parts.frames, method_parts.teacher_state, method_parts.networks)


def test_teacher_depth_is_computed_once_for_a_frame_whatever_the_batch(networks, frames):
    teacher, student, _ = networks()
    method = make_method('kd-ood', teacher, student, CPU, SIZE, 2, MethodSettings())
    passes = []
    teacher.register_forward_hook(lambda module, x, y: passes.append(len(x[0])))
    depth_of = partial(method._teacher_depths, STREAM)
    first = depth_of(frames)
    assert sum(passes) == 8
    chosen = Batch(frames.x[[5, 2]], keys=(5, 2))
    assert torch.equal(depth_of(chosen), first[[5, 2]])
    assert sum(passes) == 8


@pytest.mark.parametrize(('name', 'before', 'in_it'), [
    ('kd-ood', 4, 0), ('d3', 4, 4), ('random-noise', 0, 4), ('lwd', 4, 0)])
def test_what_the_teacher_is_asked_before_a_step_and_in_it(
        networks, frames, name, before, in_it):
    method = make_method(name, *networks()[:2], CPU, SIZE, 4, MethodSettings(g_width=0.125))
    batches = {source: replace(some(frames, 0, 4), keys=(0, 1, 2, 3))
               for source in method.needs or (STREAM,)}
    asked = []
    method.teacher.register_forward_hook(lambda module, x, y: asked.append(len(x[0])))
    in_a_thread(method.prepare, batches)
    assert sum(asked) == before
    step(method, batches)
    assert sum(asked) == before + in_it  # d3 asks about mixed images, which are new


def test_the_statistics_of_a_pass_are_not_those_of_another_thread_s(networks, frames):
    teacher = networks()[0].eval()
    statistics = FeatureStatistics(teacher)
    with torch.no_grad(), statistics.recorded() as alone:
        teacher(frames.x[:4])
    with torch.no_grad(), statistics.recorded() as beside:
        in_a_thread(TeacherDepth(teacher), replace(some(frames, 4, 8), keys=(4, 5, 6, 7)))
        teacher(frames.x[:4])
    assert len(alone) == len(beside) and torch.equal(sum(alone), sum(beside))


def test_teacher_depth_of_frames_that_their_store_has_evicted_is_forgotten(networks, frames):
    depth_of = TeacherDepth(networks()[0].eval())
    for oldest in range(0, 3000, 100):  # a store of 500 frames that goes on
        keys = (oldest + 499, oldest + 7)
        depth_of(Batch(frames.x[:2], keys=keys, oldest=oldest))
    assert set(keys) <= depth_of._kept.keys()
    assert all(key >= oldest - 256 for key in depth_of._kept)


def test_teacher_depth_never_takes_more_memory_than_its_budget(networks, frames):
    depth_of = TeacherDepth(networks()[0].eval(), 3 * 4 * 16 * 24)  # three maps
    whole = depth_of(frames)
    assert len(depth_of._kept) == 3
    assert torch.equal(depth_of(frames), whole)


class _AtFullSize(torch.nn.Module):
    """A teacher whose depth is as large as the image."""

    def __init__(self):
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Conv2d(3, 4, 3, padding=1), torch.nn.BatchNorm2d(4),
            torch.nn.Conv2d(4, 1, 3, padding=1))

    def forward(self, x):
        return self.layers(x) + 2


@pytest.mark.parametrize('name', STREAM_METHODS)
def test_teacher_depth_of_another_size_is_resized_to_the_student_s(
        networks, frames, name):
    method = make_method(name, _AtFullSize(), networks()[1], CPU, SIZE, 2,
                         MethodSettings(g_width=0.125))
    losses = step(method, {source: some(frames, 0, 3) for source in method.needs})
    assert all(torch.isfinite(loss) for loss in losses.values())
