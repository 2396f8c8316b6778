#!/usr/bin/env bash
set -eu
exec bash "$ANSIBLE_COLLECTIONS_PATH/ansible_collections/lambdal/cloud/tests/integration/run_tests.sh" \
  test_checkout.py test_examples.py test_guides.py test_installed.py test_leftovers.py test_under_load.py
