# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API's objects as they come. Fields that no description names are passed through; any but the id may be missing."""

from __future__ import annotations

import typing as t


class Region(t.TypedDict):
    """A region: `name` is its short name."""

    name: str
    description: str


class InstanceTypeSpecs(t.TypedDict):
    """Hardware of an instance type; sizes in GiB."""

    vcpus: int
    memory_gib: int
    storage_gib: int
    gpus: int


class InstanceType(t.TypedDict):
    """An instance type; the price is in whole US cents per hour."""

    name: str
    description: str
    gpu_description: str
    price_cents_per_hour: int
    specs: InstanceTypeSpecs


class InstanceTypeOffer(t.TypedDict):
    """An instance type and where the service believes it has capacity for it."""

    instance_type: InstanceType
    regions_with_capacity_available: list[Region]


class Tag(t.TypedDict):
    """A key and a value that a machine carries."""

    key: str
    value: str


class Instance(t.TypedDict, total=False):
    """A machine."""

    id: str
    name: str | None
    ip: str | None
    private_ip: str | None
    hostname: str | None
    status: str
    ssh_key_names: list[str]
    file_system_names: list[str]
    region: Region | None
    instance_type: InstanceType | None
    jupyter_token: str | None
    jupyter_url: str | None
    tags: list[Tag]
    file_system_mounts: list[FileSystemMount]
    firewall_rulesets: list[RulesetReference]
    image: dict[str, str]
    actions: dict[str, t.Any]


class SshKey(t.TypedDict, total=False):
    """A stored public key; `private_key` only in the answer that generated the pair."""

    id: str
    name: str
    public_key: str
    private_key: str | None


class FileSystem(t.TypedDict, total=False):
    """A file system; `bytes_used` is an estimate."""

    id: str
    name: str
    created: str
    mount_point: str
    region: Region
    is_in_use: bool
    bytes_used: int


class Image(t.TypedDict, total=False):
    """A machine image, which has an id of its own in each region."""

    id: str
    created_time: str
    updated_time: str
    name: str
    description: str
    family: str
    version: str
    architecture: str
    region: Region


class FirewallRule(t.TypedDict, total=False):
    """What is let in: `port_range` holds the first and the last port; `icmp` has none."""

    protocol: str
    port_range: list[int]
    source_network: str
    description: str


class FirewallRuleset(t.TypedDict, total=False):
    """Rules of a region that machines are launched with; the global one has no region, date and machines."""

    id: str
    name: str
    region: Region
    rules: list[FirewallRule]
    created: str
    instance_ids: list[str]


class RulesetReference(t.TypedDict):
    """A firewall ruleset by its id."""

    id: str


class FileSystemMount(t.TypedDict):
    """Where a file system is mounted in a machine."""

    mount_point: str
    file_system_id: str


class AuditEvent(t.TypedDict, total=False):
    """Something that was done in the account. An LRN is the service's name of a resource."""

    event_id: str
    event_time: str
    service_name: str
    resource_name: str
    action: str
    catalog_version: str
    actor_lrn: str | None
    resource_lrns: list[str]
    resource_owner_lrn: str | None
    request_api_key_lrn: str | None


class LaunchRequest(t.TypedDict, total=False):
    """The body of a launch. It never holds `quantity`: every launch is of one machine."""

    region_name: str
    instance_type_name: str
    ssh_key_names: list[str]
    file_system_names: list[str]
    name: str
    tags: list[Tag]
    user_data: str
    hostname: str
    image: dict[str, str]
    file_system_mounts: list[FileSystemMount]
    firewall_rulesets: list[RulesetReference]
