# The chores of Unrolled. `make help` lists them.
VENV   ?= .venv
HOST   ?= 127.0.0.1
PORT   ?= 8501
NAMES  ?=
MODEL  ?=
ARGS   ?=
# Processes that run tests: one more than two processors, as a test of a page waits for its browser.
JOBS   ?= 3

# The system's own Python, if it will do, else the first on the PATH: distributions build theirs with
# profile-guided optimisation, version managers usually not, and it does the same a quarter faster.
OWN = import ensurepip, sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
ifndef PYTHON
PYTHON := $(shell /usr/bin/python3 -c '$(OWN)' 2> /dev/null && echo /usr/bin/python3 || echo python3)
endif

PY := $(VENV)/bin/python
export PYTHONUNBUFFERED = 1
# Servers and trainings of a test would else compile the same files again and again: what is compiled
# is kept, whatever the environment says.
export PYTHONDONTWRITEBYTECODE =

.DEFAULT_GOAL := help
# What `make test-fast` leaves out: browsers, servers, processes that import everything, compilers, attacks,
# whole trainings and notebooks, real models, and every claim measured again.
SLOW = $(addprefix tests/,browser crawl faults fuzz hostile load ray) \
	$(addprefix tests/dashboard/test_,command.py real_models.py) \
	tests/linear_rnn/test_learning.py tests/system/test_libraries.py \
	tests/models/test_identity.py tests/models/pretrained/test_gguf.py \
	$(addprefix tests/study/test_,claims.py essay.py export.py robustness.py students.py) \
	$(addprefix tests/training/test_,distributed.py loop.py resume.py session.py)
PARALLEL = -n $(JOBS) --dist loadscope --no-loadscope-reorder

.PHONY: crawl help run test test-fast test-long test-ray lint bench bench-ui bench-real bench-room bench-quality pretrain dist clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' Makefile
	@echo "  Variables: VENV=$(VENV) PYTHON=$(PYTHON) HOST=$(HOST) PORT=$(PORT)"

run: $(VENV)/.installed ## set up once, then open the dashboard (PORT=, HOST=, NAMES=)
	$(PY) -m dashboard.command --host $(HOST) --port $(PORT) $(NAMES:%=--name %)

test: $(VENV)/.installed-dev ## set up once, find a browser, run every test but the long ones (ARGS= goes to pytest, JOBS=0: in one process)
	$(PY) -m tests.browser.find --install
	$(PY) -m pytest $(PARALLEL) $(ARGS)

test-fast: $(VENV)/.installed-dev ## every test but those that take long: browsers, attacks, whole trainings (3 minutes)
	$(PY) -m pytest $(PARALLEL) $(SLOW:%=--ignore=%) $(ARGS)

test-ray: $(VENV)/.installed-dev .venv-ray/.installed ## runs on a Ray cluster, against a real one on this machine
	UNROLLED_TEST_RAY=.venv-ray/bin/ray $(PY) -m pytest tests/ray $(ARGS)

test-long: $(VENV)/.installed-dev ## the tests that make test leaves out: every page at every size, every question on a phone, more crashes
	$(PY) -m pytest -m long $(ARGS)

crawl: $(VENV)/.installed-dev ## open every view in a browser (20 minutes; ARGS= names pages)
	$(PY) -m tests.browser.find --install
	$(PY) -m tests.browser.crawl $(ARGS)

lint: $(VENV)/.installed-dev ## ruff, mypy and vulture (code that nothing uses)
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) -m vulture

bench: $(VENV)/.installed-dev ## measure, and print the tables of BENCHMARKS.md
	$(PY) -m benchmarks

bench-quality: $(VENV)/.installed-dev ## train again what the quality rows stand on (hours; MODEL=)
	$(PY) -m benchmarks.quality $(MODEL)

bench-ui: $(VENV)/.installed-dev ## measure the dashboard as its users meet it (20 minutes; ARGS=--avx2)
	$(PY) -m benchmarks.ui $(ARGS)

bench-real: $(VENV)/.installed-dev ## measure SmolLM2 in every lesson (3 minutes)
	$(PY) -m benchmarks.ui_real $(ARGS)

bench-room: $(VENV)/.installed-dev ## measure it in a room of 300 (9 minutes; ARGS=--avx2)
	$(PY) -m benchmarks.rooms $(ARGS)

pretrain: $(VENV)/.installed ## train the shipped models again (MODEL=name for one of them)
	$(PY) -m core.publish.train_shipped $(MODEL) $(ARGS)

dist: $(VENV)/.installed ## build the package (wheel and source) into dist/ and check it
	$(PY) -m pip install --disable-pip-version-check -r requirements-dist.txt
	rm -rf dist
	$(PY) -m build --no-isolation
	$(PY) -m twine check dist/*
	$(VENV)/bin/check-wheel-contents dist/*.whl

clean: ## remove the virtual environment and caches
	rm -rf $(VENV) dist .pytest_cache .mypy_cache .ruff_cache .hypothesis test-results

# The stamps are the memory of what is installed: nothing is installed twice.
$(VENV)/.installed: requirements.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Unrolled needs Python 3.11 or newer, not %d.%d: make PYTHON=python3.12 ..." % sys.version_info[:2])'
	$(PY) -m pip --version > /dev/null 2>&1 || $(PYTHON) -m venv $(if $(wildcard $(VENV)/pyvenv.cfg),--clear) $(VENV)
	$(PY) deploy/get_torch.py
	$(PY) -m pip install --disable-pip-version-check $(LAZILY) -r requirements.txt
	touch $@

# Of all that is installed the tests import little, which Python compiles then: not pip, before them.
$(VENV)/.installed-dev: LAZILY = --no-compile
$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	$(PY) -m pip install --disable-pip-version-check $(LAZILY) -r requirements-dev.txt
	touch $@

# Ray lives apart: the dashboard needs nothing of it.
.venv-ray/.installed:
	$(PYTHON) -m venv .venv-ray
	.venv-ray/bin/pip install --disable-pip-version-check "ray[default]==2.60.0"
	touch $@
