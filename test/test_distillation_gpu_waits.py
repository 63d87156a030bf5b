# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A step makes a GPU wait for nothing. The GPU is PyTorch's fake one: it computes no numbers."""

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode

from depth_distill_ros.distillation.losses import measured_loss, teacher_loss
from depth_distill_ros.distillation.mixing import mix
from depth_distill_ros.networks import build
from depth_distill_ros.networks.meter import WhiteFrame
from depth_distill_ros.networks.normalisation import denormalise, normalise


class Waits(TorchDispatchMode):
    """Notes the operators that wait until a GPU has computed all that it was asked for."""

    def __init__(self):
        super().__init__()
        self.found = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        name = func.overloadpacket.__name__
        copied = name in ('_to_copy', 'copy_') and not kwargs.get('non_blocking', False) \
            and not (name == 'copy_' and len(args) > 2 and args[2]) \
            and len({x.device.type for x in (*args, result) if isinstance(x, torch.Tensor)}) > 1
        if copied or name in ('_local_scalar_dense', 'nonzero', 'masked_select'):
            self.found.append(str(func))
        return result


def images():
    return torch.empty(2, 3, 96, 128, device='cuda')


def depth(*size):
    return torch.empty(2, 1, *size, device='cuda')


def a_student():
    student = build('lden_light', 'efficientnet_lite0').cuda()
    teacher_loss([student(images())], depth(96, 128)).backward()


def a_mixture():
    semantics = torch.zeros(2, 96, 128, dtype=torch.uint8, device='cuda')
    mix(images(), semantics, torch.Generator().manual_seed(0))


PARTS = {
    'a student and the loss of teacher depth': a_student,
    'the loss of measured depth': lambda: measured_loss([depth(48, 64)], depth(96, 128)),
    'mixing': a_mixture,
    'normalisation': lambda: normalise(denormalise(images())),
    "METER's frame": lambda: WhiteFrame()(images()),
}


@pytest.mark.parametrize('part', PARTS)
def test_no_part_of_a_step_waits_for_a_gpu(part):
    with FakeTensorMode(allow_non_fake_inputs=True), Waits() as waits:
        PARTS[part]()
    assert waits.found == []


def test_a_loss_that_is_read_waits():
    with FakeTensorMode(allow_non_fake_inputs=True), Waits() as waits:
        depth(4, 4).cpu()
    assert waits.found == ['aten._to_copy.default']
