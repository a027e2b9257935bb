# Everything a fresh clone needs: `make contracts` runs the contracts, `make test` every check.
# Needed beforehand: gcc, make, Python 3.11 or later with venv. No root.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/pip --disable-pip-version-check --quiet
STAMP  := $(VENV)/installed

# The compiled core is built when the package is installed.
CPU    := pytest_kevlar/kernel/cpu
CORE   := $(CPU)/build_core.py $(filter-out $(CPU)/_core.c,$(wildcard $(CPU)/*.[ch])) \
          $(wildcard pytest_kevlar/kernel/abi/*.h)

.PHONY: contracts trace test lint types setup clean

contracts: setup
	$(BIN)/pytest contracts

# The system calls of one contract beside those of Linux: make trace TEST=brk_basic
trace: setup
	$(BIN)/pytest contracts -k "$(TEST)" --kevlar-trace=all --kevlar-strict -v

test: setup lint types
	$(BIN)/pytest tests -n 2
	$(BIN)/pytest contracts --kevlar-arch=all
	$(BIN)/pytest contracts --kevlar-arch=all -n 2
	$(BIN)/pytest contracts/signals contracts/ipc --kevlar-profile=all -n 2

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

# A compiler that this host lacks comes as a wheel.
setup: $(STAMP)
	@$(BIN)/python -m pytest_kevlar.toolchain >/dev/null || $(PIP) install --editable '.[test,zig]'

$(STAMP): setup.cfg setup.py pyproject.toml $(CORE)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or later is needed; name one: make PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv --clear $(VENV)
	$(PIP) install --editable '.[test]'
	@touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
	rm -f $(CPU)/_core.c $(CPU)/_core*.o $(CPU)/_core*.so
	find . -name __pycache__ -prune -exec rm -rf {} +
