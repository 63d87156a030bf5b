# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The random camera augmentation, and its use by the methods."""

import pytest
import torch

from depth_distill_ros.distillation.augmentation import augmented, camera
from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.data.batch import AUXILIARY, STREAM, Batch
from depth_distill_ros.distillation.losses import loss_h
from depth_distill_ros.distillation.methods import effective, make_method
from depth_distill_ros.distillation.methods.d3 import D3
from depth_distill_ros.networks import build
from depth_distill_ros.networks.normalisation import denormalise, normalise
from depth_distill_ros.settings.distillation import MethodSettings, OfflineSettings

SIZE = (64, 96)
CPU = Compute(torch.device('cpu'), 'fp32')


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def images(count=3):
    """Return smooth images whose classes are their columns, eight pixels wide."""
    column = torch.arange(SIZE[1]).expand(count, *SIZE)
    x = torch.nn.functional.interpolate(
        torch.rand(count, 3, 8, 12, generator=seeded(9)), SIZE, mode='bilinear')
    return Batch(normalise(x), (column // 8 + 1).byte(), keys=tuple(range(count)))


def networks():
    torch.manual_seed(3)
    return build('lden', 'resnet18'), build('lden', 'mobilenetv2')


def test_a_camera_without_strength_changes_nothing():
    x = torch.rand(4, 3, *SIZE, generator=seeded())
    torch.testing.assert_close(camera(x, 0.0, seeded()), x, rtol=0, atol=1e-6)


def test_every_image_of_a_batch_has_a_random_camera_of_its_own():
    x = torch.rand(1, 3, *SIZE, generator=seeded()).expand(4, -1, -1, -1)
    seen = camera(x, 1.0, seeded())
    assert seen.shape == x.shape and seen.min() >= 0 and seen.max() <= 1
    means = seen.mean((1, 2, 3))
    assert (means[:, None] - means[None])[~torch.eye(4, dtype=bool)].abs().min() > 1e-4
    assert torch.equal(seen, camera(x, 1.0, seeded()))
    assert not torch.equal(seen, camera(x, 1.0, seeded(1)))


def test_black_and_white_images_stay_finite_and_in_range():
    for level in (0.0, 1.0):
        seen = camera(torch.full((8, 3, *SIZE), level), 2.0, seeded())
        assert seen.isfinite().all() and seen.min() >= 0 and seen.max() <= 1


def test_the_corners_get_darker_and_edges_softer():
    x = torch.full((16, 3, *SIZE), 0.5)
    seen = camera(x, 1.0, seeded()).mean((0, 1))
    assert seen[:8, :8].mean() < 0.95 * seen[28:36, 44:52].mean()
    edge = torch.zeros(16, 3, *SIZE)
    edge[..., 48:] = 0.6
    seen = camera(edge, 2.0, seeded()).mean((0, 1, 2))
    assert seen[47] > 1.5 * seen[20:40].mean()


def test_classes_are_mirrored_with_their_image_and_keys_are_dropped():
    before = images(8)
    after = augmented({STREAM: before}, 1e-6, seeded())[STREAM]
    turned = [not torch.equal(a, b)
              for a, b in zip(after.semantics, before.semantics, strict=True)]
    assert 0 < sum(turned) < 8
    for i, mirror in enumerate(turned):
        for mine, theirs in ((after.semantics[i], before.semantics[i]),
                             (after.x[i], before.x[i])):
            expected = theirs.flip(-1) if mirror else theirs
            torch.testing.assert_close(mine, expected, rtol=0, atol=1e-4)
    assert after.keys is None
    assert augmented({STREAM: Batch(before.x)}, 1.0, seeded())[STREAM].semantics is None


@pytest.mark.parametrize('name', ['kd-ood', 'd3'])
def test_teacher_and_student_get_the_same_augmented_images(name):
    batch = {STREAM: images(), AUXILIARY: images(2)}
    teacher, student = networks()
    seen = []
    teacher.register_forward_hook(lambda module, x, y: seen.append(('teacher', x[0])))
    student.register_forward_hook(lambda module, x, y: seen.append(('student', x[0])))
    make_method(name, teacher, student, CPU, SIZE, 3, MethodSettings(
        augmentation=1.0, g_width=0.125)).step(batch, lambda loss, *n: None, seeded(4))
    expected = [part.x for part in augmented(batch, 1.0, seeded(4)).values()]
    student_input, = (x for who, x in seen if who == 'student')
    teacher_inputs = [x for who, x in seen if who == 'teacher']
    assert torch.equal(student_input[:3], expected[0])
    assert torch.equal(student_input[-2:], expected[1])
    assert all(any(torch.equal(x, part) for x in teacher_inputs) for part in expected)


def test_the_teacher_depth_is_of_the_augmented_image_and_not_the_one_kept_for_its_frame():
    batch = {STREAM: images()}
    teacher, student = networks()
    method = make_method('kd-ood', teacher, student, CPU, SIZE, 3,
                         MethodSettings(augmentation=1.0))
    first, second = (method.step(batch, lambda loss, *n: None, seeded(s))['loss_student']
                     for s in (1, 2))
    changed = augmented(batch, 1.0, seeded(2))[STREAM].x
    _, student = networks()
    student.train()(augmented(batch, 1.0, seeded(1))[STREAM].x)
    expected = loss_h(student(changed), teacher(changed))
    assert second.item() == pytest.approx(expected.item(), rel=1e-4) != first.item()


@pytest.mark.parametrize('name', ['kd-ood', 'd3'])
def test_it_can_begin_after_steps_on_unchanged_images_and_a_resumed_training_knows_when(name):
    batch = {STREAM: images()}
    settings = MethodSettings(augmentation=1.0, augmentation_after=3, g_width=0.125)

    def shown(method, seed):
        """Return whether the student saw the plain images in a step."""
        seen = []
        hook = method.networks['student'].register_forward_hook(
            lambda module, x, y: seen.append(x[0]))
        method.step(batch, lambda loss, *n: None, seeded(seed))
        hook.remove()
        return any(torch.equal(x[:len(batch[STREAM].x)], batch[STREAM].x) for x in seen)

    method, resumed = (make_method(name, *networks(), CPU, SIZE, 3, settings) for _ in range(2))
    assert [shown(method, 1), shown(method, 2)] == [True, True]
    resumed.load_state_dict(method.state_dict())
    for each in (method, resumed):
        assert [shown(each, 3), shown(each, 4)] == [True, False]


def test_without_augmentation_no_random_number_is_drawn_for_it():
    teacher, student = networks()
    method = D3(teacher, student, None, CPU, MethodSettings(mixing='none'))
    generator = seeded()
    method.step({STREAM: images()}, lambda loss, *n: None, generator)
    assert torch.equal(generator.get_state(), seeded().get_state())
    assert (denormalise(images().x) <= 1).all()


@pytest.mark.slow
def test_d3plus_is_d3_with_its_preset_and_the_rest_of_the_options():
    settings = effective('d3plus', OfflineSettings(method='d3plus', alpha=0.5))
    assert settings.augmentation > 0 and settings.alpha == 0.5
    assert effective('d3', settings) is settings
    method = make_method('d3plus', *networks(), CPU, SIZE, 3, MethodSettings(g_width=0.125))
    assert isinstance(method, D3) and 'transformation' in method.networks
    losses = method.step({STREAM: images()}, lambda loss, *n: None, seeded())
    same = make_method('d3', *networks(), CPU, SIZE, 3, effective(
        'd3plus', MethodSettings(g_width=0.125)))
    again = same.step({STREAM: images()}, lambda loss, *n: None, seeded())
    assert losses['loss_plain'] == again['loss_plain']
