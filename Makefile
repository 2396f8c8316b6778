# The checkout may lie anywhere: .build holds the tree that Ansible wants, .venv everything from PyPI.
PYTHON ?= python3
BIN := .venv/bin
# Tests to run; `make test TESTS=slow` runs those that take minutes.
TESTS ?= not slow
# Tests run this many files at a time: they wait for machines as much as they compute.
WORKERS ?= $(shell expr 2 '*' $$(getconf _NPROCESSORS_ONLN))
PYTEST = -q -rs --durations=15 -n $(WORKERS) --maxprocesses 16 --dist loadfile

# Told before minutes of installation.
NEEDS_LINUX = @[ "$$(uname -s)" = Linux ] || { echo "make $@ needs Linux for the hosts that stand in for instances. Elsewhere the" \
  "collection works, and so does the simulator without hosts: make setup, then $(BIN)/lambda-cloud-simulator serve." >&2; exit 1; }

.PHONY: help setup demo test molecule docs clean

help:
	@echo 'make demo      launch, find, provision and terminate machines on the simulator'
	@echo 'make test      run the tests; those that take minutes only with TESTS=slow'
	@echo 'make molecule  test every role over SSH on simulated machines, as root'
	@echo 'make docs      build the documentation site in build/docs/html'
	@echo 'make setup     only make the virtual environment (done by the others as well)'
	@echo 'make clean     remove what these commands made'

setup:
	@$(PYTHON) tools/setup.py run

demo:
	$(NEEDS_LINUX)
	@$(PYTHON) tools/setup.py run
	@$(BIN)/python -E demo/run.py

# Both suites run, whatever the first says. -rs says of each test that was skipped why; what -m leaves out, pytest counts as deselected.
test:
	@$(PYTHON) tools/setup.py test
	@status=0; \
	(cd simulator && ../$(BIN)/python -m pytest $(PYTEST) -m '$(TESTS)') || status=$$?; \
	$(BIN)/python -m pytest $(PYTEST) -m '$(TESTS)' || status=$$?; \
	exit $$status
	@echo "Ran the tests marked '$(TESTS)'; 'make test TESTS=slow' runs those that take minutes."

molecule:
	$(NEEDS_LINUX)
	@$(PYTHON) tools/setup.py test molecule
	$(BIN)/python tools/molecule.py

docs:
	@$(PYTHON) tools/setup.py docs
	$(BIN)/python tools/docs.py

clean:
	rm -rf .venv .venv-eda .build build .pytest_cache .mypy_cache .ruff_cache .hypothesis
