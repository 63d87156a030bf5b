# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Settings as ROS parameters.

A parameter that is not read-only is read where it is used, so a change takes effect at once.
"""

from __future__ import annotations

from dataclasses import replace
import math

from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)
from rclpy.exceptions import ParameterException
from rclpy.node import Node

from depth_distill_ros.errors import DepthDistillError, one_line
from depth_distill_ros.settings.field import Kind, Setting, Settings, renamed, settings_of


class ParameterError(DepthDistillError):
    """A parameter with an illegal value at start-up."""


def declare(node: Node, kind: type[Settings], prefix: str = '') -> None:
    """
    Declare a component's settings, each as `prefix` + name; illegal changes are refused.

    Raises:
        ParameterError: a start-up value of the wrong type or outside its range or choices.
    """
    table = {prefix + name: _prefixed(described, prefix)
             for name, described in settings_of(kind).items()}

    def check(changes) -> SetParametersResult:
        for change in changes:
            legal = table[change.name].choices if change.name in table else ()
            if legal and change.value not in legal:
                return SetParametersResult(successful=False, reason=(
                    f'{change.name} is "{change.value}", expected one of: {", ".join(legal)}'))
            if isinstance(change.value, float) and not math.isfinite(change.value):
                return SetParametersResult(
                    successful=False,
                    reason=f'{change.name} is {change.value}; it must be a finite number')
        return SetParametersResult(successful=True)

    old = _from_old_names(node, table)
    node.add_on_set_parameters_callback(check)
    for name, described in table.items():
        value = old.get(name, described.default)
        try:
            node.declare_parameter(
                name, list(value) if isinstance(value, tuple) else value, descriptor(described),
                ignore_override=name in old)
        except ParameterException as error:
            hint = ' (write a whole number as 1.0)' if isinstance(described.default, float) else ''
            raise ParameterError(f'parameter {name}: {one_line(error)}{hint}') from None


def descriptor(described: Setting) -> ParameterDescriptor:
    """Return the message that ``ros2 param describe`` shows."""
    message = ParameterDescriptor(
        description=described.described(), read_only=not described.changeable)
    if described.choices:
        message.additional_constraints = 'one of: ' + ', '.join(described.choices)
    if described.range and isinstance(described.default, int):
        message.integer_range = [IntegerRange(
            from_value=int(described.range[0]), to_value=int(described.range[1]), step=1)]
    elif described.range:
        message.floating_point_range = [FloatingPointRange(
            from_value=float(described.range[0]), to_value=float(described.range[1]), step=0.0)]
    return message


def settings(node: Node, kind: type[Kind], prefix: str = '') -> Kind:
    """Return the component's settings as the node's parameters have them now."""
    return kind(**{name: node.get_parameter(prefix + name).value for name in settings_of(kind)})


def _prefixed(described: Setting, prefix: str) -> Setting:
    return replace(described, name=prefix + described.name,
                   old_names=tuple(prefix + old for old in described.old_names))


def _from_old_names(node: Node, table: dict[str, Setting]) -> dict[str, object]:
    """Return what was given under old names or in other words, with a warning for the old."""
    given = {}
    for name, described in table.items():
        # YAML reads the word off as false
        changed = described.old_values or 'off' in described.choices
        for word in (*described.old_names, *([name] if changed else ())):
            # a declaration without a type finds out whether a value was given
            value = node.declare_parameter(
                word, descriptor=ParameterDescriptor(dynamic_typing=True)).value
            node.undeclare_parameter(word)
            if value is not None:
                given[word] = value
    values, lines = renamed(given, table)
    for line in lines:
        node.get_logger().warning(line)
    return {name: value for name, value in values.items()
            if name not in given or given[name] != value}
