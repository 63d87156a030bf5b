# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Reading the tensors of an untrusted file of torch.save."""

from __future__ import annotations

from pathlib import Path
import re
from typing import Any

import torch
from torch import Tensor

from depth_distill_ros.networks.model_folder import ModelError

_SAVE_WEIGHTS = 'save its weights only: torch.save(model.state_dict(), FILE)'
_WRAPPERS = ('state_dict', 'model')
_DATA_PARALLEL = 'module.'


def read_checkpoint(path: Path) -> dict[str, Tensor]:
    """
    Return the state dict in a file of torch.save, on the CPU, without DataParallel's prefix.

    The state dict may be the value of 'state_dict' or 'model' in another dict. Files since PyTorch
    0.3, also of Python 2, are read; no code in them is executed. Raises ModelError for others.
    """
    try:
        saved = torch.load(path, map_location='cpu', weights_only=True)
    except OSError as error:
        raise ModelError(
            f'{path} cannot be read ({error.strerror or error}); check its name') from error
    except Exception as error:  # for damaged files torch raises many types
        code = re.search(r'(?:GLOBAL|Unsupported class) (\S+)', str(error))
        if code:
            raise ModelError(
                f'{path} holds Python objects ({code[1]}), which could execute any code, so it '
                f'was not loaded; {_SAVE_WEIGHTS}') from error
        raise ModelError(f'{path} is not a complete file of weights ({type(error).__name__}); '
                         f'copy it again, or, {_SAVE_WEIGHTS}') from error
    for wrapper in _WRAPPERS:
        if isinstance(saved, dict) and isinstance(saved.get(wrapper), dict):
            saved = saved[wrapper]
    if not isinstance(saved, dict) or not saved:
        raise ModelError(f'{path} holds a {type(saved).__name__} in place of named tensors; '
                         f'{_SAVE_WEIGHTS}')
    for name, value in saved.items():
        if not isinstance(name, str) or not _is_plain(value):
            raise ModelError(f'{path}: {name!r} is a {type(value).__name__}, not a plain tensor; '
                             f'{_SAVE_WEIGHTS}')
    while all(name.startswith(_DATA_PARALLEL) for name in saved):
        saved = {name.removeprefix(_DATA_PARALLEL): tensor for name, tensor in saved.items()}
    return dict(saved)


def _is_plain(value: Any) -> bool:
    return (isinstance(value, Tensor) and value.layout == torch.strided
            and value.device.type == 'cpu' and not value.is_quantized)
