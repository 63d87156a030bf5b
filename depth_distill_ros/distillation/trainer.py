# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One training, whatever the method: optimisers, precision, schedule, average, random state."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from depth_distill_ros.distillation import processes
from depth_distill_ros.distillation.average import AveragedNetwork
from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.data.batch import Batch
from depth_distill_ros.distillation.losses import NonFiniteLoss
from depth_distill_ros.distillation.methods.method import Method
from depth_distill_ros.distillation.schedule import schedule
from depth_distill_ros.settings.optimisation import OptimisationSettings


class Training:
    """
    Runs a method's steps; state_dict() holds what the next step depends on, less the batches.

    The student is `student`; `average` is what should be used of it. Adam is the optimiser of
    every network of the method; the weight decay is of the student alone, as the paper states
    none of G. `total`: steps of the training, which some schedules need; 0: without an end.
    """

    def __init__(self, method: Method, settings: OptimisationSettings, compute: Compute,
                 total: int = 0):
        for network in method.networks.values():
            processes.same_start(network)
        self.method, self.compute = method, compute
        self.student = method.networks['student']
        self.average = AveragedNetwork(self.student, settings.ema)
        self._settings, self._schedule = settings, schedule(settings, total)
        self._optimizers = {
            name: torch.optim.Adam(
                network.parameters(), settings.lr, fused=compute.device.type == 'cuda',
                weight_decay=settings.weight_decay if name == 'student' else 0.0)
            for name, network in method.networks.items()}
        self._scaler = torch.amp.GradScaler(
            compute.device.type, enabled=compute.precision == 'fp16')
        self._generator = processes.generator(settings.seed)
        self.step = 0

    @property
    def learning_rate(self) -> float:
        return self._settings.lr * self._schedule(self.step)

    def train_step(self, batch: Batch) -> dict[str, float]:
        """One iteration of the method; its losses. NonFiniteLoss spares the weights."""
        for optimizer in self._optimizers.values():
            for group in optimizer.param_groups:
                group['lr'] = self.learning_rate
        losses = processes.mean_over_processes(
            self.method.step(batch, self._update, self._generator))
        self.average.update(self.student)
        self.step += 1
        return losses

    def _update(self, loss: Tensor, *names: str) -> None:
        for name in names:
            self._optimizers[name].zero_grad()
        # outside of the method's autocast, where torch wants backward passes to be
        with torch.autocast(self.compute.device.type, enabled=False):
            self._scaler.scale(loss).backward()
        for name in names:
            parameters = list(self.method.networks[name].parameters())
            processes.mean_gradients(parameters)
            self._scaler.unscale_(self._optimizers[name])
            norm = torch.nn.utils.clip_grad_norm_(
                parameters, self._settings.clip or math.inf)
            finite = processes.everywhere(bool(loss.isfinite()))
            if not finite or not (norm.isfinite() or self._scaler.is_enabled()):
                raise NonFiniteLoss(
                    f'no number at step {self.step}: the loss of the {name} is {loss.item():.4g}, '
                    f'its gradient {norm.item():.4g}; lower the learning rate and start again, '
                    'it resumes from the last checkpoint')
        for name in names:
            self._scaler.step(self._optimizers[name])
        self._scaler.update()
        # a method goes on under the same autocast, which keeps the weights as they were before
        torch.clear_autocast_cache()

    def state_dict(self) -> dict[str, Any]:
        state = {
            'step': self.step, 'average': self.average.state_dict(),
            'networks': {n: net.state_dict() for n, net in self.method.networks.items()},
            'optimizers': {n: o.state_dict() for n, o in self._optimizers.items()},
            'scaler': self._scaler.state_dict(),
            'generators': processes.gathered(self._generator.get_state()),
            'torch_rng': torch.get_rng_state(),
        }
        if self.compute.device.type == 'cuda':
            state['cuda_rng'] = torch.cuda.get_rng_state(self.compute.device)
        return state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for name, network in self.method.networks.items():
            network.load_state_dict(state['networks'][name])
            self._optimizers[name].load_state_dict(state['optimizers'][name])
        self.average.load_state_dict(state['average'])
        if self._scaler.is_enabled() and state['scaler']:  # saved under another precision
            self._scaler.load_state_dict(state['scaler'])
        self._generator.set_state(state['generators'][processes.rank()])
        torch.set_rng_state(state['torch_rng'])
        if 'cuda_rng' in state and self.compute.device.type == 'cuda':
            torch.cuda.set_rng_state(state['cuda_rng'], self.compute.device)
        self.step = state['step']
