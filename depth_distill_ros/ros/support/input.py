# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A subscription that follows its publishers' QoS and warns if nothing is received."""

from __future__ import annotations

from collections.abc import Callable
import time

from rclpy.node import Node
from rclpy.qos import (
    QoSCompatibility,
    QoSPolicyKind,
    ReliabilityPolicy,
    qos_check_compatible,
)
from rclpy.qos_overriding_options import QoSOverridingOptions

from depth_distill_ros.ros.support.qos import (
    SubscriptionEventCallbacks,
    describe,
    endpoint,
    node_name,
    profile,
)
from depth_distill_ros.stream.sizes import most_waiting

_REPEAT = 30.0  # seconds between two warnings about the same silence


class Input:
    """
    One subscription; ``check`` must be called about once a second.

    With ``reliability`` 'auto' the subscription is reliable as long as no publisher is best
    effort: a reliable subscription loses no message, but receives nothing from a best-effort
    publisher.

    Large messages get a shorter queue, so that a flood of them does not fill the memory.

    Args:
        may_be_silent: nothing on this topic is no reason to warn
        starts_late: as long as the topic has a publisher, its first message may take any time
    Attributes:
        depth: messages that may wait, at most
        publishers: names of the nodes that publish the topic, as of the last ``check``
    """

    def __init__(self, node: Node, message_type: type, topic: str, callback: Callable, depth: int,
                 reliability: str, latched: bool = False, may_be_silent: bool = False,
                 starts_late: bool = False) -> None:
        self._node = node
        self._type = message_type
        self._topic = topic
        self._callback = callback
        self.depth = depth
        self._largest = 0  # bytes
        self._auto = reliability == 'auto'
        self._reliable = reliability != 'best_effort'
        self._latched = latched
        self._may_be_silent = may_be_silent
        self._waits = starts_late
        self._last = self._warned = time.monotonic()
        self._incompatible: set[str] = set()
        self.publishers: list[str] = []
        self._several: list[str] = []
        self._subscribe()

    @property
    def name(self) -> str:
        """The topic after namespace and remapping."""
        return self._subscription.topic_name

    def check(self, timeout: float) -> str | None:
        """Adapt to the publishers' QoS; return a warning if one is due, else None."""
        publishers = self._node.get_publishers_info_by_topic(self._topic)
        self.publishers = sorted(node_name(p) for p in publishers)
        if self._auto and publishers:
            reliable = all(p.qos_profile.reliability != ReliabilityPolicy.BEST_EFFORT
                           for p in publishers)
            if reliable != self._reliable:
                self._reliable = reliable
                self.destroy()
                self._subscribe()
                self._node.get_logger().debug(
                    f'{self.name}: subscribed anew, {describe(self._subscription.qos_profile)}')
        fits = most_waiting(self._largest, self.depth)
        if fits < self.depth:
            self.depth = fits
            self.destroy()
            self._subscribe()
        return (self._incompatible_warning(publishers) or self._several_warning()
                or self._silence_warning(publishers, timeout))

    def destroy(self) -> None:
        """Unsubscribe."""
        self._node.destroy_subscription(self._subscription)

    def _subscribe(self) -> None:
        self._subscription = self._node.create_subscription(
            self._type, self._topic, self._received,
            profile(self.depth, self._reliable, self._latched),
            # Not the reliability: it has its own parameter, and an override would undo each change
            # that ``check`` makes.
            qos_overriding_options=QoSOverridingOptions(
                (QoSPolicyKind.HISTORY, QoSPolicyKind.DEPTH)),
            # rclpy's own warning names neither remapped topic nor publisher; ``check`` names both
            event_callbacks=SubscriptionEventCallbacks(incompatible_qos=lambda _: None))

    def _received(self, message) -> None:
        self._last = time.monotonic()
        self._waits = False
        self._largest = max(self._largest, len(getattr(message, 'data', ())))
        self._callback(message)

    def _incompatible_warning(self, publishers) -> str | None:
        mine = self._subscription.qos_profile
        lines = {endpoint(p) for p in publishers
                 if qos_check_compatible(p.qos_profile, mine)[0] == QoSCompatibility.ERROR}
        new = lines - self._incompatible
        self._incompatible = lines
        if not new:
            return None
        return (f'{self.name}: incompatible QoS, nothing is received from '
                f'{"; ".join(sorted(new))}; this node asks for {describe(mine)}: set its '
                'parameter reliability, or change the publisher')

    def _several_warning(self) -> str | None:
        several = [] if len(self.publishers) < 2 or self._may_be_silent else self.publishers
        if several == self._several:
            return None
        self._several = several
        return several and (f'{self.name} has {len(several)} publishers, whose messages are '
                            f'mixed: {", ".join(several)}') or None

    def _silence_warning(self, publishers, timeout: float) -> str | None:
        now = time.monotonic()
        silent = now - self._last
        waits = self._may_be_silent or (self._waits and publishers)
        if waits or silent < timeout or now - self._warned < min(silent, _REPEAT):
            return None
        self._warned = now
        mine = describe(self._subscription.qos_profile)
        if not publishers:
            return (f'{self.name}: nothing received for {silent:.0f} s, and it has no publisher: '
                    'is the publisher running, the remapping right, ROS_DOMAIN_ID the same?')
        who = '; '.join(sorted(endpoint(p) for p in publishers))
        return (f'{self.name}: nothing received for {silent:.0f} s from {who}; this node asks '
                f'for {mine}')
