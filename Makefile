# Every target sets up what it needs: a bare Debian or Ubuntu with Python 3.11 and make is enough.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || echo python3)
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check
MODEL := $(BIN)/membroker model fetch
SOURCES := schemas broker_bridge memory workers edge console

.PHONY: help system system-tests install install-dev model up demo test test-rules test-parts test-whole soak fleet check lint types imports unit unit-half unit-rest docs audit bench clean

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

system:
	@PYTHON="$(PYTHON)" ./mosquitto/install.sh

system-tests: system
	@PYTHON="$(PYTHON)" ./mosquitto/install.sh tests

$(VENV)/installed: pyproject.toml requirements.lock | system
	@echo "installing membroker into $(VENV)" >&2
	@$(PYTHON) -m venv $(VENV)
	@$(PIP_INSTALL) -c requirements.lock -e '.[server]'
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	@$(PIP_INSTALL) -c requirements.lock -e '.[server,dev]'
	@touch $@

install: $(VENV)/installed ## Install what runs the memory
install-dev: $(VENV)/installed-dev ## Install what tests it, too

model: install
	@$(MODEL) >/dev/null

up: model ## Start a whole memory on this machine; Ctrl-C stops it
	@exec $(BIN)/membroker up

demo: model ## Replay a real weather station and ask it questions
	@$(BIN)/membroker demo

lint: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install-dev
	$(BIN)/mypy
	$(BIN)/mypy examples

imports: install-dev
	$(BIN)/lint-imports

# Stores write and sync thousands of small files a test. What they promise is kept past a killed process, not
# past a power cut, so memory does as well as a disk, where there is room for it: half the time.
IN_MEMORY := $(shell test "$$(df --output=avail -k /dev/shm 2>/dev/null | tail -n 1)" -ge 4000000 2>/dev/null && echo /dev/shm)
ifneq ($(IN_MEMORY),)
export PYTEST_DEBUG_TEMPROOT ?= $(IN_MEMORY)
endif

# Side by side, as below: two halves of a length.
HALF := memory edge broker_bridge schemas

unit: install-dev
	@$(MAKE) --no-print-directory -j2 unit-half unit-rest

unit-half:
	$(BIN)/pytest -q $(HALF:%=tests/unit/%)

unit-rest:
	$(BIN)/pytest -q tests/unit $(HALF:%=--ignore=tests/unit/%)

check: lint types imports unit ## Lint, types, import contracts, unit tests: under a minute

test: install-dev system-tests model lint types imports ## Everything that CI runs
	rm -f .coverage .coverage.*
	@$(MAKE) --no-print-directory -j3 test-rules test-parts test-whole
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

# Side by side, on two cores: much of what is run in whole processes waits. These count nothing, either.
RULES := tests/unit tests/wire tests/contract
PARTS := tests/broker tests/acceptance
SLOWEST := --durations=10 --durations-min=5

test-rules:
	$(BIN)/coverage run -m pytest -q $(RULES) $(SLOWEST)

test-parts:
	$(BIN)/coverage run -m pytest -q $(PARTS) $(SLOWEST)

test-whole:
	$(BIN)/pytest tests $(RULES:%=--ignore=%) $(PARTS:%=--ignore=%) $(SLOWEST)

# The seed is drawn once, and told first: the same one brings the same faults.
ifndef SEED
SEED := $(shell echo $$((RANDOM * 32768 + RANDOM)))
endif
OBSERVATIONS ?= 100000
KILLS ?= 20

soak: install-dev model ## 100,000 observations and 20 kills; SEED=1 OBSERVATIONS=20000 KILLS=5 to choose
	@echo "SEED=$(SEED)"
	@SEED=$(SEED) OBSERVATIONS=$(OBSERVATIONS) KILLS=$(KILLS) $(BIN)/pytest -q -s tests/faults/test_storm.py

DEVICES ?= 200
EACH ?= 80
STORM_S ?= 60

fleet: install-dev model ## 200 devices, a minute of bad weather; SEED=1 DEVICES=100 EACH=40 STORM_S=30 to choose
	@echo "SEED=$(SEED)"
	@SEED=$(SEED) DEVICES=$(DEVICES) EACH=$(EACH) STORM_S=$(STORM_S) $(BIN)/pytest -q -s tests/faults/test_fleet.py

docs: install-dev ## Make again what is generated: JSON Schema, tables, mosquitto.conf
	$(BIN)/python docs/generate.py

# A virtual environment of its own: what looks at our dependencies should not add to them.
AUDIT := .venv-audit
audit: ## Ask for known vulnerabilities of what is pinned; needs a network, and says so
	@test -x $(AUDIT)/bin/pip-audit || { $(PYTHON) -m venv $(AUDIT) \
	  && $(AUDIT)/bin/pip install --quiet --disable-pip-version-check pip-audit==2.10.1; } \
	  || { echo "NOT AUDITED: pip-audit cannot be installed without a package index" >&2; exit 2; }
	@$(AUDIT)/bin/python .ci/audit.py

bench: install-dev model ## Measure, and print the table
	@$(BIN)/python -m bench

clean: ## Remove what make made
	rm -rf $(VENV) $(AUDIT) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.*
