# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The trainer: precision, moving average, training mode and states, whatever the method."""

from collections import OrderedDict
from dataclasses import replace
from functools import partialmethod

import pytest
import torch

from depth_distill_ros.distillation.batch_norm_loss import with_own_statistics
from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.losses import NonFiniteLoss
from depth_distill_ros.distillation.step_losses import StepLosses
from depth_distill_ros.distillation.trainer import Trainer, averaged
from depth_distill_ros.settings.optimisation import OptimisationSettings

CPU = Compute(torch.device('cpu'), 'fp32')
SETTINGS = OptimisationSettings(lr=0.1, schedule='constant', ema=0.9)


class _Twice:
    """Two updates of one network under one autocast, and its loss after them."""

    needs = {}

    def __init__(self, compute):
        torch.manual_seed(0)
        self.networks = {'student': torch.nn.Linear(8, 8)}
        self._compute, self.x = compute, torch.linspace(-1, 1, 8).expand(4, 8)

    def step(self, batch, update, generator):
        x = self.x
        with self._compute.autocast():
            for _ in range(2):
                loss = self.networks['student'](x).float().square().mean()
                update(loss, 'student')
            left = self.networks['student'](x).float().square().mean()
        return {'loss_student': left.detach()}


@pytest.mark.parametrize('precision', ['fp32', 'bf16'])
def test_within_a_step_every_pass_uses_the_weights_that_the_last_update_left(precision):
    compute = Compute(torch.device('cpu'), precision)
    method = _Twice(compute)
    trainer = Trainer(method, SETTINGS, compute)
    loss = trainer.train_step({})['loss_student']
    with torch.no_grad(), compute.autocast():
        x = torch.linspace(-1, 1, 8).expand(4, 8)
        assert loss == method.networks['student'](x).float().square().mean().item()


def test_images_of_one_row_of_features_are_trained_in_float32_on_a_cpu():
    assert Compute.available('bf16', 'cpu', rows=32).precision == 'fp32'
    assert Compute.available('bf16', 'cpu', rows=33).precision == 'bf16'


def test_a_run_goes_on_in_a_precision_that_scales_losses_and_in_one_that_does_not():
    cpu = torch.device('cpu')
    single, half = (Trainer(_Twice(c), SETTINGS, c)
                    for c in (Compute(cpu, 'fp32'), Compute(cpu, 'fp16')))
    half.load_state_dict(single.state_dict())
    single.load_state_dict(half.state_dict())
    half.load_state_dict(half.state_dict())
    assert half.step == 0


@pytest.mark.parametrize('part, frozen', [
    (None, (False, False)), ('encoder', (True, False)), ('', (True, True))],
    ids=['none', 'encoder', 'whole'])
def test_a_part_of_a_student_learns_with_frozen_statistics(part, frozen):
    method, layers = _Twice(CPU), [torch.nn.BatchNorm2d(2) for _ in range(2)]
    student = method.networks['student'] = torch.nn.Sequential(
        OrderedDict(zip(('encoder', 'head'), layers, strict=True)))
    method.x = torch.linspace(1.0, 2.0, 8).view(2, 2, 1, 2)
    Trainer(method, SETTINGS, CPU, frozen_batch_norm=None if part is None
            else student.get_submodule(part)).train_step({})
    assert tuple(bool((layer.running_mean == 0).all()) for layer in layers) == frozen
    assert (layers[1].weight != 1).any()


def weights(value):
    network = torch.nn.BatchNorm1d(1)
    with torch.no_grad():
        network.weight.fill_(value)
        network.running_mean.fill_(10 * value)
        network.num_batches_tracked.fill_(int(value))
    return network


def test_the_average_copies_the_first_network_and_then_moves_with_a_rising_decay():
    average = averaged(weights(7.0), decay=0.5)
    decays, expected = [2 / 12, 3 / 13, 4 / 14], 1.0
    average.update_parameters(weights(1.0))
    assert average.module.weight.item() == 1.0
    for value, decay in zip((2.0, 3.0, 4.0), decays, strict=True):
        average.update_parameters(weights(value))
        expected = decay * expected + (1 - decay) * value
        assert average.module.weight.item() == pytest.approx(expected)
        assert average.module.running_mean.item() == pytest.approx(10 * expected)
        assert average.module.num_batches_tracked == value
    for _ in range(20):
        average.update_parameters(weights(4.0))
    before = average.module.weight.item()
    average.update_parameters(weights(14.0))
    assert average.module.weight.item() == pytest.approx((before + 14) / 2)
    assert not average.module.training and not average.module.weight.requires_grad


def test_a_trainer_takes_over_the_average_of_an_earlier_version():
    trainer, state = Trainer(_Twice(CPU), SETTINGS, CPU), Trainer(_Twice(CPU), SETTINGS, CPU)
    state = state.state_dict()
    state['average'] = {'network': {name: torch.ones_like(value) for name, value in
                                    state['average']['network'].items()}, 'updates': 300}
    trainer.load_state_dict(state)
    trainer.train_step({})
    moved = 0.9 * torch.ones(8) + 0.1 * trainer.student.bias
    torch.testing.assert_close(trainer.average.module.bias, moved)


def test_own_statistics_are_those_of_the_images_and_the_average_stays_as_it_is():
    average = weights(2.0)
    images = [torch.tensor([[1.0], [3.0]]), torch.tensor([[5.0], [7.0]])]
    network = with_own_statistics(average, images)
    assert network.running_mean.item() == pytest.approx(4.0) and not network.training
    assert average.running_mean.item() == 20.0


def test_g_follows_its_own_learning_rate():
    def changed(**rates):
        torch.manual_seed(0)
        method = _WithG()
        before = [next(net.parameters()).detach().clone() for net in method.networks.values()]
        Trainer(method, replace(SETTINGS, lr=1e-2), CPU, **rates).train_step({})
        return [float((next(net.parameters()).detach() - old).abs().max())
                for net, old in zip(method.networks.values(), before, strict=True)]

    student, g = changed()
    assert student == pytest.approx(1e-2, rel=0.01) and g == pytest.approx(1e-2, rel=0.01)
    student, g = changed(g_lr=1e-4)
    assert student == pytest.approx(1e-2, rel=0.01) and g == pytest.approx(1e-4, rel=0.01)


class _WithG:
    """Two networks, both of which one step moves by their learning rates."""

    needs = {}

    def __init__(self):
        self.networks = {name: torch.nn.Linear(2, 1) for name in ('student', 'transformation')}

    def step(self, batches, update, generator):
        for name, network in self.networks.items():
            update(network(torch.ones(1, 2)).sum(), name)
        return {'loss_student': torch.tensor(0.0)}


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason='there is no GPU')
def test_a_step_on_a_gpu_has_the_losses_of_the_cpu():
    losses = []
    for device in ('cpu', 'cuda'):
        compute = Compute(torch.device(device), 'fp32')
        method = _Twice(compute)
        method.networks['student'].to(device)
        method.x = method.x.to(device)
        losses.append(Trainer(method, SETTINGS, compute).train_step({})['loss_student'])
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


class _Diverges(_Twice):
    """One update a step; the loss of the third is not finite."""

    number = 0

    def step(self, batch, update, generator):
        self.number += 1
        loss = self.networks['student'](self.x).square().mean()
        if self.number == 3:
            loss = loss * torch.inf
        update(loss, 'student')
        return {'loss_student': loss.detach()}


def test_a_loss_that_is_not_finite_is_told_of_at_the_next_check_and_changes_no_weight():
    trainer = Trainer(_Diverges(CPU), SETTINGS, CPU, check_every=4)
    trainer.train_step({})
    trainer.train_step({})
    before = [p.clone() for p in trainer.student.parameters()]
    trainer.train_step({})
    assert all(torch.equal(p, q) for p, q in zip(
        trainer.student.parameters(), before, strict=True))
    with pytest.raises(NonFiniteLoss, match='the loss or the gradient of the student'):
        trainer.train_step({})


def test_no_state_is_saved_that_a_nan_may_be_in():
    trainer = Trainer(_Diverges(CPU), SETTINGS, CPU, check_every=100)
    for _ in range(3):
        trainer.train_step({})
    with pytest.raises(NonFiniteLoss):
        trainer.state_dict()


def test_compiled_networks_have_the_losses_of_the_others(monkeypatch):
    # inductor, the default, has the same losses and takes minutes on a busy machine
    monkeypatch.setattr(torch.nn.Module, 'compile', partialmethod(
        torch.nn.Module.compile, backend='aot_eager'))
    losses = []
    for compiled in (False, True):
        settings = replace(SETTINGS, compile=compiled)
        trainer = Trainer(_Twice(CPU), settings, CPU)
        losses.append([float(trainer.train_step({})['loss_student']) for _ in range(3)])
        assert not [name for name in trainer.state_dict()['networks']['student']
                    if 'orig_mod' in name]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def test_losses_are_read_from_the_device_once_and_behave_as_a_mapping():
    losses = StepLosses({'one': torch.tensor(1.0), 'two': torch.tensor(2, dtype=torch.int64)})
    assert dict(losses) == {'one': 1.0, 'two': 2.0} and len(losses) == 2
    with pytest.raises(KeyError):
        losses['three']


def test_the_training_may_pause_after_each_update():
    trainer, pauses = Trainer(_Twice(CPU), SETTINGS, CPU), []
    trainer.pause = lambda: pauses.append(trainer.step)
    trainer.train_step({})
    assert pauses == [0, 0]
