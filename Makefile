# Two commands do everything on a fresh machine with Python 3.11 or newer: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test check bench soak fuzz clean

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "witnessmark needs Python 3.11 or newer: make PYTHON=python3.11 …"; exit 64; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $(READY)

demo: $(READY)
	@$(BIN)/witnessmark demo demo --again

test: $(READY)
	$(BIN)/python -m pytest -n auto -m "not soak"

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m pytest -n auto -m "not soak"

bench: $(READY)
	$(BIN)/python benchmarks/bench.py $(ITEM)

# ITEM=name runs one item; each stays under 90 minutes.
soak: $(READY)
	$(BIN)/python -m pytest -m soak -n 2 $(if $(ITEM),-k "$(ITEM)")

# Open-ended: every property with thousands of examples; stop it when you like.
fuzz: $(READY)
	HYPOTHESIS_PROFILE=thorough $(BIN)/python -m pytest -n auto -m "not soak and not browser" $(if $(ITEM),-k "$(ITEM)")

clean:
	rm -rf demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
