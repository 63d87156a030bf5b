# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Unsupervised adaptation of monocular depth networks to a robot's world (ROS 2)."""

import os
import sys

# A robot talks to its own graph alone. These libraries send usage figures unless they are told not
# to before they are imported, and every process of the package imports this file first: ONNX
# Runtime, which also writes a device id, and those of Hugging Face. A value that is set stays.
for _switch in ('ORT_DISABLE_TELEMETRY', 'ORT_TELEMETRY_DISABLED', 'HF_HUB_DISABLE_TELEMETRY',
                'DO_NOT_TRACK'):
    os.environ.setdefault(_switch, '1')
# OpenVINO has no such switch. It works the same where openvino_telemetry is not installed.
sys.modules.setdefault('openvino_telemetry', None)  # type: ignore[arg-type]

__version__ = '0.1.0'
