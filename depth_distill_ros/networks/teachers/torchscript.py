# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Teachers from a TorchScript file: 'torchscript:<file>[,size=HxW][,mean=...,std=...][,output=...]'.

Loading executes the file's TorchScript, which has no access to Python, files or the network. A
pickle with code is refused without executing it. A malicious file can still block or crash the
process, so use only files from sources that you trust.
"""

from __future__ import annotations

import torch
from torch import nn

from depth_distill_ros.files import expanded
from depth_distill_ros.networks.model_folder import ModelError
from depth_distill_ros.networks.teachers import options
from depth_distill_ros.networks.teachers.adapter import KEYS, Adapter, checked, reason


def load(text: str, size: tuple[int, int], needs_gradient: bool) -> nn.Module:
    """Return the network of '<file>,options'; for the options see Adapter."""
    name, values = options.parse(text, KEYS)
    path = expanded(name)
    if not path.is_file():
        raise ModelError(f'torchscript: no file {path}')
    try:
        network = torch.jit.load(path, map_location='cpu')
    except Exception as error:  # mostly RuntimeError, but also others
        raise ModelError(f'{path} is not a TorchScript file ({reason(error)}); make one with '
                         'torch.jit.trace(...).save(...)') from error
    return checked(Adapter(network, str(path), **values), str(path), size, needs_gradient)
