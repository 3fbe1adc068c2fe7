# Two commands: `make demo` and `make test`. Everything else is for developers.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SERVE ?= 1

.PHONY: help demo test lab check bench bench-peers soak lock clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

# uv (bootstrapped from PyPI into the venv) installs the locked stack in seconds where pip needs minutes.
$(VENV)/.installed: requirements.lock pyproject.toml
	@echo "Installing the pinned packages into $(VENV) …"
	@test -x $(BIN)/uv || { $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "riskkit needs Python 3.11 or newer; $(PYTHON) is older. Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }; \
	  $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install --quiet --disable-pip-version-check uv; }
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

demo: $(VENV)/.installed  ## start everything here on real market data (SERVE=0: reports only)
	@$(BIN)/riskkit demo $(if $(filter 0,$(SERVE)),--no-serve)

lab: $(VENV)/.installed  ## open the notebooks in JupyterLab on the embedded Supabase
	@$(BIN)/riskkit demo --lab

check: $(VENV)/.installed  ## formatting, lint, types, layers, notebooks and parameter files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/riskkit check

test: check  ## everything
	$(BIN)/pytest -n 3 --dist loadfile $(PYTEST_ARGS)

bench: $(VENV)/.installed  ## performance ratios, printed
	$(BIN)/pytest -m benchmark -s tests/benchmarks

PEERS := tests/benchmarks/peers
.venv-peers/.installed: $(PEERS)/requirements.lock | $(VENV)/.installed
	@$(BIN)/python -m venv --without-pip --clear .venv-peers
	@$(BIN)/uv pip sync --quiet --python .venv-peers/bin/python --require-hashes $(PEERS)/requirements.lock
	@$(BIN)/uv pip install --quiet --python .venv-peers/bin/python --no-deps --editable .
	@touch $@

bench-peers: .venv-peers/.installed  ## riskkit beside other libraries, in an environment of their own (1.1 GB)
	@.venv-peers/bin/python $(PEERS)

soak: $(VENV)/.installed  ## the long counts, written to tests/soak/results
	$(BIN)/pytest -m soak -s tests

lock: $(VENV)/.installed  ## resolve the pins again
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
	  --all-extras --group dev --custom-compile-command "make lock" pyproject.toml -o requirements.lock

clean:  ## stop the embedded Supabase, remove what was installed
	-@test -x $(BIN)/riskkit && $(BIN)/riskkit local stop
	rm -rf $(VENV) .venv-peers
