# Everything stands in .venv; nothing else on the machine is touched.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# The server half alone: quicker, and all that these need. `make lab` builds the other half too.
PIP_SERVER := JUPYTER_ADES_SKIP_JS=1 $(PIP)
# Where JupyterLab finds the other half.
LABEXTENSION := $(VENV)/share/jupyter/labextensions/jupyter-ades
METADATA := setup.cfg pyproject.toml
# A file's tests stay together: they share servers.
# Files as they come: else those of one long test would all be left for the end. One more than there
# are cores: many tests wait for servers, queues and clusters.
SIDE_BY_SIDE = --numprocesses $(AT_ONCE) --dist loadfile --no-loadscope-reorder
AT_ONCE = $(shell $(PYTHON) -c 'import os; print(os.cpu_count() + 1)')
EVERYDAY := $(addprefix tests/,unit server conformance worker client whole)
TYPESCRIPT := package.json yarn.lock $(shell find labextension -path '*/lib' -prune -o -type f -print)

.PHONY: help demo lab test test-all lint format coverage bench storm cwl-conformance docs watch hub clean

help:  ## Show what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/.eo  ## Run the sample CWL and notebook as jobs, from nothing to a STAC catalog
	$(BIN)/python notebooks/demo/demo.py

lab: $(VENV)/.lab  ## The same set-up, and JupyterLab left open with both processes deployed
	$(BIN)/python notebooks/demo/lab.py

test: $(VENV)/.test  ## Run the tests of every day: no browser, hub, container or bucket
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) $(or $(PYTEST),$(EVERYDAY))

test-all: $(VENV)/.test  ## Run every test that this machine can run
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) $(PYTEST)

watch: $(VENV)/.lab $(VENV)/.dev  ## Build the JupyterLab half on each change; reload to see it
	PATH="$(CURDIR)/$(BIN):$$PATH" jlpm install --immutable
	rm -rf $(LABEXTENSION)
	ln -s $(CURDIR)/jupyter_ades/labextension $(LABEXTENSION)
	PATH="$(CURDIR)/$(BIN):$$PATH" jlpm build
	cp install.json jupyter_ades/labextension/
	PATH="$(CURDIR)/$(BIN):$$PATH" jlpm watch

coverage: $(VENV)/.test  ## Run every test, with the coverage of branches in jupyter_ades
	$(BIN)/python -m coverage erase
	$(BIN)/python -m coverage run -m pytest $(SIDE_BY_SIDE) $(PYTEST)
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report --fail-under=90

bench: $(VENV)/.test  ## Measure what has a goal, beside others in the same run, into docs/performance.md: NAME=transfers
	$(BIN)/python -m tests.benchmarks $(NAME)

storm: $(VENV)/.test  ## Kill a server with jobs, over and over, and check that nothing is lost: JOBS, KILLS, SEED
	$(BIN)/python -m tests.restart.storm --jobs $(or $(JOBS),3000) --kills $(or $(KILLS),150) $(if $(SEED),--seed $(SEED)) $(STORM)

cwl-conformance: $(VENV)/.test  ## Run CWL's conformance tests through a server: SUITE=<checkout of cwl-v1.2>
	$(BIN)/python -m tests.cwl_conformance $(or $(SUITE),tests/cwl_conformance/suite) $(CWLTEST)

lint: $(VENV)/.dev  ## ruff, mypy --strict, eslint, prettier, tsc --strict, tests of the TypeScript models
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	PATH="$(CURDIR)/$(BIN):$$PATH" jlpm install --immutable
	PATH="$(CURDIR)/$(BIN):$$PATH" jlpm lint
	PATH="$(CURDIR)/$(BIN):$$PATH" jlpm test

format: $(VENV)/.dev  ## Put all Python files in the project's form
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

hub: .hub/node_modules/.bin/configurable-http-proxy  ## Fetch the proxy that the JupyterHub tests need (npm)

docs: $(VENV)/.docs  ## Build the documentation; warnings are errors
	$(BIN)/python -m sphinx --fail-on-warning --keep-going -q -b html docs docs/_build/html

clean:  ## Remove what was made here
	rm -rf $(VENV) .demo .hub build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache

.hub/node_modules/.bin/configurable-http-proxy:
	npm install --silent --no-fund --no-audit --prefix .hub configurable-http-proxy@4

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.eo: $(VENV)/bin/python $(METADATA)
	$(PIP_SERVER) --editable '.[eo]'
	@touch $@

$(VENV)/.lab: $(VENV)/bin/python $(METADATA) $(TYPESCRIPT)
	$(PIP) --editable '.[eo,lab]'
	@touch $@

$(VENV)/.test: $(VENV)/bin/python $(METADATA) $(TYPESCRIPT)
	$(PIP) --editable '.[test]'
	@touch $@

$(VENV)/.dev: $(VENV)/bin/python $(METADATA)
	$(PIP_SERVER) --editable '.[dev]'
	@touch $@

$(VENV)/.docs: $(VENV)/bin/python $(METADATA)
	$(PIP_SERVER) --editable '.[docs]'
	@touch $@
