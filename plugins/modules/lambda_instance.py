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
  - Launches, restarts, renames and terminates instances. An instance is identified by its name.
  - An instance that is terminating or terminated does not count as present.
  - When the response to a launch is lost, the module looks for the instance and adopts it. It sends the launch again only if no
    instance appeared.
  - Tasks of one user on one controller that ensure the same names at the same time lock these names, so that each instance is
    launched once. A task with O(wait=false) waits for the lock as well.
  - If another controller launches an instance of the same name at the same moment, the tasks agree on the one that stays, by tags of
    their launches. The other one is terminated by the task that launched it, which goes on with the one that stays, or fails if that is
    not as asked for. With version 1.5.3 of the API, which shows no tags, the task fails and names all ids. With O(wait=false), the task
    only looks until its own instance is listed. See the guide on several controllers.
  - You pay for instances from launch to termination, whatever their status. Even if the task fails, the result names every
    instance that it launched.
extends_documentation_fragment:
  - lambdal.cloud.connection
  - lambdal.cloud.wait
  - lambdal.cloud.attributes.resource
  - lambdal.cloud.attributes.action
options:
  name:
    description:
      - Names of the instances. Each can contain Ansible host ranges, such as V(train-[01:08]).
      - With an empty list, nothing is done.
    type: list
    elements: str
  id:
    description:
      - Ids of existing instances. With O(state=absent), ids of instances that are gone are ignored.
      - When set together with O(name), both must identify the same instances. Use this to choose between instances that have the
        same name.
      - With O(state=present), one id and one name rename the instance. This needs version 1.10.0 of the API.
      - With O(state=present) and without names, nothing is launched. The task waits until these instances are ready, and fails if one is
        gone. What else the options say of instances does not matter then.
    type: list
    elements: str
  machines:
    description:
      - Groups of instances with different options. One task ensures all of them, lists instances once for all, and waits for
        them together.
      - Options set beside O(machines) are the defaults of all groups.
    type: list
    elements: dict
    suboptions:
      name:
        description: Names of the instances of the group, as in O(name).
        type: list
        elements: str
        required: true
      instance_type: &instance_type
        description:
          - Instance types in order of preference. The first one with capacity is launched. The order of types takes precedence over
            the order of regions, unless O(prefer) is set otherwise.
          - Required to launch an instance, unless O(needs) is set.
        type: list
        elements: str
      needs: &needs
        description:
          - What the instance needs, instead of O(instance_type). The cheapest type with capacity that has all of it is launched. New
            types of the service are found as soon as it lists them.
          - A number is a minimum. With V(min) and V(max) both V(1) it is exactly one, and with V(max) alone there is no minimum.
          - An existing instance whose type has what is needed is left alone, even if another type is cheaper. One whose type has not
            counts as different, see O(on_drift).
          - In check mode, RV(matches) shows the types with their prices and where they have capacity.
        type: dict
        suboptions:
          gpus:
            description: Number of GPUs, or C(min) and C(max).
            type: raw
          gpu_memory_gib:
            description:
              - Memory of each GPU, or C(min) and C(max). The API gives it in the GPU description only, such as C(A100 (40 GB SXM4)). A type
                without it does not match.
            type: raw
          gpu:
            description:
              - Models of GPUs, any of which will do, such as V(H100), or V(H*) for all whose names begin with H. Each is compared with the
                words of the GPU description. Case does not matter.
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
            description: Architecture of the CPU. When not set, either will do, so set it if your software runs on one only.
            type: str
            choices: [x86_64, arm64]
      region: &region
        description:
          - Regions in order of preference.
          - When not set, any region with capacity that has the O(file_systems), the O(firewall_rulesets) and the O(image).
        type: list
        elements: str
      ssh_key: &ssh_key
        description:
          - Name of the SSH key that can log in. The API takes exactly one.
          - Required to launch an instance.
        type: str
      file_systems: &file_systems
        description:
          - Names of file systems to attach. A file system can be attached only at launch, and only in its own region.
          - The service chooses the path at which it mounts them. The result shows it.
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
            description: Absolute path on the instance, below C(/home), C(/lambda/nfs) or C(/data).
            type: path
            required: true
      max_price_cents_per_hour: &max_price
        description: Highest price to accept for an instance, in US cents per hour. Types that cost more are never launched.
        type: int
      user_data: &user_data
        description:
          - Cloud-init user data for the first boot, up to 1 MB. It is never shown, and not compared with existing instances.
          - Needs version 1.10.0 of the API.
        type: str
      image: &image
        description:
          - Id of an image, or a family of which to use the newest image, such as V(lambda-stack-24-04).
          - Existing instances are not compared by image, because the API does not report it. The launch keeps it in the tag
            C(lambdal-cloud-image), so that a replacement can have the same image.
          - When not set, the instance gets the default image of its region. Regions have different defaults, with other versions of Ubuntu
            and Python.
          - Needs version 1.10.0 of the API.
        type: str
      hostname: &hostname
        description:
          - Host name of the instance. Can be set only for a single O(name).
          - Needs version 1.10.0 of the API.
        type: str
      tags: &tags
        description:
          - Tags of the instance. Existing instances are compared by these tags only; other tags that they have are ignored.
          - Every launched instance also gets the tag C(lambdal-cloud-launch), which identifies its launch.
          - The tag C(lambdal-cloud-fleet) names the fleet that launched an instance. An existing instance without this tag does not
            count as different. If an existing instance has the tag of another fleet, the task fails and leaves it alone, whatever
            O(on_drift) and O(on_failed) are.
          - Needs version 1.10.0 of the API, unless C(lambdal-cloud-fleet) is the only tag, which version 1.5.3 ignores.
        type: dict
      expires_after: &expires_after
        description:
          - How long the instance is to live, such as V(8h), V(90m) or V(1d12h). The launch writes the time of its end, in UTC, to the tag
            C(lambdal-cloud-expires). The inventory shows it as C(lambda_expires_at).
          - Nothing ends an instance by itself. P(lambdal.cloud.reaper#role) does, when C(lambdal.cloud.reap) runs.
          - Existing instances are not compared with it, and tags cannot be changed later. C(reaper_extensions) of the role lets one stay
            longer.
          - Needs version 1.10.0 of the API. Where the server is older, nothing is launched.
        type: str
      firewall_rulesets: &firewall_rulesets
        description:
          - Names or ids of firewall rulesets to attach. A ruleset can be attached only at launch, and only in its own region.
          - With names, comparing existing instances takes one more request.
          - Needs version 1.10.0 of the API.
        type: list
        elements: str
  state:
    description:
      - V(present) launches the instances that do not exist.
      - V(absent) terminates the instances that exist.
      - V(restarted) restarts the instances that exist, and warns about those that do not.
    type: str
    choices: [present, absent, restarted]
    default: present
  instance_type: *instance_type
  needs: *needs
  region: *region
  ssh_key: *ssh_key
  file_systems: *file_systems
  max_price_cents_per_hour: *max_price
  user_data: *user_data
  file_system_mounts: *file_system_mounts
  image: *image
  hostname: *hostname
  tags: *tags
  expires_after: *expires_after
  firewall_rulesets: *firewall_rulesets
  prefer:
    description:
      - What takes precedence when choosing the type and region of a launch.
      - V(type) tries every region for the first O(instance_type), then every region for the second.
      - V(region) tries every type in the first O(region), then every type in the second.
      - V(price) tries the cheapest type first.
    type: str
    choices: [type, region, price]
    default: type
  same_region:
    description: Whether all instances must be in one region, existing ones included.
    type: bool
    default: false
  capacity_timeout:
    description:
      - Seconds to wait for capacity in any of the acceptable types and regions. With V(0), each is tried once.
      - This time is added to O(wait_timeout). Capacity is polled every O(request_interval) seconds.
    type: float
    default: 0
  on_partial:
    description:
      - What to do with the instances that the task launched if it cannot launch the others. The task fails in either case and
        names them.
      - V(keep) leaves them running, and you pay for them.
      - V(terminate) terminates them.
    type: str
    choices: [keep, terminate]
    default: keep
  wait_for:
    description:
      - What has to hold of an instance before the task is done with it, if it waits. All of these have to hold.
      - V(active) is the status, which the service shows last. V(address) is the public address, which can be there minutes earlier.
        V(ssh) means that an SSH server answers at this address, asked from where the module runs; that can be a minute earlier.
      - An instance that becomes unhealthy, is preempted or disappears fails the task, or is replaced, only as long as it is waited for.
      - Applies to O(state=present). A restarted instance has to be active and have an address.
    type: list
    elements: str
    choices: [active, address, ssh]
    default: [active, address]
  ssh_port:
    description: Port of the SSH servers, for O(wait_for).
    type: int
    default: 22
  on_failed:
    description:
      - What to do with an instance that is unhealthy or preempted, or becomes so or disappears while the task waits for it.
      - V(keep) fails and leaves the instance alone.
      - V(terminate) terminates the instance and fails.
      - V(replace) terminates the instance and launches a replacement, up to O(max_replacements) times in a task.
    type: str
    choices: [keep, terminate, replace]
    default: keep
  max_replacements:
    description: The highest number of instances that one task replaces with O(on_failed=replace).
    type: int
    default: 3
  replace_order:
    description:
      - In which order O(on_drift=replace) and O(on_failed=replace) replace an existing instance. Instances are replaced one at a time,
        each only when the replacement before is ready.
      - V(terminate_first) terminates an instance when the API lists capacity for its replacement, then launches that, and keeps asking
        for capacity until O(wait_timeout). Names stay unique, and nothing is billed twice.
      - V(launch_first) launches the replacement, waits until it is ready, and only then terminates the instance. Until then two
        instances have the name, and both are billed. If the account's quota does not allow for both, the instance is terminated first.
    type: str
    choices: [terminate_first, launch_first]
    default: terminate_first
  on_drift:
    description:
      - What to do if an existing instance differs from the desired state. Only the name of a running instance can be changed.
      - V(fail) fails before anything is launched.
      - V(warn) warns and leaves the instance alone.
      - V(ignore) leaves the instance alone.
      - V(replace) terminates the instance and launches a replacement, as soon as there is capacity for it.
      - The differences are returned in RV(drift) and shown in the diff.
    type: str
    choices: [fail, warn, ignore, replace]
    default: fail
  max_hourly_cost_cents:
    description:
      - What the instances of the task may cost together, in US cents per hour, existing ones included. A launch that would exceed it
        is refused before anything is launched or terminated, in check mode too, and each launch is checked again.
      - If a price is not known, nothing is launched.
      - With O(replace_order=launch_first), an instance and its replacement both count until the instance is terminated.
      - Existing instances that cost more are left alone, and a task that launches nothing does not fail for it.
    type: int
  account_max_hourly_cost_cents:
    description:
      - The same for all instances of the account. Before each launch, the instances are listed again, which takes one more request.
      - A launch on another controller at the same moment can still exceed it.
    type: int
  max_instances:
    description: The highest number of live instances of the task, existing ones included. It is checked like O(max_hourly_cost_cents).
    type: int
  assume_created:
    description:
      - Names of SSH keys, file systems and firewall rulesets that are not missed in check mode, because an earlier task would have created
        them. Check mode warns of others that do not exist.
      - Outside of check mode this has no effect.
    type: list
    elements: str
    default: []
  show_jupyter:
    description: Whether to return C(jupyter_token) and C(jupyter_url), with which anybody can log in to JupyterLab on the instance.
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
- name: Ensure one instance, wherever there is capacity
  lambdal.cloud.lambda_instance:
    name: notebook
    instance_type: gpu_1x_a10
    ssh_key: laptop

- name: Ensure eight instances of the first types with capacity, at 4 dollars an hour each at most
  lambdal.cloud.lambda_instance:
    name: train-[01:08]
    instance_type: [gpu_1x_h100_pcie, gpu_1x_a100_sxm4, gpu_1x_a10]
    region: [us-east-1, us-west-1]
    ssh_key: laptop
    max_price_cents_per_hour: 400
    max_hourly_cost_cents: 2000
    account_max_hourly_cost_cents: 5000
    max_instances: 8

- name: Ensure an instance of the cheapest type that has capacity and one GPU with 24 GB or more
  lambdal.cloud.lambda_instance:
    name: eval
    needs:
      gpus: {min: 1, max: 1}
      gpu_memory_gib: 24
      memory_gib: 100
      architecture: x86_64
    ssh_key: laptop
    expires_after: 8h

- name: Ensure instances of two types in one task
  lambdal.cloud.lambda_instance:
    ssh_key: laptop
    machines:
      - name: worker-[1:2]
        instance_type: gpu_1x_a10
      - name: head
        instance_type: cpu_4x_general

- name: Wait up to an hour for capacity for both instances in one region, and keep none if only one can be launched
  lambdal.cloud.lambda_instance:
    name: [big-a, big-b]
    instance_type: [gpu_8x_a100_80gb_sxm4, gpu_8x_a100]
    ssh_key: laptop
    same_region: true
    capacity_timeout: 3600
    on_partial: terminate
    on_failed: replace
    tags: {project: vision}

- name: Restart an instance that hangs
  lambdal.cloud.lambda_instance:
    name: notebook
    state: restarted

- name: Find an instance by its name
  lambdal.cloud.lambda_instance_info:
    name: notebook
  register: found

- name: Rename it
  lambdal.cloud.lambda_instance:
    id: "{{ found.instances[0].id }}"
    name: lab

- name: Launch an instance and go on as soon as it has an address, which it can have minutes before it is active
  lambdal.cloud.lambda_instance:
    name: train
    instance_type: gpu_1x_a10
    ssh_key: laptop
    wait_for: [address]
  register: launched

- name: Wait until it is active, and launch nothing if it is gone
  lambdal.cloud.lambda_instance:
    id: "{{ launched.instances | map(attribute='id') }}"

- name: Terminate instances and wait until they are gone
  lambdal.cloud.lambda_instance:
    name: [lab, "train-[01:08]", "worker-[1:2]", head, big-a, big-b, eval]
    state: absent
"""

RETURN = r"""
instances:
  description:
    - The instances in the order of the names, as last listed. In check mode this includes those that would be launched, with
      the values that the service would assign set to null.
    - Other fields of the API are passed through.
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
      description: Private IPv4 address, if the API reports it.
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
      description: Names of the SSH keys that can log in.
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
        - C(key) and C(value) of each tag, from version 1.10.0 of the API. Use C(items2dict) to get a mapping as in O(tags).
      type: list
      elements: dict
    firewall_rulesets:
      description: C(id) of each firewall ruleset, from version 1.10.0 of the API.
      type: list
      elements: dict
    host:
      description: Host variables of the instance, as the inventory plugin sets them.
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
ambiguous:
  description:
    - C(name) and C(id) of each live instance that was left alive because several have its name. With O(state=absent), the others are
      terminated all the same, and then the task fails.
  returned: always
  type: list
  elements: dict
  sample: []
drift:
  description:
    - Each field in which an existing instance differs from the desired state. C(has) is its value and C(asked) the desired one;
      C(name) and C(id) identify the instance.
    - Empty with O(on_drift=ignore) and O(on_drift=replace).
  returned: always
  type: list
  elements: dict
  sample: []
matches:
  description:
    - The types that have what O(needs) asks for, cheapest first, for the instances that the task launches. C(instances) are their names,
      and C(types) the types with C(name), C(price_cents_per_hour) and C(regions_with_capacity_available).
    - Types above O(max_price_cents_per_hour) are left out. Empty without O(needs), and if nothing is launched.
  returned: always
  type: list
  elements: dict
  sample:
    - instances: [eval]
      types:
        - name: gpu_1x_a10
          price_cents_per_hour: 75
          regions_with_capacity_available: [us-east-1]
placements:
  description: Each attempted launch, with C(id) if it succeeded, or else the reason in C(refused).
  returned: always
  type: list
  elements: dict
  sample:
    - name: notebook
      instance_type: gpu_1x_a10
      region: us-east-1
      id: 0920582c7ff041399e34823a0be62549
hourly_cost_cents:
  description: Cost of the instances in US cents per hour, C(before) and C(after) the task, or null if the API did not report a price.
  returned: always
  type: dict
  sample: {before: 0, after: 75}
failure:
  description: The error as data, with C(code), C(message), C(suggestion), C(status) and C(field_errors). A value that is not known is null.
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
from ansible_collections.lambdal.cloud.plugins.module_utils._expiry import duration_seconds
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.context import InstanceContext
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.needs import needs_option, read_needs
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.pending import PendingLaunches
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.present import (
    ensure_present,
    ensure_ready,
    ensure_renamed,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.readiness import (
    CONDITIONS,
    DEFAULT_CONDITIONS,
    SSH_PORT,
    Readiness,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.report import InstanceReport
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.restart import ensure_restarted
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.spec import InstanceSpec, Mount, Policy
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.terminate import ensure_absent
from ansible_collections.lambdal.cloud.plugins.module_utils._module.argspec import WAIT_SPEC
from ansible_collections.lambdal.cloud.plugins.module_utils._module.task import Task, run_module
from ansible_collections.lambdal.cloud.plugins.module_utils._names import check_names, expand_names

INSTANCE_OPTIONS: dict[str, t.Any] = {
    "needs": needs_option(),
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
    "expires_after": {"type": "str"},
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
    "replace_order": {
        "type": "str",
        "choices": ["terminate_first", "launch_first"],
        "default": "terminate_first",
    },
    "on_drift": {"type": "str", "choices": ["fail", "warn", "ignore", "replace"], "default": "fail"},
    "max_hourly_cost_cents": {"type": "int"},
    "account_max_hourly_cost_cents": {"type": "int"},
    "max_instances": {"type": "int"},
}

ARGUMENT_SPEC: dict[str, t.Any] = {
    **WAIT_SPEC,
    **INSTANCE_OPTIONS,
    **POLICY_SPEC,
    "name": {"type": "list", "elements": "str"},
    "id": {"type": "list", "elements": "str"},
    "machines": {
        "type": "list",
        "elements": "dict",
        "options": {**INSTANCE_OPTIONS, "name": {"type": "list", "elements": "str", "required": True}},
    },
    "state": {"type": "str", "choices": ["present", "absent", "restarted"], "default": "present"},
    "wait_for": {"type": "list", "elements": "str", "choices": list(CONDITIONS), "default": list(DEFAULT_CONDITIONS)},
    "ssh_port": {"type": "int", "default": SSH_PORT},
    "assume_created": {"type": "list", "elements": "str", "default": []},
    "show_jupyter": {"type": "bool", "default": False},
}


def instance_specs(options: t.Mapping[str, t.Any]) -> list[InstanceSpec]:
    """Return the desired instances that the options describe, one for each name.

    Raises:
        InvalidInput: a name is invalid or given twice, or several instances would get the same host name.
    """
    groups = options["machines"] if options["machines"] is not None else [options]
    fleet: list[InstanceSpec] = []
    for group in groups:
        chosen = {key: options[key] if group[key] is None else group[key] for key in INSTANCE_OPTIONS}
        _choose_by_one(chosen, group)
        names = expand_names(group["name"] or ())
        if chosen["hostname"] and len(names) > 1:
            raise InvalidInput(f"The host name '{chosen['hostname']}' goes with one name, not with {len(names)}.")
        fleet += [
            InstanceSpec(
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
                needs=read_needs(chosen["needs"]),
                expires_after=_seconds(chosen["expires_after"]),
            )
            for name in names
        ]
    check_names([spec.name for spec in fleet])
    return fleet


def _choose_by_one(chosen: dict[str, t.Any], group: t.Mapping[str, t.Any]) -> None:
    """Let types or needs of a group take the place of the task's.

    Raises:
        InvalidInput: types and needs are given together.
    """
    ways = ("instance_type", "needs")
    own = [way for way in ways if group[way] is not None]
    if len(own) == 1:
        chosen.update({way: None for way in ways if way not in own})
    if all(chosen[way] is not None for way in ways):
        raise InvalidInput("An instance is chosen by its instance_type or by its needs, and not by both.")


def _optional_tuple(values: list[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)


def _seconds(duration: str | None) -> int | None:
    return None if duration is None else duration_seconds(duration, "expires_after")


def _texts(tags: t.Mapping[str, t.Any] | None) -> dict[str, str] | None:
    return None if tags is None else {str(key): str(value) for key, value in tags.items()}


def execute(task: Task) -> None:
    options = task.options
    fleet = instance_specs(options)
    names, ids = [spec.name for spec in fleet], options["id"] or []
    report = InstanceReport(task.warn)
    task.result = lambda: report.result(options["show_jupyter"])
    task.diff = report.diff
    task.note = report.billing_note
    context = InstanceContext(
        api=task.open_api(),
        waits=task.waits(before_waiting=options["capacity_timeout"]),
        check_mode=task.check_mode,
        run_command=task.run_command,
        report=report,
        wait=options["wait"],
        readiness=Readiness(options["wait_for"], options["ssh_port"]),
        pending=PendingLaunches(task.account_file("launches"), options["outcome_timeout"]),
        assume_created=frozenset(options["assume_created"]),
        policy=Policy(**{option: options[option] for option in POLICY_SPEC}),
    )
    # Every state takes the lock: another task may be launching what this one is to terminate or restart.
    if options["state"] == "absent":
        with task.lock_names("instance", names, context.waits):
            ensure_absent(context, names, ids)
    elif options["state"] == "restarted":
        with task.lock_names("instance", names, context.waits):
            ensure_restarted(context, names, ids)
    elif ids and not fleet:
        ensure_ready(context, ids)
    elif ids and not len(ids) == len(fleet) == 1:
        raise InvalidInput(
            "State present takes an id to give that instance a name, one id and one name, or ids alone to wait for."
        )
    else:
        with task.lock_names("instance", names, context.waits):
            if ids:
                ensure_renamed(context, ids[0], fleet[0])
            else:
                ensure_present(context, fleet)


def main() -> None:
    run_module(
        execute,
        ARGUMENT_SPEC,
        mutually_exclusive=[("name", "machines"), ("id", "machines")],
        required_one_of=[("name", "id", "machines")],
    )


if __name__ == "__main__":
    main()
