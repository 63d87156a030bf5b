# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
One module a subcommand: HELP, EXAMPLE, run(arguments).

The options are those of settings/commands.py. add_arguments(parser) adds what is no setting.
"""
