# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Named tensors out of a file of torch.save that nobody vouches for."""

from __future__ import annotations

from pathlib import Path
import re
from typing import Any

import torch
from torch import Tensor

from depth_distill_ros.networks.model import ModelError

_SAVE_ANEW = 'where it was made, save the weights alone: torch.save(model.state_dict(), FILE)'
_WRAPPERS = ('state_dict', 'model')
_DATA_PARALLEL = 'module.'


def read_checkpoint(path: Path) -> dict[str, Tensor]:
    """
    Return the state dict of a PyTorch save, on the CPU, without DataParallel's prefix.

    The state dict may lie under 'state_dict' or 'model' of another dict. Saves since PyTorch 0.3
    are read, those of Python 2 too. Raises ModelError for anything else; nothing is executed.
    """
    try:
        saved = torch.load(path, map_location='cpu', weights_only=True)
    except OSError as error:
        raise ModelError(
            f'{path} cannot be read ({error.strerror or error}); check its name') from error
    # damaged bytes make torch's readers raise whatever Python can
    except Exception as error:
        code = re.search(r'(?:GLOBAL|Unsupported class) (\S+)', str(error))
        if code:
            raise ModelError(
                f'{path} holds Python objects ({code[1]}), which could run any code when loaded, '
                f'so nothing of it was; {_SAVE_ANEW}') from error
        raise ModelError(f'{path} is no complete file of weights ({type(error).__name__}); '
                         f'copy it again, or, {_SAVE_ANEW}') from error
    for wrapper in _WRAPPERS:
        if isinstance(saved, dict) and isinstance(saved.get(wrapper), dict):
            saved = saved[wrapper]
    if not isinstance(saved, dict) or not saved:
        raise ModelError(f'{path} holds no named tensors but a {type(saved).__name__}; '
                         f'{_SAVE_ANEW}')
    for name, value in saved.items():
        if not isinstance(name, str) or not _is_plain(value):
            raise ModelError(f'{path}: {name!r} is no plain tensor but a {type(value).__name__}; '
                             f'{_SAVE_ANEW}')
    while all(name.startswith(_DATA_PARALLEL) for name in saved):
        saved = {name.removeprefix(_DATA_PARALLEL): tensor for name, tensor in saved.items()}
    return dict(saved)


def _is_plain(value: Any) -> bool:
    return (isinstance(value, Tensor) and value.layout == torch.strided
            and value.device.type == 'cpu' and not value.is_quantized)
