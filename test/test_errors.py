# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Errors are lines that every log, message and terminal takes."""

import pytest

from depth_distill_ros.errors import DepthDistillError, printable


@pytest.mark.parametrize('text, shown', [
    ('plain × δ', 'plain × δ'), ('two\nlines\t', 'two\nlines\t'),
    ('a\ud800b', 'a\\ud800b'), ('a\x00b', 'a\\x00b'), ('\x1b[31mred', '\\x1b[31mred')])
def test_what_no_log_takes_is_written_as_an_escape(text, shown):
    assert str(DepthDistillError(text)) == shown
    shown.encode()


def test_a_long_error_keeps_its_beginning_and_its_end():
    line = str(DepthDistillError('culprit ' + 'x' * 10_000_000 + ' cure'))
    assert len(line) <= 2000
    assert line.startswith('culprit x') and line.endswith('x cure') and 'characters]' in line


def test_a_text_of_the_largest_length_is_complete():
    assert printable('x' * 50, 50) == 'x' * 50
