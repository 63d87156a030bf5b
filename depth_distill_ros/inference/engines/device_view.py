# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A View applied on a GPU: crop, resize as two matrix products, replicated bars."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad

from depth_distill_ros.geometry.intrinsics import check_crop
from depth_distill_ros.geometry.view import View


def view_on_device(view: View, image: np.ndarray, device: torch.device) -> Tensor:
    """
    Return `view.image(image)` as 1×H×W×3 uint8 on the device, equal to within one grey level.

    Sending the whole image and resizing it there is faster than resizing it on the CPU, although a
    VGA image has four times the bytes of its view.
    """
    check_crop(view.crop, image.shape[:2])
    top, left, height, width = view.crop
    part = np.ascontiguousarray(image[top:top + height, left:left + width])
    x = torch.from_numpy(part).to(device).permute(2, 0, 1).float()
    rows, columns = _matrices(view, device)
    x = (rows @ x @ columns).round()
    top, bottom, left, right = view.bars
    x = pad(x[None], (left, right, top, bottom), mode='replicate')
    return x.to(torch.uint8).permute(0, 2, 3, 1)


@lru_cache(maxsize=16)
def _matrices(view: View, device: torch.device) -> tuple[Tensor, Tensor]:
    make = _area if view.averages else _bilinear
    rows, columns = (_halved(source, view.halvings, target, make)
                     for source, target in zip(view.crop[2:], view.place[2:], strict=True))
    return rows.to(device), columns.T.contiguous().to(device)


def _halved(source: int, halvings: int, target: int, make: Callable[[int, int], Tensor]) -> Tensor:
    half = source >> halvings
    return make(half, target) @ _area(source, half) if halvings else make(source, target)


def _area(source: int, target: int) -> Tensor:
    """Return the target×source matrix that averages over areas as cv2.INTER_AREA does."""
    edges = torch.arange(target + 1, dtype=torch.float64) * source / target
    pixels = torch.arange(source)
    overlap = (torch.minimum(edges[1:, None], pixels + 1)
               - torch.maximum(edges[:-1, None], pixels)).clamp(min=0)
    return (overlap * target / source).float()


def _bilinear(source: int, target: int) -> Tensor:
    """Return the target×source matrix that interpolates as cv2.INTER_LINEAR does."""
    centres = (torch.arange(target, dtype=torch.float64) + 0.5) * source / target - 0.5
    distance = (centres.clamp(0, source - 1)[:, None] - torch.arange(source)).abs()
    return (1 - distance).clamp(min=0).float()
