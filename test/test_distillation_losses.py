# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Loss H, l_BN and mixing, against numbers worked out by hand."""

import math

import pytest
import torch
from torch import nn

from depth_distill_ros.distillation.batch_norm_loss import FeatureStatistics
from depth_distill_ros.distillation.losses import loss_h, masked_target
from depth_distill_ros.distillation.mixing import instances, masks_of_half, mix
from depth_distill_ros.distillation.schedule import poly, schedule, stepwise
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.settings.optimisation import OptimisationSettings


def golden_pair(height=4, width=5):
    i, j = torch.arange(float(height)).view(-1, 1), torch.arange(float(width)).view(1, -1)
    g = 1 + 0.1 * i + 0.05 * j
    return (g + 0.2 * ((i + j) % 3))[None, None], g[None, None]


def test_loss_h_gives_the_golden_number():
    assert loss_h(*golden_pair()).item() == pytest.approx(-0.4636682, abs=2e-6)


def test_a_perfect_prediction_gives_three_times_ln_half():
    _, g = golden_pair()
    assert loss_h(g, g).item() == pytest.approx(3 * math.log(0.5), abs=1e-6)


def test_loss_h_is_computed_in_float32_under_autocast():
    prediction, target = golden_pair()
    with torch.autocast('cpu', torch.bfloat16):
        assert loss_h(prediction, target) == loss_h(*golden_pair())
        # a network's depth may be bfloat16 itself
        assert loss_h(target.bfloat16(), target.bfloat16()).item() == pytest.approx(
            3 * math.log(0.5), abs=1e-6)


def test_loss_h_refuses_maps_of_other_sizes():
    with pytest.raises(DepthDistillError, match='differ in size'):
        loss_h(torch.zeros(1, 1, 4, 5), torch.zeros(1, 1, 8, 10))


def test_l_bn_gives_the_golden_number_and_reaches_the_image():
    layer = nn.BatchNorm2d(2).eval()
    x = (torch.arange(24.0) / 10).view(2, 2, 2, 3).requires_grad_()
    statistics = FeatureStatistics(layer)
    with statistics.recorded() as terms:
        layer(x)
    assert terms[0].item() == pytest.approx(2.5446224, abs=1e-5)
    terms[0].backward()
    assert x.grad.abs().sum() > 0


def test_l_bn_is_recorded_only_inside_and_has_one_term_a_layer():
    teacher = nn.Sequential(nn.BatchNorm2d(3), nn.ReLU(), nn.BatchNorm2d(3)).eval()
    statistics = FeatureStatistics(teacher)
    with statistics.recorded() as terms:
        teacher(torch.rand(2, 3, 4, 4))
    teacher(torch.rand(2, 3, 4, 4))
    assert len(terms) == 2


def test_a_teacher_without_batch_norm_is_refused():
    with pytest.raises(DepthDistillError, match='no BatchNorm'):
        FeatureStatistics(nn.Conv2d(3, 1, 1))


def semantics(rows):
    return torch.tensor(rows, dtype=torch.uint8).view(len(rows), 1, -1)


def test_a_mask_takes_half_of_the_classes_rounded_down():
    labels = semantics([[1, 2, 3, 4, 5, 5], [7, 7, 9, 9, 11, 11]])
    for seed in range(20):
        masks = masks_of_half(labels, torch.Generator().manual_seed(seed))
        for mask, row, expected in zip(masks, labels, (2, 1), strict=True):
            assert len(row[mask[0]].unique()) == expected
            assert not set(row[mask[0]].tolist()) & set(row[~mask[0]].tolist())


def test_unknown_is_no_class_and_a_single_class_gives_an_empty_mask():
    masks = masks_of_half(semantics([[0, 0, 5, 5], [0, 0, 0, 0]]), torch.Generator())
    assert not masks.any()


def test_every_class_has_its_turn():
    labels = semantics([[1, 2, 3, 4]])
    generator = torch.Generator().manual_seed(0)
    counts = sum(masks_of_half(labels, generator)[0, 0, 0].int() for _ in range(200))
    assert counts.min() > 60


def test_a_mixture_has_pixels_of_exactly_two_images_split_along_the_mask():
    x = torch.arange(4.0).view(4, 1, 1, 1).expand(4, 3, 2, 4)
    labels = torch.tensor([1, 2, 3, 4], dtype=torch.uint8).expand(4, 2, 4)
    mixed = mix(x, labels, torch.Generator().manual_seed(3))
    partners = set()
    for i, image in enumerate(mixed):
        assert (image == image[0]).all()
        own = image[0] == i
        others = image[0][~own].unique().tolist()
        assert len(others) <= 1
        assert own.sum() in (4, 8)
        partners |= {(i, *others)}
    assert any(len(p) == 2 for p in partners)


def test_instances_are_the_connected_patches_of_each_class():
    labels = torch.tensor([[[1, 1, 0, 1], [2, 2, 0, 1], [1, 2, 0, 0]]], dtype=torch.uint8)
    found = instances(labels)[0]
    assert (found == 0).equal(labels[0] == 0)
    patches = [frozenset(map(tuple, (found == i).nonzero().tolist())) for i in found.unique()[1:]]
    assert set(patches) == {
        frozenset({(0, 0), (0, 1)}), frozenset({(0, 3), (1, 3)}), frozenset({(2, 0)}),
        frozenset({(1, 0), (1, 1), (2, 1)})}


def test_the_rates_of_the_papers():
    d3, lwd = (schedule(OptimisationSettings(schedule=name), 40) for name in ('d3', 'lwd'))
    assert [d3(step) for step in (0, 9, 10, 20, 30, 39, 1000)] == [1, 1, 1/2, 1/4, 1/8, 1/8, 1/8]
    assert [lwd(step) for step in (0, 10, 39)] == pytest.approx([1, 0.1, 0.001])
    dacnn = poly(100)
    assert [dacnn(0), dacnn(50), dacnn(100)] == pytest.approx([1, 0.5 ** 0.9, 0])
    assert stepwise(0.5, 10, 1)(1000) == 0.5
    endless = schedule(OptimisationSettings(halving_steps=10, halvings=2))
    assert [endless(step) for step in (9, 10, 20, 1000)] == [1, 1/2, 1/4, 1/4]


def test_the_rate_for_random_weights_warms_up_to_its_peak_and_falls_to_a_hundredth():
    rates = [schedule(OptimisationSettings(schedule='cosine'), 400)(step) for step in range(401)]
    assert rates[0] == 0.1 and rates[9] == rates[10] == 1.0
    assert rates[-1] == pytest.approx(0.01)
    assert all(a >= b for a, b in zip(rates[10:], rates[11:], strict=False))


def test_a_mask_of_everything_changes_nothing():
    prediction, target = golden_pair(8, 10)
    whole = loss_h(prediction, target, torch.ones_like(target, dtype=torch.bool))
    assert whole.item() == pytest.approx(loss_h(prediction, target).item(), abs=1e-6)


def test_what_is_masked_has_no_part_in_the_loss_or_in_the_gradient():
    prediction, target = golden_pair(8, 10)
    mask = torch.ones_like(target, dtype=torch.bool)
    mask[..., 3:5, 4:6] = False
    losses = []
    for hidden in (0.0, 50.0, float('nan')):
        predicted = prediction.clone().requires_grad_()
        loss = loss_h(predicted, torch.where(mask, target, hidden), mask)
        loss.backward()
        losses.append(loss.item())
        assert not predicted.grad[..., 3:5, 4:6].any()
        assert predicted.grad.isfinite().all()
    assert losses[0] == losses[1] == losses[2]


def test_a_target_that_is_all_holes_gives_zero():
    prediction, target = golden_pair(8, 10)
    assert loss_h(prediction, target, torch.zeros_like(target, dtype=torch.bool)) == 0


def test_measured_depth_is_resized_to_the_nearest_pixel_and_its_holes_do_not_grow():
    depth = torch.arange(1.0, 82.0).view(1, 1, 9, 9)
    for place, hole in (((4, 4), 0.0), ((0, 2), -1.0), ((8, 8), torch.inf), ((3, 3), torch.nan)):
        depth[..., place[0], place[1]] = hole
    small, mask = masked_target(depth, (5, 5))
    assert torch.equal(small[mask], depth[..., ::2, ::2][mask])
    assert mask.sum() == 22 and not mask[0, 0, 2, 2] and small[~mask].eq(0).all()
    assert masked_target(torch.full((1, 1, 4, 4), 2.0), (4, 4))[1] is None


def test_as_much_of_a_lidar_s_depth_is_left_in_a_smaller_map():
    depth = torch.zeros(1, 1, 240, 320)
    valid = torch.rand(depth.shape, generator=torch.Generator().manual_seed(0)) < 0.16
    depth[valid] = 5.0
    assert masked_target(depth, (120, 160))[1].float().mean() == pytest.approx(0.16, abs=0.01)
