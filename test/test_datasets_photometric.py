# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Colours change as in the papers, unclamped, and alike on all views of a scene."""

from itertools import permutations

import numpy as np
import pytest
import torch

from depth_distill_ros.datasets.photometric import dacnn, hu, jitter, lighting

GREY = torch.tensor((0.299, 0.587, 0.114)).view(1, 3, 1, 1)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def images(count=512, seed=1):
    return torch.rand(count, 3, 4, 5, generator=generator(seed))


def test_lighting_adds_one_colour_along_the_principal_directions():
    x = images(4096)
    added = lighting(x, 0.1, generator()) - x
    colour = added.mean((2, 3))
    torch.testing.assert_close(added, colour.view(-1, 3, 1, 1).expand_as(added),
                               atol=1e-6, rtol=0)
    vectors = np.array([[-.5675, .7192, .4009], [-.5808, -.0045, -.8140], [-.5836, -.6948, .4203]])
    expected = vectors @ np.diag(0.1 * np.array((.2175, .0188, .0045))) ** 2 @ vectors.T
    np.testing.assert_allclose(np.cov(colour.numpy().T), expected, rtol=0.1, atol=2e-6)


def test_jitter_is_brightness_contrast_and_saturation_in_whatever_order():
    x = images(256).double()
    changed = jitter(x, 0.4, generator(3))
    factors = 1 + 0.4 * (2 * torch.rand(256, 3, generator=generator(3)).double() - 1)

    def blended(y, step, factor):
        grey = (y * GREY).sum(1, keepdim=True)
        towards = (torch.zeros_like(grey), grey.mean((2, 3), keepdim=True), grey)[step]
        return towards + factor.view(-1, 1, 1, 1) * (y - towards)

    for order in permutations(range(3)):
        y = x
        for step in order:
            y = blended(y, step, factors[:, step])
        torch.testing.assert_close(changed, y, atol=1e-6, rtol=0)
    assert factors.min() < 0.65 and factors.max() > 1.35


def test_nothing_is_clamped():
    x = images()
    for change in (hu, dacnn):
        changed = change(x, generator())
        assert changed.max() > 1.0 and changed.dtype == torch.float32
    assert hu(x, generator()).min() < 0.0


def test_dacnn_changes_half_of_the_images_by_a_tenth_at_most():
    x = images(1024)
    changed = dacnn(x, generator())
    touched = ((changed - x).abs() > 1e-4).flatten(1).any(1)
    assert 440 < touched.sum() < 584
    grey, changed_grey = ((y * GREY).sum(1).mean((1, 2)) for y in (x, changed))
    ratio = changed_grey / grey
    assert 0.9 - 1e-5 <= ratio.min() < 0.91 and 1.09 < ratio.max() <= 1.1 + 1e-5


@pytest.mark.parametrize('change', [hu, dacnn])
def test_the_same_numbers_change_views_of_a_scene_alike(change):
    left = images(64)
    right = left.roll(1, 3)
    changed = change(left, generator(5)), change(right, generator(5))
    torch.testing.assert_close(changed[0].roll(1, 3), changed[1], atol=1e-5, rtol=0)
    assert not torch.equal(change(left, generator(6)), changed[0])
    flat = change(left.contiguous(memory_format=torch.channels_last), generator(5))
    torch.testing.assert_close(flat, changed[0], atol=1e-6, rtol=0)
