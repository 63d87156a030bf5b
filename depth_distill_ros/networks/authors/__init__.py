# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Import of the checkpoints that the authors of LDEN, FFN, SARPN and METER published."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from depth_distill_ros.files import sha256_of
from depth_distill_ros.networks import build
from depth_distill_ros.networks.authors.checkpoint import read_checkpoint
from depth_distill_ros.networks.authors.names import FORMATS, encoder_of, names_of
from depth_distill_ros.networks.model_folder import ModelCard, check_tensors
from depth_distill_ros.settings.names import AUTHORS

# BatchNorm counts batches since PyTorch 0.4.1; no output depends on it.
_COUNTER = '.num_batches_tracked'


def load_authors(path: Path, form: str) -> tuple[nn.Module, ModelCard]:
    """
    Return the network with the weights of the checkpoint `path`, in eval mode, and its card.

    `form`, one of FORMATS, names the authors; the encoder is found from the file. The output is
    that of the authors' code with the same weights; they then resize LDEN's to 228×304, and
    SARPN's is the last of their five maps. METER's is in metres instead of centimetres, and its
    network adds the white frame of NYU-v2's images to its input.

    No code of the file is executed. Raises ModelError unless its parameters are those of the
    network, by name, shape and type, and finite. Only BatchNorm's counters of batches may be
    missing, as in files of PyTorch 0.3; they are then 0.
    """
    path, source = Path(path), FORMATS[form]
    tensors = read_checkpoint(path)
    backbone = encoder_of(form, tensors, path)
    # on the meta device, because all weights are replaced
    with torch.device('meta'):
        network = build(source.network, backbone, **source.options)
    expected = network.state_dict()
    theirs = names_of(form, backbone, expected)
    tensors = {name: torch.zeros_like(expected[ours], device='cpu')
               for ours, name in theirs.items() if name.endswith(_COUNTER)} | tensors
    check_tensors(path, tensors, {theirs[ours]: t for ours, t in expected.items()},
                  f'{source.network} {backbone} of {AUTHORS[form]}',
                  'choose the --format that fits, or copy it again')
    # copies, because tensors of a file may share memory, which safetensors cannot write
    weights = {ours: tensors[name].to(expected[ours].dtype, copy=True)
               for ours, name in theirs.items()}
    for ours, divisor in source.per_metre.items():
        weights[ours] /= divisor
    network.load_state_dict(weights, assign=True)
    return network.eval(), ModelCard(
        source.network, backbone, source.size, source.intrinsics, options=source.options, about={
            'format': form, 'source': AUTHORS[form], 'file': path.name,
            'sha256': sha256_of(path)})
