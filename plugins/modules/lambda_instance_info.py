#!/usr/bin/python
# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: lambda_instance_info
short_description: List instances of Lambda Cloud
version_added: 0.1.0
author:
  - lambdal.cloud contributors (@lambdal-cloud)
description:
  - Lists the instances of the account, with one request.
extends_documentation_fragment:
  - lambdal.cloud.connection
  - lambdal.cloud.attributes.info
options:
  name:
    description:
      - Return only instances of these names. Each is a name, a host range such as V(train-[01:08]), or a glob such as V(train-*).
    type: list
    elements: str
  id:
    description: Return only instances with these ids.
    type: list
    elements: str
  status:
    description: Return only instances in one of these states.
    type: list
    elements: str
    choices: [booting, active, unhealthy, terminating, terminated, preempted]
  region:
    description: Return only instances in these regions.
    type: list
    elements: str
  instance_type:
    description: Return only instances of these types.
    type: list
    elements: str
  show_jupyter:
    description: Whether to return C(jupyter_token) and C(jupyter_url), which log anybody in who holds them.
    type: bool
    default: false
seealso:
  - module: lambdal.cloud.lambda_instance
  - plugin: lambdal.cloud.lambda_cloud
    plugin_type: inventory
"""

EXAMPLES = r"""
- name: List what runs in two regions
  lambdal.cloud.lambda_instance_info:
    region: [us-east-1, us-west-1]
    status: [active]
  register: found

- name: Show names and addresses
  ansible.builtin.debug:
    msg: "{{ found.instances | items2dict(key_name='name', value_name='ip') }}"

- name: Look for the machines of a group
  lambdal.cloud.lambda_instance_info:
    name: ["train-[01:08]", "eval-*"]
"""

RETURN = r"""
instances:
  description: The instances, in the order of the API, as M(lambdal.cloud.lambda_instance) returns them.
  returned: success
  type: list
  elements: dict
hourly_cost_cents:
  description: What they cost together, in US cents per hour; null where the API did not tell a price.
  returned: success
  type: int
  sample: 75
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._filters import by_name, by_value
from ansible_collections.lambdal.cloud.plugins.module_utils._module import Task, run_module
from ansible_collections.lambdal.cloud.plugins.module_utils._report import hourly_cost_cents
from ansible_collections.lambdal.cloud.plugins.module_utils._view import (
    instance_result,
    instance_type_name,
    region_name,
)

ARGUMENT_SPEC: dict[str, t.Any] = {
    "name": {"type": "list", "elements": "str"},
    "id": {"type": "list", "elements": "str"},
    "status": {
        "type": "list",
        "elements": "str",
        "choices": ["booting", "active", "unhealthy", "terminating", "terminated", "preempted"],
    },
    "region": {"type": "list", "elements": "str"},
    "instance_type": {"type": "list", "elements": "str"},
    "show_jupyter": {"type": "bool", "default": False},
}


def execute(task: Task) -> None:
    options = task.options
    rows = by_name(task.open_api().list_instances(), options["name"])
    rows = by_value(rows, options["id"], lambda row: row["id"])
    rows = by_value(rows, options["status"], lambda row: row.get("status"))
    rows = by_value(rows, options["region"], region_name)
    rows = by_value(rows, options["instance_type"], instance_type_name)
    task.result = lambda: {
        "changed": False,
        "instances": [instance_result(row, options["show_jupyter"]) for row in rows],
        "hourly_cost_cents": hourly_cost_cents(rows),
    }


def main() -> None:
    run_module(execute, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
