# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One module a subcommand: HELP, EXAMPLE, add_arguments(parser), run(arguments)."""
