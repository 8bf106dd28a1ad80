# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.

# Variables: PYTHON (to make the virtual environment with), VENV (its folder),
# JOBS (test modules at a time), TESTS (names of test modules, or a part of
# them), BENCHMARK=reduced (a smaller benchmark).

SHELL = /bin/sh
FIRST_PYTHON = for python in python3.13 python3.12 python3.11 python3; do \
	if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		>/dev/null 2>&1; then echo $$python; break; fi; done
PYTHON ?= $(shell $(FIRST_PYTHON))
VENV ?= .venv
JOBS ?=
TESTS ?=
BENCHMARK ?=

RUN = $(VENV)/bin/python -m
STAMP = $(VENV)/.stamp
RUN_TESTS = $(RUN) tests.run $(if $(JOBS),-j $(JOBS)) $(TESTS)
SOURCES = Makefile setup.py pyproject.toml constraints.txt tools/bootstrap.py \
	$(wildcard tryton.cfg */tryton.cfg)

export PIP_DISABLE_PIP_VERSION_CHECK = 1
export PIP_NO_INPUT = 1

.DEFAULT_GOAL = help
.PHONY: help setup demo test test-postgresql lint benchmark robustness doc \
	clean distclean

help:
	@echo "make demo             a whole session against a Google of its own"
	@echo "make test             every test, on SQLite"
	@echo "make test-postgresql  every test, on a PostgreSQL of its own"
	@echo "make lint             check the style"
	@echo "make benchmark        count requests and seconds"
	@echo "make robustness       crashes and faults, at length"
	@echo "make doc              build the documentation"
	@echo "make clean            remove what was built"
	@echo "make distclean        remove the virtual environment, too"

setup: $(STAMP)

$(STAMP): $(SOURCES)
	@if [ -z "$(PYTHON)" ]; then \
		echo "Python 3.11 or newer is needed:" \
			"make PYTHON=<its path> ..." >&2; \
		exit 1; \
	fi
	@echo "Setting up $(VENV)"
	@"$(PYTHON)" tools/bootstrap.py "$(VENV)"
	@$(RUN) pip install -qq -c constraints.txt pip setuptools wheel
	@$(RUN) pip install -qq --no-build-isolation -c constraints.txt \
		-e '.[test,lint,doc]'
	@touch $@

demo: $(STAMP)
	@$(RUN) tests.demo

test: $(STAMP)
	@$(RUN_TESTS)

test-postgresql: $(STAMP)
	@$(RUN_TESTS) --postgresql

lint: $(STAMP)
	@$(RUN) ruff check .

benchmark: $(STAMP)
	@$(RUN) tests.benchmark $(if $(filter reduced,$(BENCHMARK)),--reduced)

robustness: $(STAMP)
	@$(RUN) tests.robustness

doc: $(STAMP)
	@$(RUN) sphinx -q -W --keep-going doc doc/_build

clean:
	rm -rf .cache .ruff_cache .hypothesis build dist doc/_build *.egg-info
	find . -name __pycache__ -not -path './.venv*' -prune -exec rm -rf {} +

distclean: clean
	@if [ -f "$(VENV)/pyvenv.cfg" ]; then rm -rf "$(VENV)"; fi
