# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The depth networks: exact numbers of weights, sizes, gradients and refused inputs."""

from network_outlines import batch_norms, gmac, outline, outline_of, weights
import pytest
import torch
from torch import nn

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.networks import NETWORKS, TRANSFORMATIONS, backbones_of, build
from depth_distill_ros.networks.blocks import UpProjection
from depth_distill_ros.networks.normalisation import to_image, to_input

MONOCULAR = [n for n in NETWORKS if not n.startswith('dacnn')]
SIZES = [(228, 304), (240, 320), (351, 1217), (33, 65)]


def half(side):
    return (side + 1) // 2


@pytest.mark.parametrize(('name', 'backbone', 'total', 'in_encoder', 'norms'), [
    ('lden', 'resnet34', 21_918_977, 21_284_672, 42),
    ('lden', 'mobilenetv2', 1_673_905, 1_337_792, 54),
    ('lden', 'resnet18', 11_810_817, 11_176_512, 26),
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


def test_the_light_student_has_less_than_a_quarter_of_the_arithmetic_of_lden():
    assert gmac(outline('lden_light', 'mobilenetv2')) <= gmac(outline('lden', 'mobilenetv2')) / 4


@pytest.mark.parametrize(('name', 'backbone'), [
    (n, b) for n in MONOCULAR for b in (backbones_of(n)[0], 'resnet50', 'senet154')
    if b in backbones_of(n)])
def test_a_network_predicts_on_its_own_grid_for_any_size(name, backbone):
    network = outline(name, backbone).eval()
    for size in SIZES if backbone == backbones_of(name)[0] else SIZES[-1:]:
        x = torch.empty(2, 3, *size, device='meta')
        with torch.no_grad():
            depth = network(x)
        if name == 'sarpn':
            expected = [half(side) for side in size]
        elif name == 'meter':
            expected = [half(half(side)) for side in size]
        elif backbone == 'senet154':  # its pooling has no padding
            expected = [2 * half(half(side) - 1) for side in size]
        else:
            expected = [2 * half(half(side)) for side in size]
        assert depth.shape == (2, 1, *expected)


def all_gradients(network, x):
    output = network(x)
    output.square().mean().backward()
    return output, [p.grad for p in network.parameters()]


@pytest.mark.slow
@pytest.mark.parametrize(('name', 'backbone'), [
    ('lden', 'resnet34'), ('edn', 'resnet50'), ('ffn', 'senet154'), ('sarpn', 'resnet50')])
def test_the_depth_of_a_larger_network_depends_on_each_of_its_weights(name, backbone):
    with torch.device('meta'):
        network = build(name, backbone)
    _, gradients = all_gradients(network, torch.empty(2, 3, 33, 65, device='meta'))
    assert all(g is not None for g in gradients)


@pytest.mark.slow
@pytest.mark.parametrize(('name', 'backbone', 'options'), [
    ('lden', 'mobilenetv2', {}), ('lden_light', 'mobilenetv2', {}), ('edn', 'resnet18', {}),
    ('edn', 'resnet18', {'up': 'unpool'}), ('ffn', 'resnet18', {}), ('sarpn', 'resnet18', {}),
    ('meter', 'xxs', {'frame': True})])
def test_depth_and_gradients_are_finite(name, backbone, options):
    network = build(name, backbone, **options).to(memory_format=torch.channels_last)
    for size in ((33, 65), (96, 128)):
        x = torch.randn(2, 3, *size).to(memory_format=torch.channels_last)
        depth, gradients = all_gradients(network, x)
        assert torch.isfinite(depth).all()
        assert all(torch.isfinite(g).all() for g in gradients)


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


def test_without_a_backbone_a_network_has_its_default():
    assert weights(outline_of(build, 'lden')) == weights(outline('lden', backbones_of('lden')[0]))


@pytest.mark.parametrize(('name', 'options', 'message'), [
    ('edn', {'up': 'nearest'}, 'nearest.*bilinear, unpool'),
    ('edn', {'width': 2}, "no option 'width'; it has up"),
    ('lden', {'up': 'unpool'}, "no option 'up'; it has confidence"),
    ('ffn', {'backbone': 'mobilenetv2'}, "ffn has no backbone 'mobilenetv2'.*resnet50"),
    ('midas', {'backbone': 'resnet18'}, "no network 'midas'.*lden"),
])
def test_what_a_network_does_not_have_is_refused_with_what_it_has(name, options, message):
    with pytest.raises(DepthDistillError, match=message):
        build(name, **options)


def networks_that_read_one_image():
    for name in MONOCULAR:
        yield type(outline(name, backbones_of(name)[0])).__name__, outline(
            name, backbones_of(name)[0])
    for make in TRANSFORMATIONS.values():
        g = outline_of(make, 1.0, True)
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
def test_every_network_refuses_an_input_of_another_shape_or_type_by_its_name(shape, kind, message):
    for name, network in networks_that_read_one_image():
        with pytest.raises(DepthDistillError, match=f'^{name} reads .*{message}') as refusal:
            network(torch.empty(shape, dtype=kind, device='meta'))
        assert '\n' not in str(refusal.value)


@pytest.mark.slow
def test_a_network_can_be_compiled_and_exported_as_one_graph():
    network, x = build('lden_light', 'resnet18').eval(), torch.randn(1, 3, 64, 96)
    with torch.no_grad():
        expected = network(x)
        compiled = torch.compile(network, backend='eager', fullgraph=True)
        assert torch.allclose(compiled(x), expected, atol=1e-6)
        exported = torch.export.export(network, (x,))
    names = [str(node.target) for node in exported.graph.nodes]
    assert any('conv' in name for name in names)
    assert not any('assert' in name for name in names)


def test_an_image_survives_normalisation_and_its_inverse():
    image = torch.randint(0, 256, (2, 40, 50, 3), dtype=torch.uint8)
    x = to_input(image)
    assert x.shape == (2, 3, 40, 50)
    assert x.mean(dtype=torch.float64).abs() < 0.5
    assert torch.equal(to_image(x), image)
