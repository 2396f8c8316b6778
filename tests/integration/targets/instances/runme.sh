#!/usr/bin/env bash
set -eu
exec bash "$ANSIBLE_COLLECTIONS_PATH/ansible_collections/lambdal/cloud/tests/integration/run_tests.sh" \
  test_controllers.py test_every_path.py test_identity.py test_instance.py test_instance_placement.py test_instance_policies.py test_instance_restart.py test_interrupts.py test_name_lock.py test_needs.py test_odd_places.py test_replace.py test_spending.py test_wait_for.py
