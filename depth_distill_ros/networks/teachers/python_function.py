# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Teachers from Python: 'package.module:function[,size=HxW][,mean=...,std=...][,output=...]'.

The function is called without arguments. It returns an nn.Module that gives metres and reads
B×3×H×W ImageNet-normalised images, unless size, mean or std are given. One thread runs it at a
time, because it may keep features on itself on the way.
"""

from __future__ import annotations

from importlib import import_module
from threading import RLock

from torch import nn

from depth_distill_ros.networks.model_folder import ModelError
from depth_distill_ros.networks.teachers import options
from depth_distill_ros.networks.teachers.adapter import KEYS, Adapter, checked, reason


def load(text: str, size: tuple[int, int], needs_gradient: bool) -> nn.Module:
    """Return the network of 'package.module:function,options'; for the options see Adapter."""
    name, values = options.parse(text, KEYS)
    module_name, _, function_name = name.partition(':')
    try:
        module = import_module(module_name)
    except Exception as error:  # the user's own code
        raise ModelError(
            f'{name}: importing {module_name} failed ({type(error).__name__}: {reason(error)}); '
            'install it, or add its folder to PYTHONPATH') from error
    function = getattr(module, function_name, None)
    if not callable(function):
        raise ModelError(f'{name}: {module_name} has no function {function_name}')
    try:
        network = function()
    except Exception as error:
        raise ModelError(f'{name}: {function_name}() failed ({type(error).__name__}: '
                         f'{reason(error)})') from error
    if not isinstance(network, nn.Module):
        raise ModelError(f'{name}: {function_name}() returns a {type(network).__name__}; it '
                         'must return a torch.nn.Module')
    _one_thread_at_a_time(network)
    return checked(Adapter(network, name, **values), name, size, needs_gradient)


def _one_thread_at_a_time(network: nn.Module) -> None:
    lock = RLock()

    def begin(*_: object) -> None:
        lock.acquire()

    def end(*_: object) -> None:
        lock.release()

    network.register_forward_pre_hook(begin, prepend=True)
    network.register_forward_hook(end, always_call=True)
