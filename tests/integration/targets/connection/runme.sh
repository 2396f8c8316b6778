#!/usr/bin/env bash
set -eu
exec bash "$ANSIBLE_COLLECTIONS_PATH/ansible_collections/lambdal/cloud/tests/integration/run_tests.sh" \
  test_errors.py test_numbers.py test_pacing.py test_rate_limit.py test_secrets.py test_selection.py test_terminal.py test_transport.py
