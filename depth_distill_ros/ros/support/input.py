# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A subscription that follows its publishers' QoS and type and warns if nothing is received."""

from __future__ import annotations

from collections.abc import Callable, Sized
import time

from rclpy.node import Node
from rclpy.qos import (
    DurabilityPolicy,
    QoSCompatibility,
    QoSPolicyKind,
    ReliabilityPolicy,
    qos_check_compatible,
)
from rclpy.qos_overriding_options import QoSOverridingOptions

from depth_distill_ros.ros.support.memory import give_back
from depth_distill_ros.ros.support.qos import (
    SubscriptionEventCallbacks,
    describe,
    endpoint,
    node_name,
    profile,
)
from depth_distill_ros.stream.sizes import is_large, most_waiting

_REPEAT = 30.0  # seconds between two warnings about the same silence
_FLOOD_ENDS = 5.0  # seconds without a large message, after which its memory is given back


class Input:
    """
    One subscription; ``check`` must be called about once a second.

    With ``reliability`` 'auto' the subscription is reliable as long as no publisher is best
    effort: a reliable subscription loses no message, but receives nothing from a best-effort
    publisher. If all publishers are latched (transient local), so is the subscription: then it
    also receives what was published before. Of several message types, it has that of the
    publishers.

    Large messages get a shorter queue, so that a flood of them does not fill the memory. DDS keeps
    the buffers of the largest messages as long as the subscription lives; when no large one has
    come for a while, the input subscribes anew, which frees them.

    Args:
        message_types: one type, or several, the usual one first
        latched: whether to ask for latched messages while there is no publisher
        may_be_silent: nothing on this topic is no reason to warn
        once: a latched topic may have one message only, such as a driver's camera_info
        starts_late: as long as the topic has a publisher, its first message may take any time
    Attributes:
        depth: messages that may wait, at most
        publishers: names of the nodes that publish the topic, as of the last ``check``
        silence: a line if nothing is received though something should be, as of the last ``check``
    """

    def __init__(self, node: Node, message_types: type | tuple[type, ...], topic: str,
                 callback: Callable, depth: int, reliability: str, latched: bool = False,
                 may_be_silent: bool = False, starts_late: bool = False,
                 once: bool = False) -> None:
        self._node = node
        self._types = message_types if isinstance(message_types, tuple) else (message_types,)
        self._type = self._types[0]
        self._topic = topic
        self._callback = callback
        self.depth = self._asked_depth = depth
        self._largest, self._large_at = 0, 0.0  # bytes; when the last large message came
        self._auto = reliability == 'auto'
        self._asked = self._reliable = reliability != 'best_effort'
        self._latched = latched
        self._may_be_silent = may_be_silent
        self._waits = starts_late
        self._once, self._has_received = once, False
        self._last = self._warned = time.monotonic()
        self._incompatible: set[str] = set()
        self.publishers: list[str] = []
        self.silence = ''
        self._several: list[str] = []
        self._follow(node.get_publishers_info_by_topic(topic))
        self._subscribe()

    @property
    def name(self) -> str:
        """The topic after namespace and remapping."""
        return self._subscription.topic_name

    def check(self, timeout: float) -> str | None:
        """Adapt to the publishers' QoS; return a warning if one is due, else None."""
        publishers = self._node.get_publishers_info_by_topic(self._topic)
        self.publishers = sorted(node_name(p) for p in publishers)
        changed = self._follow(publishers)
        over = is_large(self._largest) and time.monotonic() - self._large_at > _FLOOD_ENDS
        if over:
            self._largest = 0
        fits = most_waiting(self._largest, self._asked_depth)
        if changed or over or fits < self.depth:
            self.depth = fits
            self.destroy()
            if over:
                give_back()
            self._subscribe()
            self._node.get_logger().debug(
                f'{self.name}: subscribed anew, {describe(self._subscription.qos_profile)}')
        self.silence = self._silence(publishers, timeout)
        return (self._incompatible_warning(publishers) or self._several_warning()
                or self._silence_warning())

    def destroy(self) -> None:
        """Unsubscribe."""
        self._node.destroy_subscription(self._subscription)

    def _follow(self, publishers) -> bool:
        """Take type and QoS from the publishers; return whether anything changed."""
        before = self._type, self._reliable, self._latched
        self._type = next((kind for kind in self._types
                           if any(p.topic_type == _name(kind) for p in publishers)), self._type)
        qos = [p.qos_profile for p in publishers if p.topic_type == _name(self._type)]
        if qos:
            self._latched = all(q.durability == DurabilityPolicy.TRANSIENT_LOCAL for q in qos)
            # latched messages are kept for reliable subscriptions only
            if self._auto or self._latched:
                self._reliable = all(
                    q.reliability != ReliabilityPolicy.BEST_EFFORT for q in qos)
            else:
                self._reliable = self._asked
        return before != (self._type, self._reliable, self._latched)

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
        self._waits, self._has_received = False, True
        size = _bytes(getattr(message, 'data', b''))
        self._largest = max(self._largest, size)
        if is_large(size):
            self._large_at = self._last
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

    def _silence_warning(self) -> str | None:
        now = time.monotonic()
        if not self.silence or now - self._warned < min(now - self._last, _REPEAT):
            return None
        self._warned = now
        return self.silence

    def _silence(self, publishers, timeout: float) -> str:
        silent = time.monotonic() - self._last
        patient = self._waits or (self._once and self._latched and self._has_received)
        if self._may_be_silent or (patient and publishers) or silent < timeout:
            return ''
        line = f'{self.name}: nothing received for {silent:.0f} s'
        if not publishers:
            others = self._published_below()
            return f'{line}, and it has no publisher: ' + (
                f'remap it to {" or ".join(others)}, which is published' if others else
                'is the publisher running, the remapping right, ROS_DOMAIN_ID the same?')
        names = [_name(kind) for kind in self._types]
        wrong = sorted({p.topic_type for p in publishers} - set(names))
        if wrong and all(p.topic_type in wrong for p in publishers):
            return (f'{line}: it is published as {", ".join(wrong)}, and this node reads '
                    f'{" or ".join(names)}')
        who = '; '.join(sorted(endpoint(p) for p in publishers))
        return f'{line} from {who}; this node asks for {describe(self._subscription.qos_profile)}'

    def _published_below(self) -> list[str]:
        """Return the published topics below this one that could be read, as of image_transport."""
        names = {_name(kind) for kind in self._types}
        return sorted(topic for topic, types in self._node.get_topic_names_and_types()
                      if topic.startswith(f'{self.name}/') and names & set(types)
                      and self._node.count_publishers(topic))


def _name(kind: type) -> str:
    """Return the name of a message type, such as sensor_msgs/msg/Image."""
    return f'{kind.__module__.partition(".")[0]}/msg/{kind.__name__}'


def _bytes(data: object) -> int:
    """Return the length of a message's data; a number, as in Float32, has none."""
    return len(data) if isinstance(data, Sized) else 0
