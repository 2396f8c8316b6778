#!/usr/bin/python
# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: lambda_instance_type_info
short_description: List instance types of Lambda Cloud, with prices and capacity
version_added: 1.0.0
author:
  - lambdal.cloud contributors (@lambdal-cloud)
description:
  - Lists the instance types, cheapest first, and where the service believes it has capacity, with one request.
  - Capacity is advisory. A launch may be refused right after the list said that there is some.
extends_documentation_fragment:
  - lambdal.cloud.connection
  - lambdal.cloud.attributes.info
  - lambdal.cloud.attributes.action
  - lambdal.cloud.filters.name
options:
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
  max_gpus:
    description: Return only types with at most so many GPUs.
    type: int
  gpu_model:
    description: Return only types whose GPU description holds one of these words, such as V(H100), in whichever case.
    type: list
    elements: str
  min_gpu_memory_gb:
    description: Return only types with at least so many GB of memory on each GPU, as the GPU description tells it.
    type: int
  sort:
    description:
      - What comes first, the cheapest machine with V(price), or the cheapest GPU with V(price_per_gpu).
      - With V(price_per_gpu), types without GPUs come last.
    type: str
    choices: [price, price_per_gpu]
    default: price
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

- name: Find where a GPU with 80 GB costs least
  lambdal.cloud.lambda_instance_type_info:
    available: true
    min_gpu_memory_gb: 80
    sort: price_per_gpu
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
failure:
  description: The error in parts, C(code), C(message), C(suggestion), C(status) and C(field_errors), null where there is none.
  returned: on failure
  type: dict
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._info import NAME, Listing, run_info
from ansible_collections.lambdal.cloud.plugins.module_utils._instance_types import cheapest_first, matches
from ansible_collections.lambdal.cloud.plugins.module_utils._view import instance_type_results

OPTIONS: dict[str, t.Any] = {
    **NAME,
    "region": {"type": "list", "elements": "str"},
    "available": {"type": "bool"},
    "min_gpus": {"type": "int"},
    "max_gpus": {"type": "int"},
    "gpu_model": {"type": "list", "elements": "str"},
    "min_gpu_memory_gb": {"type": "int"},
    "max_price_cents_per_hour": {"type": "int"},
    "sort": {"type": "str", "choices": ["price", "price_per_gpu"], "default": "price"},
}

LISTING = Listing(
    "instance_types",
    fetch=lambda api: instance_type_results(api.list_instance_types()),
    options=OPTIONS,
    choose=lambda rows, options: cheapest_first([row for row in rows if matches(row, options)], options["sort"]),
)


def main() -> None:
    run_info(LISTING)


if __name__ == "__main__":
    main()
