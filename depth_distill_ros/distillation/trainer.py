# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One training, whatever the method: optimisers, precision, schedule, average, random state."""

from __future__ import annotations

from collections.abc import Callable
import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.data.batch import Batches
from depth_distill_ros.distillation.losses import NonFiniteLoss
from depth_distill_ros.distillation.methods.method import Method, Preparing, Stateful
from depth_distill_ros.distillation.parallel import processes
from depth_distill_ros.distillation.parallel.gradient_averaging import GradientAveraging
from depth_distill_ros.distillation.schedule import schedule
from depth_distill_ros.distillation.step_losses import StepLosses
from depth_distill_ros.settings.optimisation import OptimisationSettings

_CHECK_EVERY = 20  # steps on a GPU


class Trainer:
    """
    Runs the steps of a method.

    `student` is the trained network and `average.module` its moving average, which is released.
    Adam trains every network of the method; only the student has weight decay, because the paper
    states none for G. state_dict() holds everything that the next step depends on but the batches.

    On a GPU nothing waits for the device: a loss or gradient that is no finite number changes no
    weight, and is told of at the next check, before any state is saved.

    Attributes:
        pause: called after each update, the shortest slice of a step

    Args:
        total: steps of the training, which some schedules need; 0: without an end
        g_lr: learning rate of G and of generators at the start; 0: that of the settings
        frozen_batch_norm: the part of the student that normalises by the BatchNorm statistics
            that it started with, in training as in use
        check_every: steps between two looks whether losses were finite; 0: 1 on a CPU, else 20
    """

    def __init__(self, method: Method, settings: OptimisationSettings, compute: Compute,
                 total: int = 0, g_lr: float = 0.0, frozen_batch_norm: nn.Module | None = None,
                 check_every: int = 0):
        for network in method.networks.values():
            processes.same_start(network)
        self.method, self.compute = method, compute
        self.student = method.networks['student']
        self.average = averaged(self.student, settings.ema)
        self._frozen = [] if frozen_batch_norm is None else [
            module for module in frozen_batch_norm.modules()
            if isinstance(module, nn.BatchNorm2d)]
        self._g_factor = g_lr / settings.lr if g_lr else 1.0
        self._settings, self._schedule = settings, schedule(settings, total)
        self._check_every = check_every or (_CHECK_EVERY if compute.device.type == 'cuda' else 1)
        self._bad: dict[str, Tensor] = {}  # by what was not finite, a flag on the device
        self._averaging = GradientAveraging(method.networks.values())
        self._optimizers = {
            name: torch.optim.Adam(
                network.parameters(), settings.lr, fused=self._check_every > 1,
                weight_decay=settings.weight_decay if name == 'student' else 0.0)
            for name, network in method.networks.items()}
        self._scaler = torch.amp.GradScaler(
            compute.device.type, enabled=compute.precision == 'fp16')
        self._generator = processes.generator(settings.seed)
        if settings.compile:
            for network in method.networks.values():
                network.compile(dynamic=False)
        self.step = 0
        self.pause: Callable[[], object] = _no_pause

    @property
    def learning_rate(self) -> float:
        return self._settings.lr * self._schedule(self.step)

    def prepare(self, batches: Batches) -> None:
        """Compute what needs no earlier step; another thread may be in train_step()."""
        if isinstance(self.method, Preparing):
            self.method.prepare(batches)

    def train_step(self, batches: Batches) -> StepLosses:
        """
        Make one iteration; return its losses.

        Raises NonFiniteLoss for this step or one since the last check; no weight has changed by
        it.
        """
        for network in self.method.networks.values():
            network.train()
        for module in self._frozen:
            module.eval()
        for name, optimizer in self._optimizers.items():
            for group in optimizer.param_groups:
                group['lr'] = self.learning_rate * (1.0 if name == 'student' else self._g_factor)
        losses = processes.means(self.method.step(batches, self._update, self._generator))
        self.average.update_parameters(self.student)
        self.step += 1
        if self.step % self._check_every == 0:
            self._check()
        return StepLosses(losses)

    def _update(self, loss: Tensor, *names: str) -> None:
        for name in names:
            self._optimizers[name].zero_grad()
        parameters = {name: list(self.method.networks[name].parameters()) for name in names}
        # torch requires backward passes to run outside of the method's autocast
        with torch.autocast(self.compute.device.type, enabled=False), \
                self._averaging.of(p for some in parameters.values() for p in some):
            self._scaler.scale(loss).backward()
        scaled = self._scaler.is_enabled()
        for name in names:
            self._scaler.unscale_(self._optimizers[name])
            norm = torch.nn.utils.clip_grad_norm_(
                parameters[name], self._settings.clip or math.inf)
            bad = ~loss.detach().isfinite()
            if not scaled:  # a scaler skips infinite gradients by itself
                bad = bad | ~norm.isfinite()
            bad = processes.anywhere(bad)
            what = f'of the {name}'
            self._bad[what] = self._bad[what] | bad if what in self._bad else bad
            if self._check_every == 1:
                self._check(f'the loss is {loss.item():.4g}, the gradient norm {norm.item():.4g}')
            elif not scaled:
                # fused Adam then leaves weights and moments as they are
                optimizer: Any = self._optimizers[name]
                optimizer.found_inf = bad.float()
        for name in names:
            self._scaler.step(self._optimizers[name])
        self._scaler.update()
        # the method's autocast goes on, and its cache holds the weights from before the update
        torch.clear_autocast_cache()
        self.pause()

    def _check(self, seen: str = '') -> None:
        """Raise NonFiniteLoss if a loss or a gradient was not finite; waits for the device."""
        for what, bad in self._bad.items():
            if bad.item():
                self._bad = {}
                raise NonFiniteLoss(
                    f'not a finite number at step {self.step}: the loss or the gradient {what}'
                    f'{": " * bool(seen)}{seen}; start again with a lower lr: the training then '
                    'resumes from its last checkpoint')
        self._bad = {}

    def state_dict(self) -> dict[str, Any]:
        """Return the state. Raises NonFiniteLoss rather than one that a NaN may be in."""
        self._check()
        state = {
            'step': self.step, 'average': {
                'network': self.average.module.state_dict(),
                'updates': int(self.average.n_averaged)},
            'networks': {n: net.state_dict() for n, net in self.method.networks.items()},
            'optimizers': {n: o.state_dict() for n, o in self._optimizers.items()},
            'scaler': self._scaler.state_dict(),
            'generators': processes.gathered(self._generator.get_state()),
            'torch_rng': torch.get_rng_state(),
        }
        if isinstance(self.method, Stateful):
            state['method'] = processes.gathered(self.method.state_dict())
        if self.compute.device.type == 'cuda':
            state['cuda_rng'] = torch.cuda.get_rng_state(self.compute.device)
        return state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for name, network in self.method.networks.items():
            network.load_state_dict(state['networks'][name])
            optimizer = self._optimizers[name]
            # the moments, and not the settings that they were made with
            optimizer.load_state_dict({
                **state['optimizers'][name],
                'param_groups': optimizer.state_dict()['param_groups']})
        self.average.module.load_state_dict(state['average']['network'])
        self.average.n_averaged.fill_(state['average']['updates'])
        if self._scaler.is_enabled() and state['scaler']:  # saved under another precision
            self._scaler.load_state_dict(state['scaler'])
        self._generator.set_state(state['generators'][processes.rank()])
        if isinstance(self.method, Stateful) and 'method' in state:  # earlier versions have none
            self.method.load_state_dict(state['method'][processes.rank()])
        torch.set_rng_state(state['torch_rng'])
        if 'cuda_rng' in state and self.compute.device.type == 'cuda':
            torch.cuda.set_rng_state(state['cuda_rng'], self.compute.device)
        self.step = state['step']


def _no_pause() -> None:
    """Go on at once."""


def averaged(network: nn.Module, decay: float) -> AveragedModel:
    """
    Return a moving average of `network`: update_parameters(network) moves it, `module` is it.

    BatchNorm statistics are averaged too. The first update copies the network. The decay of update
    n is n / (n + 10), at most `decay`, so the first random weights are soon forgotten.
    """
    def move(means: Any, values: Any, updates: Any) -> None:
        n = int(average.n_averaged) + 1  # on the host, and `updates` on the device
        if means[0].is_floating_point():
            torch._foreach_lerp_(means, values, 1 - min(decay, n / (n + 10)))
        else:
            torch._foreach_copy_(means, values)

    average = AveragedModel(network, multi_avg_fn=move, use_buffers=True)
    return average.eval().requires_grad_(False)
