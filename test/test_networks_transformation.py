# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""G, the transformation network: its size, its range and its start as the identity."""

from network_outlines import batch_norms, gmac, outline_of, weights
import pytest
import torch
from torch import nn
from torch.nn.functional import interpolate

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.networks import TRANSFORMATIONS
from depth_distill_ros.settings.distillation import OfflineSettings


def test_g_and_its_encoder_have_exactly_the_weights_of_the_paper():
    g = outline_of(TRANSFORMATIONS['paper'], 1.0, True)
    assert weights(g) == 25_773_347
    assert weights(g.at_full, g.at_half, g.at_quarter, g.at_eighth) == 15_880_752
    assert batch_norms(g) == 34


def test_a_narrow_g_is_much_smaller():
    assert weights(outline_of(TRANSFORMATIONS['paper'], 0.125, True)) < 25_773_347 / 50


def test_the_light_g_has_less_than_a_tenth_of_the_arithmetic_of_g():
    paper, light = (outline_of(TRANSFORMATIONS[form], 1.0, True) for form in ('paper', 'light'))
    assert gmac(light) <= gmac(paper) / 10
    assert any(m.dilation == (4, 4) for m in light.modules() if isinstance(m, nn.Conv2d))


@pytest.mark.parametrize('form', ['paper', 'light'])
@pytest.mark.parametrize('size', [(228, 304), (97, 131)])
def test_both_forms_of_g_keep_the_size_of_their_image(form, size):
    g = outline_of(TRANSFORMATIONS[form], 1.0, True)
    assert g(torch.empty(2, 3, *size, device='meta')).shape == (2, 3, *size)


@pytest.mark.parametrize('form', ['paper', 'light'])
def test_the_output_of_g_has_both_signs_as_normalised_images_have(form):
    z = TRANSFORMATIONS[form](0.25, False)(torch.randn(2, 3, 33, 65))
    assert (z < 0).any() and (z > 0).any()


def test_a_residual_g_starts_as_the_identity_and_can_learn():
    g, x = TRANSFORMATIONS['paper'](0.125, True), torch.rand(2, 3, 64, 64)
    z = g(x)
    assert torch.equal(z, x)
    (z - 1).square().mean().backward()
    assert g.out.weight.grad.abs().sum() > 0


@pytest.mark.parametrize('form', ['paper', 'light'])
def test_a_bounded_g_changes_no_value_by_more_and_small_changes_hardly(form):
    torch.manual_seed(0)
    free, bounded = (TRANSFORMATIONS[form](0.125, True, bound) for bound in (0.0, 0.5))
    torch.nn.init.normal_(free.out.weight, 0, 0.1)
    bounded.load_state_dict(free.state_dict())
    x = torch.randn(2, 3, 32, 48)
    change, within = ((g(x) - x).detach() for g in (free, bounded))
    assert change.abs().max() > 1
    assert within.abs().max() <= 0.5 + 1e-6
    small = change.abs() < 0.05
    assert small.any()
    torch.testing.assert_close(within[small], change[small], rtol=0.01, atol=1e-5)


@pytest.mark.slow
def test_a_residual_light_g_starts_as_the_identity_and_learns_to_invert_images():
    torch.manual_seed(0)
    g = TRANSFORMATIONS['light'](0.5, True)
    x = interpolate(torch.randn(4, 3, 4, 6), (32, 48), mode='bilinear')
    assert torch.equal(g(x), x)
    optimiser = torch.optim.Adam(g.parameters(), 1e-2)
    losses = []
    for _ in range(25):
        loss = (g(x) - (1 - x)).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.2 * losses[0]
    assert all(p.grad.abs().sum() > 0 for p in g.parameters())


@pytest.mark.parametrize(('wrong', 'message'), [
    ({'g_form': 'heavy'}, "g_form is 'heavy'.*paper, light"), ({'g_width': 0.0}, 'g_width is 0.0'),
    ({'g_width': float('nan')}, 'g_width is nan')])
def test_an_impossible_g_is_refused(wrong, message):
    with pytest.raises(DepthDistillError, match=message):
        OfflineSettings(**wrong)


@pytest.fixture
def unset_memory_is_nan():
    """Let torch fill what it allocates, which shows what is never written."""
    torch.use_deterministic_algorithms(True, warn_only=True)
    yield
    torch.use_deterministic_algorithms(False)


@pytest.mark.filterwarnings('ignore:.*deterministic implementation')
@pytest.mark.parametrize('form', ['paper', 'light'])
def test_the_gradient_of_a_narrow_g_in_bfloat16_is_that_in_float32(form, unset_memory_is_nan):
    assert torch.utils.deterministic.fill_uninitialized_memory
    torch.manual_seed(0)
    # 24 channels are dilated, with which torch's own gradient is wrong
    g = TRANSFORMATIONS[form](0.1, False).to(memory_format=torch.channels_last)
    assert any(m.in_channels == 24 for m in g.modules()
               if isinstance(m, nn.Conv2d) and m.dilation != (1, 1))
    x = torch.randn(2, 3, 192, 256).to(memory_format=torch.channels_last)

    def gradient(dtype):
        g.zero_grad()
        with torch.autocast('cpu', dtype, enabled=dtype != torch.float32):
            y = g(x)
        y.float().square().mean().backward()
        return {name: p.grad.flatten() for name, p in g.named_parameters() if p.dim() == 4}

    exact, found = gradient(torch.float32), gradient(torch.bfloat16)
    likeness = {name: torch.cosine_similarity(exact[name], found[name], 0).item()
                for name in exact}
    assert all(value > 0.7 for value in likeness.values()), likeness
