# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0

.PHONY: demo test lint docs setup

# The whole loop for five minutes; options: make demo ARGS='--minutes 2'
demo: setup
	@.venv/bin/depth-distill demo $(ARGS)

# Two workers a core, one without the tests of nodes; a file's tests stay in one worker. Options:
# make test ARGS='-k stream'.
# In under a minute: make test ARGS='-m "not ros and not slow"'
test: setup
	@.venv/bin/python -m pytest -q -rs --durations 20 -n auto --dist loadfile --no-loadscope-reorder $(ARGS)

lint: setup
	@.venv/bin/python -m ruff check
	@.venv/bin/python -m mypy

# The pages as a site in build/site; links between files stay as they are in the repository
docs: setup
	@.venv/bin/python -m pip install -q --disable-pip-version-check 'mkdocs-material>=9.5'
	@rm -rf build/pages && mkdir -p build/pages
	@cp -r *.md *.rst *.cff LICENSE package.xml docs config sim examples build/pages
	@.venv/bin/python -m mkdocs build --strict

setup:
	@tools/bootstrap.sh
