# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A network is evaluated on the pixels of the protocol and on no others."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from depth_distill_ros.datasets import Frame
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.evaluation.metrics import depth_metrics
from depth_distill_ros.evaluation.protocol import PROTOCOLS, Evaluation, mean_metrics
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.networks.normalisation import to_image

CPU = torch.device('cpu')
HEIGHT, WIDTH = 48, 64
SIZE = (HEIGHT, WIDTH)
ROBOT = PROTOCOLS['robot']
COLUMN = np.tile(np.linspace(1, 4, WIDTH, dtype=np.float32), (HEIGHT, 1))


def frame(depth=2.0, name='a', size=SIZE, level=100, **parts):
    """Return a frame of one grey; `depth` is one number, a map or None."""
    if isinstance(depth, float):
        depth = np.full(size, depth, np.float32)
    return Frame(np.full((*size, 3), level, np.uint8), depth, name=name, **parts)


def predicts(metres, size=(24, 32)):
    """Return a network that predicts one depth for every pixel."""
    return lambda x: torch.full((len(x), 1, *size), metres)


def evaluate(answer, reader, protocol=ROBOT, size=SIZE, **options):
    evaluation = Evaluation(answer, size, protocol, CPU, **options)
    return list(evaluation.frames(reader)), evaluation.summary()


def test_a_perfect_answer_is_perfect_and_upsampled_as_the_papers_do():
    coarse = torch.linspace(1, 4, 17).expand(1, 1, 12, 17)
    (result,), summary = evaluate(lambda x: coarse, [frame(COLUMN)])
    np.testing.assert_allclose(result.prediction, COLUMN, atol=1e-5)
    assert summary['metrics']['delta1'] == summary['coverage'] == 1.0
    assert summary['metrics']['rmse'] < 1e-5


def test_the_metrics_are_those_of_each_frame_whatever_the_batch():
    reader = [frame(1.0 + 0.3 * k, str(k), level=10 * k) for k in range(5)]
    brightness = lambda x: (to_image(x)[..., 0].float() / 50 + 1)[:, None]  # noqa: E731
    found = [evaluate(brightness, reader, batch=batch) for batch in (1, 2, 8)]
    expected = [depth_metrics(np.full(SIZE, k / 5 + 1, np.float32), sample.depth)
                for k, sample in enumerate(reader)]
    for results, summary in found:
        assert [result.name for result in results] == list('01234')
        for result, metrics in zip(results, expected, strict=True):
            assert result.metrics == pytest.approx(metrics, abs=1e-6)
        assert summary == found[0][1]
        assert summary['metrics']['rmse'] == pytest.approx(
            np.mean([metrics['rmse'] for metrics in expected]))
        assert summary['metrics']['rmse_pooled'] > summary['metrics']['rmse']


def test_frames_without_a_reference_that_counts_are_counted_and_not_evaluated():
    reader = [frame(None), frame(0.0), frame(float('nan')), frame(2.0, 'seen'), frame(None)]
    results, summary = evaluate(predicts(2.0), reader)
    assert [(result.index, result.name) for result in results] == [(3, 'seen')]
    assert (summary['frames'], summary['skipped']) == (1, 4)


@pytest.mark.parametrize('reader', [[], [frame(None)]])
def test_no_reference_at_all_is_an_error(reader):
    with pytest.raises(DepthDistillError, match='has a reference'):
        evaluate(predicts(2.0), reader)


@pytest.mark.parametrize('hole', [float('nan'), float('inf'), -float('inf')])
def test_no_answer_is_wrong_and_lowers_the_coverage_and_the_errors_stay_numbers(hole):
    def answer(x):
        depth = torch.full((1, 1, *SIZE), 2.0)
        depth[..., :16] = hole
        return depth

    (result,), summary = evaluate(answer, [frame(2.0)])
    assert summary['coverage'] == pytest.approx(0.75, abs=0.02)
    for metrics in (result.metrics, result.scaled):
        assert metrics['delta1'] == metrics['delta3'] == pytest.approx(summary['coverage'])
        assert metrics['mae'] == pytest.approx(2 * (1 - summary['coverage']), rel=1e-3)


def test_an_infinite_answer_is_not_the_cap():
    protocol = replace(ROBOT, cap=2.2)
    (result,), _ = evaluate(predicts(float('inf')), [frame(2.1)], protocol)
    assert (result.metrics['delta1'], result.coverage) == (0.0, 0.0)


def test_depth_of_the_wrong_scale_is_right_once_median_scaled():
    (result,), summary = evaluate(
        lambda x: torch.from_numpy(COLUMN / 3).expand(1, 1, *SIZE), [frame(COLUMN)])
    assert result.scale == pytest.approx(3)
    assert summary['metrics']['delta1'] == 0.0
    assert summary['median_scaled']['delta1'] == 1.0
    assert summary['median_scaled']['rmse'] < 1e-5


def test_negative_depth_has_a_scale_and_stays_wrong():
    (result,), _ = evaluate(predicts(-1.0), [frame(2.0)])
    assert np.isfinite(result.scale)
    assert result.metrics['delta1'] == 0.0


def test_as_on_the_robot_the_middle_is_seen_and_only_that_is_compared():
    wide = np.full((48, 128), 9.0, np.float32)
    wide[:, 32:96] = 2.0
    sizes = []

    def answer(x):
        sizes.append(tuple(x.shape))
        return predicts(2.0)(x)

    (result,), _ = evaluate(answer, [frame(wide, size=(48, 128))], size=(24, 32))
    assert sizes == [(1, 3, 24, 32)]
    assert result.metrics['delta1'] == 1.0
    assert result.image.shape[:2] == result.reference.shape == (48, 64)


def test_a_reference_of_another_size_than_its_image_is_compared_at_its_own():
    reader = [frame(np.full((24, 64), 2, np.float32), size=(48, 128))]
    (result,), _ = evaluate(predicts(2.0), reader, size=(24, 32))
    assert result.prediction.shape == (24, 32)
    assert result.image.shape == (48, 64, 3)


def test_kitti_is_seen_whole_cropped_and_capped():
    depth = np.full((100, 300), 20.0, np.float32)
    depth[:40] = 5.0                # above Garg's crop
    depth[60:70] = 85.0             # beyond the cap
    kitti = PROTOCOLS['kitti-eigen']
    (result,), summary = evaluate(predicts(20.0), [frame(depth, size=(100, 300))], kitti)
    assert result.metrics['delta1'] == 1.0
    assert set(summary['metrics']) >= {'abs_rel', 'sq_rel', 'rmse', 'rmse_pooled', 'rmse_log'}
    (result,), _ = evaluate(predicts(500.0), [frame(79.0, size=(100, 300))], kitti)
    assert result.metrics['rmse'] == pytest.approx(1.0)


def test_without_a_size_the_network_sees_each_frame_as_it_is():
    sizes = []

    def answer(x):
        sizes.append(tuple(x.shape))
        return predicts(20.0)(x)

    reader = [frame(20.0, size=(100, 300)), frame(20.0, size=(90, 310))]
    evaluate(answer, reader, PROTOCOLS['kitti-benchmark'], size=None)
    assert sizes == [(1, 3, 100, 300), (1, 3, 90, 310)]


def test_a_stereo_network_sees_both_views_and_refuses_frames_with_one():
    right = np.full((*SIZE, 3), 7, np.uint8)
    seen = []

    def answer(left, right):
        seen.extend(to_image(side)[0, 0, 0, 0].item() for side in (left, right))
        return predicts(2.0)(left)

    evaluate(answer, [frame(2.0, right=right)], stereo=True)
    assert seen == [100, 7]
    with pytest.raises(DepthDistillError, match='right'):
        evaluate(answer, [frame(2.0)], stereo=True)


def test_the_mean_metrics_leave_out_frames_without_depth():
    class Constant(torch.nn.Module):
        def forward(self, x):
            return predicts(2.4)(x)

    network = Constant().train()
    frames = [Frame(np.zeros((*SIZE, 3), np.uint8), np.full((12, 16), metres, np.float32))
              for metres in (2.0, 2.4, 0.0)]
    found = mean_metrics(network, frames, SIZE, CPU, batch=2)
    assert found['rmse'] == pytest.approx(0.2)
    assert found['delta1'] == 1.0
    assert not network.training
    with pytest.raises(DepthDistillError, match='none of 1 frames'):
        mean_metrics(network, frames[2:], SIZE, CPU)


def test_nyu_is_compared_on_the_papers_middle_of_228_by_304_whatever_the_network_reads():
    depth = np.full((480, 640), 9.0, np.float32)
    depth[12:468, 16:624] = 2.0     # what the crop of 240x320 leaves
    sizes = []

    def answer(x):
        sizes.append(tuple(x.shape[-2:]))
        return predicts(2.0)(x)

    reader = [frame(depth, size=(480, 640))]
    for size in ((228, 304), (96, 128)):
        (result,), summary = evaluate(answer, reader, PROTOCOLS['nyu'], size)
        assert result.prediction.shape == (228, 304)
        assert summary['metrics']['delta1'] == 1.0
    assert sizes == [(228, 304), (96, 128)]


def test_nyus_labelled_set_is_seen_whole_and_compared_in_the_usual_crop_up_to_ten_metres():
    depth = np.full((240, 320), 9.0, np.float32)
    depth[22:235, 20:300] = 2.0
    depth[100:110, 100:110] = 11.0
    sizes = []

    def answer(x):
        sizes.append(tuple(x.shape[-2:]))
        return predicts(2.0)(x)

    reader = [frame(depth, size=(240, 320))]
    for size in ((192, 256), (64, 192)):  # of another shape, too
        (result,), summary = evaluate(answer, reader, PROTOCOLS['nyu-labelled'], size)
        assert result.prediction.shape == (240, 320)
        assert summary['metrics']['delta1'] == 1.0
        assert np.isfinite(result.reference).sum() == 213 * 280 - 100
    assert sizes == [(192, 256), (64, 192)]


def test_the_compared_part_of_a_frame_has_its_camera():
    camera = Intrinsics(100.0, 100.0, 63.5, 23.5, 48, 128)
    (result,), _ = evaluate(predicts(2.0), [frame(np.full((24, 64), 2, np.float32), size=(48, 128),
                                                  intrinsics=camera)], size=(24, 32))
    assert result.intrinsics == Intrinsics(50.0, 50.0, 15.5, 11.5, 24, 32)
    assert result.reference.shape == result.intrinsics.size


def test_the_pooled_rmse_counts_pixels_and_not_images():
    half = np.full(SIZE, np.nan, np.float32)
    half[:, :16] = 3.0
    _, summary = evaluate(predicts(2.0), [frame(2.0), frame(half)])
    assert summary['metrics']['rmse'] == pytest.approx(0.5)
    assert summary['metrics']['rmse_pooled'] == pytest.approx((0.25 / 1.25) ** 0.5)
