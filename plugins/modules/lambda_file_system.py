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
  - Creates or deletes a file system. A file system is identified by its name and region.
  - Needs version 1.10.0 of the API. Version 1.5.3 can only list file systems.
  - You pay for the bytes that a file system holds for as long as it exists. The diff shows them as C(billed_bytes).
  - A file system attaches to an instance when the instance is launched, and only in its own region.
extends_documentation_fragment:
  - lambdal.cloud.connection
  - lambdal.cloud.attributes.resource
  - lambdal.cloud.attributes.action
options:
  name:
    description: Name of the file system, up to 60 letters, digits and hyphens, beginning with a letter.
    type: str
    required: true
  region:
    description:
      - Region of the file system. File systems in different regions can have the same name.
      - Required with O(state=present), and to delete a file system whose name exists in several regions.
    type: str
  state:
    description: Whether the file system should exist.
    type: str
    choices: [present, absent]
    default: present
  force_destroy:
    description:
      - Whether to delete a file system that holds data, or may hold some, with all its data.
      - Without it, a file system is only deleted if it is certainly empty. The service's C(bytes_used) is an estimate that can be
        hours old, and it does not say which instances wrote to a file system. So C(bytes_used) has to be 0, no instance may use
        the file system, and the account's audit log may show no event of any instance in the last 24 hours, or since the file
        system was created if that is later.
      - Therefore required to delete a file system right after the instances that used it.
    type: bool
    default: false
  wait:
    description:
      - Whether to wait until a file system is no longer in use before deleting it. A file system in use is never deleted.
      - The service can refuse to delete a file system for being in use although it lists it as free. That is waited for as well.
    type: bool
    default: true
  wait_timeout:
    description: Seconds to wait until the file system is no longer in use and was deleted.
    type: float
    default: 600
  wait_interval:
    description: Seconds between two polls of the list of file systems.
    type: float
    default: 10
  outcome_timeout:
    description: Seconds to look for a new file system after the response to the create request was lost, before retrying.
    type: float
    default: 30
seealso:
  - module: lambdal.cloud.lambda_file_system_info
  - module: lambdal.cloud.lambda_instance
"""

EXAMPLES = r"""
- name: Create a file system for checkpoints
  lambdal.cloud.lambda_file_system:
    name: run-7
    region: us-east-1

- name: Delete it with all its data as soon as no instance uses it
  lambdal.cloud.lambda_file_system:
    name: run-7
    region: us-east-1
    state: absent
    force_destroy: true
"""

RETURN = r"""
file_system:
  description:
    - The file system that exists or was deleted, or null if there was none. Its fields are those of
      M(lambdal.cloud.lambda_file_system_info). In check mode, values that the service would assign are null.
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
  description: The error as data, with C(code), C(message), C(suggestion), C(status) and C(field_errors). A value that is not known is null.
  returned: on failure
  type: dict
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._module.argspec import RESOURCE_SPEC, WAIT_SPEC
from ansible_collections.lambdal.cloud.plugins.module_utils._module.resource import run_resource
from ansible_collections.lambdal.cloud.plugins.module_utils._resources.file_system import FileSystemSpec, FileSystemType

ARGUMENT_SPEC: dict[str, t.Any] = {
    **RESOURCE_SPEC,
    **WAIT_SPEC,
    "wait_timeout": {"type": "float", "default": 600.0},
    "force_destroy": {"type": "bool", "default": False},
}


def read_spec(options: t.Mapping[str, t.Any]) -> FileSystemSpec:
    return FileSystemSpec(options["name"], options["region"], options["force_destroy"], options["wait"])


def diff_state(rows: t.Sequence[t.Any]) -> dict[str, t.Any]:
    # A file system bills by what it holds.
    return {**rows[0], "billed_bytes": rows[0].get("bytes_used") or 0} if rows else {}


def main() -> None:
    run_resource(
        FileSystemType,
        returns="file_system",
        read_spec=read_spec,
        argument_spec=ARGUMENT_SPEC,
        diff_state=diff_state,
        required_if=[("state", "present", ("region",))],
    )


if __name__ == "__main__":
    main()
