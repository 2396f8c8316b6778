#!/usr/bin/python
# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: lambda_instance_type_info
short_description: List instance types of Lambda Cloud, with prices and capacity
version_added: 0.1.0
author:
  - lambdal.cloud contributors (@lambdal-cloud)
description:
  - Lists the instance types, cheapest first, and where the service believes it has capacity, with one request.
  - Capacity is advisory. A launch may be refused right after the list said that there is some.
extends_documentation_fragment:
  - lambdal.cloud.connection
  - lambdal.cloud.attributes.info
options:
  name:
    description: Return only these types. Each is a name or a glob such as V(gpu_8x_*).
    type: list
    elements: str
  region:
    description: Return only types with capacity in one of these regions.
    type: list
    elements: str
  available:
    description: Whether to return only types with capacity somewhere, V(true), or nowhere, V(false).
    type: bool
  min_gpus:
    description: Return only types with at least so many GPUs.
    type: int
  max_price_cents_per_hour:
    description: Return only types that cost at most so many US cents per hour.
    type: int
seealso:
  - module: lambdal.cloud.lambda_instance
"""

EXAMPLES = r"""
- name: Find the cheapest machine with a GPU that is to be had now
  lambdal.cloud.lambda_instance_type_info:
    available: true
    min_gpus: 1
  register: types

- name: Show it
  ansible.builtin.debug:
    msg: "{{ types.instance_types[0].name }} in {{ types.instance_types[0].regions_with_capacity_available }}"
"""

RETURN = r"""
instance_types:
  description: The types, cheapest first.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name.
      type: str
    description:
      description: Long name.
      type: str
    gpu_description:
      description: Model of the GPUs.
      type: str
    price_cents_per_hour:
      description: Price in US cents per hour.
      type: int
    specs:
      description: Hardware, with C(vcpus), C(memory_gib), C(storage_gib) and C(gpus).
      type: dict
    regions_with_capacity_available:
      description: Short names of the regions that are believed to have capacity.
      type: list
      elements: str
  sample:
    - name: gpu_1x_a10
      description: 1x A10 (24 GB PCIe)
      gpu_description: A10 (24 GB PCIe)
      price_cents_per_hour: 75
      specs: {vcpus: 30, memory_gib: 200, storage_gib: 1400, gpus: 1}
      regions_with_capacity_available: [us-east-1]
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._filters import by_name
from ansible_collections.lambdal.cloud.plugins.module_utils._module import Task, run_module
from ansible_collections.lambdal.cloud.plugins.module_utils._view import instance_type_results

ARGUMENT_SPEC: dict[str, t.Any] = {
    "name": {"type": "list", "elements": "str"},
    "region": {"type": "list", "elements": "str"},
    "available": {"type": "bool"},
    "min_gpus": {"type": "int"},
    "max_price_cents_per_hour": {"type": "int"},
}


def matches(row: t.Mapping[str, t.Any], options: t.Mapping[str, t.Any]) -> bool:
    """Whether a type is one that the options ask for."""
    regions = row["regions_with_capacity_available"]
    limit = options["max_price_cents_per_hour"]
    return (
        (not options["region"] or not set(regions).isdisjoint(options["region"]))
        and (options["available"] is None or bool(regions) == options["available"])
        and (options["min_gpus"] is None or row["specs"]["gpus"] >= options["min_gpus"])
        and (limit is None or row["price_cents_per_hour"] <= limit)
    )


def execute(task: Task) -> None:
    rows = by_name(instance_type_results(task.open_api().list_instance_types()), task.options["name"])
    found = [row for row in rows if matches(row, task.options)]
    task.result = lambda: {"changed": False, "instance_types": found}


def main() -> None:
    run_module(execute, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
