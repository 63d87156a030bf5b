# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""QoS profiles, and inputs that follow their publishers and say so when nothing comes."""

from __future__ import annotations

from collections.abc import Callable
import time

from rclpy.node import Node
from rclpy.qos import (
    DurabilityPolicy,
    HistoryPolicy,
    QoSPolicyKind,
    QoSProfile,
    ReliabilityPolicy,
)
from rclpy.qos_overriding_options import QoSOverridingOptions

_REPEAT = 30.0  # seconds between two warnings about the same silence


def profile(depth: int, reliable: bool = True, latched: bool = False) -> QoSProfile:
    """Return keep last ``depth``; ``latched`` hands the last message to whoever comes later."""
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST, depth=depth,
        reliability=ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT,
        durability=DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE)


def overridable() -> QoSOverridingOptions:
    """Let parameters ``qos_overrides./topic.publisher.reliability`` and so on change a topic."""
    return QoSOverridingOptions.with_default_policies()


def describe(qos: QoSProfile) -> str:
    """Return what decides whether two sides match, in words."""
    return f'{qos.reliability.name.lower()}, {qos.durability.name.lower()}'


class Input:
    """
    One subscription that a silent or unfitting publisher cannot leave silently empty.

    With ``reliability`` 'auto' it is reliable as long as no publisher is best effort, since a
    reliable subscription loses nothing but gets nothing at all from a best-effort publisher.
    ``check`` must be called about once a second; it finds out the ``publishers``, node names.
    """

    def __init__(self, node: Node, message_type: type, topic: str, callback: Callable, depth: int,
                 reliability: str, latched: bool = False, may_be_silent: bool = False) -> None:
        self._node = node
        self._type = message_type
        self._topic = topic
        self._callback = callback
        self._depth = depth
        self._auto = reliability == 'auto'
        self._reliable = reliability != 'best_effort'
        self._latched = latched
        self._may_be_silent = may_be_silent
        self._last = self._warned = time.monotonic()
        self._unfitting: set[str] = set()
        self.publishers: list[str] = []
        self._crowd: list[str] = []
        self._subscribe()

    @property
    def name(self) -> str:
        """The topic after namespace and remapping."""
        return self._subscription.topic_name

    def check(self, timeout: float) -> str | None:
        """Follow the publishers' QoS; return a warning when one is due, else None."""
        publishers = self._node.get_publishers_info_by_topic(self._topic)
        self.publishers = sorted(_node(p) for p in publishers)
        if self._auto and publishers:
            reliable = all(p.qos_profile.reliability != ReliabilityPolicy.BEST_EFFORT
                           for p in publishers)
            if reliable != self._reliable:
                self._reliable = reliable
                self.destroy()
                self._subscribe()
        return (self._unfitting_warning(publishers) or self._crowd_warning()
                or self._silence_warning(publishers, timeout))

    def destroy(self) -> None:
        """Stop listening."""
        self._node.destroy_subscription(self._subscription)

    def _subscribe(self) -> None:
        self._subscription = self._node.create_subscription(
            self._type, self._topic, self._received,
            profile(self._depth, self._reliable, self._latched),
            # Not the reliability: that has a parameter of its own, and what was overridden once
            # would come back at every new subscription.
            qos_overriding_options=QoSOverridingOptions(
                (QoSPolicyKind.HISTORY, QoSPolicyKind.DEPTH)))

    def _received(self, message) -> None:
        self._last = time.monotonic()
        self._callback(message)

    def _unfitting_warning(self, publishers) -> str | None:
        mine = self._subscription.qos_profile
        lines = {_endpoint(p) for p in publishers if not _fits(p.qos_profile, mine)}
        new = lines - self._unfitting
        self._unfitting = lines
        if not new:
            return None
        return (f'{self.name}: incompatible QoS, nothing will come from {"; ".join(sorted(new))}; '
                f'this node asks for {describe(mine)}: set its parameter reliability, or change '
                'the publisher')

    def _crowd_warning(self) -> str | None:
        crowd = [] if len(self.publishers) < 2 or self._may_be_silent else self.publishers
        if crowd == self._crowd:
            return None
        self._crowd = crowd
        return crowd and (f'{self.name} has {len(crowd)} publishers, whose messages come mixed: '
                          f'{", ".join(crowd)}') or None

    def _silence_warning(self, publishers, timeout: float) -> str | None:
        now = time.monotonic()
        silent = now - self._last
        if self._may_be_silent or silent < timeout or now - self._warned < min(silent, _REPEAT):
            return None
        self._warned = now
        mine = describe(self._subscription.qos_profile)
        if not publishers:
            return (f'{self.name}: nothing received for {silent:.0f} s and nobody publishes it: '
                    'is the publisher running, the remapping right, ROS_DOMAIN_ID the same?')
        who = '; '.join(sorted(_endpoint(p) for p in publishers))
        return (f'{self.name}: nothing received for {silent:.0f} s from {who}; this node asks '
                f'for {mine}')


def _fits(offered: QoSProfile, wanted: QoSProfile) -> bool:
    return not (
        wanted.reliability == ReliabilityPolicy.RELIABLE
        and offered.reliability == ReliabilityPolicy.BEST_EFFORT
        or wanted.durability == DurabilityPolicy.TRANSIENT_LOCAL
        and offered.durability == DurabilityPolicy.VOLATILE)


def _endpoint(info) -> str:
    return f'{_node(info)} ({describe(info.qos_profile)})'


def _node(info) -> str:
    return f'{info.node_namespace.rstrip("/")}/{info.node_name}'
