#!/usr/bin/python
# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: lambda_instance
short_description: Launch and terminate instances of Lambda Cloud
version_added: 0.1.0
author:
  - lambdal.cloud contributors (@lambdal-cloud)
description:
  - Ensures that instances exist or do not exist. An instance is known by its name.
  - An instance that is terminating or terminated does not count as present.
  - A launch whose answer was lost is looked up and adopted. It is sent again only when no instance appeared.
  - Instances bill from launch to termination, whatever their status. Whatever fails, the result names every instance that the
    task launched.
extends_documentation_fragment:
  - lambdal.cloud.connection
  - lambdal.cloud.wait
  - lambdal.cloud.attributes.resource
options:
  name:
    description:
      - Names of the instances. Each may hold Ansible host ranges, such as V(train-[01:08]).
      - An empty list does nothing.
    type: list
    elements: str
  id:
    description: Ids of instances to terminate. An id that is gone already is fine.
    type: list
    elements: str
  machines:
    description:
      - Several groups of instances that differ in their options, ensured by one task with one request for the list, and waited
        for together.
      - Options set beside O(machines) hold for every group that does not set them.
    type: list
    elements: dict
    suboptions:
      name:
        description: As O(name).
        type: list
        elements: str
        required: true
      instance_type: &instance_type
        description:
          - Instance types in order of preference. The first with capacity is launched; types come before regions.
          - Needed when an instance has to be launched.
        type: list
        elements: str
      region: &region
        description:
          - Regions in order of preference.
          - When not set, the region of O(file_systems), or else any region with capacity.
        type: list
        elements: str
      ssh_key: &ssh_key
        description:
          - Name of the SSH key that may log in. The API takes exactly one.
          - Needed when an instance has to be launched.
        type: str
      file_systems: &file_systems
        description: Names of file systems to attach. They attach at launch only, and only in their own region.
        type: list
        elements: str
      max_price_cents_per_hour: &max_price
        description: An instance type that costs more US cents per hour is never launched.
        type: int
      user_data: &user_data
        description:
          - Cloud-init user data for the first boot, up to 1 MB. Never shown, and not compared with instances that exist.
          - Needs version 1.10.0 of the API.
        type: str
  state:
    description:
      - V(present) launches the instances that do not exist.
      - V(absent) terminates those that exist.
    type: str
    choices: [present, absent]
    default: present
  instance_type: *instance_type
  region: *region
  ssh_key: *ssh_key
  file_systems: *file_systems
  max_price_cents_per_hour: *max_price
  user_data: *user_data
  show_jupyter:
    description: Whether to return C(jupyter_token) and C(jupyter_url), which log anybody in who holds them.
    type: bool
    default: false
seealso:
  - module: lambdal.cloud.lambda_instance_info
  - module: lambdal.cloud.lambda_instance_type_info
  - module: lambdal.cloud.lambda_ssh_key
  - plugin: lambdal.cloud.lambda_cloud
    plugin_type: inventory
"""

EXAMPLES = r"""
- name: Ensure one machine, wherever there is capacity
  lambdal.cloud.lambda_instance:
    name: notebook
    instance_type: gpu_1x_a10
    ssh_key: laptop

- name: Ensure eight machines of whichever type is to be had, none dearer than 4 dollars an hour
  lambdal.cloud.lambda_instance:
    name: train-[01:08]
    instance_type: [gpu_1x_h100_pcie, gpu_1x_a100_sxm4, gpu_1x_a10]
    region: [us-east-1, us-west-1]
    ssh_key: laptop
    max_price_cents_per_hour: 400

- name: Ensure machines of two types in one go
  lambdal.cloud.lambda_instance:
    ssh_key: laptop
    machines:
      - name: worker-[1:2]
        instance_type: gpu_1x_a10
      - name: head
        instance_type: cpu_4x_general

- name: Terminate them and wait until they are gone
  lambdal.cloud.lambda_instance:
    name: [notebook, "train-[01:08]", "worker-[1:2]", head]
    state: absent
"""

RETURN = r"""
instances:
  description:
    - The instances, in the order of the names, as they were last seen. In check mode also those that would be launched, with
      what only the service can know set to null.
    - Fields that the API adds beyond these are passed through.
  returned: always
  type: list
  elements: dict
  contains:
    id:
      description: Unique id.
      type: str
    name:
      description: Name.
      type: str
    status:
      description: One of V(booting), V(active), V(unhealthy), V(terminating), V(terminated), V(preempted).
      type: str
    ip:
      description: Public IPv4 address.
      type: str
    private_ip:
      description: Private IPv4 address, where the API tells it.
      type: str
    hostname:
      description: Host name that the service assigned.
      type: str
    region:
      description: Region, with C(name) and C(description).
      type: dict
    instance_type:
      description: Instance type, with C(name), C(description), C(gpu_description), C(price_cents_per_hour) and C(specs).
      type: dict
    ssh_key_names:
      description: Names of the SSH keys that may log in.
      type: list
      elements: str
    file_system_names:
      description: Names of the attached file systems.
      type: list
      elements: str
    host:
      description: Variables for a managed host, the same as the inventory plugin's.
      type: dict
  sample:
    - id: 0920582c7ff041399e34823a0be62549
      name: notebook
      status: active
      ip: 198.51.100.2
      private_ip: 10.0.2.100
      hostname: 198-51-100-2.example
      region: {name: us-east-1, description: "Virginia, USA"}
      instance_type:
        name: gpu_1x_a10
        description: 1x A10 (24 GB PCIe)
        gpu_description: A10 (24 GB PCIe)
        price_cents_per_hour: 75
        specs: {vcpus: 30, memory_gib: 200, storage_gib: 1400, gpus: 1}
      ssh_key_names: [laptop]
      file_system_names: []
      host:
        ansible_host: 198.51.100.2
        lambda_id: 0920582c7ff041399e34823a0be62549
        lambda_name: notebook
launched:
  description: C(name) and C(id) of each instance that this task launched. In check mode the ids are null.
  returned: always
  type: list
  elements: dict
  sample: [{name: notebook, id: 0920582c7ff041399e34823a0be62549}]
terminated:
  description: C(name) and C(id) of each instance that this task terminated.
  returned: always
  type: list
  elements: dict
  sample: []
placements:
  description: Every launch tried, with C(id) where it succeeded and the reason in C(refused) where it did not.
  returned: always
  type: list
  elements: dict
  sample:
    - name: notebook
      instance_type: gpu_1x_a10
      region: us-east-1
      id: 0920582c7ff041399e34823a0be62549
hourly_cost_cents:
  description: What the instances cost in US cents per hour, C(before) and C(after); null where the API did not tell a price.
  returned: always
  type: dict
  sample: {before: 0, after: 75}
failure:
  description: The error in parts, C(code), C(message), C(suggestion), C(status) and C(field_errors), null where there is none.
  returned: on failure
  type: dict
  sample:
    code: global/quota-exceeded
    message: Quota exceeded.
    suggestion: Contact Support to increase your quota.
    status: 400
    field_errors: {}
"""

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.lambdal.cloud.plugins.module_utils._fleet import Fleet
from ansible_collections.lambdal.cloud.plugins.module_utils._instances import Wanted
from ansible_collections.lambdal.cloud.plugins.module_utils._module import WAIT_SPEC, Task, run_module
from ansible_collections.lambdal.cloud.plugins.module_utils._names import check_names, expand_names
from ansible_collections.lambdal.cloud.plugins.module_utils._report import InstanceReport

MACHINE_SPEC: dict[str, t.Any] = {
    "instance_type": {"type": "list", "elements": "str"},
    "region": {"type": "list", "elements": "str"},
    "ssh_key": {"type": "str", "no_log": False},
    "file_systems": {"type": "list", "elements": "str"},
    "max_price_cents_per_hour": {"type": "int"},
    "user_data": {"type": "str", "no_log": True},
}

ARGUMENT_SPEC: dict[str, t.Any] = {
    **WAIT_SPEC,
    **MACHINE_SPEC,
    "name": {"type": "list", "elements": "str"},
    "id": {"type": "list", "elements": "str"},
    "machines": {
        "type": "list",
        "elements": "dict",
        "options": {**MACHINE_SPEC, "name": {"type": "list", "elements": "str", "required": True}},
    },
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "show_jupyter": {"type": "bool", "default": False},
}


def wanted_machines(options: t.Mapping[str, t.Any]) -> list[Wanted]:
    """The machines that the options describe, one of each name.

    Raises:
        InvalidInput: a name is broken or given twice.
    """
    groups = options["machines"] if options["machines"] is not None else [options]
    fleet: list[Wanted] = []
    for group in groups:
        chosen = {key: options[key] if group[key] is None else group[key] for key in MACHINE_SPEC}
        fleet += [
            Wanted(
                name=name,
                instance_types=tuple(chosen["instance_type"] or ()),
                ssh_key=chosen["ssh_key"],
                regions=tuple(chosen["region"] or ()),
                file_systems=tuple(chosen["file_systems"] or ()),
                max_price_cents_per_hour=chosen["max_price_cents_per_hour"],
                user_data=chosen["user_data"],
            )
            for name in expand_names(group["name"] or ())
        ]
    check_names([wanted.name for wanted in fleet])
    return fleet


def execute(task: Task) -> None:
    options = task.options
    fleet = wanted_machines(options)
    report = InstanceReport(task.warn)
    task.result = lambda: report.result(options["show_jupyter"])
    task.diff = report.diff
    task.note = report.billing_note
    work = Fleet(task.open_api(), task.patience(), report, check_mode=task.check_mode, wait=options["wait"])
    if options["state"] == "present":
        if options["id"]:
            raise InvalidInput("An instance cannot be launched with an id of your choice: id goes with state absent.")
        work.ensure_present(fleet)
    else:
        work.ensure_absent([wanted.name for wanted in fleet], options["id"] or ())


def main() -> None:
    run_module(
        execute,
        ARGUMENT_SPEC,
        mutually_exclusive=[("name", "machines"), ("id", "machines")],
        required_one_of=[("name", "id", "machines")],
        required_if=[("state", "present", ("name", "machines"), True)],
    )


if __name__ == "__main__":
    main()
