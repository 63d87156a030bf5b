# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0

"""
The student's depth through image_pipeline's own nodes, in one container.

A cloud by depth_image_proc and a scan by depthimage_to_laserscan, where those are installed. The
inference node publishes both itself too, made with its confidence and its far clamp.

ros2 launch depth_distill_ros depth_processing.launch.py output_frame:=camera_link
"""

from ament_index_python.packages import PackageNotFoundError, get_package_share_directory
from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import ComposableNodeContainer
from launch_ros.descriptions import ComposableNode

from depth_distill_ros.ros.bringup import DEPTH, DEPTH_CAMERA_INFO, BringupError

ARGUMENTS = {
    'namespace': ('', 'namespace of the nodes and topics, as of the inference node'),
    'depth': (DEPTH, 'topic of the depth'),
    'camera_info': (DEPTH_CAMERA_INFO, "its CameraInfo; the cloud's node takes the topic "
                    'camera_info beside depth'),
    'points': ('depth/cloud', 'topic of the cloud'),
    'scan': ('depth/laser_scan', 'topic of the scan'),
    'output_frame': ('camera_link', 'frame of the scan: at the camera, x forward, not the optical '
                     'one'),
    'scan_height': ('10', 'rows of the depth around its middle that make the scan'),
    'range_min': ('0.3', 'metres'),
    'range_max': ('8.0', 'metres'),
}


def nodes(context: LaunchContext) -> list[ComposableNodeContainer]:
    value = {name: LaunchConfiguration(name).perform(context) for name in ARGUMENTS}
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
        name='depth_to_cloud', namespace=value['namespace'],
        remappings=[('image_rect', value['depth']), ('camera_info', value['camera_info']),
                    ('points', value['points'])])
    scan = ComposableNode(
        package='depthimage_to_laserscan',
        plugin='depthimage_to_laserscan::DepthImageToLaserScanROS', name='depth_to_scan',
        namespace=value['namespace'],
        remappings=[('depth', value['depth']), ('depth_camera_info', value['camera_info']),
                    ('scan', value['scan'])],
        parameters=[{'output_frame': value['output_frame'],
                     'scan_height': int(value['scan_height']),
                     'range_min': float(value['range_min']),
                     'range_max': float(value['range_max'])}])
    return [ComposableNodeContainer(
        name='depth_processing', namespace=value['namespace'], package='rclcpp_components',
        executable='component_container', composable_node_descriptions=[cloud, scan],
        output='screen')]


def generate_launch_description() -> LaunchDescription:
    return LaunchDescription([
        *(DeclareLaunchArgument(name, default_value=default, description=description)
          for name, (default, description) in ARGUMENTS.items()),
        OpaqueFunction(function=nodes)])
