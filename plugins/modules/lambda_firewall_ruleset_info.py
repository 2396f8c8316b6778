#!/usr/bin/python
# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: lambda_firewall_ruleset_info
short_description: List firewall rulesets of Lambda Cloud
version_added: 1.0.0
author:
  - lambdal.cloud contributors (@lambdal-cloud)
description:
  - Lists the firewall rulesets that instances can be launched with, with one request.
  - With O(include_global), one more request reads the global ruleset, which applies in all regions but C(us-south-1).
  - Needs version 1.10.0 of the API.
extends_documentation_fragment:
  - lambdal.cloud.connection
  - lambdal.cloud.attributes.info
  - lambdal.cloud.attributes.action
  - lambdal.cloud.filters.name
  - lambdal.cloud.filters.id
  - lambdal.cloud.filters.region
options:
  include_global:
    description: Whether to return the global ruleset as well. Its C(id) is V(global), and it comes first regardless of the filters.
    type: bool
    default: false
seealso:
  - module: lambdal.cloud.lambda_firewall_ruleset
"""

EXAMPLES = r"""
- name: List all rules that apply in a region
  lambdal.cloud.lambda_firewall_ruleset_info:
    region: [us-east-1]
    include_global: true
"""

RETURN = r"""
firewall_rulesets:
  description: The rulesets.
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
    region:
      description: Region, with C(name) and C(description).
      type: dict
    rules:
      description: Rules, each with C(protocol), C(port_range), C(source_network) and C(description).
      type: list
      elements: dict
    instance_ids:
      description: Ids of the instances that were launched with it.
      type: list
      elements: str
    created:
      description: Time of creation.
      type: str
failure:
  description: The error as data, with C(code), C(message), C(suggestion), C(status) and C(field_errors). A value that is not known is null.
  returned: on failure
  type: dict
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._client.api import Api
from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import region_name
from ansible_collections.lambdal.cloud.plugins.module_utils._module.info import ID, NAME, REGION, Listing
from ansible_collections.lambdal.cloud.plugins.module_utils._module.task import Task, run_module

OPTIONS: dict[str, t.Any] = {**NAME, **ID, **REGION, "include_global": {"type": "bool", "default": False}}

LISTING = Listing(
    "firewall_rulesets", fetch=Api.list_firewall_rulesets, options=OPTIONS, values={"region": region_name}
)


def execute(task: Task) -> None:
    api = task.open_api()
    rows = LISTING.select(LISTING.fetch(api), task.options)
    if task.options["include_global"]:
        rows = [api.get_global_firewall_ruleset(), *rows]
    task.result = lambda: {"changed": False, LISTING.returns: rows}


def main() -> None:
    run_module(execute, OPTIONS)


if __name__ == "__main__":
    main()
