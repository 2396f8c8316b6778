# The checkout may lie anywhere: .build holds the tree that Ansible wants, .venv everything from PyPI.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help setup demo test clean

help:
	@echo 'make demo    launch, find, provision and terminate machines on the simulator'
	@echo 'make test    run the tests'
	@echo 'make setup   only make the virtual environment (done by the others as well)'
	@echo 'make clean   remove what these commands made'

setup:
	@$(PYTHON) tools/setup.py run

demo: setup
	@$(BIN)/python demo/run.py

test:
	@$(PYTHON) tools/setup.py test
	@$(BIN)/python -m pytest

clean:
	rm -rf .venv .build .pytest_cache .mypy_cache .ruff_cache .hypothesis
