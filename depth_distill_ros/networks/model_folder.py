# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Model folders, of teachers and releases: weights.safetensors and card.json."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
import torch
from torch import Tensor, nn

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.files import check_regular, json_text, lfs_cure, replacing, writing
from depth_distill_ros.geometry.intrinsics import GeometryError, Intrinsics
from depth_distill_ros.networks import build
from depth_distill_ros.networks.checks import MINIMUM_SIDE
from depth_distill_ros.networks.scale_anchor import ScaleAnchor

_FORMAT = 1
_LISTED = 20  # names in an error
_MOST_CARD_BYTES = 1 << 20
_MOST_SIDE = 4096  # pixels of the input
_MOST_HEADER_BYTES = 1 << 24  # of a safetensors file, beside its tensors
WEIGHTS = 'weights.safetensors'
CARD = 'card.json'


class ModelError(DepthDistillError):
    """A model folder that cannot be read or written."""


@dataclass(frozen=True)
class ModelCard:
    """
    The description of a weights file.

    Attributes:
        network, backbone, options: arguments of networks.build
        size: (height, width) of the input, pixels
        intrinsics: of the training images at that size; None if unknown
        about: provenance for people: command, seed, data, scores
        anchor: what brings the network's depth to its teacher's on the robot's frames; None: none
    """

    network: str
    backbone: str
    size: tuple[int, int]
    intrinsics: Intrinsics | None = None
    about: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    anchor: ScaleAnchor | None = None


def save_model(folder: Path, network: nn.Module, card: ModelCard, half: bool = False) -> None:
    """
    Write a model folder as a whole; `folder` must not exist.

    With `half` the weights are stored as float16, BatchNorm statistics as float32. Raises
    ModelError if the folder exists or cannot be written.
    """
    folder = Path(folder)
    if folder.exists():
        raise ModelError(f'{folder} exists; a model is never overwritten, choose a new folder')
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
        entries = {'format': _FORMAT, **asdict(card)}
        if card.anchor is None:
            del entries['anchor']  # earlier versions refuse a card with an entry that they lack
        (aside / CARD).write_text(json_text(entries), encoding='utf-8')


def read_card(folder: Path) -> ModelCard:
    """Return the card of a model folder. Raises ModelError."""
    path = Path(folder) / CARD
    try:
        check_regular(path, _MOST_CARD_BYTES)
        entries = json.loads(path.read_text(encoding='utf-8-sig'))
        if not isinstance(entries, dict):
            raise ValueError('it is not a JSON object')
        if entries.pop('format', None) != _FORMAT:
            raise ModelError(f'{path} is of another format; this version reads format {_FORMAT}')
        return _card(entries)
    except OSError as error:
        raise ModelError(
            f'{folder} is not a model folder: {CARD} cannot be read ({error.strerror})') from error
    # A number that no float holds, and too many brackets, are no ValueError.
    except (ValueError, TypeError, OverflowError, RecursionError, GeometryError) as error:
        raise ModelError(f'{path} is not a model card: {error}') from error


_KINDS: dict[str, Any] = {
    'network': str, 'backbone': str, 'size': list, 'intrinsics': (dict, type(None)),
    'about': dict, 'options': dict, 'anchor': (dict, type(None))}


def _card(entries: dict[str, Any]) -> ModelCard:
    for name, value in entries.items():
        if not isinstance(value, _KINDS.get(name, object)):
            raise ValueError(f'its {name} is {value!r}')
    if missing := {'network', 'backbone', 'size'} - entries.keys():
        raise ValueError(f'it lacks {", ".join(sorted(missing))}')
    size, intrinsics = entries['size'], entries.get('intrinsics')
    if len(size) != 2 or any(type(side) is not int or not MINIMUM_SIDE <= side <= _MOST_SIDE
                             for side in size):
        raise ValueError(f'its size {size} is not (height, width) from {MINIMUM_SIDE} to '
                         f'{_MOST_SIDE}')
    if 'pretrained' in entries.get('options', {}):
        raise ValueError('its options ask for a download (pretrained); a model has its weights '
                         'beside the card')
    return ModelCard(**entries | {
        'size': tuple(size), 'intrinsics': Intrinsics(**intrinsics) if intrinsics else None,
        'anchor': _anchor(entries.get('anchor'))})


def _anchor(entries: dict[str, Any] | None) -> ScaleAnchor | None:
    if not entries:
        return None
    camera = entries.get('camera')
    return ScaleAnchor(**entries | {'camera': Intrinsics(**camera) if camera else None})


def load_model(folder: Path) -> tuple[nn.Module, ModelCard]:
    """
    Return the network of a model folder, float32, in eval mode, on the CPU, and its card.

    Raises ModelError unless the weights are whole, finite and those of the card's network.
    """
    folder = Path(folder)
    card = read_card(folder)
    try:
        network = build(card.network, card.backbone, **card.options)
    # a network's class does not check what type an option has
    except (DepthDistillError, TypeError, ValueError, KeyError) as error:
        raise ModelError(
            f'{folder / CARD} does not describe a network of this version: {error}') from error
    path = folder / WEIGHTS
    expected = network.state_dict()
    try:
        # float64 is twice as large as the float32 of the network
        check_regular(path, _MOST_HEADER_BYTES + sum(2 * t.nbytes for t in expected.values()))
        tensors = load_file(path)
    except (OSError, SafetensorError) as error:
        reason = getattr(error, 'strerror', None) or error
        raise ModelError(f'{path} is not a complete safetensors file ({reason})'
                         f'{lfs_cure(_start_of(path)) or "; copy it again"}') from error
    check_tensors(path, tensors, expected, f'{card.network} {card.backbone}',
                  'the card describes another network')
    network.load_state_dict(tensors)
    return network.eval(), card


def check_tensors(path: Path, tensors: dict[str, Tensor], expected: dict[str, Tensor],
                  network: str, cure: str) -> None:
    """Raise ModelError unless the tensors are finite and have the names and shapes expected."""
    faults = {
        'missing': expected.keys() - tensors.keys(),
        'surplus': tensors.keys() - expected.keys(),
        'of another shape or type': {
            name for name in expected.keys() & tensors.keys()
            if expected[name].shape != tensors[name].shape
            or expected[name].is_floating_point() != tensors[name].is_floating_point()},
    }
    if any(faults.values()):
        found = '; '.join(f'{len(names)} {fault}: {_listed(sorted(names))}'
                          for fault, names in faults.items() if names)
        raise ModelError(f'{path} does not hold the {network}: {found}; {cure}')
    for name, tensor in tensors.items():
        if not torch.isfinite(tensor).all():
            raise ModelError(f'{path}: {name} holds NaN or infinity; the file is unusable')


def _listed(names: list[str]) -> str:
    more = f' and {len(names) - _LISTED} more' if len(names) > _LISTED else ''
    return ', '.join(names[:_LISTED]) + more


def _start_of(path: Path) -> bytes:
    if not path.is_file():  # reading a pipe would wait for its writer
        return b''
    try:
        with path.open('rb') as file:
            return file.read(64)
    except OSError:
        return b''
