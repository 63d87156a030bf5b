# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""QoS profiles, and who is at the other end of a topic."""

from __future__ import annotations

from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions

try:
    from rclpy.event_handler import PublisherEventCallbacks, SubscriptionEventCallbacks
except ImportError:  # Humble
    from rclpy.qos_event import PublisherEventCallbacks, SubscriptionEventCallbacks

__all__ = ['PublisherEventCallbacks', 'SubscriptionEventCallbacks', 'describe', 'endpoint',
           'node_name', 'overridable', 'profile']


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


def endpoint(info) -> str:
    """Return the node and the QoS of one end of a topic, as get_..._info_by_topic has it."""
    return f'{node_name(info)} ({describe(info.qos_profile)})'


def node_name(info) -> str:
    """Return the full name of the node at one end of a topic."""
    return f'{info.node_namespace.rstrip("/")}/{info.node_name}'
