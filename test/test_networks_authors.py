# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
The authors' networks: names, shapes and depth are those of their code.

data/authors_networks.json holds numbers obtained by running the authors' code (with
align_corners=True, as under the PyTorch of its time) with the weights and the image seeded here:
the number of tensors of its networks, the SHA-256 of their sorted names and shapes, and the mean,
standard deviation and a lattice of values of each depth map.
"""

import hashlib
import json
from pathlib import Path

from authors_checkpoints import COUNTER, authors_shapes, checkpoint, without_counters
import numpy as np
import pytest
from safetensors.torch import load_file
import torch

from depth_distill_ros.apps.cli import main
from depth_distill_ros.networks.authors import load_authors
from depth_distill_ros.networks.blocks import resize
from depth_distill_ros.networks.model_folder import load_model

pytestmark = pytest.mark.slow

_NETWORKS = json.loads(
    (Path(__file__).parent / 'data' / 'authors_networks.json').read_text(encoding='utf-8'))


def name_of_row(row):
    return f'{row["format"]}-{row["backbone"]}'


def image_of(size):
    noise = np.random.RandomState(1).random_sample((3, *size))
    rows, columns = np.mgrid[:size[0], :size[1]] / 15
    waves = np.stack([np.sin(rows + columns), np.cos(rows), np.sin(columns)])
    return torch.from_numpy((waves + noise - 0.5).astype(np.float32))[None]


def lattice(depth):
    rows, columns = (np.linspace(0, side - 1, n).astype(int)
                     for side, n in zip(depth.shape, (3, 4), strict=True))
    return depth[np.ix_(rows, columns)]


@pytest.mark.parametrize('row', _NETWORKS, ids=name_of_row)
def test_the_names_and_shapes_are_exactly_those_of_the_authors_networks(row):
    shapes = authors_shapes(row['format'], row['backbone'])
    listing = sorted(f'{name} {list(shape)}' for name, shape in shapes.items()
                     if not name.endswith(COUNTER))
    assert len(listing) == row['tensors']
    assert hashlib.sha256('\n'.join(listing).encode()).hexdigest() == row['sha256']


# The largest are omitted for their size; all their parts are covered.
@pytest.mark.parametrize('row', [
    row for row in _NETWORKS
    if row['backbone'] != 'senet154' and name_of_row(row) != 'sarpn-authors-resnet50'
], ids=name_of_row)
def test_the_depth_is_that_of_the_authors_code_with_the_same_weights(row, tmp_path):
    file = tmp_path / 'authors.pth'
    torch.save(checkpoint(row['format'], row['backbone']), file)
    network, _ = load_authors(file, row['format'])
    unit = 1.0
    if row['format'] == 'meter-authors':  # its code returns centimetres and adds no frame
        network.frame, unit = None, 100.0
    with torch.no_grad():
        x = image_of(row['input'])
        maps = network.scales(x) if hasattr(network, 'scales') else [network(x)]
    for depth, expected in zip(maps, row['maps'], strict=True):
        # LDEN's code resizes its output
        depth = resize(depth, expected['size']) if row['format'] == 'lden-authors' else depth
        depth = unit * depth[0, 0].double().numpy()
        assert list(depth.shape) == expected['size']
        assert depth.mean() == pytest.approx(expected['mean'], abs=1e-4)
        assert depth.std() == pytest.approx(expected['std'], abs=1e-4)
        np.testing.assert_allclose(lattice(depth), expected['lattice'], rtol=0, atol=1e-4)


@pytest.fixture(scope='module')
def small():
    """Return the authors' smallest checkpoint."""
    return checkpoint('lden-authors', 'mobilenetv2')


def test_counters_that_an_old_save_lacks_are_zero(small, tmp_path):
    torch.save(without_counters(small), tmp_path / 'old.pt')
    buffers = load_authors(tmp_path / 'old.pt', 'lden-authors')[0].named_buffers()
    assert {int(b) for name, b in buffers if name.endswith(COUNTER)} == {0}


def test_half_precision_is_read_as_float32(small, tmp_path):
    torch.save({name: t.half() if t.is_floating_point() else t for name, t in small.items()},
               tmp_path / 'half.pt')
    network, _ = load_authors(tmp_path / 'half.pt', 'lden-authors')
    assert {p.dtype for p in network.parameters()} == {torch.float32}


@pytest.mark.parametrize('out', ['out.safetensors', 'out'])
def test_the_command_writes_a_model_folder_that_says_where_it_comes_from(
        small, out, tmp_path, capsys):
    file = tmp_path / 'N_s_X.pt'
    torch.save(small, file)
    words = ['models', 'import', '--format', 'lden-authors', str(file), str(tmp_path / out)]
    assert main(words) == 0
    assert '1,673,905 weights' in capsys.readouterr().out
    network, card = load_model(tmp_path / 'out')
    assert (card.network, card.backbone, card.size) == ('lden', 'mobilenetv2', (228, 304))
    assert card.about == {
        'format': 'lden-authors', 'file': 'N_s_X.pt',
        'source': 'github.com/JunjH/Boosting-Light-Weight-Depth-Estimation',
        'sha256': hashlib.sha256(file.read_bytes()).hexdigest()}
    assert torch.equal(network.head[3].bias, small['R.conv2.bias'])
    assert torch.equal(load_file(tmp_path / 'out' / 'weights.safetensors')['head.3.bias'],
                       small['R.conv2.bias'])
    assert main(words) == 1
    assert 'never overwritten' in capsys.readouterr().err


def test_tensors_that_share_memory_in_a_file_are_written_apart(small, tmp_path):
    shared = {**small, 'R.bn0.weight': small['MFF.bn.weight']}
    torch.save(shared, tmp_path / 'shared.pt')
    assert main(['models', 'import', '--format', 'lden-authors', str(tmp_path / 'shared.pt'),
                 str(tmp_path / 'out')]) == 0
