# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The publishers of Isaac Sim: the graph that creates them, and the gates that hold them."""

from __future__ import annotations

GRAPH = '/World/RosBridge'
FRAME = 'simulator_optical_frame'
TOPICS = {'rgb': 'simulator/image_raw', 'depth': 'simulator/depth',
          'semantic_segmentation': 'simulator/semantics'}
LABELS, INFO, CLOCK = 'simulator/semantic_labels', 'simulator/camera_info', 'clock'
# The gate of each publisher, camera_info last; the render variables are Replicator's names.
GATES = [f'{variable}IsaacSimulationGate' for variable in (
    'LdrColorSD', 'DistanceToImagePlaneSD', 'SemanticSegmentationSD', 'PostProcessDispatch')]
PATIENCE = 120  # updates after which the publishers must exist


class Failure(Exception):
    """Something in Isaac Sim failed; the message is one line."""


def add_bridge(camera: str, size: tuple[int, int], namespace: str) -> None:
    """
    Build the graph that publishes image, classes, depth, camera_info and the clock.

    camera : path of its prim
    size : of the images, (height, width)
    namespace : of all topics but the clock

    Raises Failure if the nodes of the bridge do not exist.
    """
    import omni.graph.core as og
    import usdrt.Sdf

    nodes = [
        ('tick', 'omni.graph.action.OnPlaybackTick'),
        ('time', 'isaacsim.core.nodes.IsaacReadSimulationTime'),
        ('clock', 'isaacsim.ros2.bridge.ROS2PublishClock'),
        ('render', 'isaacsim.core.nodes.IsaacCreateRenderProduct'),
        ('info', 'isaacsim.ros2.bridge.ROS2CameraInfoHelper'),
        *((kind, 'isaacsim.ros2.bridge.ROS2CameraHelper') for kind in TOPICS)]
    connections = [
        ('tick.outputs:tick', 'clock.inputs:execIn'),
        ('time.outputs:simulationTime', 'clock.inputs:timeStamp'),
        ('tick.outputs:tick', 'render.inputs:execIn')]
    height, width = size
    values = [
        ('clock.inputs:topicName', CLOCK),
        ('render.inputs:cameraPrim', [usdrt.Sdf.Path(camera)]),
        ('render.inputs:width', width),
        ('render.inputs:height', height),
        ('info.inputs:topicName', INFO),
        # The time continues from room to room, in 5.x and in 6.x.
        ('time.inputs:resetOnStop', False),
        ('semantic_segmentation.inputs:enableSemanticLabels', True),
        ('semantic_segmentation.inputs:semanticLabelsTopicName', LABELS)]
    for kind, topic in TOPICS.items():
        values += [(f'{kind}.inputs:type', kind), (f'{kind}.inputs:topicName', topic)]
    for helper in ('info', *TOPICS):
        connections += [
            ('render.outputs:execOut', f'{helper}.inputs:execIn'),
            ('render.outputs:renderProductPath', f'{helper}.inputs:renderProductPath')]
        values += [(f'{helper}.inputs:frameId', FRAME),
                   (f'{helper}.inputs:nodeNamespace', namespace),
                   (f'{helper}.inputs:resetSimulationTimeOnStop', False)]
    keys = og.Controller.Keys
    try:
        og.Controller.edit({'graph_path': GRAPH, 'evaluator_name': 'execution'}, {
            keys.CREATE_NODES: nodes, keys.CONNECT: connections, keys.SET_VALUES: values})
    except og.OmniGraphError as error:
        raise Failure(f'the ROS 2 bridge did not start ({" ".join(str(error).split())}): see '
                      'ROS_DISTRO and LD_LIBRARY_PATH in docs/IN_ISAAC_SIM.md') from error


def publishers(app: object) -> list[object]:
    """Wait for the publishers; return their gates (0 closed, 1 open), or raise Failure."""
    import omni.graph.core as og
    import omni.syntheticdata

    for _ in range(PATIENCE):
        app.update()
        product = og.Controller.attribute(f'{GRAPH}/render.outputs:renderProductPath').get()
        if not product:
            continue
        paths = [omni.syntheticdata.SyntheticData._get_node_path(gate, product) for gate in GATES]
        try:
            return [og.Controller.attribute(f'{path}.inputs:step') for path in paths]
        except og.OmniGraphError:
            continue
    raise Failure('the publishers of the camera did not come up: see the errors above')
