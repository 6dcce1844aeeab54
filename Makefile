# The chores of Unrolled. `make help` lists them.
VENV   ?= .venv
PYTHON ?= python3
HOST   ?= 127.0.0.1
PORT   ?= 8501
NAMES  ?=
MODEL  ?=
ARGS   ?=
JOBS   ?= 2

PY := $(VENV)/bin/python
PIP := $(PY) -m pip install --disable-pip-version-check
# The names the server answers to: this machine's own and NAMES; all, for others without NAMES.
HERE = localhost 127.0.0.1 ::1
ANSWERS = $(if $(NAMES),$(HERE) $(NAMES),$(if $(filter $(HERE),$(HOST)),$(HERE),*))
export PYTHONUNBUFFERED = 1
# Servers and trainings of a test would else compile the same files again and again: what is compiled
# is kept, whatever the environment says.
export PYTHONDONTWRITEBYTECODE =
# Each thread of a session would else keep memory of its own: fewer pools, and it is given back.
export MALLOC_ARENA_MAX = 2

.DEFAULT_GOAL := help
# What `make test-fast` leaves out.
SLOW = tests/browser tests/crawl tests/faults tests/load tests/ray tests/training/test_resume.py \
	$(addprefix tests/hostile/test_,attacks.py kernel_folder.py pages.py quotas.py server.py)
PARALLEL = -n $(JOBS) --dist loadscope --no-loadscope-reorder

.PHONY: crawl help run test test-fast test-long test-ray lint bench bench-ui bench-real bench-room bench-quality pretrain dist clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' Makefile
	@echo "  Variables: VENV=$(VENV) PYTHON=$(PYTHON) HOST=$(HOST) PORT=$(PORT)"

run: $(VENV)/.installed ## set up once, then open the dashboard (PORT=, HOST=, NAMES=)
	$(PY) -m streamlit run dashboard/app.py --server.address $(HOST) --server.port $(PORT) \
		$(foreach name,$(ANSWERS),--server.allowedHosts '$(name)')

test: $(VENV)/.installed-dev ## set up once, find a browser, run every test but the long ones (ARGS= goes to pytest, JOBS=0: in one process)
	$(PY) -m tests.browser.find --install
	$(PY) -m pytest $(PARALLEL) $(ARGS)

test-fast: $(VENV)/.installed-dev ## every test but those with a browser, a server, a compiler or whole trainings (3 minutes)
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

bench-ui: $(VENV)/.installed-dev ## measure the dashboard as its users meet it (8 minutes)
	$(PY) -m benchmarks.ui $(ARGS)

bench-real: $(VENV)/.installed-dev ## measure SmolLM2 in every lesson (3 minutes)
	$(PY) -m benchmarks.ui_real $(ARGS)

bench-room: $(VENV)/.installed-dev ## measure it in a room of 300 (9 minutes)
	$(PY) -m benchmarks.rooms

pretrain: $(VENV)/.installed ## train the shipped models again (MODEL=name for one of them)
	$(PY) -m core.publish.train_shipped $(MODEL) $(ARGS)

dist: $(VENV)/.installed ## build the package (wheel and source) into dist/ and check it
	$(PIP) -r requirements-dist.txt
	rm -rf dist
	$(PY) -m build --no-isolation
	$(PY) -m twine check dist/*
	$(VENV)/bin/check-wheel-contents dist/*.whl

clean: ## remove the virtual environment and caches
	rm -rf $(VENV) dist .pytest_cache .mypy_cache .ruff_cache .hypothesis test-results

# The stamps are the memory of what is installed: nothing is installed twice.
$(VENV)/.installed: requirements.txt pyproject.toml | $(PY)
	$(PIP) -r requirements.txt
	touch $@

$(PY):
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Unrolled needs Python 3.11 or newer, not %d.%d: make PYTHON=python3.12 ..." % sys.version_info[:2])'
	$(PYTHON) -m venv $(VENV)

# One installation for all that tests need. What none of them imports is not compiled beforehand, which
# would take as long as the rest of it; Python compiles the others when they are first imported.
$(VENV)/.installed-dev: requirements-dev.txt requirements.txt pyproject.toml | $(PY)
	$(PIP) --no-compile -r requirements-dev.txt
	touch $(VENV)/.installed $@

# Ray lives apart: the dashboard needs nothing of it.
.venv-ray/.installed:
	$(PYTHON) -m venv .venv-ray
	.venv-ray/bin/pip install --disable-pip-version-check "ray[default]==2.60.0"
	touch $@
