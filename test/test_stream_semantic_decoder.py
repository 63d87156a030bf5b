# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Labels are joined to their frames, and the decoder recognises the kind of its images."""

import json

import numpy as np
import pytest

from depth_distill_ros.stream.class_table import load
from depth_distill_ros.stream.classes import NYU13
from depth_distill_ros.stream.isaac_labels import LabelsError, parse
from depth_distill_ros.stream.label_join import LabelJoin
from depth_distill_ros.stream.semantic_decoder import SemanticDecoder
from depth_distill_ros.stream.semantics import SemanticsError

TABLE = load()


def labels(stamp, names):
    return json.dumps({
        **{str(n): {'class': name} for n, name in names.items()},
        'time_stamp': {'sec': stamp // 10**9, 'nanosec': stamp % 10**9}})


def stamps(ready):
    return [frame.stamp for frame in ready]


def test_isaacs_json_gives_the_names_of_one_stamp():
    found = parse('{"0":{"class":"BACKGROUND"},"2":{"class":"chair"},"3":"lamp","4":{"shape":1},'
                  '"(1,2,3)":{"class":"x"},"time_stamp":{"nanosec":5,"sec":2}}')
    assert found.stamp == 2_000_000_005
    assert found.names == {0: 'BACKGROUND', 2: 'chair', 3: 'lamp'}


@pytest.mark.parametrize('text, culprit', [
    ('', 'no JSON'), ('{"0":', 'no JSON'), ('chair', 'no JSON'), ('[1]', 'expected'),
    ('null', 'expected'), ('[' * 5000, 'no JSON'), ('{}', 'time_stamp None'),
    ('{"time_stamp": 3}', 'time_stamp 3'), ('{"time_stamp": {"sec": -1}}', 'time_stamp'),
    ('{"time_stamp": {"sec": 1.5, "nanosec": 0}}', 'time_stamp'),
    ('{"time_stamp": {"sec": true}}', 'time_stamp'), (' ' * 2_000_000, 'characters')])
def test_what_is_no_label_message_is_refused_in_one_short_line(text, culprit):
    with pytest.raises(LabelsError, match=culprit) as error:
        parse(text)
    assert len(str(error.value)) < 200 and '\n' not in str(error.value)


def test_labels_join_their_frame_before_and_after_it():
    join = LabelJoin()
    assert join.add_frame(1, 'frame 1', 0.0) is None
    assert join.add_labels(2, 'labels 2', 0.1) is None
    assert join.add_labels(1, 'labels 1', 1.0) == 'frame 1'
    assert join.add_frame(2, 'frame 2', 1.1) == 'labels 2'
    assert (join.waiting, join.without_labels, join.without_frame) == (0, 0, 0)


def test_what_waits_in_vain_is_dropped_and_counted_and_never_grows():
    join = LabelJoin(patience=2.0, capacity=10)
    for number in range(1000):
        join.add_frame(number, 'frame', number * 0.01)
        join.add_labels(-number - 1, 'labels', number * 0.01)
        assert join.waiting <= 10
    assert (join.without_labels, join.without_frame) == (990, 990)
    join.expire(12.5)
    assert (join.waiting, join.without_labels, join.without_frame) == (0, 1000, 1000)


def test_the_same_stamp_twice_leaves_the_newer_one_and_counts():
    join = LabelJoin()
    join.add_frame(1, 'old', 0.0)
    join.add_frame(1, 'new', 0.1)
    join.add_labels(2, 'old', 0.1)
    join.add_labels(2, 'new', 0.1)
    assert join.add_labels(1, 'labels', 0.2) == 'new' and join.add_frame(2, 'x', 0.2) == 'new'
    assert (join.without_labels, join.without_frame) == (1, 1)


@pytest.mark.parametrize('encoding, kind', [
    ('rgb8', 'labels_map'), ('mono8', 'ids'), ('16UC1', 'ids')])
def test_the_encoding_tells_labels_map_from_ids_at_once(encoding, kind):
    decoder = SemanticDecoder('auto', TABLE)
    assert decoder.kind == 'auto'
    assert stamps(decoder.add(5, encoding, 'frame', 0.0)) == [5]
    assert decoder.kind == kind


def test_32sc1_is_isaacs_once_labels_are_published():
    decoder = SemanticDecoder('auto', TABLE)
    assert decoder.add(1, '32SC1', 'first', 0.0) == []
    assert decoder.kind == 'auto'
    assert decoder.tick(True, 0.5) == [] and decoder.kind == 'isaac'
    ready, = decoder.add_labels(labels(1, {2: 'chair'}), 1.0)
    assert ready == (1, 'first', {2: 'chair'})


def test_32sc1_without_labels_holds_ids_and_loses_no_frame():
    decoder = SemanticDecoder('auto', TABLE)
    assert stamps(decoder.add(1, '32SC1', 'a', 0.0)) == []
    assert stamps(decoder.add(2, '32SC1', 'b', 0.4)) == []
    assert stamps(decoder.tick(False, 1.0)) == []
    assert stamps(decoder.tick(False, 1.6)) == [1, 2]
    assert decoder.kind == 'ids'
    assert stamps(decoder.add(3, '32SC1', 'c', 1.7)) == [3]
    decoder.tick(True, 3.0)
    assert stamps(decoder.add(4, '32SC1', 'd', 3.1)) == [] and decoder.kind == 'isaac'
    assert decoder.join.without_labels == 0


def test_label_info_names_the_ids_of_all_later_frames():
    decoder = SemanticDecoder('auto', TABLE)
    decoder.set_info({40: 'couch', 41: 'ceiling'})
    ready, = decoder.add(1, 'mono16', 'frame', 0.0)
    assert decoder.kind == 'label_info'
    found, unknown = decoder.decode(np.array([[40, 41]], np.uint16), 'mono16', ready.names)
    assert [NYU13[c] for c in found[0]] == ['sofa', 'ceiling'] and unknown == []


def test_before_label_info_came_its_frames_are_refused():
    decoder = SemanticDecoder('label_info', TABLE)
    ready, = decoder.add(1, 'mono8', 'frame', 0.0)
    with pytest.raises(SemanticsError, match='no message with names'):
        decoder.decode(np.zeros((2, 2), np.uint8), 'mono8', ready.names)


def test_unknown_names_and_ids_are_told_once_and_counted_for_good():
    decoder = SemanticDecoder('isaac', TABLE)
    ids = np.array([[0, 1, 2, 3, 9]], np.int32)
    names = {0: 'BACKGROUND', 1: 'UNLABELLED', 2: 'boombox', 3: 'chair', 4: 'unseen'}
    found, unknown = decoder.decode(ids, '32SC1', names)
    assert unknown == ['boombox', 'id 9']
    assert found.tolist() == [[0, 0, 7, 4, 7]]
    assert decoder.decode(ids, '32SC1', names)[1] == []
    assert decoder.unknown == {'boombox': 2, 'id 9': 2}


def test_endless_unknown_names_do_not_pile_up():
    decoder = SemanticDecoder('isaac', TABLE)
    for number in range(300):
        decoder.decode(np.full((1, 1), 2, np.int32), '32SC1', {2: f'{number}' * 200})
    assert len(decoder.unknown) == 100
    assert max(map(len, decoder.unknown)) == 60


@pytest.mark.parametrize('kind, encoding, names', [
    ('labels_map', 'mono8', None), ('isaac', 'rgb8', {2: 'chair'}), ('isaac', '32SC1', {})])
def test_an_image_of_another_kind_than_asked_for_is_refused(kind, encoding, names):
    decoder = SemanticDecoder(kind, TABLE)
    with pytest.raises(SemanticsError, match='semantics'):
        decoder.decode(np.zeros((2, 2), np.uint8), encoding, names)
