# The two commands: `make run` (a working site on http://127.0.0.1:8000) and `make test`.
# Needs Python 3.11 or newer and make; everything else is fetched.

PYTHON := $(shell for p in python3.11 python3.12 python3 python; do command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
PORT ?= 8000
ROWS ?=

.PHONY: run test check bench lock clean prepare prepare-dev python

run: prepare
	@PORT=$(PORT) $(BIN)/python scripts/serve.py

test: prepare-dev
	@$(BIN)/python scripts/run_tests.py

check: prepare-dev
	@$(BIN)/python scripts/check.py

bench: prepare-dev
	@ROWS=$(ROWS) $(BIN)/python scripts/bench.py

prepare: python
	@$(PYTHON) scripts/prepare.py requirements.txt

prepare-dev: python
	@$(PYTHON) scripts/prepare.py requirements-dev.txt

python:
	@test -n "$(PYTHON)" || { echo "缺少 Python 3.11 或更新的版本 (Python 3.11+ is required: install python3.11 and python3.11-venv)"; exit 1; }

# Locks with hashes, for Python 3.11.
lock: prepare-dev
	@$(BIN)/python scripts/lock.py

clean:
	rm -rf .venv .build node_modules static/vendor var/static .pytest_cache .mypy_cache .ruff_cache .hypothesis
