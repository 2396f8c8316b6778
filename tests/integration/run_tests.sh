#!/usr/bin/env bash
# Run integration tests for a target of `ansible-test integration`: run_tests.sh FILE...
# They need a simulator, which lies in the checkout and is no part of the built collection.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# What ansible-test sets for its own playbooks is not what users have, whom the tests stand in for.
python=$ANSIBLE_TEST_PYTHON_INTERPRETER
core=$ANSIBLE_TEST_ANSIBLE_VERSION
unset PYTHONPATH "${!ANSIBLE_@}"
PATH=$(tr : '\n' <<<"$PATH" | grep -v ansible-test | paste -sd :)

if [ ! -d simulator ]; then
  echo "These tests need the simulator, which is not in $PWD/simulator: run them in a checkout of the repository."
  exit 1
fi

# An environment made by tools/setup.py has everything. Any other is left as it is, and gets a companion.
if [ ! -x "$(dirname "$python")/lambda-cloud-simulator" ]; then
  companion=.build/ansible-test
  if [ "${1:-}" = --setup ]; then
    rm -rf "$companion"
    "$python" -m venv "$companion"
    "$companion/bin/python" -m pip install --quiet --disable-pip-version-check \
      "ansible-core==$core" -r requirements.txt -r tests/requirements.txt ./simulator
  fi
  python=$PWD/$companion/bin/python
fi

# The tree that Ansible wants, as tools/setup.py makes it
mkdir -p .build/ansible_collections/lambdal
ln -sfn ../../.. .build/ansible_collections/lambdal/cloud

if [ "${1:-}" != --setup ]; then
  cd tests/integration
  exec "$python" -m pytest -q -rs -m 'not slow' -n auto --dist loadfile "$@"
fi
