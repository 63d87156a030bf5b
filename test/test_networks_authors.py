# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
The authors' checkpoints: what they hold, what their networks answer, and what is refused.

data/authors_networks.json holds numbers obtained by running the authors' code (with
align_corners=True, as under the PyTorch of its time) with the weights and the picture seeded here:
how many parameters its networks have and the SHA-256 of their sorted names and shapes, and the
mean, standard deviation and a lattice of values of each depth map that they answer with.
"""

from collections import OrderedDict
import hashlib
import json
from pathlib import Path
import pickle
import re
import struct
import zlib

import numpy as np
import pytest
from safetensors.torch import load_file
import torch
from torch import nn

from depth_distill_ros.apps.cli import main
from depth_distill_ros.networks import build
from depth_distill_ros.networks.authors import FORMATS, load_authors
from depth_distill_ros.networks.authors.names import names_of
from depth_distill_ros.networks.blocks import resize
from depth_distill_ros.networks.model import ModelError, load_model

pytestmark = pytest.mark.slow

_NETWORKS = json.loads(
    (Path(__file__).parent / 'data' / 'authors_networks.json').read_text(encoding='utf-8'))
_COUNTER = 'num_batches_tracked'


def name_of_row(row):
    return f'{row["format"]}-{row["backbone"]}'


def authors_shapes(form, backbone):
    """Return the shapes of what an authors' file holds, by their names."""
    with torch.device('meta'):
        ours = build(FORMATS[form].network, backbone).state_dict()
    return {theirs: tuple(ours[name].shape)
            for name, theirs in names_of(form, backbone, ours).items()}


def seeded(name, shape):
    """Return weights that the authors' name decides, of a size that keeps activations near 1."""
    if name.endswith(_COUNTER):
        return torch.tensor(1)
    unit = np.random.RandomState(zlib.crc32(name.encode())).random_sample(shape) * 2 - 1
    if len(shape) == 4:
        values = unit * (6 / np.prod(shape[1:])) ** 0.5
    elif name.endswith('running_var'):
        values = 1 + unit / 2
    elif name.endswith('weight'):
        ends_branch = re.search(r'\d\.(bn2|bn3|conv\.3)\.', name)
        values = (0.5 if ends_branch else 0.9) * (1 + unit / 2)
    else:
        values = unit / 5
    return torch.from_numpy(values.astype(np.float32))


def checkpoint(form, backbone):
    return {name: seeded(name, shape) for name, shape in authors_shapes(form, backbone).items()}


def picture(size):
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
                     if not name.endswith(_COUNTER))
    assert len(listing) == row['tensors']
    assert hashlib.sha256('\n'.join(listing).encode()).hexdigest() == row['sha256']


# The largest are left out, for their size; their parts are all here.
@pytest.mark.parametrize('row', [
    row for row in _NETWORKS
    if row['backbone'] != 'senet154' and name_of_row(row) != 'sarpn-authors-resnet50'
], ids=name_of_row)
def test_the_depth_is_that_of_the_authors_code_with_the_same_weights(row, tmp_path):
    file = tmp_path / 'authors.pth'
    torch.save(checkpoint(row['format'], row['backbone']), file)
    network, _ = load_authors(file, row['format'])
    with torch.no_grad():
        x = picture(row['input'])
        maps = network.scales(x) if hasattr(network, 'scales') else [network(x)]
    for depth, expected in zip(maps, row['maps'], strict=True):
        # LDEN's code resizes its answer
        depth = resize(depth, expected['size']) if row['format'] == 'lden-authors' else depth
        depth = depth[0, 0].double().numpy()
        assert list(depth.shape) == expected['size']
        assert depth.mean() == pytest.approx(expected['mean'], abs=1e-4)
        assert depth.std() == pytest.approx(expected['std'], abs=1e-4)
        np.testing.assert_allclose(lattice(depth), expected['lattice'], rtol=0, atol=1e-4)


@pytest.fixture(scope='module')
def small():
    """Return the authors' smallest checkpoint."""
    return checkpoint('lden-authors', 'mobilenetv2')


class _Storage:
    def __init__(self, tensor):
        self.tensor = tensor


class _Python2Pickler(pickle._Pickler):
    """As PyTorch 0.3 under Python 2 pickled the parts of a state dict."""

    dispatch = dict(pickle._Pickler.dispatch)

    def __init__(self, file):
        super().__init__(file, protocol=2)
        self.storages = {}

    def save_text(self, text):
        self.write(pickle.SHORT_BINSTRING + bytes([len(text)]) + text.encode('ascii'))
        self.memoize(text)

    dispatch[str] = save_text

    def reducer_override(self, value):
        if isinstance(value, OrderedDict):
            return OrderedDict, ([[name, tensor] for name, tensor in value.items()],)
        if isinstance(value, torch.Tensor):
            return torch._utils._rebuild_tensor, (
                _Storage(value), 0, tuple(value.shape), value.stride())
        return NotImplemented

    def persistent_id(self, value):
        if not isinstance(value, _Storage):
            return None
        key = str(10 ** 13 + len(self.storages))
        self.storages[key] = value.tensor.numpy()
        return 'storage', torch.FloatStorage, key, 'cuda:0', value.tensor.numel(), None


def save_as_pytorch_0_3(state, path):
    with path.open('wb') as file:
        for header in (0x1950a86a20f9469cfc6c, 1001, {'little_endian': True}):
            pickle.dump(header, file, protocol=2)
        pickler = _Python2Pickler(file)
        pickler.dump(OrderedDict(state))
        pickle.dump(sorted(pickler.storages), file, protocol=2)
        for key in sorted(pickler.storages):
            array = pickler.storages[key]
            file.write(struct.pack('<q', array.size) + array.tobytes())


def without_counters(state):
    return {name: tensor for name, tensor in state.items() if not name.endswith(_COUNTER)}


def prefixed(state, prefix='module.'):
    return {prefix + name: tensor for name, tensor in state.items()}


@pytest.mark.parametrize('save', [
    lambda state, path: torch.save(OrderedDict(state), path),
    lambda state, path: torch.save(prefixed(state), path),
    lambda state, path: torch.save(prefixed(state, 'module.module.'), path),
    lambda state, path: torch.save({'state_dict': state}, path),
    lambda state, path: torch.save({'epoch': 20, 'state_dict': prefixed(state)}, path),
    lambda state, path: torch.save({'model': state, 'optimizer': {'state': {}}}, path),
    lambda state, path: torch.save(state, path, _use_new_zipfile_serialization=False),
    lambda state, path: torch.save(
        {name: nn.Parameter(t, requires_grad=False) for name, t in state.items()}, path),
    lambda state, path: save_as_pytorch_0_3(prefixed(without_counters(state)), path),
], ids=['plain', 'DataParallel', 'DataParallel twice', 'state_dict', 'training state', 'model',
        'before the zip format', 'parameters', 'PyTorch 0.3 under Python 2'])
def test_a_checkpoint_is_read_however_it_was_saved(small, save, tmp_path):
    file = tmp_path / 'N_s_X.pt'
    save(small, file)
    network, _ = load_authors(file, 'lden-authors')
    ours = network.state_dict()
    for name, theirs in names_of('lden-authors', 'mobilenetv2', ours).items():
        assert name.endswith(_COUNTER) or torch.equal(ours[name], small[theirs])
    assert not network.training
    assert all(p.requires_grad and p.is_leaf for p in network.parameters())


def test_counters_that_an_old_save_lacks_are_zero(small, tmp_path):
    torch.save(without_counters(small), tmp_path / 'old.pt')
    buffers = load_authors(tmp_path / 'old.pt', 'lden-authors')[0].named_buffers()
    assert {int(b) for name, b in buffers if name.endswith(_COUNTER)} == {0}


def test_half_precision_is_read_as_float32(small, tmp_path):
    torch.save({name: t.half() if t.is_floating_point() else t for name, t in small.items()},
               tmp_path / 'half.pt')
    network, _ = load_authors(tmp_path / 'half.pt', 'lden-authors')
    assert {p.dtype for p in network.parameters()} == {torch.float32}


class _Trap:
    """Creates a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize('zipped', [True, False])
@pytest.mark.parametrize('content', [
    lambda state, trap: trap,
    lambda state, trap: {'state_dict': state, 'args': trap},
    lambda state, trap: {**state, 'R.conv2.bias': trap},
], ids=['alone', 'beside', 'among'])
def test_code_in_a_file_is_refused_and_never_run(small, content, zipped, tmp_path):
    file, trace = tmp_path / 'evil.pth', tmp_path / 'trace'
    torch.save(content(small, _Trap(trace)), file, _use_new_zipfile_serialization=zipped)
    with pytest.raises(ModelError, match='Python objects.*nothing of it.*state_dict'):
        load_authors(file, 'lden-authors')
    assert not trace.exists()
    torch.load(file, weights_only=False)
    assert trace.exists()


@pytest.mark.parametrize('zipped', [True, False])
def test_a_whole_pickled_network_is_refused_with_how_to_save_its_weights(zipped, tmp_path):
    file = tmp_path / 'net.pth'
    torch.save(nn.Sequential(nn.Conv2d(3, 4, 3)), file, _use_new_zipfile_serialization=zipped)
    with pytest.raises(ModelError, match=r'net\.pth.*Sequential.*torch\.save\(model\.state_dict'):
        load_authors(file, 'lden-authors')


def changed(**changes):
    return lambda state: {**state, **{name.replace('__', '.'): tensor
                                      for name, tensor in changes.items()}}


def less(*prefixes):
    return lambda state: {name: t for name, t in state.items() if not name.startswith(prefixes)}


@pytest.mark.parametrize(('change', 'message'), [
    (less('R.conv2.bias', 'MFF.bn.w'), '2 missing: MFF.bn.weight, R.conv2.bias; choose the'),
    (changed(E__fc__weight=torch.ones(2)), '1 surplus: E.fc.weight; choose'),
    (changed(R__conv2__bias=torch.ones(2)), '1 of another shape or kind: R.conv2.bias;'),
    (changed(R__conv2__bias=torch.ones(1, dtype=torch.int64)), 'kind: R.conv2.bias;'),
    (changed(R__conv2__bias=torch.full((1,), torch.nan)), 'R.conv2.bias holds NaN'),
    (changed(R__conv2__bias=3.5), "'R.conv2.bias' is no plain tensor but a float"),
    (changed(R__conv2__bias=torch.ones(1).to_sparse()), 'no plain tensor'),
    (changed(R__conv2__bias=torch.ones(1, device='meta')), 'no plain tensor'),
    (lambda state: {**state, 7: torch.ones(1)}, '7 is no plain tensor'),
    (lambda state: {'module.' + name if 'R.' in name else name: t for name, t in state.items()},
     r'missing: R\..* surplus: module\.R'),
    (less('E.'), r'nothing called E\.\*'),
    (lambda state: {}, 'no named tensors but a dict'),
    (lambda state: list(state.values()), 'no named tensors but a list'),
    (lambda state: torch.ones(3), 'no named tensors but a Tensor'),
    (lambda state: {'E.features.conv0.weight': torch.ones(1)},
     'its encoder is a DenseNet.*mobilenetv2'),
    (lambda state: {f'E.layer3.{k}.conv3.weight': torch.ones(1) for k in range(23)},
     'its encoder is another network.*resnet34'),
    (lambda state: {f'E.layer3.{k}.conv3.weight': torch.ones(1) for k in range(6)},
     'its encoder is resnet50, and our lden has none but.*resnet34'),
])
def test_a_file_of_anything_else_is_refused_with_what_is_wrong(small, change, message, tmp_path):
    file = tmp_path / 'other.pth'
    torch.save(change(small), file)
    with pytest.raises(ModelError, match=message) as refusal:
        load_authors(file, 'lden-authors')
    assert str(file) in str(refusal.value)
    assert '\n' not in str(refusal.value)


def test_of_very_many_wrong_names_twenty_are_listed(small, tmp_path):
    torch.save({**less('MFF.')(small), 'more': torch.ones(1)}, tmp_path / 'file.pth')
    with pytest.raises(ModelError, match=r'\d+ missing: .* and \d+ more; 1 surplus: more;') as no:
        load_authors(tmp_path / 'file.pth', 'lden-authors')
    missing = len(small) - len(less('MFF.')(small))
    assert f'and {missing - 20 - 5} more' in str(no.value)  # 5 counters of batches may be absent


@pytest.mark.parametrize(('form', 'message'), [
    ('ffn-authors', 'missing: D.bn.bias.* surplus: MFF.att1.1.weight.*choose the --format'),
    ('sarpn-authors', r'nothing called feature_extraction\.\*.*choose the --format'),
])
def test_a_file_of_another_format_is_refused(form, message, tmp_path):
    torch.save(checkpoint('lden-authors', 'resnet18'), tmp_path / 'lden.pth')
    with pytest.raises(ModelError, match=f'lden.pth.*{message}'):
        load_authors(tmp_path / 'lden.pth', form)


@pytest.mark.parametrize('damage', [
    lambda file: file.write_bytes(b''),
    lambda file: file.write_bytes(file.read_bytes()[:-1000]),
    lambda file: file.write_bytes(b'PK\x03\x04' + b'\x00' * 100),
    lambda file: file.write_bytes(np.random.RandomState(0).bytes(5000)),
    lambda file: file.write_text('<html>Quota exceeded</html>'),
    lambda file: file.unlink(),
    lambda file: (file.unlink(), file.mkdir()),
    lambda file: torch.jit.save(torch.jit.script(nn.Conv2d(3, 4, 3)), file),
], ids=['empty', 'cut', 'half a zip', 'noise', 'a web page', 'none', 'folder', 'TorchScript'])
def test_what_is_no_whole_save_is_refused_in_one_line(small, damage, tmp_path):
    file = tmp_path / 'file.pth'
    torch.save(small, file)
    damage(file)
    with pytest.raises(ModelError, match='cannot be read|is no complete file of weights') as no:
        load_authors(file, 'lden-authors')
    assert str(file) in str(no.value)
    assert '\n' not in str(no.value)


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
