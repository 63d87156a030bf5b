# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
One module a subcommand: HELP, EXAMPLE, run(arguments).

The options of a command are a dataclass that COMMANDS in settings/commands.py names, such as
EvaluateSettings. add_arguments(parser) adds the files and folders that are no setting.
"""
