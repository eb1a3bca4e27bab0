# Two commands do everything: `make demo` shows Poise at work, `make test` checks all of it.
PYTHON ?= python3
BIN    := .venv/bin
PORT   ?= 0
DATA   ?= .poise
STAMP  := .venv/.installed

.PHONY: demo test check bench schema format lock clean
.DEFAULT_GOAL := help

help:
	@echo "make demo    everything from nothing: environment, database, queue, a league, a live game (PORT=$(PORT))"
	@echo "make test    every test, on a real database, a real queue and a real browser"
	@echo "make check   ruff, mypy, import contracts, schema snapshot: quick"
	@echo "make bench   the measurements of benchmarks/RESULTS.md, as ratios in one run"
	@echo "make schema  write schema.graphql from the code"

# constraints.txt names every version and hash; the two packages of this repository go on top, editable.
$(STAMP): constraints.txt pyproject.toml adapters/sdk/pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Poise needs Python 3.11 or newer; '$(PYTHON)' is older. Try: make PYTHON=python3.11 ..."; exit 1; }
	@echo "installing into .venv (a minute or two, once)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement constraints.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation \
		--editable adapters/sdk --editable .
	@touch $@

demo: $(STAMP)
	@exec $(BIN)/poise demo --port $(PORT) --data $(DATA)

test: $(STAMP) check
	$(BIN)/python tests/browser/install.py
	$(BIN)/pytest -n auto --dist worksteal

check: $(STAMP)
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/poise schema --check

bench: $(STAMP)
	$(BIN)/python -m benchmarks

schema: $(STAMP)
	$(BIN)/poise schema --write

format: $(STAMP)
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format --quiet .

# Needs `uv` on the PATH: it resolves for every platform at once.
lock:
	$(PYTHON) scripts/lock.py | uv pip compile - --generate-hashes --universal --python-version 3.11 \
		--no-emit-index-url --no-annotate --no-header --output-file constraints.txt

clean:
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis
