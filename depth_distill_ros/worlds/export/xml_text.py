# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""XML and numbers as text that is the same on every machine."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as Xml


def numbers(values: Iterable[float]) -> str:
    """Return the values, separated by blanks, to a micrometre or microradian."""
    # + 0.0 turns a negative zero into zero.
    return ' '.join(f'{round(float(v), 6) + 0.0:.9g}' for v in values)


def fill(parent: Xml.Element, **children: object) -> Xml.Element:
    """
    Add children by tag and return the parent.

    A child is text, a number, a sequence of numbers, or a dict of further children.
    """
    for tag, value in children.items():
        child = Xml.SubElement(parent, tag)
        if isinstance(value, dict):
            fill(child, **value)
        elif isinstance(value, str):
            child.text = value
        else:
            child.text = numbers([value] if isinstance(value, (int, float)) else value)
    return parent


def document(root: Xml.Element, comment: str) -> str:
    """Return an indented XML document with a comment at its beginning."""
    Xml.indent(root)
    return f'<?xml version="1.0"?>\n<!-- {comment} -->\n{Xml.tostring(root, "unicode")}\n'
