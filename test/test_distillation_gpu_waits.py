# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A step makes a GPU wait for nothing. The GPU is PyTorch's fake one: it computes no numbers."""

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode

from depth_distill_ros.distillation.losses import measured_loss, teacher_loss
from depth_distill_ros.distillation.mixing import mix
from depth_distill_ros.inference.engines.image_network import ImageNetwork
from depth_distill_ros.networks import build
from depth_distill_ros.networks.meter import WhiteFrame
from depth_distill_ros.networks.normalisation import denormalise, normalise


class Waits(TorchDispatchMode):
    """Notes what waits until a GPU has computed all; with `copies`, each copy to or from it."""

    def __init__(self, copies=False):
        super().__init__()
        self._copies, self.found = copies, []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        name = func.overloadpacket.__name__
        waits = self._copies or not kwargs.get('non_blocking') and not (
            name == 'copy_' and len(args) > 2 and args[2])
        copied = waits and name in ('_to_copy', 'copy_') and len({
                x.device.type for x in (*args, result) if isinstance(x, torch.Tensor)}) > 1
        if copied or name in ('_local_scalar_dense', 'nonzero', 'masked_select'):
            self.found.append(str(func))
        return result


def images():
    return torch.empty(2, 3, 96, 128, device='cuda')


def depth(*size):
    return torch.empty(2, 1, *size, device='cuda')


def a_network(make):
    with torch.device('cuda'):
        return make()


def a_mixture():
    semantics = torch.zeros(2, 96, 128, dtype=torch.uint8, device='cuda')
    mix(images(), semantics, torch.Generator().manual_seed(0))


PARTS = {
    'the loss of teacher depth': lambda: teacher_loss([depth(48, 64)], depth(96, 128)),
    'the loss of measured depth': lambda: measured_loss([depth(48, 64)], depth(96, 128)),
    'mixing': a_mixture,
    'normalisation': lambda: normalise(denormalise(images())),
}


@pytest.mark.parametrize('part', PARTS)
def test_no_part_of_a_step_waits_for_a_gpu(part):
    with FakeTensorMode(allow_non_fake_inputs=True), Waits() as waits:
        PARTS[part]()
    assert waits.found == []


@pytest.mark.parametrize('make, image', [
    (lambda: ImageNetwork(build('lden_light', 'efficientnet_lite0')),
     lambda: torch.zeros(1, 96, 128, 3, dtype=torch.uint8, device='cuda')),
    (WhiteFrame, images)])
def test_a_network_copies_nothing_to_a_gpu_so_that_it_can_be_a_cuda_graph(make, image):
    with FakeTensorMode(allow_non_fake_inputs=True):
        network, x = a_network(make), image()
        with Waits(copies=True) as waits:
            network(x)
    assert waits.found == []


def test_a_loss_that_is_read_waits():
    with FakeTensorMode(allow_non_fake_inputs=True), Waits() as waits:
        depth(4, 4).cpu()
    assert waits.found == ['aten._to_copy.default']
