# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0

"""Numbers and XML as text that is the same on every machine."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as Xml


def numbers(values: Iterable[float]) -> str:
    """Return the values to a micrometre (or microradian), blank between them."""
    # + 0.0 turns a negative zero into zero.
    return ' '.join(f'{round(float(v), 6) + 0.0:.9g}' for v in values)


def document(root: Xml.Element, comment: str) -> str:
    """Return an indented XML document with a comment on top."""
    Xml.indent(root)
    return f'<?xml version="1.0"?>\n<!-- {comment} -->\n{Xml.tostring(root, "unicode")}\n'
