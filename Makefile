.DEFAULT_GOAL := help
.PHONY: help demo test fmt check bench

PYTHON ?= python3
BIN := .venv/bin
PIP_INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-6s %s\n", $$1, $$2}' Makefile

demo: .venv/.run-ready ## watch a hole of fixtures/demo/shelf.py being filled
	$(BIN)/fillwright fill fixtures/demo/shelf.py --body 17 --watch
	@$(BIN)/fillwright engine stop > /dev/null

test: .venv/.dev-ready ## run every test
	$(BIN)/pytest

fmt: .venv/.dev-ready ## format the code and mend what ruff can mend
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

check: .venv/.dev-ready .imports/fillwright ## lint, formatting and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

bench: .venv/.dev-ready ## measure speed and memory
	$(BIN)/python -P tests/bench/engine.py
	$(BIN)/python -P tests/bench/server.py

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Fillwright needs Python 3.11 or newer: make PYTHON=python3.11 ..."; exit 1; }
	$(PYTHON) -m venv .venv

.venv/.run-ready: pyproject.toml constraints.txt | .venv/bin/python
	@echo "Installing Fillwright into .venv (PyTorch makes this take a minute or two) ..."
	$(PIP_INSTALL) --editable .
	@touch $@

.venv/.dev-ready: pyproject.toml constraints.txt | .venv/bin/python
	@echo "Installing Fillwright and its developer tools into .venv ..."
	$(PIP_INSTALL) --editable '.[dev]'
	@touch .venv/.run-ready $@

# type checkers do not follow setuptools' editable import hook: they read the layers through these links
.imports/fillwright:
	mkdir -p $@
	ln -s ../../engine ../../kernels ../../lsp_server $@/
