# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Teachers: model folders of this package and external depth networks."""

from __future__ import annotations

from pathlib import Path
import re

from torch import nn

from depth_distill_ros.files import expanded
from depth_distill_ros.networks.model_folder import ModelCard, load_model
from depth_distill_ros.networks.teachers import hugging_face, python_function, torchscript
from depth_distill_ros.settings.names import PAPER_SIZE
from depth_distill_ros.shipped import spelled_out

_LOADERS = {'hf': hugging_face.load, 'torchscript': torchscript.load}


def load_teacher(spec: str, size: tuple[int, int] = (0, 0), needs_gradient: bool = False,
                 ) -> tuple[nn.Module, ModelCard]:
    """
    Return the teacher `spec`, frozen, in eval mode, on the CPU, and its card.

    All teachers read B×3×H×W ImageNet-normalised images of any size and give B×1×h×w metres,
    external ones at half of H×W as the package's own do.

    Args:
        spec: a model folder, or 'hf:<hub id or folder>', 'torchscript:<file>' or
            'package.module:function', with ',key=value' options (see the modules of those names);
            empty: the shipped one of rendered rooms; 'real': the shipped one of photographs
        size: (height, width) of an external teacher's input, (0, 0): 228×304; that of a model
            folder is on its card
        needs_gradient: whether the method needs gradients through the teacher to the image; an
            external teacher that passes none is then refused
    Raises:
        ModelError: the teacher cannot be used; the text says what to do instead
    """
    spec = spelled_out(spec)
    kind, _, rest = spec.partition(':')
    if kind in _LOADERS:
        load = _LOADERS[kind]
    elif re.match(r'[\w.]+:\w+(,|$)', spec) and not Path(spec).exists():
        load, rest = python_function.load, spec
    else:
        network, card = load_model(expanded(spec))
        return network.requires_grad_(False), card
    size = size if any(size) else PAPER_SIZE
    network = load(rest, size, needs_gradient).eval().requires_grad_(False)
    return network, ModelCard('external', spec, size)
