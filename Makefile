# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0

.PHONY: demo test lint setup

# The whole loop for five minutes; options: make demo ARGS='--minutes 2'
demo: setup
	@.venv/bin/depth-distill demo $(ARGS)

# Options: make test ARGS='-k stream'
# (one thread each: the tests' processes would only wait for each other)
test: setup
	@OMP_NUM_THREADS=1 .venv/bin/python -m pytest -rs $(ARGS)

lint: setup
	@.venv/bin/python -m ruff check

setup:
	@tools/bootstrap.sh
