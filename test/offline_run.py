# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Settings, a teacher and a data set for tests of offline runs."""

import cv2
import numpy as np
import pytest
import small_teacher

from depth_distill_ros.distillation.offline import open_run
from depth_distill_ros.settings.distillation import OfflineSettings

SIZE = (32, 48)


@pytest.fixture(scope='module')
def teacher(tmp_path_factory):
    return str(small_teacher.save(tmp_path_factory.mktemp('models') / 'teacher', SIZE))


@pytest.fixture(scope='module')
def frames(tmp_path_factory):
    """Write a plain folder of twelve images with depth and classes."""
    folder = tmp_path_factory.mktemp('frames')
    random = np.random.default_rng(0)
    for kind in ('image', 'depth', 'semantics'):
        (folder / kind).mkdir()
    for number in range(12):
        image = cv2.resize(random.integers(0, 256, (8, 12, 3), np.uint8), SIZE[::-1])
        depth = cv2.resize(random.integers(1000, 4000, (4, 6)).astype(np.uint16), SIZE[::-1])
        classes = np.repeat(np.repeat(random.integers(1, 14, (8, 12), np.uint8), 4, 0), 4, 1)
        for kind, array in (('image', image), ('depth', depth), ('semantics', classes)):
            assert cv2.imwrite(str(folder / kind / f'{number:03d}.png'), array)
    return f'folder:{folder}'


@pytest.fixture(scope='module')
def settings(teacher, frames):
    return OfflineSettings(teacher=teacher, stream=frames, student_start='random', g_width=0.125,
                           steps=6, batch=2, lr=1e-3, precision='fp32')


def train(settings, folder, until=None, **options):
    opened = open_run(settings, folder, **options)
    total = until or opened.total
    return [p for p in opened.training.steps(total, settings.batch)], opened
