#!/usr/bin/python
# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: lambda_file_system_info
short_description: List file systems of Lambda Cloud
version_added: 1.0.0
author:
  - lambdal.cloud contributors (@lambdal-cloud)
description:
  - Lists the file systems of the account, with one request.
extends_documentation_fragment:
  - lambdal.cloud.connection
  - lambdal.cloud.attributes.info
  - lambdal.cloud.attributes.action
  - lambdal.cloud.filters.name
  - lambdal.cloud.filters.id
  - lambdal.cloud.filters.region
seealso:
  - module: lambdal.cloud.lambda_instance
"""

EXAMPLES = r"""
- name: List the file systems of a region
  lambdal.cloud.lambda_file_system_info:
    region: [us-east-1]
  register: found

- name: Show where they are mounted
  ansible.builtin.debug:
    msg: "{{ found.file_systems | items2dict(key_name='name', value_name='mount_point') }}"
"""

RETURN = r"""
file_systems:
  description: The file systems, in the order of the API.
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
    created:
      description: Time of creation.
      type: str
    created_by:
      description: User who created it, with C(id), C(email) and C(status).
      type: dict
    mount_point:
      description: Path at which instances mount it by default.
      type: str
    region:
      description: Region, with C(name) and C(description).
      type: dict
    is_in_use:
      description: Whether an instance uses it.
      type: bool
    bytes_used:
      description: Bytes that it holds, as an estimate that can be hours old. Not always known.
      type: int
  sample:
    - id: 0920582c7ff041399e34823a0be62547
      name: shared-fs
      created: '2026-02-24T20:48:56+00:00'
      created_by: {id: 0920582c7ff041399e34823a0be62550, email: me@example.com, status: active}
      mount_point: /lambda/nfs/shared-fs
      region: {name: us-east-1, description: "Virginia, USA"}
      is_in_use: false
      bytes_used: 2147483648
failure:
  description: The error as data, with C(code), C(message), C(suggestion), C(status) and C(field_errors). A value that is not known is null.
  returned: on failure
  type: dict
"""

from ansible_collections.lambdal.cloud.plugins.module_utils._client.api import Api
from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import region_name
from ansible_collections.lambdal.cloud.plugins.module_utils._module.info import ID, NAME, REGION, Listing, run_info

LISTING = Listing(
    "file_systems", fetch=Api.list_file_systems, options={**NAME, **ID, **REGION}, values={"region": region_name}
)


def main() -> None:
    run_info(LISTING)


if __name__ == "__main__":
    main()
