#!/usr/bin/env bash
set -eu
exec bash "$ANSIBLE_COLLECTIONS_PATH/ansible_collections/lambdal/cloud/tests/integration/run_tests.sh" \
  test_account.py test_billing.py test_doctor.py test_expiry.py test_fleet_role.py test_main_job.py test_output.py test_playbooks.py test_progress.py test_ray_cluster.py test_roles_as_root.py test_roles_on_machines.py test_roles_with_units.py test_ssh_hosts.py test_torchrun.py test_wait_until_ready.py
