# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Names that options and node parameters choose from.

Here, because a node that trains nothing should not wait for torch to know them.
"""

# what runs a student's network
ENGINES = (
    'tensorrt-fp16', 'torch-cuda', 'onnxruntime-cuda', 'openvino-bf16', 'openvino-f32',
    'onnxruntime-cpu', 'torch-cpu')
# how the classes of the simulator's pictures come
SEMANTICS = ('auto', 'ids', 'labels_map', 'isaac', 'label_info', 'none')
