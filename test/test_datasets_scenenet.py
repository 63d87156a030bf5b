# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""SceneNet RGB-D: its protobuf, as protobuf itself writes it, names what the images show."""

from dataset_files import assert_image, cut, made_image, stored_depth, write
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
import numpy as np
import pytest

from depth_distill_ros.datasets import DatasetError, open_reader
from depth_distill_ros.datasets.readers.scenenet import NYU13_OF_WORDNET
from depth_distill_ros.stream.classes import NYU13

SIZE = (240, 320)
CEILING, TABLE, LAMP = '02990373', '04379243', '03636649'
# Instance 7 of the images is one that no protobuf names.
IDS = np.array([[0, 1, 2], [3, 300, 7]], np.uint16).repeat(120, 0).repeat(107, 1)[:, :320]


def _messages():
    """Return the message classes that the data set's definition describes, the parts we use."""
    kind = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name='scenenet.proto', package='scenenet')
    one, many = kind.LABEL_OPTIONAL, kind.LABEL_REPEATED
    for name, fields in {
            'Pose': [('timestamp', 3, kind.TYPE_FLOAT, one, '')],
            'Instance': [('instance_id', 1, kind.TYPE_INT32, one, ''),
                         ('semantic_wordnet_id', 2, kind.TYPE_STRING, one, ''),
                         ('semantic_english', 3, kind.TYPE_STRING, one, ''),
                         ('instance_type', 4, kind.TYPE_INT32, one, '')],
            'View': [('frame_num', 1, kind.TYPE_INT32, one, ''),
                     ('shutter_open', 2, kind.TYPE_MESSAGE, one, 'Pose')],
            'Trajectory': [('instances', 2, kind.TYPE_MESSAGE, many, 'Instance'),
                           ('views', 3, kind.TYPE_MESSAGE, many, 'View'),
                           ('render_path', 4, kind.TYPE_STRING, one, '')],
            'Trajectories': [('trajectories', 1, kind.TYPE_MESSAGE, many, 'Trajectory')],
    }.items():
        message = file.message_type.add(name=name)
        for field, number, type_, label, of in fields:
            message.field.add(name=field, number=number, type=type_, label=label,
                              type_name=f'.scenenet.{of}' if of else None)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f'scenenet.{name}'))
            for name in ('Trajectories', 'Trajectory')}


def _protobuf(paths, lamp=LAMP):
    everything = _messages()['Trajectories']()
    for path in paths:
        trajectory = everything.trajectories.add(render_path=path)
        for number, wnid, type_ in ((0, '', 1), (1, CEILING, 2), (2, TABLE, 4), (3, TABLE, 4),
                                    (300, lamp, 3)):
            trajectory.instances.add(instance_id=number, instance_type=type_,
                                     semantic_wordnet_id=wnid, semantic_english='thing')
        for frame in (0, 25, 50):
            trajectory.views.add(frame_num=frame).shutter_open.timestamp = frame / 25
    return everything.SerializeToString()


@pytest.fixture
def scenenet(tmp_path):
    for path in ('0/223', '0/7'):
        for frame in (0, 25, 50):
            folder = tmp_path / 'val' / path
            write(folder / 'photo' / f'{frame}.jpg', made_image(frame, SIZE))
            write(folder / 'depth' / f'{frame}.png', stored_depth(frame, SIZE))
            write(folder / 'instance' / f'{frame}.png', IDS)
    (tmp_path / 'scenenet_rgbd_val.pb').write_bytes(_protobuf(['0/223', '0/7']))
    return tmp_path


def test_frames_come_in_the_order_of_the_protobuf(scenenet):
    reader = open_reader(f'scenenet:{scenenet}')
    assert [reader[i].name for i in range(len(reader))] == [
        f'{path}/{frame}' for path in ('0/223', '0/7') for frame in (0, 25, 50)]
    assert_image(reader[1].image, 25, SIZE)
    assert len(open_reader(f'scenenet:{scenenet},every=3')) == 2


def test_ray_lengths_become_depth_along_the_axis(scenenet):
    sample = open_reader(f'scenenet:{scenenet}')[0]
    rays = stored_depth(0, SIZE) / 1000
    assert np.isnan(sample.depth[0, 0])
    assert sample.depth[120, 160] == pytest.approx(rays[120, 160], rel=1e-4)
    # The corner of a view of 60° × 45°.
    corner = np.sqrt(1 + np.tan(np.radians(30)) ** 2 + np.tan(np.radians(22.5)) ** 2)
    assert sample.depth[-1, -1] == pytest.approx(rays[-1, -1] / corner, rel=0.003)
    assert sample.intrinsics.vertical_fov == pytest.approx(np.radians(45))


def test_instances_become_classes_through_their_wordnet_ids(scenenet):
    semantics = open_reader(f'scenenet:{scenenet}')[0].semantics
    ids = {'ceiling': 1, 'table': 2, 'objects': 300}
    for name, number in ids.items():
        assert np.all(semantics[IDS == number] == NYU13.index(name))
    assert np.all(semantics[IDS == 3] == NYU13.index('table'))
    assert np.all(semantics[(IDS == 0) | (IDS == 7)] == 0)


def test_labels_may_be_kinds_of_objects_or_objects(scenenet):
    kinds = open_reader(f'scenenet:{scenenet},semantics=wnid')[0].semantics
    labels = {number: set(kinds[IDS == number]) for number in (0, 1, 2, 3, 7, 300)}
    assert labels[2] == labels[3] and labels[0] == labels[7] == {0}
    assert len({*labels[1], *labels[2], *labels[300], 0}) == 4
    objects = open_reader(f'scenenet:{scenenet},semantics=instances')[0].semantics
    assert {number: set(objects[IDS == number]) for number in (0, 1, 2, 3, 7, 300)} == {
        0: {0}, 1: {1}, 2: {2}, 3: {3}, 7: {4}, 300: {5}}


def test_of_the_training_parts_those_on_disk_are_read(scenenet):
    (scenenet / 'val').rename(scenenet / 'train')
    folder = scenenet / 'train_protobufs'
    folder.mkdir()
    (folder / 'scenenet_rgbd_train_0.pb').write_bytes(_protobuf(['0/223', '0/7']))
    (folder / 'scenenet_rgbd_train_1.pb').write_bytes(_protobuf(['1/1001']))
    reader = open_reader(f'scenenet:{scenenet},split=train')
    assert len(reader) == 6
    assert '1 of 3 trajectories have no renders in' in reader.remarks[0]


def test_every_class_but_unknown_occurs_among_the_wordnet_ids():
    assert set(NYU13_OF_WORDNET.values()) == set(range(1, 14)) and len(NYU13_OF_WORDNET) == 258


def test_what_is_missing_or_damaged_is_named(scenenet):
    file = scenenet / 'scenenet_rgbd_val.pb'
    file.write_bytes(_protobuf(['0/223', '0/7'], lamp='99999999'))
    with pytest.raises(DatasetError, match='WordNet id 99999999, for which no class is known'):
        open_reader(f'scenenet:{scenenet}')[0]
    file.write_bytes(_protobuf(['0/224']))
    with pytest.raises(DatasetError, match=r'looked for 0/224/photo \(the first trajectory'):
        open_reader(f'scenenet:{scenenet}')
    cut(file)
    with pytest.raises(DatasetError, match=r'val.pb is damaged or not the protobuf of SceneNet'):
        open_reader(f'scenenet:{scenenet}')
    file.write_bytes(b'<html>not found</html>')
    with pytest.raises(DatasetError, match=r'val.pb is damaged or not the protobuf of SceneNet'):
        open_reader(f'scenenet:{scenenet}')
    file.unlink()
    with pytest.raises(DatasetError, match=r'looked for scenenet_rgbd_val.pb in .*; it holds val'):
        open_reader(f'scenenet:{scenenet}')
    with pytest.raises(DatasetError, match=r'looked for val/ in .*0'):
        open_reader(f'scenenet:{scenenet}/val/0')
