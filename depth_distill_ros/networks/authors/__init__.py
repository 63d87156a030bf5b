# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The checkpoints that the authors of LDEN, FFN and SARPN published, read into our networks."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from depth_distill_ros.files import sha256_of
from depth_distill_ros.networks import build
from depth_distill_ros.networks.authors.checkpoint import read_checkpoint
from depth_distill_ros.networks.authors.names import FORMATS, encoder_of, names_of
from depth_distill_ros.networks.model import ModelCard, ModelError

__all__ = ['FORMATS', 'load_authors']

# The authors' codes crop every picture of NYU-v2 to this before their networks see it.
_SIZE = (228, 304)
_LISTED = 20
# PyTorch counts batches since 0.4.1, and the count does not enter any output.
_COUNTER = '.num_batches_tracked'


def load_authors(path: Path, form: str) -> tuple[nn.Module, ModelCard]:
    """
    Return the network whose weights the authors' file `path` holds, in eval mode, and its card.

    `form`, out of FORMATS, says whose file it is; the encoder is read off the file. The output is
    that of the authors' code with the same weights, where LDEN's is then resized to 228×304 there
    and SARPN's is the last of five maps. Nothing in the file is executed. The parameters of the
    file and of the network must be the same, by name, shape and kind, and finite; only counters of
    batches may be absent (as in saves of PyTorch 0.3), and are then 0. Raises ModelError.
    """
    path = Path(path)
    tensors = read_checkpoint(path)
    backbone = encoder_of(form, tensors, path)
    # On the meta device: no time goes into weights that are replaced, nor memory.
    with torch.device('meta'):
        network = build(FORMATS[form].network, backbone)
    expected = network.state_dict()
    theirs = names_of(form, backbone, expected)
    tensors = {name: torch.zeros_like(expected[ours], device='cpu')
               for ours, name in theirs.items() if name.endswith(_COUNTER)} | tensors
    _check(path, form, backbone, {theirs[ours]: t for ours, t in expected.items()}, tensors)
    # Copies, because tensors of a file may share memory, which safetensors does not write.
    network.load_state_dict({ours: tensors[name].to(expected[ours].dtype, copy=True)
                             for ours, name in theirs.items()}, assign=True)
    return network.eval(), ModelCard(FORMATS[form].network, backbone, _SIZE, about={
        'format': form, 'source': FORMATS[form].source, 'file': path.name,
        'sha256': sha256_of(path)})


def _check(path: Path, form: str, backbone: str, expected: dict[str, Tensor],
           tensors: dict[str, Tensor]) -> None:
    faults = {
        'missing': expected.keys() - tensors.keys(),
        'surplus': tensors.keys() - expected.keys(),
        'of another shape or kind': {
            name for name in expected.keys() & tensors.keys()
            if expected[name].shape != tensors[name].shape
            or expected[name].is_floating_point() != tensors[name].is_floating_point()},
    }
    if any(faults.values()):
        found = '; '.join(f'{len(names)} {what}: {_listed(sorted(names))}'
                          for what, names in faults.items() if names)
        raise ModelError(f'{path} does not hold the {FORMATS[form].network} {backbone} of '
                         f'{FORMATS[form].source}: {found}; choose the --format it was made by, '
                         'or copy it again')
    for name, tensor in tensors.items():
        if not torch.isfinite(tensor).all():
            raise ModelError(f'{path}: {name} holds NaN or infinity; take another checkpoint')


def _listed(names: list[str]) -> str:
    more = f' and {len(names) - _LISTED} more' if len(names) > _LISTED else ''
    return ', '.join(names[:_LISTED]) + more
