# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Names that options and node parameters choose from.

Here, because a node that trains nothing should not wait for torch to know them.
"""

# what a robot can run: nothing but a teacher and a simulator's frames
STREAM_METHODS = ('d3', 'd3plus', 'kd-ood', 'random-noise', 'dfad')
METHODS = (*STREAM_METHODS, 'supervised', 'lwd', 'dacnn-teacher', 'dacnn')
WITHOUT_TEACHER = ('supervised', 'dacnn-teacher')
MIXINGS = ('classes', 'instances', 'none')
READINGS = ('A', 'B')
REC_REDUCTIONS = ('mean', 'sum')
GUIDANCE_SOFTMAXES = ('positions', 'channels')
GUIDANCE_REDUCTIONS = ('mean', 'sum')
G_FORMS = ('paper', 'light', 'none')
PRECISIONS = ('auto', 'fp32', 'bf16', 'fp16')
# what runs a student's network
ENGINES = (
    'tensorrt-fp16', 'torch-cuda', 'onnxruntime-cuda', 'openvino-bf16', 'openvino-f32',
    'onnxruntime-cpu', 'torch-cpu')
# networks that a stream can teach, and the backbones that any of them takes
STUDENTS = ('lden', 'lden_light', 'edn', 'ffn', 'sarpn')
STUDENT_BACKBONES = ('mobilenetv2', 'resnet18', 'resnet34', 'resnet50', 'senet154')
# how the classes of the simulator's pictures come
SEMANTICS = ('auto', 'ids', 'labels_map', 'isaac', 'label_info', 'none')
