# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The authors' checkpoints as files: every way of saving is read, everything else is refused."""

from collections import OrderedDict
from pathlib import Path
import pickle
import struct

from authors_checkpoints import COUNTER, checkpoint, without_counters
import numpy as np
import pytest
import torch
from torch import nn

from depth_distill_ros.networks.authors import load_authors
from depth_distill_ros.networks.authors.names import names_of
from depth_distill_ros.networks.model_folder import ModelError


@pytest.fixture(scope='module')
def small():
    """Return the authors' smallest checkpoint."""
    return checkpoint('lden-authors', 'mobilenetv2')


class _Storage:
    def __init__(self, tensor):
        self.tensor = tensor


class _Python2Pickler(pickle._Pickler):
    """Pickle the parts of a state dict as PyTorch 0.3 under Python 2 did."""

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
        assert name.endswith(COUNTER) or torch.equal(ours[name], small[theirs])
    assert not network.training
    assert all(p.requires_grad and p.is_leaf for p in network.parameters())


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
    with pytest.raises(ModelError, match='Python objects.*was not loaded.*state_dict'):
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
    (changed(R__conv2__bias=torch.ones(2)), '1 of another shape or type: R.conv2.bias;'),
    (changed(R__conv2__bias=torch.ones(1, dtype=torch.int64)), 'type: R.conv2.bias;'),
    (changed(R__conv2__bias=torch.full((1,), torch.nan)), 'R.conv2.bias holds NaN'),
    (changed(R__conv2__bias=3.5), "'R.conv2.bias' is a float, not a plain tensor"),
    (changed(R__conv2__bias=torch.ones(1).to_sparse()), 'not a plain tensor'),
    (changed(R__conv2__bias=torch.ones(1, device='meta')), 'not a plain tensor'),
    (lambda state: {**state, 7: torch.ones(1)}, '7 is a Tensor, not a plain tensor'),
    (lambda state: {'module.' + name if 'R.' in name else name: t for name, t in state.items()},
     r'missing: R\..* surplus: module\.R'),
    (less('E.'), r'has no E\.\*, the encoder'),
    (lambda state: {}, 'holds a dict in place of named tensors'),
    (lambda state: list(state.values()), 'holds a list in place of named tensors'),
    (lambda state: torch.ones(3), 'holds a Tensor in place of named tensors'),
    (lambda state: {'E.features.conv0.weight': torch.ones(1)},
     'its encoder is a DenseNet.*mobilenetv2'),
    (lambda state: {f'E.layer3.{k}.conv3.weight': torch.ones(1) for k in range(23)},
     'its encoder is another network.*resnet34'),
    (lambda state: {f'E.layer3.{k}.conv3.weight': torch.ones(1) for k in range(6)},
     'its encoder is resnet50; our lden can have.*resnet34'),
])
def test_a_checkpoint_of_anything_else_is_refused_with_the_fault(small, change, message, tmp_path):
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
    ('sarpn-authors', r'no feature_extraction\.\*.*choose the --format'),
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
def test_an_incomplete_or_other_file_is_refused_in_one_line(small, damage, tmp_path):
    file = tmp_path / 'file.pth'
    torch.save(small, file)
    damage(file)
    with pytest.raises(ModelError, match='cannot be read|is not a complete file of weights') as no:
        load_authors(file, 'lden-authors')
    assert str(file) in str(no.value)
    assert '\n' not in str(no.value)


