#!/usr/bin/python
# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: lambda_ssh_key_info
short_description: List SSH keys of Lambda Cloud
version_added: 1.0.0
author:
  - lambdal.cloud contributors (@lambdal-cloud)
description:
  - Lists the public SSH keys of the account, with one request.
extends_documentation_fragment:
  - lambdal.cloud.connection
  - lambdal.cloud.attributes.info
  - lambdal.cloud.attributes.action
  - lambdal.cloud.filters.name
  - lambdal.cloud.filters.id
seealso:
  - module: lambdal.cloud.lambda_ssh_key
"""

EXAMPLES = r"""
- name: List all keys
  lambdal.cloud.lambda_ssh_key_info:
  register: keys

- name: Show their names
  ansible.builtin.debug:
    msg: "{{ keys.ssh_keys | map(attribute='name') }}"
"""

RETURN = r"""
ssh_keys:
  description: The keys, in the order of the API.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Unique id.
      type: str
    name:
      description: Name.
      type: str
    public_key:
      description: Public key.
      type: str
  sample:
    - id: 0920582c7ff041399e34823a0be62548
      name: laptop
      public_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAaTM9EBVJ7WcVcV5nUJPwJ6gYzJ3nOVkqzQwVvWfJbx
failure:
  description: The error as data, with C(code), C(message), C(suggestion), C(status) and C(field_errors). A value that is not known is null.
  returned: on failure
  type: dict
"""

from ansible_collections.lambdal.cloud.plugins.module_utils._client.api import Api
from ansible_collections.lambdal.cloud.plugins.module_utils._module.info import ID, NAME, Listing, run_info
from ansible_collections.lambdal.cloud.plugins.module_utils._results import ssh_key_result

LISTING = Listing(
    "ssh_keys", fetch=Api.list_ssh_keys, options={**NAME, **ID}, show=lambda row, options: ssh_key_result(row)
)


def main() -> None:
    run_info(LISTING)


if __name__ == "__main__":
    main()
