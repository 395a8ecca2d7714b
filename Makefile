.DEFAULT_GOAL := help
.PHONY: help demo quick test fmt check check-vscode check-nvim check-workflows vsix bench fuzz vllm-peer dist nvim-plugin pages docs audit sbom lock

PYTHON ?= python3
BIN := .venv/bin
BUILT_FROM := pyproject.toml constraints.txt setup.py $(wildcard kernels/cpu/*.cpp kernels/cpu/*.h)
# what setuptools says of editable installs is for those who make packages
PIP_INSTALL := PYTHONWARNINGS=ignore $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt

# A compiler that is there builds the kernels while pip works. Where there is none pip fetches one and builds them itself.
ifneq ($(shell command -v c++),)
INSTALL = $(BIN)/python -P kernels/cpu/compiling.py & kernels=$$!; \
	FILLWRIGHT_WITHOUT_KERNELS=1 $(PIP_INSTALL) --editable '$(1)' && wait $$kernels
else
INSTALL = $(PIP_INSTALL) --editable '$(1)'
endif

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' Makefile

demo: .venv/.run-ready ## watch a hole of fixtures/demo/shelf.py being filled; MODEL=FOLDER by another model
	$(BIN)/fillwright fill fixtures/demo/shelf.py --body 17 --decode draft+denoise --watch $(if $(MODEL),--model $(MODEL))
	@$(BIN)/fillwright engine stop $(if $(MODEL),--model $(MODEL)) > /dev/null

# one process for each core; tests/conftest.py says which tests stay together
TWO := --numprocesses 2
# nothing of editors, of whole processes, of model servers, of kernels in Triton's interpreter, and of the commands that
# train, score and convert models
QUICK := -m 'not (slow or gpu or e2e)' --hypothesis-profile quick --quiet --no-header
NOT_QUICK := tests/editors tests/e2e $(addprefix tests/engine/,remote training tuning evaluation quantize benchmark pull)

quick: .venv/.dev-ready ## run the quick tests
	@$(BIN)/pytest $(TWO) $(QUICK) tests $(addprefix --ignore=,$(NOT_QUICK))

test: .venv/.dev-ready ## run every test
	$(BIN)/pytest $(TWO)

fmt: .venv/.dev-ready ## format the code and fix what ruff can fix
	$(BIN)/ruff format
	$(BIN)/ruff check --fix
	if [ -d editors/nvim/node_modules ]; then editors/nvim/node_modules/.bin/stylua editors/nvim; fi

check: .venv/.dev-ready check-vscode check-nvim docs ## lint, formatting, types, and the documentation's links
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	MYPYPATH=examples:.imports $(BIN)/mypy --package board --package sudoku --package brackets

ifneq ($(shell command -v npm),)
check-vscode: editors/vscode/node_modules/.ready
	cd editors/vscode && npm run --silent check
else
check-vscode:
	@echo "The VS Code extension is not checked: npm is missing (apt-get install npm)."; test -z "$$CI"
endif

ifneq ($(and $(shell command -v npm),$(shell command -v apt-get luacheck)),)
LUACHECK := $(or $(shell command -v luacheck),.cache/luacheck/luacheck)
check-nvim: editors/nvim/node_modules/.ready $(LUACHECK)
	editors/nvim/node_modules/.bin/stylua --check editors/nvim
	$(LUACHECK) --quiet --config editors/nvim/.luacheckrc editors/nvim
else
check-nvim:
	@echo "The Neovim plugin is not checked: that needs npm, and luacheck or apt-get."; test -z "$$CI"
endif

vsix: .venv/.wheel-ready editors/vscode/node_modules/.ready ## package the VS Code extension, with the server in it
	rm -f editors/vscode/server/*.tar.gz
	$(BIN)/python -P release/sdist.py editors/vscode/server 2> /dev/null
	cp LICENSE editors/vscode/
	for picture in ghost-text drafts diff no-server; do \
		cp docs/images/vscode-$$picture.png editors/vscode/walkthrough/$$picture.png; done
	cd editors/vscode && npm run --silent package

bench: .venv/.dev-ready ## measure speed and memory
	$(BIN)/python -P tests/bench/engine.py
	OMP_NUM_THREADS=1 $(BIN)/python -P tests/bench/cpu_kernels.py
	OMP_NUM_THREADS=1 $(BIN)/python -P tests/bench/yardstick.py
	$(BIN)/python -P tests/bench/server.py
	$(BIN)/python tests/bench/start.py
	$(BIN)/python -P tests/bench/remote.py
	$(BIN)/python -P tests/bench/edits.py
	$(BIN)/python -P tests/bench/carve.py

MINUTES ?= 10
FUZZED := $(sort $(basename $(notdir $(wildcard tests/fuzz/targets/*.py))))
fuzz: .venv/.dev-ready .tools/fuzz/.ready ## fuzz what reads strangers' input, MINUTES=10 for each target
	for target in $(FUZZED); do \
		PYTHONPATH=.tools/fuzz $(BIN)/python -P tests/fuzz/fuzz.py $$target $(MINUTES) || exit 1; done

# beside our packages, not among them: its wheels are for few Pythons
.tools/fuzz/.ready: tests/fuzz/requirements.txt
	rm -rf .tools/fuzz
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes --target .tools/fuzz --requirement $<
	@touch $@

vllm-peer: .venv/.dev-ready .tools/vllm-peer/.ready ## run the cases of DiffusionGemma before a real vLLM on the CPU: 3 GB, many minutes
	$(BIN)/python -P tests/engine/remote/vllm_peer/run.py .tools/vllm-peer/bin/python

# its torch is another one. What it brings for sound is built for CUDA, and no import survives that beside torch's CPU build.
.tools/vllm-peer/.ready: tests/engine/remote/vllm_peer/requirements.txt
	$(PYTHON) -m venv .tools/vllm-peer
	.tools/vllm-peer/bin/pip install --quiet --disable-pip-version-check --no-compile --requirement $<
	.tools/vllm-peer/bin/pip uninstall --quiet --yes torchaudio torchcodec
	@touch $@

dist: .tools/release/.ready ## build wheel, sdist, VSIX and the Neovim plugin of this commit into dist/
	.tools/release/bin/python -P release/build.py

nvim-plugin: .tools/release/.ready ## export the Neovim plugin as a repository of its own, dist/fillwright.nvim
	.tools/release/bin/python -P release/build.py nvim

pages: .venv/.dev-ready ## write the pages of docs/ that come from the code
	for page in settings cli completion wire errors licences strings; do $(BIN)/python -P docs/write_$$page.py; done

docs: .tools/docs/.ready ## build the documentation's site into dist/site
	NO_MKDOCS_2_WARNING=1 .tools/docs/bin/mkdocs build --quiet --strict

audit: .tools/release/.ready editors/vscode/node_modules/.ready ## known weaknesses of dependencies
	.tools/release/bin/python -P release/audit.py

sbom: .tools/release/.ready ## what comes along with the Python package, as CycloneDX: dist/sbom.json
	mkdir -p dist
	.tools/release/bin/uv pip compile --quiet --universal --no-emit-index-url --no-header --constraint constraints.txt \
		pyproject.toml --output-file dist/requirements.txt
	.tools/release/bin/cyclonedx-py requirements dist/requirements.txt --pyproject pyproject.toml \
		--output-reproducible --output-file dist/sbom.json

check-workflows: .tools/release/.ready ## lint .github
	.tools/release/bin/zizmor --offline --quiet --min-severity medium .github
	.tools/release/bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	.tools/release/bin/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	.tools/release/bin/check-jsonschema --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/[!c]*.yml
	.tools/release/bin/check-jsonschema --builtin-schema vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
	.tools/release/bin/check-jsonschema --builtin-schema vendor.citation-file-format CITATION.cff

LOCK := .tools/release/bin/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11
lock: .tools/release/.ready ## take the newest versions of the tools that build packages and docs
	$(LOCK) --upgrade release/requirements.in --output-file release/requirements.txt
	$(LOCK) --upgrade docs/requirements.in --output-file docs/requirements.txt

.tools/%/.ready: %/requirements.txt
	$(PYTHON) -m venv .tools/$*
	.tools/$*/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement $<
	@touch $@

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Fillwright needs Python 3.11 or newer: make PYTHON=python3.11 ..."; exit 1; }
	$(PYTHON) -m venv .venv
	@# the one that Python 3.11 comes with takes half as long again
	$(PIP_INSTALL) pip

.venv/.run-ready: $(BUILT_FROM) | .venv/bin/python .imports/fillwright
	@echo "Installing Fillwright into .venv ..."
	@$(call INSTALL,.)
	@touch $@

.venv/.dev-ready: $(BUILT_FROM) | .venv/bin/python .imports/fillwright
	@echo "Installing Fillwright and its developer tools into .venv ..."
	@$(call INSTALL,.[dev])
	@touch .venv/.run-ready $@

# all that a wheel is built with: no PyTorch, no developer tools
.venv/.wheel-ready: pyproject.toml constraints.txt | .venv/bin/python
	$(PIP_INSTALL) setuptools
	@touch $@

# type checkers and editors do not follow setuptools' editable import hook: they read the layers through these links
.imports/fillwright:
	mkdir -p $@
	ln -s ../../engine ../../kernels ../../lsp_server $@/

editors/vscode/node_modules/.ready: editors/vscode/package-lock.json
	cd editors/vscode && npm ci --ignore-scripts --no-fund --no-audit --loglevel=error
	@touch $@

editors/nvim/node_modules/.ready: editors/nvim/package-lock.json
	cd editors/nvim && npm ci --ignore-scripts --no-fund --no-audit --loglevel=error
	@touch $@

.cache/luacheck/luacheck: editors/nvim/install_luacheck.sh
	$< .cache/luacheck
