# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The papers' networks: exact weight counts, shapes, gradients, and what they refuse to read."""

import functools

import pytest
import torch
from torch import nn
from torch.nn.functional import interpolate
from torch.utils.flop_counter import FlopCounterMode

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.networks import NETWORKS, backbones_of, build, transformation_network
from depth_distill_ros.networks.backbones import encoder
from depth_distill_ros.networks.blocks import UpProjection

pytestmark = pytest.mark.slow

MONOCULAR = [n for n in NETWORKS if not n.startswith('dacnn')]
EVERY = [(n, b) for n in MONOCULAR for b in backbones_of(n)]
SIZES = [(228, 304), (240, 320), (351, 1217), (256, 512)]


def weights(*modules):
    return sum(p.numel() for m in modules for p in m.parameters())


def batch_norms(network):
    return sum(isinstance(m, nn.BatchNorm2d) for m in network.modules())


@functools.cache
def outline(name, backbone, **options):
    """Return the network without memory for its weights."""
    with torch.device('meta'):
        return build(name, backbone, **options)


def gmac(network, size=(228, 304)):
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network.eval()(torch.empty(1, 3, *size, device='meta'))
    return counter.get_total_flops() / 2e9


def half(side):
    return (side + 1) // 2


@pytest.mark.parametrize(('name', 'backbone', 'total', 'in_encoder', 'norms'), [
    ('lden', 'resnet34', 21_918_977, 21_284_672, 42),
    ('lden', 'mobilenetv2', 1_673_905, 1_337_792, 54),
    ('ffn', 'resnet50', 67_569_473, 23_508_032, 81),
    ('ffn', 'resnet18', 14_883_825, 11_176_512, 48),
    ('ffn', 'senet154', 157_101_425, 113_039_984, 185),
    ('edn', 'resnet50', 63_563_008, 23_508_032, 66),
    ('edn', 'resnet18', 13_681_520, 11_176_512, 33),
    ('sarpn', 'senet154', 258_400_149, 113_039_984, 253),
    ('sarpn', 'resnet34', 38_651_349, 21_284_672, 132),
])
def test_a_network_has_exactly_the_weights_and_statistics_of_the_paper(
        name, backbone, total, in_encoder, norms):
    network = outline(name, backbone)
    assert weights(network) == total
    assert weights(network.encoder) == in_encoder
    assert batch_norms(network) == norms


@pytest.mark.parametrize(('backbone', 'decoder', 'fusion', 'refinement'), [
    ('resnet50', 40_054_400, 3_184_128, 822_913), ('resnet18', 2_504_864, 880_128, 322_321)])
def test_the_parts_of_ffn_have_the_weights_of_the_paper(backbone, decoder, fusion, refinement):
    network = outline('ffn', backbone)
    assert weights(network.decoder) == decoder
    assert weights(network.gather, network.fuse) == fusion
    assert weights(network.refine) == refinement


@pytest.mark.parametrize(('backbone', 'pyramid', 'fusion'), [
    ('senet154', 27_293_317, 118_066_848), ('resnet34', 1_714_405, 15_652_272)])
def test_the_parts_of_sarpn_have_the_weights_of_the_paper(backbone, pyramid, fusion):
    network = outline('sarpn', backbone)
    assert weights(network.reduce, network.to_depth, network.refine) == pyramid
    assert weights(network.fuse) == fusion


def test_both_upsamplings_of_edn_have_the_same_weights():
    bilinear, unpool = (outline('edn', 'resnet18', up=up) for up in ('bilinear', 'unpool'))
    assert bilinear.state_dict().keys() == unpool.state_dict().keys()
    assert weights(unpool) == 13_681_520


def test_g_and_its_encoder_have_exactly_the_weights_of_the_paper():
    with torch.device('meta'):
        g = transformation_network()
    assert weights(g) == 25_773_347
    assert weights(g.at_full, g.at_half, g.at_quarter, g.at_eighth) == 15_880_752
    assert batch_norms(g) == 34


def test_the_light_g_does_less_than_a_tenth_of_g_s_work():
    with torch.device('meta'):
        paper, light = transformation_network('paper'), transformation_network('light')
    assert gmac(light) <= gmac(paper) / 10
    assert any(m.dilation == (4, 4) for m in light.modules() if isinstance(m, nn.Conv2d))


def test_the_light_student_does_less_than_a_quarter_of_lden_s_work():
    assert gmac(outline('lden_light', 'mobilenetv2')) <= gmac(outline('lden', 'mobilenetv2')) / 4


@pytest.mark.parametrize(('name', 'backbone'), [
    (n, b) for n, b in EVERY if b in (backbones_of(n)[0], 'resnet50', 'senet154')])
def test_a_network_answers_any_size_on_its_own_grid(name, backbone):
    network = outline(name, backbone).eval()
    for size in (*SIZES, (352, 1216), (33, 65)):
        x = torch.empty(2, 3, *size, device='meta')
        with torch.no_grad():
            depth = network(x)
        if name == 'sarpn':
            expected = [half(side) for side in size]
        elif backbone == 'senet154':  # its pooling has no padding
            expected = [2 * half(half(side) - 1) for side in size]
        else:
            expected = [2 * half(half(side)) for side in size]
        assert depth.shape == (2, 1, *expected)


def has_finite_output_and_gradients(network, x):
    output = network(x)
    output.square().mean().backward()
    gradients = [p.grad for p in network.parameters()]
    return torch.isfinite(output).all() and all(
        g is not None and torch.isfinite(g).all() for g in gradients)


@pytest.mark.parametrize('size', SIZES)
@pytest.mark.parametrize('name', ['lden', 'lden_light'])
def test_a_robot_s_network_has_finite_depth_and_gradients_at_any_size(name, size):
    network = build(name, 'mobilenetv2').to(memory_format=torch.channels_last)
    x = torch.randn(1, 3, *size).to(memory_format=torch.channels_last)
    assert has_finite_output_and_gradients(network, x)


@pytest.mark.parametrize(('name', 'options'), [
    ('edn', {}), ('edn', {'up': 'unpool'}), ('ffn', {}), ('sarpn', {})])
def test_a_paper_s_network_has_finite_depth_and_gradients_at_the_paper_s_size(name, options):
    assert has_finite_output_and_gradients(
        build(name, 'resnet18', **options), torch.randn(1, 3, 228, 304))


@pytest.mark.parametrize(('name', 'backbone'), [
    (n, b) for n, b in EVERY
    if b not in ('mobilenetv2', 'resnet18') and (n, b) != ('sarpn', 'resnet50')])
def test_a_larger_network_has_finite_depth_and_gradients_at_a_small_odd_size(name, backbone):
    assert has_finite_output_and_gradients(build(name, backbone), torch.randn(2, 3, 33, 65))


def test_sarpn_gives_five_maps_from_coarse_to_fine():
    network = outline('sarpn', 'resnet18').eval()
    maps = network.scales(torch.empty(1, 3, 228, 304, device='meta'))
    assert [tuple(m.shape[-2:]) for m in maps] == [
        (8, 10), (15, 19), (29, 38), (57, 76), (114, 152)]


def test_sarpn_s_depth_is_its_finest_map():
    network, x = build('sarpn', 'resnet18').eval(), torch.randn(1, 3, 64, 64)
    assert torch.equal(network(x), network.scales(x)[-1])


def test_a_finer_map_of_sarpn_starts_from_the_coarser_one():
    network, x = build('sarpn', 'resnet18').eval(), torch.randn(1, 3, 64, 64)
    for part in (*network.to_depth[1:], *network.refine):
        nn.init.zeros_(part[-1].weight if isinstance(part, nn.Sequential)
                       else part.body[-1].weight)
    for refine in network.refine:
        nn.init.zeros_(refine.body[-1].bias)
    with torch.no_grad():
        maps = network.scales(x)
    corners = [m[0, 0, 0, 0] for m in maps]
    assert maps[0].std() > 0
    assert torch.allclose(torch.stack(corners), corners[0], rtol=1e-5)


def test_the_stem_of_an_encoder_is_one_more_tap_with_the_same_weights():
    plain, with_stem = encoder('resnet18'), encoder('resnet18', stem=True)
    with_stem.load_state_dict(plain.state_dict())
    x = torch.randn(1, 3, 64, 96)
    taps, more = plain.eval()(x), with_stem.eval()(x)
    assert with_stem.channels == (64, *plain.channels)
    assert more[0].shape == (1, 64, 32, 48)
    assert (more[0] >= 0).all()
    assert all(torch.equal(a, b) for a, b in zip(taps, more[1:], strict=True))


def test_a_backbone_without_a_stem_tap_says_so():
    with pytest.raises(DepthDistillError, match='mobilenetv2 has no tap before'):
        encoder('mobilenetv2', stem=True)


def test_resnest_stays_at_stride_eight_as_its_authors_dilate_it():
    with torch.device('meta'):
        network = encoder('resnest50').eval()
        taps = network(torch.empty(1, 3, 256, 512))
    assert weights(network) == 25_434_240
    assert network.channels == (64, 256, 512, 1024, 2048)
    assert [tuple(t.shape[1:]) for t in taps] == [
        (64, 128, 256), (256, 64, 128), (512, 32, 64), (1024, 32, 64), (2048, 32, 64)]
    dilations = [[block.conv2.conv.dilation[0] for block in stage]
                 for stage in (network.stages[1][1], *list(network.stages)[2:])]
    assert dilations == [[1] * 3, [1] * 4, [1, 2, 2, 2, 2, 2], [2, 4, 4]]
    pools = [stage[0].avd_last for stage in list(network.stages)[2:]]
    assert [(p.kernel_size, p.stride) for p in pools] == [(3, 2), (3, 1), (3, 1)]
    assert all(isinstance(stage[0].downsample[0], nn.Identity)
               for stage in list(network.stages)[3:])


def test_unpooling_puts_each_value_at_the_top_left_of_zeros():
    network = build('edn', 'resnet18', up='unpool').eval()
    seen = []
    network.decoder.ups[0].body.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    network.decoder.reduce.register_forward_hook(lambda *arguments: seen.append(arguments[2]))
    network(torch.randn(1, 3, 64, 96))
    reduced, unpooled = seen
    assert torch.equal(unpooled[:, :, ::2, ::2], reduced)
    assert not unpooled[:, :, 1::2].any()
    assert not unpooled[:, :, :, 1::2].any()


def test_an_up_projection_shrinks_as_well_as_it_grows():
    up, x = UpProjection(3, 4), torch.randn(2, 3, 9, 7)
    assert up(x, (5, 4)).shape == (2, 4, 5, 4)
    assert up(x, (20, 14)).shape == (2, 4, 20, 14)


@pytest.mark.parametrize('form', ['paper', 'light'])
@pytest.mark.parametrize('size', [(228, 304), (97, 131)])
def test_either_form_of_g_keeps_the_size_and_space_of_its_picture(form, size):
    g = transformation_network(form, 0.25)
    x = torch.randn(2, 3, *size)
    z = g(x)
    assert z.shape == x.shape
    assert (z < 0).any() and (z > 0).any()


def test_a_residual_light_g_starts_as_the_identity_and_learns_to_repaint():
    torch.manual_seed(0)
    g = transformation_network('light', 0.5, residual=True)
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


@pytest.mark.parametrize(('arguments', 'message'), [
    (('heavy',), 'heavy.*paper, light'), (('light', 0.0), 'cannot be 0.0 wide'),
    (('paper', float('nan')), 'cannot be nan wide')])
def test_an_impossible_g_is_refused(arguments, message):
    with pytest.raises(DepthDistillError, match=message):
        transformation_network(*arguments)


def test_without_a_backbone_a_network_has_its_default():
    assert weights(build('lden')) == weights(outline('lden', backbones_of('lden')[0]))


@pytest.mark.parametrize(('name', 'options', 'message'), [
    ('edn', {'up': 'nearest'}, 'nearest.*bilinear, unpool'),
    ('edn', {'width': 2}, "no option 'width'; it has up"),
    ('lden', {'up': 'unpool'}, "no option 'up'; it has confidence"),
    ('ffn', {'backbone': 'mobilenetv2'}, "ffn has no backbone 'mobilenetv2'.*resnet50"),
])
def test_what_a_network_does_not_have_is_refused_with_what_it_has(name, options, message):
    with pytest.raises(DepthDistillError, match=message):
        build(name, **options)


def networks_that_read_pictures():
    for name in MONOCULAR:
        yield type(outline(name, backbones_of(name)[0])).__name__, outline(
            name, backbones_of(name)[0])
    for form in ('paper', 'light'):
        with torch.device('meta'):
            g = transformation_network(form)
        yield type(g).__name__, g


@pytest.mark.parametrize(('shape', 'kind', 'message'), [
    ((2, 4, 96, 128), torch.float32, '2×4×96×128.*to_input'),
    ((1, 1, 96, 128), torch.float32, '1×1×96×128.*to_input'),
    ((3, 96, 128), torch.float32, '3×96×128.*to_input'),
    ((2, 3, 96, 128), torch.uint8, 'uint8; make them.*to_input'),
    ((2, 96, 128, 3), torch.float32, '2×96×128×3.*to_input'),
    ((2, 3, 31, 128), torch.float32, 'at least 32×32, got 2×3×31×128.*resize'),
    ((2, 3, 96, 8), torch.float32, 'at least 32×32, got 2×3×96×8.*resize'),
])
def test_every_network_refuses_what_are_no_pictures_by_its_name(shape, kind, message):
    for name, network in networks_that_read_pictures():
        with pytest.raises(DepthDistillError, match=f'^{name} reads .*{message}') as refusal:
            network(torch.empty(shape, dtype=kind, device='meta'))
        assert '\n' not in str(refusal.value)


def test_a_network_can_be_compiled_and_exported_whole():
    network, x = build('lden_light', 'mobilenetv2').eval(), torch.randn(1, 3, 64, 96)
    with torch.no_grad():
        expected = network(x)
        compiled = torch.compile(network, backend='eager', fullgraph=True)
        assert torch.allclose(compiled(x), expected, atol=1e-6)
        exported = torch.export.export(network, (x,))
    names = [str(node.target) for node in exported.graph.nodes]
    assert any('conv' in name for name in names)
    assert not any('assert' in name for name in names)


@pytest.mark.parametrize('backbone', ['resnet18', 'senet154'])
def test_published_weights_that_cannot_be_had_are_one_clear_line(backbone, monkeypatch, tmp_path):
    monkeypatch.setenv('TORCH_HOME', str(tmp_path))
    monkeypatch.setenv('https_proxy', 'http://127.0.0.1:9')
    monkeypatch.setattr('huggingface_hub.constants.HF_HUB_OFFLINE', True)
    monkeypatch.setattr('huggingface_hub.constants.HF_HUB_CACHE', str(tmp_path))
    message = f'ImageNet weights of {backbone} cannot be downloaded.*build without'
    with torch.device('meta'), pytest.raises(DepthDistillError, match=message) as refusal:
        encoder(backbone, pretrained=True)
    assert '\n' not in str(refusal.value)


def test_a_backbone_of_a_package_that_is_not_installed_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__('sys').modules, 'timm', None)
    with pytest.raises(DepthDistillError, match='pip install timm'):
        build('ffn', 'senet154')
