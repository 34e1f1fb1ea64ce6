# The commands of Leadline. `make run` and `make test` do all the set-up they need; a second run finds it done.

PYTHON ?= python3
Q ?= How deep is the Challenger Deep, and how has the depth of the sea been measured through history?
WORKERS ?= 2
UV_VERSION := 0.13.9
UV := .uv/bin/uv
READY := .venv/.ready
VENV := .venv/bin

.PHONY: run test check format serve bench setup lock clean

run: setup ## answer a question over examples/library with the embedded model
	@$(VENV)/leadline ask "$(Q)" --library examples/library --no-web --effort quick

test: $(READY) ## run every test, real model and browser included, in so many processes: WORKERS=4
	@$(VENV)/python tests/system.py
	@$(VENV)/python -m compileall -q agents api browser evals research
	@$(VENV)/leadline setup
	@$(VENV)/python -m pytest -n $(WORKERS)

check: $(READY) ## what must hold before a commit: format, lint, types, unit tests
	@$(VENV)/ruff format --check .
	@$(VENV)/ruff check .
	@$(VENV)/mypy
	@$(VENV)/python -m pytest -q -m "not model and not browser"

format: $(READY)
	@$(VENV)/ruff format .
	@$(VENV)/ruff check --fix .

serve: setup ## the API and the viewer on loopback, with a worker in the same process
	@$(VENV)/leadline serve

bench: setup ## what a run costs on this machine
	@$(VENV)/python -m evals.bench.run_cost
	@$(VENV)/python -m evals.bench.reading
	@$(VENV)/python -m evals.bench.orchestration

setup: $(READY)
	@$(VENV)/leadline setup

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Leadline needs Python 3.11 or newer: make PYTHON=python3.11 …" >&2; exit 1; }
	@$(PYTHON) -m venv .uv || { echo "Python's venv module is missing: apt-get install python3-venv" >&2; exit 1; }
	@.uv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(READY): $(UV) requirements.lock pyproject.toml
	@test -d .venv || $(UV) venv --quiet --python $(PYTHON) .venv
	@$(UV) pip sync --quiet --compile-bytecode --require-hashes requirements.lock
	@$(UV) pip install --quiet --no-deps --editable .
	@touch $@

lock: $(UV) ## compile requirements.lock anew from pyproject.toml
	@$(UV) pip compile --quiet --python-version 3.11 --universal --all-extras --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements.lock

clean:
	rm -rf .venv .uv .mypy_cache .ruff_cache .pytest_cache
