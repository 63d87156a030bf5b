# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Semantic pictures become class ids or a clear error."""

import numpy as np
import pytest

from depth_distill_ros.stream.semantics import SemanticsError, decode


@pytest.mark.parametrize(('encoding', 'dtype'), [
    ('mono8', np.uint8), ('8UC1', np.uint8), ('mono16', np.uint16), ('16UC1', np.uint16),
    ('32SC1', np.int32)])
def test_class_ids_come_through_every_integer_encoding(encoding, dtype):
    ids = np.arange(14, dtype=dtype).reshape(2, 7)
    found = decode(ids, encoding)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, ids)


@pytest.mark.parametrize('encoding', ['rgb8', '', 'MONO8', '32FC1'])
def test_an_unknown_encoding_is_named_with_what_is_supported(encoding):
    with pytest.raises(SemanticsError, match=f"'{encoding}'.*mono8.*32SC1.*0..13"):
        decode(np.zeros((2, 2), np.uint8), encoding)


@pytest.mark.parametrize(('value', 'dtype', 'encoding'), [
    (14, np.uint8, 'mono8'), (256, np.uint16, 'mono16'), (-1, np.int32, '32SC1'),
    (270, np.int32, '32SC1')])
def test_a_value_that_is_no_class_is_named(value, dtype, encoding):
    ids = np.zeros((3, 3), dtype)
    ids[1, 1] = value
    with pytest.raises(SemanticsError, match=f'{encoding}.* {value};'):
        decode(ids, encoding)


@pytest.mark.parametrize('array', [
    np.zeros((2, 2), np.uint16), np.zeros((2, 2, 1), np.uint8), np.zeros(4, np.uint8)])
def test_an_array_that_is_not_of_the_encoding_is_refused(array):
    with pytest.raises(SemanticsError, match='expected H x W uint8'):
        decode(array, 'mono8')
