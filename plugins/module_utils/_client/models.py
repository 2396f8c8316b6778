# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API's objects and accessors to their fields.

Fields that the API's description does not name are passed through. Any field but the id may be missing.
"""

from __future__ import annotations

import typing as t

# Any object that the API lists, by its fields
Row = t.Mapping[str, t.Any]
RowT = t.TypeVar("RowT", bound=Row)


class Region(t.TypedDict):
    """A region; `name` is its short name."""

    name: str
    description: str


class InstanceTypeSpecs(t.TypedDict):
    """The hardware of an instance type; sizes are in GiB."""

    vcpus: int
    memory_gib: int
    storage_gib: int
    gpus: int


class InstanceType(t.TypedDict):
    """An instance type; the price is in whole US cents per hour, and the architecture is missing in older versions."""

    name: str
    architecture: t.NotRequired[str]
    description: str
    gpu_description: str
    price_cents_per_hour: int
    specs: InstanceTypeSpecs


class InstanceTypeOffer(t.TypedDict):
    """An instance type and the regions that the service lists as having capacity for it."""

    instance_type: InstanceType
    regions_with_capacity_available: list[Region]


class Tag(t.TypedDict):
    """A key and a value of an instance."""

    key: str
    value: str


class Instance(t.TypedDict, total=False):
    """An instance."""

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
    is_reserved: bool


class SshKey(t.TypedDict, total=False):
    """A public key of the account; `private_key` only in the response that generated the pair."""

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
    """An image to launch instances with, in a region. Other regions may have it by the same id or by another one."""

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
    """A rule for traffic that is let in. `port_range` holds the first and the last port; `icmp` has none."""

    protocol: str
    port_range: list[int]
    source_network: str
    description: str


class FirewallRuleset(t.TypedDict, total=False):
    """Rules of a region that instances are launched with. The global ruleset has no region, date and instances."""

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
    """A file system and where an instance mounts it."""

    mount_point: str
    file_system_id: str


class AuditEvent(t.TypedDict, total=False):
    """An action in the account. An LRN is the service's name for a resource."""

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
    """The body of a launch request. It has no `quantity`: every request launches one instance."""

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


ACTIVE = "active"
BOOTING = "booting"
# Statuses that do not count as present.
GONE = frozenset({"terminating", "terminated"})
# Statuses from which an instance never becomes active. An unhealthy one is still billed.
FAILED = frozenset({"unhealthy", "preempted"})


def is_live(row: Instance) -> bool:
    """Return whether an instance exists and is not terminating."""
    return row.get("status") not in GONE


def is_reserved(row: t.Mapping[str, t.Any]) -> bool:
    """Return whether an instance is reserved: paid for whether it runs or not, and maybe not to be had again."""
    return row.get("is_reserved") is True


def can_be_terminated(row: Instance) -> bool | None:
    """Return whether an instance can be terminated now, or None if the API does not tell. A new one cannot for seconds."""
    available = _object(_object(row, "actions"), "terminate").get("available")
    return available if isinstance(available, bool) else None


def describe(row: t.Mapping[str, t.Any]) -> str:
    """Return an instance's name, id and status, for a sentence."""
    return f"{row.get('name') or 'unnamed'} (id {row.get('id')}, {row.get('status')})"


def price_cents_per_hour(row: t.Mapping[str, t.Any]) -> int | None:
    """Return an instance's price in whole US cents per hour, or None if the API does not give one."""
    price = _object(row, "instance_type").get("price_cents_per_hour")
    # One example in the API description shows the price as a string.
    return None if price is None else int(price)


def region_name(row: t.Mapping[str, t.Any]) -> str | None:
    """Return the short name of the region of an instance or another resource, or None."""
    return _object(row, "region").get("name")


def instance_type_name(row: t.Mapping[str, t.Any]) -> str | None:
    """Return the name of an instance's type, or None."""
    return _object(row, "instance_type").get("name")


def architecture(instance_type: t.Mapping[str, t.Any]) -> str:
    """Return the CPU architecture of an instance type: what the API tells, or else what its name does. Grace is arm64."""
    told = instance_type.get("architecture")
    if told:
        return str(told)
    name = str(instance_type.get("name"))
    return "arm64" if "_gh200" in name or "_gb" in name else "x86_64"


def tags_of(row: t.Mapping[str, t.Any]) -> dict[str, str]:
    """Return an instance's tags as a mapping of keys to values."""
    return {tag["key"]: tag["value"] for tag in row.get("tags") or ()}


def _object(row: t.Mapping[str, t.Any], field: str) -> t.Mapping[str, t.Any]:
    value = row.get(field)
    return value if isinstance(value, dict) else {}
