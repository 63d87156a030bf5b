# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Loss H, l_BN and mixing, against numbers worked out by hand."""

import math

import pytest
import torch
from torch import nn

from depth_distill_ros.distillation.bn_statistics import BNStatistics
from depth_distill_ros.distillation.losses import loss_h
from depth_distill_ros.distillation.mixing import class_masks, mix
from depth_distill_ros.distillation.schedule import halving
from depth_distill_ros.errors import DepthDistillError


def golden_pair():
    i, j = torch.arange(4.0).view(4, 1), torch.arange(5.0).view(1, 5)
    g = 1 + 0.1 * i + 0.05 * j
    return (g + 0.2 * ((i + j) % 3))[None, None], g[None, None]


def test_loss_h_gives_the_golden_number():
    assert loss_h(*golden_pair()).item() == pytest.approx(-0.4636682, abs=2e-6)


def test_a_perfect_prediction_gives_three_times_ln_half():
    _, g = golden_pair()
    assert loss_h(g, g).item() == pytest.approx(3 * math.log(0.5), abs=1e-6)


def test_loss_h_refuses_maps_of_other_sizes():
    with pytest.raises(DepthDistillError, match='differ in size'):
        loss_h(torch.zeros(1, 1, 4, 5), torch.zeros(1, 1, 8, 10))


def test_l_bn_gives_the_golden_number_and_reaches_the_picture():
    layer = nn.BatchNorm2d(2).eval()
    x = (torch.arange(24.0) / 10).view(2, 2, 2, 3).requires_grad_()
    statistics = BNStatistics(layer)
    with statistics.recorded() as terms:
        layer(x)
    assert terms[0].item() == pytest.approx(2.5446224, abs=1e-5)
    terms[0].backward()
    assert x.grad.abs().sum() > 0


def test_l_bn_is_recorded_only_inside_and_has_one_term_a_layer():
    teacher = nn.Sequential(nn.BatchNorm2d(3), nn.ReLU(), nn.BatchNorm2d(3)).eval()
    statistics = BNStatistics(teacher)
    with statistics.recorded() as terms:
        teacher(torch.rand(2, 3, 4, 4))
    teacher(torch.rand(2, 3, 4, 4))
    assert len(terms) == 2


def test_a_teacher_without_batch_norm_is_refused():
    with pytest.raises(DepthDistillError, match='no BatchNorm'):
        BNStatistics(nn.Conv2d(3, 1, 1))


def semantics(rows):
    return torch.tensor(rows, dtype=torch.uint8).view(len(rows), 1, -1)


def test_a_mask_takes_half_of_the_classes_rounded_down():
    labels = semantics([[1, 2, 3, 4, 5, 5], [7, 7, 9, 9, 11, 11]])
    for seed in range(20):
        masks = class_masks(labels, torch.Generator().manual_seed(seed))
        for mask, row, expected in zip(masks, labels, (2, 1), strict=True):
            assert len(row[mask[0]].unique()) == expected
            assert not set(row[mask[0]].tolist()) & set(row[~mask[0]].tolist())


def test_unknown_is_no_class_and_a_single_class_gives_an_empty_mask():
    masks = class_masks(semantics([[0, 0, 5, 5], [0, 0, 0, 0]]), torch.Generator())
    assert not masks.any()


def test_every_class_has_its_turn():
    labels = semantics([[1, 2, 3, 4]])
    generator = torch.Generator().manual_seed(0)
    counts = sum(class_masks(labels, generator)[0, 0, 0].int() for _ in range(200))
    assert counts.min() > 60


def test_a_mixture_has_pixels_of_exactly_two_pictures_split_along_the_mask():
    x = torch.arange(4.0).view(4, 1, 1, 1).expand(4, 3, 2, 4)
    labels = torch.tensor([1, 2, 3, 4], dtype=torch.uint8).expand(4, 2, 4)
    mixed = mix(x, labels, torch.Generator().manual_seed(3))
    partners = set()
    for i, picture in enumerate(mixed):
        assert (picture == picture[0]).all()
        own = picture[0] == i
        others = picture[0][~own].unique().tolist()
        assert len(others) <= 1
        assert own.sum() in (4, 8)
        partners |= {(i, *others)}
    assert any(len(p) == 2 for p in partners)


def test_the_rate_is_halved_at_each_interval_and_then_held():
    rates = [halving(8.0, step, 10, 3) for step in (0, 9, 10, 20, 30, 40, 1000)]
    assert rates == [8, 8, 4, 2, 1, 1, 1]
