#!/usr/bin/env bash
set -eu
exec bash "$ANSIBLE_COLLECTIONS_PATH/ansible_collections/lambdal/cloud/tests/integration/run_tests.sh" \
  test_alone.py test_inventory.py test_inventory_filters.py test_inventory_formats.py test_inventory_names.py test_inventory_options.py test_inventory_accounts.py test_inventory_ssh.py
