# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Settings of offline runs: kept with the run, changed, and refused before anything is trained."""

import argparse
from dataclasses import replace
import re

import offline_run
from offline_run import train
import pytest

from depth_distill_ros.apps.commands import distill
from depth_distill_ros.distillation.offline import open_run
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.settings.distillation import OfflineSettings
from depth_distill_ros.settings.file import read_settings, write_settings

pytestmark = pytest.mark.slow

# Fixtures: pytest looks for them in this file.
teacher, frames, settings = offline_run.teacher, offline_run.frames, offline_run.settings


def test_other_settings_do_not_go_on_in_a_folder(settings, tmp_path):
    train(settings, tmp_path, until=1)
    other = OfflineSettings(**{**vars(settings), 'batch': 4, 'beta': 0.0})
    with pytest.raises(DepthDistillError, match='with batch 2, not 4, beta 0.001, not 0.0'):
        open_run(other, tmp_path)


def test_a_run_goes_on_with_another_learning_rate_and_its_file_says_so(settings, tmp_path):
    train(settings, tmp_path, until=1)
    opened = open_run(replace(
        settings, lr=1e-5, schedule='constant', weight_decay=0.5, clip=0.1), tmp_path)
    trainer = opened.training.trainer
    assert (trainer.step, trainer.learning_rate) == (1, 1e-5)
    optimizer = trainer._optimizers['student']
    assert optimizer.param_groups[0]['weight_decay'] == 0.5
    assert len(optimizer.state) == len(optimizer.param_groups[0]['params']), 'it has its moments'
    before = [weight.clone() for weight in trainer.student.parameters()]
    next(opened.training.steps(2, settings.batch))
    # Adam moves a weight by about the learning rate: a hundredth of what it was
    assert max((weight - old).abs().max() for weight, old in zip(
        trainer.student.parameters(), before, strict=True)) < 1e-4
    found = read_settings(OfflineSettings, tmp_path / 'run.yaml')
    assert (found.lr, found.schedule, found.weight_decay, found.clip) == (
        1e-5, 'constant', 0.5, 0.1)


def test_a_settings_file_with_an_unknown_name_is_refused(tmp_path):
    (tmp_path / 'run.yaml').write_text('method: d3\nlearning_rate: 1\n')
    with pytest.raises(DepthDistillError, match='learning_rate.*settings are: alpha'):
        read_settings(OfflineSettings, tmp_path / 'run.yaml')
    (tmp_path / 'run.yaml').write_text('- d3\n')
    with pytest.raises(DepthDistillError, match='not names and values'):
        read_settings(OfflineSettings, tmp_path / 'run.yaml')


@pytest.mark.parametrize(('changes', 'message'), [
    ({'stream': ''}, 'method d3 needs --stream'),
    ({'labelled': 'SELF'}, 'method d3 does not use --labelled'),
    ({'method': 'lwd', 'labelled': 'SELF'}, 'method lwd does not use --stream'),
    ({'method': 'dacnn', 'stream': '', 'labelled': 'SELF', 'student': 'dacnn',
      'student_backbone': 'resnest50'}, 'not LDEN into DACNN'),
    ({'method': 'dacnn-teacher', 'stream': '', 'labelled': 'SELF', 'student': 'dacnn_stereo',
      'student_backbone': 'resnest50'}, 'has no right, which method dacnn-teacher needs'),
    ({'method': 'd5'}, "setting method is 'd5'"),
])
def test_data_that_do_not_suit_the_method_are_refused_with_the_option(
        settings, frames, tmp_path, changes, message):
    changes = {name: frames if value == 'SELF' else value for name, value in changes.items()}
    with pytest.raises(DepthDistillError, match=message):
        open_run(OfflineSettings(**{**vars(settings), **changes}), tmp_path)


@pytest.mark.parametrize('wrong, line', [
    ({'g_trains_on': 'C'}, "setting g_trains_on is 'C'; it must be one of own, own_and_student"),
    ({'mixing': 'foo'}, 'one of classes, instances, none'),
    ({'schedule': 'foo'}, 'setting schedule'), ({'precision': 'fp8'}, 'setting precision'),
    ({'equation': 9}, 'one of 1, 2, 3, 4'), ({'batch': 'two'}, 'a whole number from 1 to'),
    ({'batch': 0}, 'a whole number from 1 to'), ({'size': 3}, 'it must be a list'),
    ({'size': (3,)}, 'height and width'), ({'steps': -3}, 'setting steps is -3'),
    ({'ema': 2.0}, 'a number from 0 to'), ({'lr': float('nan')}, 'setting lr is nan'),
    ({'every_scale': 'no'}, 'true or false'),
    ({'method': 'supervised', 'student': 'dacnn_stereo'}, 'cannot train dacnn_stereo')])
def test_a_setting_that_cannot_be_is_named_before_anything_is_trained(
        settings, tmp_path, wrong, line):
    with pytest.raises(DepthDistillError, match=re.escape(line)):
        open_run(replace(settings, **wrong), tmp_path / 'run')
    assert not (tmp_path / 'run').exists()


def test_an_output_that_is_a_file_is_one_line(settings, tmp_path):
    (tmp_path / 'run').write_text('')
    with pytest.raises(DepthDistillError, match='cannot write .*run'):
        open_run(settings, tmp_path / 'run')


def test_the_command_takes_a_recipe_and_what_is_given_goes_before_it(tmp_path):
    parser = argparse.ArgumentParser()
    distill.add_arguments(parser)

    def read(*words):
        return distill._settings(parser.parse_args(
            ['--out', 'x', *words], argparse.Namespace(recipe='auto')))

    assert (read().schedule, read().epochs) == ('d3', 20)
    lwd = read('--method', 'lwd', '--lr', '0.01')
    assert (lwd.schedule, lwd.lr) == ('lwd', 0.01)
    dacnn = read('--method', 'dacnn')
    assert (dacnn.schedule, dacnn.batch, dacnn.epochs) == ('dacnn', 6, 15)
    write_settings(lwd, tmp_path / 'run.yaml')
    assert read('--config', str(tmp_path / 'run.yaml'), '--batch', '4').lr == 0.01


@pytest.mark.parametrize('share, images', [(0.0, (4, 4)), (0.25, (3, 1)), (0.5, (2, 2))])
def test_auxiliary_images_are_a_share_of_the_batch_or_a_batch_of_their_own(
        settings, frames, tmp_path, share, images):
    opened = open_run(replace(
        settings, method='kd-ood', auxiliary=frames, auxiliary_share=share, batch=4), tmp_path)
    batches = opened.training.source.draw()
    assert tuple(len(batches[name].x) for name in ('stream', 'auxiliary')) == images


def test_an_epoch_passes_over_a_source_that_has_a_part_of_each_batch(settings, frames, tmp_path):
    half = replace(settings, method='kd-ood', auxiliary=frames, auxiliary_share=0.5, batch=4,
                   steps=0, epochs=5)
    assert open_run(half, tmp_path / 'half').total == 5 * 12 / 2
    assert open_run(replace(half, auxiliary='', auxiliary_share=0.0), tmp_path).total == 5 * 12 / 4


def test_a_batch_in_which_nothing_can_be_mixed_is_refused(settings, tmp_path):
    with pytest.raises(DepthDistillError, match='d3 mixes two images, .* give a larger batch, or'):
        open_run(replace(settings, batch=1), tmp_path)
    open_run(replace(settings, batch=1, mixing='none'), tmp_path)


def test_a_batch_too_small_for_a_share_of_auxiliary_images_is_refused(settings, frames, tmp_path):
    small = replace(settings, method='kd-ood', auxiliary=frames, auxiliary_share=0.5, batch=2)
    with pytest.raises(DepthDistillError, match='a batch of 2 cannot have: give a batch of at'):
        open_run(small, tmp_path)
