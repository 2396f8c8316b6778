#!/usr/bin/python
# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: lambda_instance_info
short_description: List instances of Lambda Cloud
version_added: 1.0.0
author:
  - lambdal.cloud contributors (@lambdal-cloud)
description:
  - Lists the instances of the account, with one request.
extends_documentation_fragment:
  - lambdal.cloud.connection
  - lambdal.cloud.attributes.info
  - lambdal.cloud.attributes.action
  - lambdal.cloud.filters.name
  - lambdal.cloud.filters.id
  - lambdal.cloud.filters.region
options:
  status:
    description: Return only instances with one of these statuses.
    type: list
    elements: str
    choices: [booting, active, unhealthy, terminating, terminated, preempted]
  instance_type:
    description: Return only instances of these types.
    type: list
    elements: str
  tags:
    description: Return only instances with all of these tags, as keys and values. The value V(*) matches any value.
    type: dict
  show_jupyter:
    description: Whether to return C(jupyter_token) and C(jupyter_url), with which anybody can log in to JupyterLab on the instance.
    type: bool
    default: false
seealso:
  - module: lambdal.cloud.lambda_instance
  - plugin: lambdal.cloud.lambda_cloud
    plugin_type: inventory
"""

EXAMPLES = r"""
- name: List active instances in two regions
  lambdal.cloud.lambda_instance_info:
    region: [us-east-1, us-west-1]
    status: [active]
  register: found

- name: Show names and addresses
  ansible.builtin.debug:
    msg: "{{ found.instances | items2dict(key_name='name', value_name='ip') }}"

- name: List the instances of a project
  lambdal.cloud.lambda_instance_info:
    tags: {project: vision}

- name: Find instances by names and patterns
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
  description:
    - Total cost of these instances in US cents per hour, or null if the API did not report a price.
    - Instances that are terminating or terminated cost nothing.
  returned: success
  type: int
  sample: 75
failure:
  description: The error as data, with C(code), C(message), C(suggestion), C(status) and C(field_errors). A value that is not known is null.
  returned: on failure
  type: dict
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._client.api import Api
from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import instance_type_name, region_name
from ansible_collections.lambdal.cloud.plugins.module_utils._filters import by_tags
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.report import hourly_cost_cents
from ansible_collections.lambdal.cloud.plugins.module_utils._module.info import ID, NAME, REGION, Listing, run_info
from ansible_collections.lambdal.cloud.plugins.module_utils._results import instance_result

OPTIONS: dict[str, t.Any] = {
    **NAME,
    **ID,
    **REGION,
    "status": {
        "type": "list",
        "elements": "str",
        "choices": ["booting", "active", "unhealthy", "terminating", "terminated", "preempted"],
    },
    "instance_type": {"type": "list", "elements": "str"},
    "tags": {"type": "dict"},
    "show_jupyter": {"type": "bool", "default": False},
}


LISTING = Listing(
    "instances",
    fetch=Api.list_instances,
    options=OPTIONS,
    values={"region": region_name, "status": lambda row: row.get("status"), "instance_type": instance_type_name},
    choose=lambda rows, options: by_tags(rows, options["tags"]),
    show=lambda row, options: instance_result(row, options["show_jupyter"]),
    more=lambda rows: {"hourly_cost_cents": hourly_cost_cents(rows)},
)


def main() -> None:
    run_info(LISTING)


if __name__ == "__main__":
    main()
