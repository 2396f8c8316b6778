#!/usr/bin/python
# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: lambda_instance
short_description: Launch, restart, rename and terminate instances of Lambda Cloud
version_added: 1.0.0
author:
  - lambdal.cloud contributors (@lambdal-cloud)
description:
  - Ensures that instances exist or do not exist. An instance is known by its name.
  - An instance that is terminating or terminated does not count as present.
  - A launch whose answer was lost is looked up and adopted. It is sent again only when no instance appeared.
  - Tasks of one user on one controller that ensure the same names at the same time take turns, so that each is launched once. A task
    with O(wait=false) waits for its turn as well. What another controller launches meanwhile cannot be prevented, but fails the task,
    with all ids.
  - Instances bill from launch to termination, whatever their status. Whatever fails, the result names every instance that the
    task launched.
extends_documentation_fragment:
  - lambdal.cloud.connection
  - lambdal.cloud.wait
  - lambdal.cloud.attributes.resource
  - lambdal.cloud.attributes.action
options:
  name:
    description:
      - Names of the instances. Each may hold Ansible host ranges, such as V(train-[01:08]).
      - An empty list does nothing.
    type: list
    elements: str
  id:
    description:
      - Ids of instances that exist. With O(state=absent) an id that is gone already is fine.
      - Beside O(name), both have to mean the same instances, so that an id tells apart two instances of one name.
      - With O(state=present), one id and one name give the instance that name. This needs version 1.10.0 of the API.
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
          - Instance types in order of preference. The first with capacity is launched; types come before regions, unless
            O(prefer) says otherwise.
          - Needed when an instance has to be launched.
        type: list
        elements: str
      region: &region
        description:
          - Regions in order of preference.
          - When not set, a region that has the O(file_systems), O(firewall_rulesets) and the O(image), or else any with capacity.
        type: list
        elements: str
      ssh_key: &ssh_key
        description:
          - Name of the SSH key that may log in. The API takes exactly one.
          - Needed when an instance has to be launched.
        type: str
      file_systems: &file_systems
        description:
          - Names of file systems to attach. They attach at launch only, and only in their own region.
          - The service mounts them at a path of its choice, which the result tells.
        type: list
        elements: str
      file_system_mounts: &file_system_mounts
        description:
          - File systems to attach at a path of your choice.
          - Needs version 1.10.0 of the API.
        type: list
        elements: dict
        suboptions:
          file_system:
            description: Name or id of the file system.
            type: str
            required: true
          mount_point:
            description: Absolute path in the instance, below C(/home), C(/lambda/nfs) or C(/data).
            type: path
            required: true
      max_price_cents_per_hour: &max_price
        description: An instance type that costs more US cents per hour is never launched.
        type: int
      user_data: &user_data
        description:
          - Cloud-init user data for the first boot, up to 1 MB. Never shown, and not compared with instances that exist.
          - Needs version 1.10.0 of the API.
        type: str
      image: &image
        description:
          - Id of an image, or a family whose newest image is taken, such as V(lambda-stack-24-04).
          - The API does not tell which image an instance was launched with, so an existing one is not compared.
          - Needs version 1.10.0 of the API.
        type: str
      hostname: &hostname
        description:
          - Host name of the instance. Only for a single O(name).
          - Needs version 1.10.0 of the API.
        type: str
      tags: &tags
        description:
          - Tags for the instance. Existing instances are compared by these alone, whatever other tags they bear.
          - Every instance launched gets the tag C(lambdal-cloud-launch) as well, by which its launch is known again.
          - The tag C(lambdal-cloud-fleet) says which fleet launched an instance. An existing instance without it is as asked for. One of
            another fleet is left alone and fails the task, whatever O(on_drift) and O(on_failed) say.
          - Needs version 1.10.0 of the API, which C(lambdal-cloud-fleet) alone does not. Version 1.5.3 passes that one over.
        type: dict
      firewall_rulesets: &firewall_rulesets
        description:
          - Names or ids of firewall rulesets. They attach at launch only, and only in their own region.
          - Comparing an existing instance by names takes one more request.
          - Needs version 1.10.0 of the API.
        type: list
        elements: str
  state:
    description:
      - V(present) launches the instances that do not exist.
      - V(absent) terminates those that exist.
      - V(restarted) restarts those that exist, and warns of those that do not.
    type: str
    choices: [present, absent, restarted]
    default: present
  instance_type: *instance_type
  region: *region
  ssh_key: *ssh_key
  file_systems: *file_systems
  max_price_cents_per_hour: *max_price
  user_data: *user_data
  file_system_mounts: *file_system_mounts
  image: *image
  hostname: *hostname
  tags: *tags
  firewall_rulesets: *firewall_rulesets
  prefer:
    description:
      - What counts most in choosing where an instance is launched.
      - V(type) tries every region for the first O(instance_type), then every region for the second.
      - V(region) tries every type in the first O(region), then every type in the second.
      - V(price) tries the cheapest type first.
    type: str
    choices: [type, region, price]
    default: type
  same_region:
    description: Whether all the instances have to be in one region, those that exist included.
    type: bool
    default: false
  capacity_timeout:
    description:
      - Seconds to keep looking for capacity, over all types and regions that would do. With V(0) each is tried once.
      - It comes on top of O(wait_timeout). The look is taken once in O(request_interval).
    type: float
    default: 0
  on_partial:
    description:
      - What to do with instances just launched when the others cannot be. The task fails in either case and tells them.
      - V(keep) leaves them running, and billing.
      - V(terminate) terminates them.
    type: str
    choices: [keep, terminate]
    default: keep
  on_failed:
    description:
      - What to do with an instance that is or becomes unhealthy, is preempted or goes away while it is waited for.
      - V(keep) fails and leaves it.
      - V(terminate) terminates it and fails.
      - V(replace) terminates it and launches another in its place, up to O(max_replacements) times.
    type: str
    choices: [keep, terminate, replace]
    default: keep
  max_replacements:
    description: How many instances one task replaces at most with O(on_failed=replace).
    type: int
    default: 3
  on_drift:
    description:
      - What to do when an existing instance is not as asked for. Apart from its name, nothing about a running instance can be
        changed.
      - V(fail) fails before anything is launched.
      - V(warn) warns and leaves it.
      - V(ignore) leaves it.
      - V(replace) terminates it and launches another in its place, once there is capacity for that.
      - What differs is returned in RV(drift) and shown in the diff.
    type: str
    choices: [fail, warn, ignore, replace]
    default: fail
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

- name: Take whichever of two big types turns up within an hour, all in one region, or nothing at all
  lambdal.cloud.lambda_instance:
    name: [big-a, big-b]
    instance_type: [gpu_8x_a100_80gb_sxm4, gpu_8x_a100]
    ssh_key: laptop
    same_region: true
    capacity_timeout: 3600
    on_partial: terminate
    on_failed: replace
    tags: {project: vision}

- name: Restart a machine that hangs
  lambdal.cloud.lambda_instance:
    name: notebook
    state: restarted

- name: Find a machine by its name
  lambdal.cloud.lambda_instance_info:
    name: notebook
  register: found

- name: Give it another name
  lambdal.cloud.lambda_instance:
    id: "{{ found.instances[0].id }}"
    name: lab

- name: Terminate them and wait until they are gone
  lambdal.cloud.lambda_instance:
    name: [lab, "train-[01:08]", "worker-[1:2]", head, big-a, big-b]
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
    file_system_mounts:
      description: C(mount_point) and C(file_system_id) of each attached file system, from version 1.10.0 of the API.
      type: list
      elements: dict
    tags:
      description:
        - C(key) and C(value) of each tag, from version 1.10.0 of the API. C(items2dict) makes the form of the option O(tags) of them.
      type: list
      elements: dict
    firewall_rulesets:
      description: C(id) of each firewall ruleset, from version 1.10.0 of the API.
      type: list
      elements: dict
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
restarted:
  description: C(name) and C(id) of each instance that this task restarted.
  returned: always
  type: list
  elements: dict
  sample: []
drift:
  description:
    - Where an existing instance differs from what was asked for, C(name), C(id), C(field), what it C(has) and what was C(asked).
    - Empty with O(on_drift=ignore) and O(on_drift=replace).
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

from ansible_collections.lambdal.cloud.plugins.module_utils._absent import ensure_absent
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.lambdal.cloud.plugins.module_utils._module import WAIT_SPEC, Task, run_module
from ansible_collections.lambdal.cloud.plugins.module_utils._names import check_names, expand_names
from ansible_collections.lambdal.cloud.plugins.module_utils._present import ensure_present, ensure_renamed
from ansible_collections.lambdal.cloud.plugins.module_utils._report import InstanceReport
from ansible_collections.lambdal.cloud.plugins.module_utils._restart import ensure_restarted
from ansible_collections.lambdal.cloud.plugins.module_utils._wanted import Mount, Policy, Wanted
from ansible_collections.lambdal.cloud.plugins.module_utils._work import Work

MACHINE_SPEC: dict[str, t.Any] = {
    "instance_type": {"type": "list", "elements": "str"},
    "region": {"type": "list", "elements": "str"},
    "ssh_key": {"type": "str", "no_log": False},
    "file_systems": {"type": "list", "elements": "str"},
    "file_system_mounts": {
        "type": "list",
        "elements": "dict",
        "options": {
            "file_system": {"type": "str", "required": True},
            "mount_point": {"type": "path", "required": True},
        },
    },
    "max_price_cents_per_hour": {"type": "int"},
    "image": {"type": "str"},
    "hostname": {"type": "str"},
    "tags": {"type": "dict"},
    "firewall_rulesets": {"type": "list", "elements": "str"},
    "user_data": {"type": "str", "no_log": True},
}

POLICY_SPEC: dict[str, t.Any] = {
    "prefer": {"type": "str", "choices": ["type", "region", "price"], "default": "type"},
    "same_region": {"type": "bool", "default": False},
    "capacity_timeout": {"type": "float", "default": 0},
    "on_partial": {"type": "str", "choices": ["keep", "terminate"], "default": "keep"},
    "on_failed": {"type": "str", "choices": ["keep", "terminate", "replace"], "default": "keep"},
    "max_replacements": {"type": "int", "default": 3},
    "on_drift": {"type": "str", "choices": ["fail", "warn", "ignore", "replace"], "default": "fail"},
}

ARGUMENT_SPEC: dict[str, t.Any] = {
    **WAIT_SPEC,
    **MACHINE_SPEC,
    **POLICY_SPEC,
    "name": {"type": "list", "elements": "str"},
    "id": {"type": "list", "elements": "str"},
    "machines": {
        "type": "list",
        "elements": "dict",
        "options": {**MACHINE_SPEC, "name": {"type": "list", "elements": "str", "required": True}},
    },
    "state": {"type": "str", "choices": ["present", "absent", "restarted"], "default": "present"},
    "show_jupyter": {"type": "bool", "default": False},
}


def wanted_machines(options: t.Mapping[str, t.Any]) -> list[Wanted]:
    """The machines that the options describe, one of each name.

    Raises:
        InvalidInput: a name is broken or given twice, or several machines would get one host name.
    """
    groups = options["machines"] if options["machines"] is not None else [options]
    fleet: list[Wanted] = []
    for group in groups:
        chosen = {key: options[key] if group[key] is None else group[key] for key in MACHINE_SPEC}
        names = expand_names(group["name"] or ())
        if chosen["hostname"] and len(names) > 1:
            raise InvalidInput(f"The host name '{chosen['hostname']}' goes with one name, not with {len(names)}.")
        fleet += [
            Wanted(
                name=name,
                instance_types=tuple(chosen["instance_type"] or ()),
                ssh_key=chosen["ssh_key"],
                regions=tuple(chosen["region"] or ()),
                file_systems=_optional_tuple(chosen["file_systems"]),
                mounts=tuple(Mount(**mount) for mount in chosen["file_system_mounts"] or ()),
                max_price_cents_per_hour=chosen["max_price_cents_per_hour"],
                image=chosen["image"],
                hostname=chosen["hostname"],
                tags=_texts(chosen["tags"]),
                firewall_rulesets=_optional_tuple(chosen["firewall_rulesets"]),
                user_data=chosen["user_data"],
            )
            for name in names
        ]
    check_names([wanted.name for wanted in fleet])
    return fleet


def _optional_tuple(values: list[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)


def _texts(tags: t.Mapping[str, t.Any] | None) -> dict[str, str] | None:
    return None if tags is None else {str(key): str(value) for key, value in tags.items()}


def execute(task: Task) -> None:
    options = task.options
    fleet = wanted_machines(options)
    names, ids = [wanted.name for wanted in fleet], options["id"] or []
    report = InstanceReport(task.warn)
    task.result = lambda: report.result(options["show_jupyter"])
    task.diff = report.diff
    task.note = report.billing_note
    work = Work(
        api=task.open_api(),
        patience=task.patience(before_waiting=options["capacity_timeout"]),
        report=report,
        check_mode=task.check_mode,
        wait=options["wait"],
        policy=Policy(**{option: options[option] for option in POLICY_SPEC}),
    )
    if options["state"] == "absent":
        ensure_absent(work, names, ids)
    elif options["state"] == "restarted":
        ensure_restarted(work, names, ids)
    elif ids and not len(ids) == len(fleet) == 1:
        raise InvalidInput("State present takes an id only to give that instance a name: one id and one name.")
    else:
        with task.claimed("instance", names, work.patience):
            if ids:
                ensure_renamed(work, ids[0], fleet[0])
            else:
                ensure_present(work, fleet)


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
