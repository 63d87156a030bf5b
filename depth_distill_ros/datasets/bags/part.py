# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the files of a bag have in common, whatever their format."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple, Protocol


class Entry(NamedTuple):
    """
    A message in a file.

    Attributes:
        topic: its topic
        kind: its type
        time: when it was recorded, nanoseconds
        where: what the file's ``read`` takes
        head: the first bytes of the message, with its stamp
        ros1: serialised as by ROS 1, not as CDR
    """

    topic: str
    kind: str
    time: int
    where: tuple[int, ...]
    head: bytes
    ros1: bool = False


class Part(Protocol):
    """
    One file of a bag, open for reading.

    Attributes:
        types: topic -> message type, complete after ``scan``; of several, one that was asked for
        damage: what is wrong with the file and how to recover the rest; '' if it is whole;
            complete after ``scan``
    """

    types: dict[str, str]
    damage: str

    def scan(self, types: Collection[str]) -> Iterator[Entry]:
        """Yield the messages of these types that can be read, in the file's order."""

    def read(self, where: tuple[int, ...]) -> bytes:
        """Return a serialised message."""

    def close(self) -> None:
        """Close the file."""


HEAD = 16
"""Bytes of a message that hold its stamp, in either serialisation."""


def type_name(name: str) -> str:
    """Return sensor_msgs/msg/Image for ROS 1's sensor_msgs/Image."""
    package, slash, rest = name.partition('/')
    return f'{package}/msg/{rest}' if slash and '/' not in rest else name


def note_type(types: dict[str, str], topic: str, kind: str, wanted: Collection[str]) -> None:
    """Keep the type of a topic; one that is not wanted replaces none."""
    if kind in wanted or topic not in types:
        types[topic] = kind
