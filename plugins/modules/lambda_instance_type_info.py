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
  - Lists the instance types, cheapest first, with the regions where they have capacity, with one request.
  - Capacity is advisory. A launch can be refused although the list has just shown capacity.
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
    description: Return only types with capacity in some region (V(true)), or only types with capacity in no region (V(false)).
    type: bool
  min_gpus:
    description: Return only types with at least this many GPUs.
    type: int
  max_price_cents_per_hour:
    description: Return only types that cost at most this many US cents per hour.
    type: int
  max_gpus:
    description: Return only types with at most this many GPUs.
    type: int
  needs:
    description:
      - Return only types that have all of this, as O(lambdal.cloud.lambda_instance#module:needs) takes it. A number is a minimum.
    type: dict
    aliases: [matches]
    suboptions:
      gpus:
        description: Number of GPUs, or C(min) and C(max).
        type: raw
      gpu_memory_gib:
        description: Memory of each GPU according to the GPU description, or C(min) and C(max).
        type: raw
      gpu:
        description: Models of GPUs, any of which will do, such as V(H100) or V(H*).
        type: list
        elements: str
      vcpus:
        description: Number of virtual CPUs, or C(min) and C(max).
        type: raw
      memory_gib:
        description: Memory of the instance in GiB, or C(min) and C(max).
        type: raw
      storage_gib:
        description: Storage of the instance in GiB, or C(min) and C(max).
        type: raw
      architecture:
        description: Architecture of the CPU.
        type: str
        choices: [x86_64, arm64]
  gpu_model:
    description: Return only types whose GPU description contains one of these words, such as V(H100). Case does not matter.
    type: list
    elements: str
  min_gpu_memory_gb:
    description: Return only types with at least this many GB of memory on each GPU, according to the GPU description.
    type: int
  sort:
    description:
      - Order of the types, by the price of an instance with V(price), or by its price for each GPU with V(price_per_gpu).
      - With V(price_per_gpu), types without GPUs come last.
    type: str
    choices: [price, price_per_gpu]
    default: price
seealso:
  - module: lambdal.cloud.lambda_instance
"""

EXAMPLES = r"""
- name: Find the cheapest instance type with a GPU that has capacity now
  lambdal.cloud.lambda_instance_type_info:
    available: true
    min_gpus: 1
  register: types

- name: Show it
  ansible.builtin.debug:
    msg: "{{ types.instance_types[0].name }} in {{ types.instance_types[0].regions_with_capacity_available }}"

- name: Find the types that have capacity and one or two GPUs of the Hopper family with 80 GB or more
  lambdal.cloud.lambda_instance_type_info:
    available: true
    needs:
      gpus: {min: 1, max: 2}
      gpu_memory_gib: 80
      gpu: [H*, GH*]

- name: Find the types with the cheapest GPUs of 80 GB
  lambdal.cloud.lambda_instance_type_info:
    available: true
    min_gpu_memory_gb: 80
    sort: price_per_gpu
"""

RETURN = r"""
instance_types:
  description: The instance types, cheapest first.
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
    architecture:
      description:
        - V(x86_64) or V(arm64).
        - Where the API does not report it, this is V(arm64) for types whose name says GH200 or GB200, and V(x86_64) for all others.
      type: str
    specs:
      description: Hardware, with C(vcpus), C(memory_gib), C(storage_gib) and C(gpus).
      type: dict
    regions_with_capacity_available:
      description: Short names of the regions that have capacity, according to the service.
      type: list
      elements: str
  sample:
    - name: gpu_1x_a10
      description: 1x A10 (24 GB PCIe)
      gpu_description: A10 (24 GB PCIe)
      price_cents_per_hour: 75
      architecture: x86_64
      specs: {vcpus: 30, memory_gib: 200, storage_gib: 1400, gpus: 1}
      regions_with_capacity_available: [us-east-1]
failure:
  description: The error as data, with C(code), C(message), C(suggestion), C(status) and C(field_errors). A value that is not known is null.
  returned: on failure
  type: dict
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import Row
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.needs import (
    Needs,
    gpu_memory,
    has_word,
    needs_option,
    read_needs,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._module.info import NAME, Listing, run_info
from ansible_collections.lambdal.cloud.plugins.module_utils._results import instance_type_results, price_or_infinity

OPTIONS: dict[str, t.Any] = {
    **NAME,
    "region": {"type": "list", "elements": "str"},
    "available": {"type": "bool"},
    "min_gpus": {"type": "int"},
    "max_gpus": {"type": "int"},
    "gpu_model": {"type": "list", "elements": "str"},
    "min_gpu_memory_gb": {"type": "int"},
    "max_price_cents_per_hour": {"type": "int"},
    "needs": {**needs_option(), "aliases": ["matches"]},
    "sort": {"type": "str", "choices": ["price", "price_per_gpu"], "default": "price"},
}


def matches(row: Row, options: t.Mapping[str, t.Any], needs: Needs | None = None) -> bool:
    """Return whether a type matches the options, and what they name as needs."""
    regions, gpus = row["regions_with_capacity_available"], row["specs"]["gpus"]
    models = options["gpu_model"]
    return all(
        (
            options["region"] is None or not set(regions).isdisjoint(options["region"]),
            options["available"] is None or bool(regions) == options["available"],
            options["min_gpus"] is None or gpus >= options["min_gpus"],
            options["max_gpus"] is None or gpus <= options["max_gpus"],
            models is None or any(has_word(str(row.get("gpu_description")), model) for model in models),
            options["min_gpu_memory_gb"] is None or (gpu_memory(row) or 0) >= options["min_gpu_memory_gb"],
            options["max_price_cents_per_hour"] is None
            or price_or_infinity(row) <= options["max_price_cents_per_hour"],
            needs is None or not needs.mismatches(row),
        )
    )


def cheapest_first(rows: t.Iterable[t.Any], sort: str) -> list[t.Any]:
    """Sort types by price, or by the price for each GPU."""
    return sorted(
        rows, key=lambda row: (_price_per_gpu(row) if sort == "price_per_gpu" else 0.0, price_or_infinity(row))
    )


def _price_per_gpu(row: Row) -> float:
    gpus = row["specs"]["gpus"]
    return price_or_infinity(row) / gpus if gpus else float("inf")


def choose(rows: list[t.Any], options: t.Mapping[str, t.Any]) -> list[t.Any]:
    """Return the types that match the options, in the order asked for.

    Raises:
        InvalidInput: the needs cannot be meant.
    """
    needs = read_needs(options["needs"])
    return cheapest_first([row for row in rows if matches(row, options, needs)], options["sort"])


LISTING = Listing(
    "instance_types",
    fetch=lambda api: instance_type_results(api.list_instance_types()),
    options=OPTIONS,
    choose=choose,
)


def main() -> None:
    run_info(LISTING)


if __name__ == "__main__":
    main()
