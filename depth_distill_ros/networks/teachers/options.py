# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The ',key=value' options after the name of an external teacher."""

from __future__ import annotations

from collections.abc import Callable, Mapping
import re
from typing import Any

from depth_distill_ros.networks.model_folder import ModelError


def parse(text: str, keys: Mapping[str, Callable[[str], Any]]) -> tuple[str, dict[str, Any]]:
    """
    Return the name and the values of 'name,key=value,...'.

    `keys` maps each key to the function that converts its value. A comma without a key after it
    belongs to the name. Raises ModelError for an unknown key, or if a function raises ValueError.
    """
    name, *pairs = re.split(r',(?=[A-Za-z_]+=)', text)
    values = {}
    for pair in pairs:
        key, _, value = pair.partition('=')
        if key not in keys:
            raise ModelError(f'{name}: no option {key}; choose one of {", ".join(keys)}')
        try:
            values[key] = keys[key](value)
        except ValueError as error:
            raise ModelError(f'{name}: {key} is "{value}": {error}') from None
    return name, values


def yes(text: str) -> bool:
    """Return True for 'yes'."""
    if text != 'yes':
        raise ValueError('the only value is yes')
    return True


def metres(text: str) -> int:
    """Return whole metres, as in configurations of Hugging Face."""
    if not text.isdigit() or int(text) < 1:
        raise ValueError('give whole metres above 0')
    return int(text)


def size(text: str) -> tuple[int, int]:
    """Return (height, width) of 'HxW'."""
    if not re.fullmatch(r'[1-9]\d*x[1-9]\d*', text):
        raise ValueError('give HEIGHTxWIDTH, e.g. 224x320')
    height, width = text.split('x')
    return int(height), int(width)


def channels(text: str) -> tuple[float, float, float]:
    """Return the values of R, G and B of 'R/G/B', or of one number for all three."""
    values = [float(part) for part in text.split('/')]
    if len(values) not in (1, 3):
        raise ValueError('give R/G/B, e.g. 0.5/0.5/0.5, or one number for all three')
    red, green, blue = values * (3 // len(values))
    return red, green, blue


def nonzero_channels(text: str) -> tuple[float, float, float]:
    """Return the values of `channels`, none of them 0."""
    values = channels(text)
    if not all(values):
        raise ValueError('0 cannot be divided by')
    return values
