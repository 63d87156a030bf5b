# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Semantic images become class ids or a clear error."""

import numpy as np
import pytest

from depth_distill_ros.stream.class_table import load
from depth_distill_ros.stream.semantics import (
    SemanticsError,
    class_ids,
    label_ids,
    to_classes,
)

OTHER = 7
ENCODINGS = [
    ('mono8', np.uint8), ('8UC1', np.uint8), ('mono16', np.uint16), ('16UC1', np.uint16),
    ('32SC1', np.int32)]


def classes(array, encoding):
    return to_classes(label_ids(array, encoding), load().ids, OTHER)


@pytest.mark.parametrize(('encoding', 'dtype'), ENCODINGS)
def test_class_ids_come_through_every_integer_encoding(encoding, dtype):
    ids = np.arange(14, dtype=dtype).reshape(2, 7)
    found, unknown = classes(ids, encoding)
    assert found.dtype == np.uint8 and unknown == []
    np.testing.assert_array_equal(found, ids)


def test_gazebos_semantic_labels_map_is_its_label_three_times():
    label = np.arange(14, dtype=np.uint8).reshape(2, 7)
    found, unknown = classes(np.stack([label] * 3, axis=-1), 'rgb8')
    np.testing.assert_array_equal(found, label)
    assert unknown == []


def test_a_label_of_a_semantic_labels_map_may_be_large():
    label = np.full((2, 2), 201, np.uint8)
    ids = label_ids(np.stack([label] * 3, axis=-1), 'rgb8')
    np.testing.assert_array_equal(to_classes(ids, {201: 4}, OTHER)[0], np.full((2, 2), 4))


def test_gazebos_panoptic_labels_map_has_the_label_in_blue_beside_the_count():
    label = np.arange(14, dtype=np.uint8).reshape(2, 7)
    count = np.arange(0, 14 * 40, 40).reshape(2, 7)  # up to 520 instances
    image = np.stack([count % 256, count // 256, label], axis=-1).astype(np.uint8)
    found, unknown = classes(image, 'rgb8')
    np.testing.assert_array_equal(found, label)
    assert unknown == []


@pytest.mark.parametrize('seed', range(5))
def test_a_colored_map_is_refused_with_the_topic_to_take(seed):
    colours = np.random.default_rng(seed).integers(0, 256, (6, 3), np.uint8)
    with pytest.raises(SemanticsError, match='labels_map instead of its colored_map'):
        classes(colours[np.arange(24).reshape(4, 6) % 6], 'rgb8')


@pytest.mark.parametrize('encoding', ['bgra8', '', 'MONO8', '32FC1'])
def test_an_unknown_encoding_is_named_with_what_is_supported(encoding):
    with pytest.raises(SemanticsError, match=f"'{encoding}'.*mono8.*32SC1.*rgb8"):
        label_ids(np.zeros((2, 2), np.uint8), encoding)


@pytest.mark.parametrize(('value', 'dtype', 'encoding'), [
    (14, np.uint8, 'mono8'), (256, np.uint16, 'mono16'), (-7, np.int32, '32SC1'),
    (270, np.int32, '32SC1'), (2**31 - 1, np.int32, '32SC1')])
def test_an_id_that_is_no_class_becomes_the_other_one_and_is_told(value, dtype, encoding):
    ids = np.full((3, 3), 12, dtype)
    ids[1, 1] = value
    found, unknown = classes(ids, encoding)
    assert unknown == [value]
    assert found[1, 1] == OTHER and (np.delete(found, 4) == 12).all()


def test_ids_beyond_those_that_are_looked_up_at_once_have_classes_too():
    ids = np.array([[-1, 70_000], [5, 70_001]], np.int32)
    found, unknown = to_classes(ids, {-1: 0, 70_000: 3, 5: 5}, OTHER)
    assert found.tolist() == [[0, 3], [5, OTHER]] and unknown == [70_001]


def test_an_instance_image_is_refused():
    with pytest.raises(SemanticsError, match='285 ids that the class table lacks.*instance'):
        classes(np.arange(300, dtype=np.uint16).reshape(15, 20), 'mono16')


def test_class_ids_that_need_no_table_are_taken_as_they_are_and_others_are_refused():
    found = class_ids(np.array([[0, 13]], np.int32), '32SC1')
    assert found.dtype == np.uint8 and found.tolist() == [[0, 13]]
    with pytest.raises(SemanticsError, match='hold the values -1, 14; the class ids are 0..13'):
        class_ids(np.array([[-1, 14, 3]], np.int32), '32SC1')
