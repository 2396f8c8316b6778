#!/usr/bin/env bash
set -eu
exec bash "$ANSIBLE_COLLECTIONS_PATH/ansible_collections/lambdal/cloud/tests/integration/run_tests.sh" \
  test_ssh_key.py test_file_system.py test_firewall_ruleset.py test_info.py
