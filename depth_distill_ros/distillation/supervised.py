# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Supervised training of a depth network with loss H: how a teacher is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
import math
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate
from torch.optim.swa_utils import update_bn

from depth_distill_ros.distillation.augment import flip, jitter
from depth_distill_ros.distillation.average import AveragedNetwork
from depth_distill_ros.distillation.checkpoint import load_checkpoint, save_checkpoint
from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.losses import NonFiniteLoss, loss_h
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.evaluation.metrics import MetricsWindow, depth_metrics
from depth_distill_ros.networks import build
from depth_distill_ros.networks.normalisation import to_input

Draw = Callable[[int], tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class SupervisedConfig:
    network: str
    backbone: str
    steps: int
    batch: int = 16
    lr: float = 1e-3  # peak; from random weights, where the papers fine-tune from ImageNet at 1e-4
    weight_decay: float = 1e-4
    jitter: float = 0.2
    seed: int = 0


class SupervisedTraining:
    """
    Adam with a warm-up and a cosine down to 1 % of the peak; the averaged network is the result.

    `draw(n)` gives n×H×W×3 uint8 pictures and n×h×w float metres, h×w the network's output size.
    """

    def __init__(self, config: SupervisedConfig, draw: Draw, compute: Compute | None = None):
        self.config, self._draw = config, draw
        self.compute = compute or Compute.available()
        torch.manual_seed(config.seed)
        self.network = build(config.network, config.backbone).to(
            self.compute.device, memory_format=torch.channels_last)
        self.average = AveragedNetwork(self.network, decay=0.999)
        self._optimizer = torch.optim.Adam(
            self.network.parameters(), config.lr, weight_decay=config.weight_decay)
        self._generator = torch.Generator().manual_seed(config.seed)
        self.step = 0

    @property
    def lr(self) -> float:
        warm_up = max(1, self.config.steps // 40)
        if self.step < warm_up:
            return self.config.lr * (self.step + 1) / warm_up
        progress = (self.step - warm_up) / max(1, self.config.steps - warm_up)
        return self.config.lr * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * progress)))

    def train_step(self) -> float:
        """One update; the loss."""
        images, depth = self._draw(self.config.batch)
        images, depth = flip(images, depth.unsqueeze(1), self._generator)
        images = jitter(images, self.config.jitter, self._generator)
        x = to_input(images.to(self.compute.device))
        for group in self._optimizer.param_groups:
            group['lr'] = self.lr
        self.network.train()
        with self.compute.autocast():
            prediction = self.network(x)
        loss = loss_h(prediction, depth.to(self.compute.device))
        if not torch.isfinite(loss):
            raise NonFiniteLoss(f'the loss is {loss.item()} at step {self.step}; lower the '
                                'learning rate and resume from the last checkpoint')
        self._optimizer.zero_grad()
        loss.backward()
        self._optimizer.step()
        self.average.update(self.network)
        self.step += 1
        return loss.item()

    def finish(self, batches: int = 64) -> nn.Module:
        """
        Return the averaged network with BatchNorm statistics of its own.

        Those that were averaged along the way are the statistics of networks that it no longer
        is; D3 fits G to them, so they are measured anew, on training pictures as they are.
        """
        network = self.average.network
        pictures = (to_input(self._draw(self.config.batch)[0]) for _ in range(batches))
        update_bn(pictures, network, self.compute.device)
        return network.eval()

    def save(self, path: Path) -> Path:
        return save_checkpoint(path, {
            'config': asdict(self.config), 'step': self.step,
            'network': self.network.state_dict(), 'average': self.average.state_dict(),
            'optimizer': self._optimizer.state_dict(),
            'generator': self._generator.get_state(),
        })

    def load(self, path: Path) -> None:
        state = load_checkpoint(path)
        if state['config'] != asdict(self.config):
            raise DepthDistillError(f'{path} is of a training with other settings '
                                    f'({state["config"]}); give the same ones or another folder')
        self.network.load_state_dict(state['network'])
        self.average.load_state_dict(state['average'])
        self._optimizer.load_state_dict(state['optimizer'])
        self._generator.set_state(state['generator'])
        self.step = state['step']


@torch.no_grad()
def evaluate(network: nn.Module, images: np.ndarray, depth: np.ndarray, compute: Compute,
             batch: int = 32) -> dict[str, float]:
    """
    Mean metrics of `network` on N×H×W×3 uint8 pictures and N×h×w metres of any size.

    The prediction is resized to the depth's size.
    """
    network.eval()
    window = MetricsWindow(len(images))
    for start in range(0, len(images), batch):
        x = to_input(torch.from_numpy(images[start:start + batch]).to(compute.device))
        prediction = interpolate(
            network(x).float(), depth.shape[1:], mode='bilinear', align_corners=True)
        for p, g in zip(prediction[:, 0].cpu().numpy(), depth[start:start + batch], strict=True):
            window.add(depth_metrics(p, g))
    return window.summary()
