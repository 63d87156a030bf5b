# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Teachers: model folders of this package, and depth networks from elsewhere."""

from __future__ import annotations

from pathlib import Path
import re

from torch import nn

from depth_distill_ros.networks.model import ModelCard, load_model
from depth_distill_ros.networks.teachers import hugging_face, python_function, torchscript

_SIZE = (228, 304)
_LOADERS = {'hf': hugging_face.load, 'torchscript': torchscript.load}


def load_teacher(spec: str, size: tuple[int, int] | None = None, needs_gradient: bool = False,
                 ) -> tuple[nn.Module, ModelCard]:
    """
    Return the network that `spec` names, in eval mode on the CPU, and its card.

    spec is a model folder, or 'hf:<hub id or folder>', 'torchscript:<file>',
    'package.module:function', each with ',key=value' options (see the modules of those names).
    All networks read B×3×H×W ImageNet-normalised pictures of any size and give metres, those from
    elsewhere B×1×h×w at half of H×W as the package's own do. The weights are frozen.

    size : (height, width) that a network from elsewhere will be given, 228×304 unless said; a
        model folder has its own on its card
    needs_gradient : the method sends gradients through the teacher to the picture; a network from
        elsewhere that lets none through is then refused

    Raises ModelError for what cannot be used, with what to do instead.
    """
    kind, _, rest = spec.partition(':')
    if kind in _LOADERS:
        load = _LOADERS[kind]
    elif re.match(r'[\w.]+:\w+(,|$)', spec) and not Path(spec).exists():
        load, rest = python_function.load, spec
    else:
        network, card = load_model(Path(spec).expanduser())
        return network.requires_grad_(False), card
    size = size or _SIZE
    network = load(rest, size, needs_gradient).eval().requires_grad_(False)
    return network, ModelCard('external', spec, size)
