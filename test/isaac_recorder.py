# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A stand-in for Isaac Sim, for tests of the script that drives it."""

import contextlib
import re
import sys
import types

import numpy as np


class OmniGraphError(Exception):
    """What OmniGraph raises for a node or attribute that is not there."""


class Recorder:
    """
    The modules of a running Isaac Sim: they note what is asked of them.

    The publishers come up three updates after the timeline began to play. ``published`` has the
    camera's pose at each update that all of them were let go for.
    """

    def __init__(self, monkeypatch):
        self.calls, self.poses, self.published, self.graph, self.stage = [], [], [], None, None
        self.gates, self.playing, self.paused = {}, None, 0
        self.bridge = self.publishers = True
        for name, module in self.modules().items():
            monkeypatch.setitem(sys.modules, name, module)

    def modules(self):
        names = ('isaacsim', 'omni', 'omni.kit', 'omni.kit.app', 'omni.timeline', 'omni.usd',
                 'omni.graph', 'omni.graph.core', 'omni.replicator', 'omni.replicator.core',
                 'omni.syntheticdata', 'usdrt', 'usdrt.Sdf')
        made = {name: types.ModuleType(name) for name in names}
        for name, module in made.items():
            parent, _, child = name.rpartition('.')
            if parent:
                setattr(made[parent], child, module)
        made['isaacsim'].SimulationApp = lambda settings: self.noted('app', settings) or self
        made['omni.kit.app'].get_app = lambda: types.SimpleNamespace(
            get_extension_manager=lambda: types.SimpleNamespace(
                set_extension_enabled_immediate=lambda *a: self.noted('extension', *a)))
        made['omni.timeline'].get_timeline_interface = lambda: types.SimpleNamespace(
            play=self.play, stop=self.stop, is_playing=self.is_playing)
        made['omni.usd'].get_context = lambda: self
        made['usdrt.Sdf'].Path = str
        keys = types.SimpleNamespace(CREATE_NODES='nodes', CONNECT='connect', SET_VALUES='values')
        made['omni.graph.core'].Controller = types.SimpleNamespace(
            Keys=keys, edit=self.edit, attribute=self.attribute)
        made['omni.graph.core'].OmniGraphError = OmniGraphError
        made['omni.syntheticdata'].SyntheticData = types.SimpleNamespace(
            _get_node_path=lambda name, product: f'{product}/{name}')
        rep = made['omni.replicator.core']
        rep.set_global_seed = lambda seed: self.noted('seed', seed)
        rep.trigger = types.SimpleNamespace(
            on_custom_event=lambda event_name: contextlib.nullcontext())
        rep.get = types.SimpleNamespace(prim_at_path=lambda path: contextlib.nullcontext(
            self.noted('prim', path)))
        rep.modify = types.SimpleNamespace(attribute=lambda *a: self.noted('modify', *a))
        rep.distribution = types.SimpleNamespace(uniform=lambda low, high: (low, high))
        rep.randomizer = types.SimpleNamespace(
            texture=lambda textures: self.noted('textures', textures))
        rep.utils = types.SimpleNamespace(
            send_og_event=lambda event_name: self.noted('event', event_name))
        return made

    def noted(self, *call):
        self.calls.append(call)

    def play(self):
        self.noted('play')
        self.playing = 0

    def is_playing(self):
        """Return False after two published poses, for as many updates as were asked for."""
        if len(self.published) < 2 or not self.paused:
            return True
        self.paused -= 1
        return False

    def stop(self):
        self.noted('stop')
        self.playing = None
        self.gates.clear()

    def edit(self, where, what):
        if not self.bridge:
            raise OmniGraphError("Could not create node using unrecognized type\n'ROS2Clock'")
        self.graph = (where, what)

    def attribute(self, path):
        up = self.publishers and self.playing >= 3
        if path == '/World/RosBridge/render.outputs:renderProductPath':
            return types.SimpleNamespace(get=lambda: '/Render/Camera' if self.playing > 1 else '')
        assert re.fullmatch(r'/Render/Camera/\w+IsaacSimulationGate\.inputs:step', path)
        if not up:
            raise OmniGraphError(path)
        return types.SimpleNamespace(set=lambda value: self.gates.update({path: value}))

    def open_stage(self, path):
        from pxr import Usd

        self.stage = Usd.Stage.Open(path)
        return self.stage is not None

    def get_stage(self):
        return self.stage

    def get_stage_loading_status(self):
        return '', 0, 0

    def update(self):
        from pxr import UsdGeom

        if self.playing is not None:
            self.playing += 1
        if self.stage is not None:
            camera = UsdGeom.Xformable(self.stage.GetPrimAtPath('/World/Camera'))
            self.poses.append(np.array(camera.ComputeLocalToWorldTransform(0)))
        if self.gates:
            assert len(self.gates) == 4 and len(set(self.gates.values())) == 1, 'all or none'
            if set(self.gates.values()) == {1}:
                self.published.append(self.poses[-1])

    def is_running(self):
        return True

    def close(self):
        self.noted('close')
