# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""QoS profiles."""

from __future__ import annotations

from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions


def profile(depth: int, reliable: bool = True, latched: bool = False) -> QoSProfile:
    """Return keep last ``depth``; ``latched`` (transient local) serves late subscribers too."""
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST, depth=depth,
        reliability=ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT,
        durability=DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE)


def overridable() -> QoSOverridingOptions:
    """Allow the parameters ``qos_overrides./topic.publisher.reliability``, ``.depth`` etc."""
    return QoSOverridingOptions.with_default_policies()


def describe(qos: QoSProfile) -> str:
    """Return the policies that must be compatible, as text."""
    return f'{qos.reliability.name.lower()}, {qos.durability.name.lower()}'
