# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a session's student starts from: an encoder, a seed, the depth of its teacher."""

import online_session
from online_session import SIZE
import pytest
import torch

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.networks import build
from depth_distill_ros.networks.model_folder import ModelCard, save_model

pytestmark = pytest.mark.slow

# Fixtures: pytest looks for them in this file.
teacher_folder, store = online_session.teacher_folder, online_session.store
config, open_session = online_session.config, online_session.open_session


def test_a_new_student_begins_near_the_depth_that_the_teacher_has_in_the_median(open_session):
    session = open_session(lr=1e-6)
    assert session.ready()
    session.train_step()
    x = session._source.held_out(4).x
    with torch.no_grad():
        found, expected = (network(x).median() for network in (
            session._trainer.average.module, session._teacher))
    assert abs(found - expected) < 0.5 < expected


def test_a_student_takes_the_encoder_of_its_start_and_a_fresh_decoder(open_session, tmp_path):
    torch.manual_seed(3)
    start = build('lden', 'mobilenetv2')
    save_model(tmp_path / 'start', start, ModelCard('lden', 'mobilenetv2', SIZE))
    session = open_session(student_start=str(tmp_path / 'start'))
    for name, tensor in session._trainer.student.encoder.state_dict().items():
        assert torch.equal(tensor, start.encoder.state_dict()[name]), name
    assert not torch.equal(session._trainer.student.head[3].weight, start.head[3].weight)


def test_a_pretrained_encoder_keeps_its_statistics_and_is_still_trained(open_session, tmp_path):
    start = build('lden', 'mobilenetv2')
    save_model(tmp_path / 'start', start, ModelCard('lden', 'mobilenetv2', SIZE))
    session = open_session(student_start=str(tmp_path / 'start'))
    assert session.ready()
    session.train_step()
    batch_norm, convolution = session._trainer.student.encoder.stages[0][0][1], \
        session._trainer.student.encoder.stages[0][0][0]
    assert torch.equal(batch_norm.running_mean, start.encoder.stages[0][0][1].running_mean)
    assert not torch.equal(convolution.weight, start.encoder.stages[0][0][0].weight)
    assert session._trainer.student.compress[0][2].num_batches_tracked == 1


@pytest.mark.parametrize('first, rate', [('general', 1e-3), ('real', 1e-4)])
def test_the_shipped_student_that_a_session_starts_from_decides_its_rate(
        open_session, first, rate):
    session = open_session(student='lden_light', student_backbone='efficientnet_lite0',
                           student_start='', first_student=first, lr=0.0)
    assert session.values()['learning_rate'] == pytest.approx(rate)


@pytest.mark.parametrize('lr, rate', [(0.0, 1e-4), (5e-4, 5e-4)])
def test_a_whole_student_of_ones_own_keeps_its_statistics_and_is_fine_tuned_at_a_lower_rate(
        open_session, tmp_path, lr, rate):
    start = build('lden', 'mobilenetv2')
    save_model(tmp_path / 'start', start, ModelCard('lden', 'mobilenetv2', SIZE))
    session = open_session(student_start=f'whole:{tmp_path / "start"}', lr=lr)
    assert session.ready()
    session.train_step()
    assert session.values()['learning_rate'] == pytest.approx(rate)
    changed = {name for name, value in session._trainer.student.state_dict().items()
               if not torch.equal(value, start.state_dict()[name])}
    assert 'head.3.weight' in changed
    assert not [name for name in changed if 'running' in name or 'batches' in name]


def test_a_student_without_a_start_differs_by_its_seed_alone(open_session, tmp_path):
    weights = [open_session(tmp_path / str(i), seed=seed)._trainer.student.head[3].weight.clone()
               for i, seed in enumerate((1, 1, 2))]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_a_start_of_another_kind_is_refused_with_both_names(open_session, teacher_folder):
    with pytest.raises(DepthDistillError, match='resnet18.*mobilenetv2'):
        open_session(student_start=str(teacher_folder))
