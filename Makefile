# Every target does its own set-up: a machine with Python 3.11 and make is enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
DEMO_ARGS ?=
# A process per core; the tests of one file share what is dear to set up.
PYTEST_ARGS ?= -n auto --maxprocesses 4 --dist loadfile
ENVS := .cache/envs
TEST_ENVS := frameworks beside older oldest
BENCH_ENVS := peers openlit logfire

.PHONY: help demo test check format collector bench lock clean

help:
	@echo "make demo       set up, then watch a small company burn tokens: leaderboard, session, loop"
	@echo "make test       set up, then every test this machine can run"
	@echo "make check      format, lint, types, generated files fresh"
	@echo "make collector  build the OpenTelemetry Collector distribution (needs Go)"
	@echo "make bench      benchmarks, as ratios measured in one run"
	@echo "make lock       renew the lock files in requirements/"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "tokenboard needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) -V 2>&1). Try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# A stamp per lock file: set-up costs nothing when nothing changed.
$(VENV)/.demo: requirements/demo.txt pyproject.toml | $(BIN)/python
	$(PIP) install -q --require-hashes -r requirements/demo.txt
	$(PIP) install -q --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(BIN)/python
	$(PIP) install -q --require-hashes -r requirements/dev.txt
	$(PIP) install -q --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.demo

# Where somebody is watching the demo goes on serving; elsewhere it ends by itself.
demo: $(VENV)/.demo
	@if [ -t 1 ]; then $(BIN)/tokenboard demo $(DEMO_ARGS); \
	  else $(BIN)/tokenboard demo --once $(DEMO_ARGS); fi

# Environments of their own for packages that the newest SDKs do not get on with: tests/compat, bench.
$(ENVS)/%/.ready: requirements/%.txt pyproject.toml scripts/env.sh | $(VENV)/.dev
	sh scripts/env.sh $*

test: $(VENV)/.dev $(TEST_ENVS:%=$(ENVS)/%/.ready)
	$(BIN)/python -m pytest $(PYTEST_ARGS)

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/python dashboards/generate.py --check

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

collector:
	sh collector/build.sh

bench: $(VENV)/.dev $(BENCH_ENVS:%=$(ENVS)/%/.ready)
	$(BIN)/python -m bench

lock: $(VENV)/.dev
	sh scripts/lock.sh $(BIN)/uv

clean:
	rm -rf $(VENV) .cache dist
