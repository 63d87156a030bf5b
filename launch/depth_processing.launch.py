# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
The student's depth through image_pipeline's own nodes, in one container.

A cloud by depth_image_proc and a scan by depthimage_to_laserscan, where those are installed. The
inference node publishes both itself too, with its confidence and free_beyond applied.

ros2 launch depth_distill_ros depth_processing.launch.py output_frame:=camera_link
"""

from ament_index_python.packages import PackageNotFoundError, get_package_share_directory
from launch import LaunchContext, LaunchDescription
from launch.actions import OpaqueFunction
from launch_ros.actions import ComposableNodeContainer
from launch_ros.descriptions import ComposableNode

from depth_distill_ros.ros.bringup import BringupError
from depth_distill_ros.ros.launch_files import declared, ending_with_launch, launched
from depth_distill_ros.settings.launch import DepthProcessingLaunch


def nodes(context: LaunchContext) -> list[ComposableNodeContainer]:
    arguments = launched(DepthProcessingLaunch, context)
    for package in ('depth_image_proc', 'depthimage_to_laserscan'):
        try:
            get_package_share_directory(package)
        except PackageNotFoundError:
            raise BringupError(
                f'{package} is not installed: apt install ros-$ROS_DISTRO-'
                f'{package.replace("_", "-")}, or use the inference node\'s own points and scan') \
                from None
    cloud = ComposableNode(
        package='depth_image_proc', plugin='depth_image_proc::PointCloudXyzNode',
        name='depth_to_cloud', namespace=arguments.namespace,
        remappings=[('image_rect', arguments.depth), ('camera_info', arguments.camera_info),
                    ('points', arguments.points)])
    scan = ComposableNode(
        package='depthimage_to_laserscan',
        plugin='depthimage_to_laserscan::DepthImageToLaserScanROS', name='depth_to_scan',
        namespace=arguments.namespace,
        remappings=[('depth', arguments.depth), ('depth_camera_info', arguments.camera_info),
                    ('scan', arguments.scan)],
        parameters=[{'output_frame': arguments.output_frame,
                     'scan_height': arguments.scan_height,
                     'range_min': arguments.range_min,
                     'range_max': arguments.range_max}])
    return [ComposableNodeContainer(
        name='depth_processing', namespace=arguments.namespace, package='rclcpp_components',
        executable='component_container', composable_node_descriptions=[cloud, scan],
        output='screen', **ending_with_launch())]


def generate_launch_description() -> LaunchDescription:
    return LaunchDescription([
        *declared(DepthProcessingLaunch), OpaqueFunction(function=nodes)])
