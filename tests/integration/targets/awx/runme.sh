#!/usr/bin/env bash
set -eu
exec bash "$ANSIBLE_COLLECTIONS_PATH/ansible_collections/lambdal/cloud/tests/integration/run_tests.sh" \
  test_answers.py test_awx.py
