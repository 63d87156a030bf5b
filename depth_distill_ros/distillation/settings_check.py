# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the settings of a run may be; a wrong one is said before anything is trained."""

from __future__ import annotations

from dataclasses import MISSING, Field, fields
import math
from typing import TYPE_CHECKING, Any

from depth_distill_ros.choices import (
    G_FORMS,
    GUIDANCE_REDUCTIONS,
    GUIDANCE_SOFTMAXES,
    METHODS,
    MIXINGS,
    PRECISIONS,
    READINGS,
    REC_REDUCTIONS,
)
from depth_distill_ros.distillation import processes
from depth_distill_ros.distillation.schedule import SCHEDULES
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.networks import NETWORKS

if TYPE_CHECKING:
    from depth_distill_ros.distillation.offline import RunSettings

CHOICES = {
    'method': METHODS, 'student': NETWORKS, 'schedule': tuple(SCHEDULES),
    'precision': PRECISIONS, 'g_form': G_FORMS, 'reading': READINGS, 'mixing': MIXINGS,
    'rec_reduction': REC_REDUCTIONS, 'equation': (1, 2, 3, 4),
    'guidance_softmax': GUIDANCE_SOFTMAXES, 'guidance_reduction': GUIDANCE_REDUCTIONS}
# smallest and largest value; what is not here may be anything from 0
_RANGES = {'batch': (1, math.inf), 'lr': (1e-12, 1.0), 'ema': (0.0, 0.999999),
           'epochs': (1e-9, math.inf), 'g_width': (0.01, 1.0)}
_STEREO = 'dacnn_stereo'


def check(settings: RunSettings) -> None:
    """Raise DepthDistillError naming the first setting that is of a wrong type or value."""
    for field in fields(settings):
        value, default = getattr(settings, field.name), _default(field)
        if field.name == 'size':
            if len(_expect(field, value, (tuple, list))) != 2 or not all(
                    type(side) is int and side >= 0 for side in value):
                raise _wrong(field, value, 'two whole numbers, height and width')
        elif isinstance(default, bool):
            _expect(field, value, bool)
        elif isinstance(default, (int, float)):
            kinds = int if isinstance(default, int) else (int, float)
            low, high = _RANGES.get(field.name, (0, math.inf))
            if isinstance(value, bool) or not low <= _expect(field, value, kinds) <= high:
                raise _wrong(field, value, f'a number from {low:g} to {high:g}')
        else:
            _expect(field, value, type(default))
        if field.name in CHOICES and value not in CHOICES[field.name]:
            raise _wrong(field, value, f'one of {", ".join(map(str, CHOICES[field.name]))}')
    if settings.batch % processes.count():
        raise DepthDistillError(f'a batch of {settings.batch} cannot be shared evenly by '
                                f'{processes.count()} processes; give a multiple of that')
    if (settings.student == _STEREO) != (settings.method == 'dacnn-teacher'):
        raise DepthDistillError(f'method {settings.method} cannot train {settings.student}: '
                                f'{_STEREO} is what dacnn-teacher trains, and nothing else is')


def _default(field: Field) -> Any:
    return field.default if field.default is not MISSING else field.default_factory()


def _expect(field: Field, value: Any, kinds: type | tuple[type, ...]) -> Any:
    if not isinstance(value, kinds):
        names = [kind.__name__ for kind in (kinds if isinstance(kinds, tuple) else (kinds,))]
        raise _wrong(field, value, f'of type {" or ".join(names)}')
    return value


def _wrong(field: Field, value: Any, expected: str) -> DepthDistillError:
    return DepthDistillError(f'setting {field.name} is {value!r}; it must be {expected}')
