# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The services of the inference node that choose a release: ~/use, ~/hold, ~/rollback."""

from __future__ import annotations

from collections.abc import Callable
import threading
from typing import Any

from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.task import Future
from std_srvs.srv import SetBool, Trigger

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.ros.releases.student_loader import StudentLoader
from depth_distill_ros.ros.support.lifecycle import ManagedNode, report


class ReleaseServices:
    """
    Change the state of the releases, which the loader then follows.

    A service reads the weights of a release to check them. It does so in a thread of its own,
    because images are received meanwhile.
    """

    def __init__(self, node: ManagedNode, loader: StudentLoader) -> None:
        self._node, self._loader = node, loader
        group = ReentrantCallbackGroup()
        for kind, name, callback in ((Trigger, 'use', self._use), (SetBool, 'hold', self._hold),
                                     (Trigger, 'rollback', self._rollback)):
            node.create_service(kind, f'~/{name}', callback, callback_group=group)

    async def _use(self, request: Trigger.Request, answer: Trigger.Response) -> Trigger.Response:
        number = self._node.value('use_release')
        return await self._answered(
            answer, lambda: self._loader.choice.control.promote(number, 'service ~/use'))

    async def _hold(self, request: SetBool.Request, answer: SetBool.Response,
                    ) -> SetBool.Response:
        return await self._answered(
            answer, lambda: self._loader.choice.control.hold(request.data))

    async def _rollback(self, request: Trigger.Request, answer: Trigger.Response,
                        ) -> Trigger.Response:
        return await self._answered(
            answer, lambda: self._loader.choice.control.rollback('service ~/rollback'))

    async def _answered(self, answer: Any, action: Callable[[], str]) -> Any:
        if self._node.state not in ('inactive', 'active'):
            answer.message = f'the node is {self._node.state}, not configured'
            return answer
        future = Future()
        threading.Thread(target=self._run, args=(action, future), daemon=True).start()
        answer.success, answer.message = await future
        return answer

    def _run(self, action: Callable[[], str], future: Future) -> None:
        success, line = False, 'an unexpected error, see the log of the node'
        try:
            success, line = True, action()
            self._node.get_logger().info(line)
        except DepthDistillError as error:
            line = str(error)
        except Exception as error:
            report(self._node.get_logger(), 'service failed', error)
        # As a task, which wakes the executor; setting the result of a future does not.
        self._node.executor.create_task(future.set_result, (success, line))
