# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Damaged bags, images, lists, cards and YAML on disk: results or one line, nothing else."""

from contextlib import contextmanager
from dataclasses import asdict
import json
import resource
import signal

from dataset_files import made_image, text
from dataset_kinds import made
import numpy as np
import pytest
from scipy.io import savemat
from stream_frames import frame
from test_datasets_bag import START, TYPES, camera_topics, image, write_bag
from test_datasets_bag_compressed import compressed_depth, compressed_topics, jpeg
from test_datasets_bag_faults import MCAP, SQLITE3, file_of
from test_datasets_bag_ros1 import write_ros1
from test_datasets_calibrations import CALIBRATION
from test_datasets_kitti import DATE, DRIVE
import yaml

from depth_distill_ros.datasets import open_reader
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.evaluation import blind_map
from depth_distill_ros.files import read_yaml
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.networks.model_folder import ModelCard, read_card
from depth_distill_ros.ros.parameter_files import ParameterFiles
from depth_distill_ros.settings.distillation import OfflineSettings
from depth_distill_ros.settings.file import read_settings, write_settings
from depth_distill_ros.stream import class_table
from depth_distill_ros.stream.record import RecordFormat
from depth_distill_ros.worlds.rooms import look_file

pytestmark = pytest.mark.slow

ROUNDS = 60
HANGS_AFTER = 60  # seconds for one damaged input; the slowest takes hundredths of one
MOST_GROWTH = 300 << 10  # KiB
EXTREMES = (b'\x00\x00\x00\x00', b'\xff\xff\xff\xff', b'\x00\x00\x00\x80', b'\xff\xff\xff\x7f')
WORDS = ('nan', 'inf', '-1', '0', '1e999', '9' * 5000, '²', '\ufeff', '\x00', '[' * 1500, '{' * 50,
         '- ', ': ', '&a [*a]', '2001-99-99', '!!python/object', '"', ',', ';', '../..', 'é', '\n')


def mutated(data, random):
    """Return bytes with one to four random faults."""
    data = bytearray(data)
    for _ in range(random.integers(1, 5)):
        at = int(random.integers(0, len(data) + 1))
        how = random.integers(0, 7)
        if how == 0:
            data[at:at + 1] = bytes([random.integers(0, 256)])
        elif how == 1:
            del data[at:]
        elif how == 2:
            data[at:at + 4] = EXTREMES[random.integers(0, len(EXTREMES))]
        elif how == 3:
            data[at:at + random.integers(1, 64)] = b''
        elif how == 4:
            data[at:at] = random.bytes(random.integers(1, 32))
        elif how == 5:
            data[at:at + 256] = bytes(256)
        elif data:
            data[at % len(data)] ^= 1 << random.integers(0, 8)
    return bytes(data)


def mutated_text(words, random):
    """Return a text with one to four words of trouble, or faults in its bytes."""
    if random.integers(0, 3) == 0:
        return mutated(words.encode(), random)
    for _ in range(random.integers(1, 5)):
        at, end = sorted(random.integers(0, len(words) + 1, 2).tolist())
        end = min(end, at + 12)
        words = words[:at] + WORDS[random.integers(0, len(WORDS))] + words[end:]
    return words.encode()


def _hangs(*_):
    raise TimeoutError('it hangs')


@contextmanager
def only_our_errors():
    """Fail for any other error, where the block hangs, and where it takes memory and keeps it."""
    before = signal.signal(signal.SIGALRM, _hangs)
    signal.alarm(HANGS_AFTER)
    try:
        yield
    except DepthDistillError as error:
        assert str(error).strip(), 'an error without words'
        assert '\n' not in str(error), str(error)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture(autouse=True)
def nothing_grows():
    """Fail if the largest memory of the process grows during a test."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < MOST_GROWTH, f'{grown >> 10} MiB more'


def rounds(seed):
    for number in range(ROUNDS):
        yield np.random.default_rng((seed, number))


def read_all(spec):
    reader = open_reader(spec)
    for index in range(len(reader)):
        with only_our_errors():
            reader[index]
    return [*reader.left_out, *reader.remarks]


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3', 'ros1', 'compressed'])
def test_bags(tmp_path, storage):
    if storage == 'ros1':
        file = write_ros1(tmp_path / 'x.bag', count=2)
    else:
        topics = compressed_topics(jpeg, compressed_depth) if storage == 'compressed' \
            else camera_topics(2)
        file = file_of(write_bag(tmp_path / 'whole', topics,
                                 SQLITE3 if storage == 'sqlite3' else MCAP))
    data = file.read_bytes()
    for number, random in enumerate(rounds(4)):
        damaged = tmp_path / f'{number}{file.suffix}'
        damaged.write_bytes(mutated(data, random))
        with only_our_errors():
            read_all(f'bag:{damaged}')
        damaged.unlink()


def test_serialised_messages_of_bags(tmp_path):
    message = image(made_image(1, (4, 6)), 'rgb8', START)
    raw = bytes(TYPES.serialize_cdr(message, message.__msgtype__))
    data = file_of(write_bag(tmp_path / 'whole', {'/image': [(START, message)]})).read_bytes()
    assert data.count(raw) == 1
    for number, random in enumerate(rounds(5)):
        other = mutated(raw, random)[:len(raw)].ljust(len(raw), b'\0')
        damaged = tmp_path / f'{number}.mcap'
        damaged.write_bytes(data.replace(raw, other))
        with only_our_errors():
            read_all(f'bag:{damaged}')


def test_metadata_of_bags(tmp_path):
    bag = write_bag(tmp_path / 'bag', camera_topics(2))
    words = (bag / 'metadata.yaml').read_text()
    for random in list(rounds(6))[:20]:
        (bag / 'metadata.yaml').write_bytes(mutated_text(words, random))
        with only_our_errors():
            read_all(f'bag:{bag}')


@pytest.mark.parametrize(('kind', 'list_'), [
    ('tum', 'rgb.txt'), ('tum', 'depth.txt'), ('nyu', 'data/nyu2_train.csv'), ('folder', 'K.txt'),
    ('folder', 'intrinsics.json'), ('kitti', f'{DATE}/calib_cam_to_cam.txt'),
    ('kitti', 'files'), ('scannet', 'scenes'), ('tum', 'associations.txt'),
    ('scannet', 'scans/scene0000_00/intrinsic/intrinsic_color.txt'),
    ('sunrgbd', 'kv1/data/NYU0/intrinsics.txt'), ('tum', 'camera.yaml')])
def test_lists_and_calibrations(tmp_path, kind, list_):
    spec, root = made(kind, tmp_path / 'data'), tmp_path / 'data'
    file = root / list_
    if list_ == 'files':
        text(file, f'{DATE}/{DRIVE} 1 l\n{DATE}/{DRIVE}/image_02/data/0000000002.png None\n')
    elif list_ == 'scenes':
        text(file, 'scene0000_00\n')
    elif list_ == 'intrinsics.json':
        (root / 'K.txt').unlink()
        text(file, '{"fx": 30, "fy": 31.5, "cx": 15, "cy": 11}')
    elif list_ == 'camera.yaml':
        text(file, CALIBRATION)
        spec += f',camera={file}'
    elif list_ == 'associations.txt':
        (root / 'rgb.txt').unlink()
        text(file, '\n'.join(f'{n} depth/{n}.png {n} rgb/{n}.png' for n in range(3)))
    words = file.read_text()
    if list_ in ('files', 'scenes'):
        spec += f',{list_}={file}'
    read_all(spec)
    for random in rounds(7):
        file.write_bytes(mutated_text(words, random))
        with only_our_errors():
            read_all(spec)


@pytest.mark.parametrize(('kind', 'file'), [
    ('folder', 'image/1.png'), ('folder', 'depth/1.png'), ('nyu', 'data/nyu2_train/a_out/1.jpg'),
    ('scenenet', 'scenenet_rgbd_val.pb'), ('nyu-mat', 'nyu_depth_v2_labeled.mat'),
    ('nyu-mat', 'splits.mat')])
def test_files_of_data_sets(tmp_path, kind, file):
    spec, root = made(kind, tmp_path / 'data'), tmp_path / 'data'
    if file == 'splits.mat':
        savemat(root / file, {'trainNdxs': np.array([[1], [3]], np.uint16)})
        spec += ',split=train'
    data = (root / file).read_bytes()
    read_all(spec)
    for random in rounds(8):
        (root / file).write_bytes(mutated(data, random))
        with only_our_errors():
            read_all(spec)


def test_model_cards(tmp_path):
    card = ModelCard('lden', 'mobilenetv2', (96, 128), Intrinsics(1, 1, 1, 1, 96, 128),
                     {'data': 'x'}, {'confidence': True})
    words = json.dumps({'format': 1, **asdict(card)})
    for random in rounds(9):
        (tmp_path / 'card.json').write_bytes(mutated_text(words, random))
        with only_our_errors():
            assert read_card(tmp_path).size
    for words in ('[' * 100_000, '{"format": 1' + '0' * 5000 + '}',
                  '{"format": 1, "network": "a", "backbone": "b", "size": [32, 32], "intrinsics": '
                  '{"fx": 1' + '0' * 400 + ', "fy": 1, "cx": 0, "cy": 0, "height": 32, '
                  '"width": 32}}'):
        text(tmp_path / 'card.json', words)
        with only_our_errors():
            read_card(tmp_path)
            pytest.fail('it is no card')
    text(tmp_path / 'card.json', '\ufeff' + json.dumps({'format': 1, **asdict(card)}))
    assert read_card(tmp_path) == card


def test_blind_maps(tmp_path):
    file = tmp_path / 'map.npz'
    np.savez_compressed(file, depth=np.full((12, 16), 2.0, np.float32), learned=np.arange(5))
    data = file.read_bytes()
    assert blind_map.load(file).depth.shape == (12, 16)
    for random in rounds(13):
        file.write_bytes(mutated(data, random))
        with only_our_errors():
            blind_map.load(file)
    np.save(tmp_path / 'other.npy', np.zeros(3))
    for other in ((tmp_path / 'other.npy').read_bytes(), b'', b'text'):
        file.write_bytes(other)
        with pytest.raises(DepthDistillError, match='map.npz'):
            blind_map.load(file)


class OwnError(DepthDistillError):
    pass


def _classes(path):
    return class_table.load(path)


YAMLS = {
    'run': (lambda path: read_settings(OfflineSettings, path), None),
    'look': (look_file.load, 'base: target\nlight:\n  colour: [0.1, 0.9]\n'),
    'classes': (_classes, yaml.safe_dump({'names': {'chair': 'chair'}, 'ids': {7: 'table'}})),
    'parameters': (lambda path: ParameterFiles(path).of('', 'distiller'),
                   '/**/distiller:\n  ros__parameters:\n    lr: 0.1\n    nested:\n      a: 1\n'),
    'any': (lambda path: read_yaml(path, OwnError), 'a: [1, 2]\nb: {c: d}\n')}


@pytest.mark.parametrize('name', YAMLS)
def test_yaml_files(tmp_path, name):
    read, words = YAMLS[name]
    file = tmp_path / f'{name}.yaml'
    if words is None:
        write_settings(OfflineSettings(method='supervised', labelled='folder:/x'), file)
        words = file.read_text()
    for random in list(rounds(10))[:20]:  # of a parser that takes its time
        file.write_bytes(mutated_text(words, random))
        with only_our_errors():
            read(file)


def test_records_of_the_store():
    format_ = RecordFormat((24, 32))
    record = bytes(format_.pack(frame(3)))
    for random in rounds(12):
        with only_our_errors():
            format_.unpack(memoryview(mutated(record, random)))
