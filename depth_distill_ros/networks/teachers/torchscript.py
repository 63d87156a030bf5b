# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Teachers from a TorchScript file: 'torchscript:<file>[,size=HxW][,mean=...,std=...][,output=...]'.

Loading runs the file's TorchScript, which cannot reach Python, files or the network; a pickle
with code in it is refused unread. A file made to harm can still hold the process up or crash
it, so take files only from who you would take a program from.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from depth_distill_ros.networks.model import ModelError
from depth_distill_ros.networks.teachers import options
from depth_distill_ros.networks.teachers.adapter import KEYS, Adapter, reason, tried


def load(text: str, size: tuple[int, int], needs_gradient: bool) -> nn.Module:
    """Return the network of '<file>,options'; the options are those of Adapter."""
    name, values = options.parse(text, KEYS)
    path = Path(name).expanduser()
    if not path.is_file():
        raise ModelError(f'torchscript: there is no file {path}')
    try:
        network = torch.jit.load(path, map_location='cpu')
    except Exception as error:  # RuntimeError for most, UnicodeDecodeError and others for some
        raise ModelError(f'{path} is no TorchScript file ({reason(error)}); make one with '
                         'torch.jit.trace(...).save(...)') from error
    return tried(Adapter(network, str(path), **values), str(path), size, needs_gradient)
