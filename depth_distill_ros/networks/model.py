# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A network on disk: a folder with weights.safetensors and card.json, teacher or release."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
import torch
from torch import nn

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.files import json_text, replacing, writing
from depth_distill_ros.geometry.intrinsics import GeometryError, Intrinsics
from depth_distill_ros.networks import build
from depth_distill_ros.networks.checks import MINIMUM_SIDE

_FORMAT = 1
WEIGHTS = 'weights.safetensors'
CARD = 'card.json'


class ModelError(DepthDistillError):
    """A model folder that cannot be used, or cannot be written."""


@dataclass(frozen=True)
class ModelCard:
    """
    What a weights file needs said about it.

    size: (height, width) of the input. intrinsics: of the camera it learned with, at that size.
    about: how it came to be (command, seed, data, figures); for people. options: of the network,
    as for build.
    """

    network: str
    backbone: str
    size: tuple[int, int]
    intrinsics: Intrinsics | None = None
    about: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)


def save_model(folder: Path, network: nn.Module, card: ModelCard, half: bool = False) -> None:
    """
    Write the model aside and rename it to `folder`, which must not exist.

    With `half` the weights are stored as float16; BatchNorm statistics stay float32.
    """
    folder = Path(folder)
    if folder.exists():
        raise ModelError(f'{folder} exists; a model is never overwritten, name a new folder')
    tensors = {
        name: tensor.detach().cpu().to(
            torch.float16 if half and tensor.is_floating_point() and 'running_' not in name
            else tensor.dtype).contiguous()
        for name, tensor in network.state_dict().items()
    }
    with writing(folder, 'free some space or make the folder writable', ModelError,
                 (SafetensorError,)), replacing(folder, sync=True) as aside:
        aside.mkdir()
        save_file(tensors, aside / WEIGHTS)
        # safetensors writes for its owner alone; inference may run as another user
        (aside / WEIGHTS).chmod(0o644)
        (aside / CARD).write_text(json_text({'format': _FORMAT, **asdict(card)}), encoding='utf-8')


def read_card(folder: Path) -> ModelCard:
    """Return the card of a model folder."""
    path = Path(folder) / CARD
    try:
        entries = json.loads(path.read_text(encoding='utf-8'))
        if not isinstance(entries, dict):
            raise ValueError('it is no JSON object')
        if entries.pop('format', None) != _FORMAT:
            raise ModelError(f'{path} is of another format; this version reads format {_FORMAT}')
        return _card(entries)
    except OSError as error:
        raise ModelError(
            f'{folder} is no model folder: {CARD} cannot be read ({error.strerror})') from error
    except (ValueError, TypeError, GeometryError) as error:
        raise ModelError(f'{path} is no model card: {error}') from error


_KINDS: dict[str, Any] = {
    'network': str, 'backbone': str, 'size': list, 'intrinsics': (dict, type(None)),
    'about': dict, 'options': dict}


def _card(entries: dict[str, Any]) -> ModelCard:
    for name, value in entries.items():
        if not isinstance(value, _KINDS.get(name, object)):
            raise ValueError(f'its {name} is {value!r}')
    if missing := {'network', 'backbone', 'size'} - entries.keys():
        raise ValueError(f'it does not say {", ".join(sorted(missing))}')
    size, intrinsics = entries['size'], entries.get('intrinsics')
    if len(size) != 2 or any(type(side) is not int or side < MINIMUM_SIDE for side in size):
        raise ValueError(f'size {size} is no (height, width) of at least {MINIMUM_SIDE}')
    return ModelCard(**entries | {
        'size': tuple(size), 'intrinsics': Intrinsics(**intrinsics) if intrinsics else None})


def load_model(folder: Path) -> tuple[nn.Module, ModelCard]:
    """Return the network of a model folder, float32, in eval mode, on the CPU, and its card."""
    folder = Path(folder)
    card = read_card(folder)
    try:
        network = build(card.network, card.backbone, **card.options)
    except DepthDistillError as error:
        raise ModelError(f'{folder / CARD} names no network of this version: {error}') from error
    path = folder / WEIGHTS
    try:
        tensors = load_file(path)
    except (OSError, SafetensorError) as error:
        raise ModelError(f'{path} is no complete safetensors file ({error}); copy it again') \
            from error
    expected = network.state_dict()
    missing, surplus = expected.keys() - tensors.keys(), tensors.keys() - expected.keys()
    other = sorted(n for n in expected.keys() & tensors.keys()
                   if expected[n].shape != tensors[n].shape
                   or expected[n].is_floating_point() != tensors[n].is_floating_point())
    if missing or surplus or other:
        raise ModelError(
            f'{path} does not fit {card.network} {card.backbone}: {len(missing)} tensors missing, '
            f'{len(surplus)} surplus, {len(other)} of other shapes or kinds '
            f'(e.g. {sorted([*missing, *surplus, *other])[0]}); the card names another network')
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not torch.isfinite(tensor).all():
            raise ModelError(f'{path}: {name} holds NaN or infinity; the model is unusable')
    network.load_state_dict(tensors)
    return network.eval(), card
