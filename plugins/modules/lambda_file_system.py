#!/usr/bin/python
# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: lambda_file_system
short_description: Manage file systems of Lambda Cloud
version_added: 1.0.0
author:
  - lambdal.cloud contributors (@lambdal-cloud)
description:
  - Ensures that a file system exists or does not exist. A file system is known by its name and its region.
  - Needs version 1.10.0 of the API. Version 1.5.3 can only list file systems.
  - It bills for the bytes that it holds, as long as it exists. The diff shows them as C(billed_bytes).
  - A file system attaches to an instance when the instance is launched, and only in its own region.
extends_documentation_fragment:
  - lambdal.cloud.connection
  - lambdal.cloud.attributes.resource
  - lambdal.cloud.attributes.action
options:
  name:
    description: Name of the file system. A letter, then letters, digits and dashes, 60 in all at most.
    type: str
    required: true
  region:
    description:
      - The region. The same name may exist in several.
      - Needed to create a file system, and to delete one whose name exists in several regions.
    type: str
  state:
    description: Whether the file system shall exist.
    type: str
    choices: [present, absent]
    default: present
  force_destroy:
    description:
      - Whether a file system that holds data may be deleted, with all its data.
      - Also needed for one that is in use, or of which the service does not tell what it holds, since its estimate is hours old.
    type: bool
    default: false
  wait:
    description: Whether to wait for a file system that is in use before it is deleted. One in use is never deleted.
    type: bool
    default: true
  wait_timeout:
    description: Seconds to wait until it is no longer in use.
    type: float
    default: 600
  wait_interval:
    description: Seconds between two looks at the list of file systems.
    type: float
    default: 10
  outcome_timeout:
    description: Seconds to look for a file system whose creation got no usable answer, before it is sent again.
    type: float
    default: 30
seealso:
  - module: lambdal.cloud.lambda_file_system_info
  - module: lambdal.cloud.lambda_instance
"""

EXAMPLES = r"""
- name: Ensure a file system for checkpoints
  lambdal.cloud.lambda_file_system:
    name: run-7
    region: us-east-1

- name: Delete it, with whatever it holds, as soon as no machine uses it
  lambdal.cloud.lambda_file_system:
    name: run-7
    region: us-east-1
    state: absent
    force_destroy: true
"""

RETURN = r"""
file_system:
  description:
    - The file system, or the one that was deleted; null when there was none. Its fields are those of
      M(lambdal.cloud.lambda_file_system_info). In check mode, what only the service can know is null.
  returned: success
  type: dict
  sample:
    id: 0920582c7ff041399e34823a0be62547
    name: run-7
    created: '2026-02-24T20:48:56+00:00'
    created_by: {id: 0920582c7ff041399e34823a0be62550, email: me@example.com, status: active}
    mount_point: /lambda/nfs/run-7
    region: {name: us-east-1, description: "Virginia, USA"}
    is_in_use: false
    bytes_used: 0
failure:
  description: The error in parts, C(code), C(message), C(suggestion), C(status) and C(field_errors), null where there is none.
  returned: on failure
  type: dict
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._file_systems import FILE_SYSTEM, WantedFileSystem
from ansible_collections.lambdal.cloud.plugins.module_utils._module import WAIT_SPEC
from ansible_collections.lambdal.cloud.plugins.module_utils._resource_module import run_resource


def wanted(options: t.Mapping[str, t.Any]) -> WantedFileSystem:
    return WantedFileSystem(options["name"], options["region"], options["force_destroy"], options["wait"])


def main() -> None:
    run_resource(
        FILE_SYSTEM,
        returns="file_system",
        wanted=wanted,
        options={
            **WAIT_SPEC,
            "wait_timeout": {"type": "float", "default": 600.0},
            "force_destroy": {"type": "bool", "default": False},
        },
        # It bills by what it holds.
        shown=lambda row: {**row, "billed_bytes": row.get("bytes_used") or 0},
        required_if=[("state", "present", ("region",))],
    )


if __name__ == "__main__":
    main()
