# Sets Steadyline up from nothing and runs it. Needs Debian or Ubuntu (x86_64 or aarch64), make, and a Python that is
# 3.11, 3.12 or 3.13 with its venv module; everything else comes, hash by hash, from the lock files.
#
#   make demo                       one call, spoken and answered, on this machine
#   make demo PYTHON=python3.12     with another Python
#   make test PYTEST_ARGS="-k wire" a part of the tests

# The first of these that has a version we have locked packages for.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && { echo $$p; break; }; done)
VENV ?= .venv
PEER_VENV := .venv-peer
PYTEST_ARGS ?=
# Two files at a time: calls are in real time and mostly wait.
TEST_WORKERS ?= 2

BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --disable-pip-version-check
CODE := src tests $(wildcard benchmarks examples)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo run test check format bench drills drill-kills drill-soak drill-virtual drill-real lock lock-peer peer clean models

help: ## show this list
	@echo "Steadyline answers the telephone with a local AI. Targets:"
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

demo: models ## set up everything, make one call to it and print the dialogue (leaves demo-output/call.wav)
	$(BIN)/steadyline demo --out demo-output

run: models ## set up everything and answer calls until Ctrl-C
	$(BIN)/steadyline up

# Beside the default set: the other voice and a smaller Whisper, for tests and measurements.
TEST_MODELS := whisper-tiny.en kokoro-82m-int8 kokoro-voices

test: $(VENV)/.installed-dev models ## run all tests
	$(BIN)/steadyline models fetch $(TEST_MODELS)
	$(BIN)/python -m pytest -n $(TEST_WORKERS) --dist loadfile $(PYTEST_ARGS)

check: $(VENV)/.installed-dev ## lint, format, types and the layer rule
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/unit/test_layers.py tests/unit/test_house.py

format: $(VENV)/.installed-dev ## put the code into the format that check asks for
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

bench: $(VENV)/.installed-dev $(PEER_VENV)/.installed models ## measure, and write benchmarks/results/
	$(BIN)/steadyline models fetch $(TEST_MODELS)
	$(BIN)/python -m benchmarks

# Not among our dependencies, and not in our environment: what `python -m benchmarks peers` compares with.
peer: $(PEER_VENV)/.installed ## install Pipecat, which `bench` compares with (.venv-peer, 0.9 GB)

# Every one of them, whatever the others come to; `make -k drills` goes on after one that finds something.
drills: drill-kills drill-soak drill-real drill-virtual ## the whole drills: faults in calls, some hours; results in benchmarks/results/

drill-kills: $(VENV)/.installed-dev models
	$(BIN)/steadyline models fetch $(TEST_MODELS)
	$(BIN)/steadyline drill kills --runs 3
	$(BIN)/steadyline drill kills --cells apart
	$(BIN)/steadyline drill kills --without-standby --service tts --service outbound
	$(BIN)/steadyline drill kills --real-engines

drill-soak: $(VENV)/.installed-dev models
	$(BIN)/steadyline drill soak

drill-real: $(VENV)/.installed-dev models
	$(BIN)/steadyline drill start-orders --real 50
	$(BIN)/steadyline drill loss --real 20

drill-virtual: $(VENV)/.installed-dev
	$(BIN)/steadyline drill start-orders
	$(BIN)/steadyline drill loss
	$(BIN)/steadyline drill simulate --seeds 100000 --minutes 60

clean: ## remove what make, the demo and the tests left here (models and journal stay)
	rm -rf $(VENV) $(PEER_VENV) demo-output build dist src/*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find src tests $(wildcard benchmarks examples) -name __pycache__ -type d -prune -exec rm -rf {} +

# Checks what is on disk and fetches only what is missing, so that a second run needs no network.
models: $(VENV)/.installed
	$(BIN)/steadyline models fetch

# --- virtual environment: a stamp is newer than what it was made from -------------------------------------------

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Steadyline needs Python 3.11, 3.12 or 3.13 and found none. Install one (Debian 12, Ubuntu 24.04" \
		"and newer: apt-get install python3 python3-venv) or name one: make PYTHON=/path/to/python3.12 ..." >&2; exit 1; }
	@command -v "$(PYTHON)" >/dev/null || { echo "there is no $(PYTHON) here; name another: make PYTHON=/path/to/python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; (3, 11) <= v <= (3, 13) or sys.exit( \
		"Steadyline needs Python 3.11, 3.12 or 3.13; $(PYTHON) is %d.%d. Name another: make PYTHON=/path/to/python3.12 ..." % v)'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		v=$$($(PYTHON) -c 'import sys; print("python%d.%d" % sys.version_info[:2])'); \
		echo "$$v cannot make virtual environments (venv or ensurepip is missing): apt-get install $$v-venv" >&2; exit 1; }
	@echo "making the virtual environment $(VENV)"
	@$(PYTHON) -m venv --clear $(VENV)

# Only wheels are taken, so that installing runs nobody's build; the package itself is built with the setuptools of the lock
# file: without build isolation nothing unpinned is fetched.
INSTALL_PACKAGE = $(PIP_INSTALL) --quiet --no-deps --no-build-isolation --editable .

$(VENV)/.installed: $(BIN)/python requirements.lock pyproject.toml
	$(PIP_INSTALL) --require-hashes --only-binary :all: --requirement requirements.lock
	$(INSTALL_PACKAGE)
	@touch $@

$(VENV)/.installed-dev: $(BIN)/python requirements-dev.lock pyproject.toml
	$(PIP_INSTALL) --require-hashes --only-binary :all: --requirement requirements-dev.lock
	$(INSTALL_PACKAGE)
	@touch $@ $(VENV)/.installed

# The lock is whole, so nothing is resolved. It leaves out docopt, which has no wheel and which only the command line of
# num2words wants: without it nobody's build is run.
$(PEER_VENV)/.installed: benchmarks/requirements-peer.lock | $(BIN)/python
	@echo "installing Pipecat into $(PEER_VENV) (0.9 GB)"
	@$(PYTHON) -m venv --clear $(PEER_VENV)
	$(PEER_VENV)/bin/python -m pip install --disable-pip-version-check --quiet --require-hashes --no-deps \
		--only-binary :all: --requirement benchmarks/requirements-peer.lock
	@touch $@

# --- lock files ------------------------------------------------------------------------------------------------------

# Run with Python 3.11, the oldest that is supported: a newer one would pick versions that 3.11 cannot have. The hashes of
# every file of a release are listed, so one lock serves all Pythons and machines. pip's own configuration (mirrors, local
# folders, constraints) is switched off here, that nothing of one machine gets into the lock.
PIP_COMPILE = env -u PIP_FIND_LINKS -u PIP_INDEX_URL -u PIP_EXTRA_INDEX_URL -u PIP_CONSTRAINT PIP_CONFIG_FILE=/dev/null \
	CUSTOM_COMPILE_COMMAND="make $@" $(BIN)/pip-compile --quiet --generate-hashes --strip-extras \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --newline lf
LOCK = $(PIP_COMPILE) --allow-unsafe --extra piper --extra kokoro --extra webphone --build-deps-for editable

lock: $(VENV)/.installed-dev ## resolve the dependencies again (LOCK_ARGS=--upgrade for newer versions)
	@$(BIN)/python -c 'import sys; sys.version_info[:2] == (3, 11) or sys.exit("make lock wants Python 3.11: make clean lock PYTHON=python3.11")'
	@echo "resolving requirements.lock (minutes)"
	$(LOCK) $(LOCK_ARGS) --output-file requirements.lock pyproject.toml
	@echo "resolving requirements-dev.lock (minutes)"
	$(LOCK) $(LOCK_ARGS) --extra dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml

# The engines' libraries are those of our own lock: the same weights on the same versions.
SAME_ENGINES := ctranslate2\|kokoro-onnx\|numpy\|onnxruntime\|piper-tts\|tokenizers

lock-peer: $(VENV)/.installed-dev
	@mkdir -p build
	sed -n 's/^\(\($(SAME_ENGINES)\)==[^ ]*\).*/\1/p' requirements.lock > build/engine-pins.txt
	@echo "resolving benchmarks/requirements-peer.lock (minutes)"
	$(PIP_COMPILE) $(LOCK_ARGS) --no-allow-unsafe --unsafe-package docopt --constraint build/engine-pins.txt \
		--output-file benchmarks/requirements-peer.lock benchmarks/requirements-peer.in
