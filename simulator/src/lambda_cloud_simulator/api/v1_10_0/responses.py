# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What version 1.10.0 responds with, described in the project's own words. The views make it; these models only describe."""

from __future__ import annotations

import typing as t
from datetime import datetime

from pydantic import BaseModel, Field

from ..requests import optional
from ..responses import Description
from ..v1_5_3.responses import InstanceType, Launched, OfferedType, Region, User

Name = t.Annotated[str, Field(min_length=1, max_length=64)]


class MountPoint(BaseModel):
    """Where a file system is mounted."""

    mount_point: str
    file_system_id: str


class Tag(BaseModel):
    """A tag."""

    key: str
    value: str


class RulesetReference(BaseModel):
    """A firewall ruleset, by its id."""

    id: str


Reason = t.Literal["vm-has-not-launched", "vm-is-too-old", "vm-is-terminating", "vm-action-in-progress"]


class Action(BaseModel):
    """Whether something can be done to an instance now, and why not."""

    available: bool
    reason_code: Reason | str = optional()
    reason_description: str = optional()


class Actions(BaseModel):
    """What can be done to an instance now."""

    migrate: Action
    rebuild: Action
    restart: Action
    cold_reboot: Action
    terminate: Action


class Instance(BaseModel):
    """An instance."""

    id: str
    name: t.Annotated[str, Field(min_length=0, max_length=64)] = optional()
    ip: str = optional()
    private_ip: str = optional()
    status: t.Literal["booting", "active", "unhealthy", "terminated", "terminating", "preempted"]
    ssh_key_names: list[str]
    file_system_names: list[str]
    file_system_mounts: list[MountPoint] = optional()
    region: Region
    instance_type: InstanceType
    hostname: str = optional()
    jupyter_token: str = optional()
    jupyter_url: str = optional()
    actions: Actions
    tags: list[Tag] = optional()
    firewall_rulesets: list[RulesetReference] = optional()


class Terminated(BaseModel):
    """The instances that were terminated, maybe not all."""

    terminated_instances: list[Instance]


class Restarted(BaseModel):
    """The instances that were restarted, maybe not all."""

    restarted_instances: list[Instance]


class SshKey(BaseModel):
    """A stored public key."""

    id: str
    name: Name
    public_key: t.Annotated[str, Field(min_length=1, max_length=4096)]


class GeneratedSshKey(SshKey):
    """A key pair that was just made; the private key is not kept."""

    private_key: str


class FileSystem(BaseModel):
    """A file system, and where it is mounted by default."""

    id: str
    name: str
    mount_point: str
    created: datetime
    created_by: User
    is_in_use: bool
    region: Region
    bytes_used: int = optional()


class DeletedFileSystems(BaseModel):
    """The file systems that were deleted."""

    deleted_ids: list[str]


class Image(BaseModel):
    """An image of a region."""

    id: str
    created_time: datetime
    updated_time: datetime
    name: str
    description: str
    family: str
    version: str
    architecture: t.Literal["x86_64", "arm64"]
    region: Region


class Rule(BaseModel):
    """A firewall rule. Every protocol but icmp has an inclusive range of ports."""

    protocol: t.Literal["tcp", "udp", "icmp", "all"]
    port_range: t.Annotated[list[t.Annotated[int, Field(ge=1, le=65535)]], Field(min_length=2, max_length=2)] = (
        optional()
    )
    source_network: str
    description: t.Annotated[str, Field(min_length=0, max_length=128)]


class Ruleset(BaseModel):
    """Firewall rules of a region, and the instances that were launched with them."""

    id: str
    name: str
    region: Region
    rules: list[Rule]
    created: datetime
    instance_ids: list[str]


class GlobalRuleset(BaseModel):
    """The firewall rules that hold in all regions."""

    id: t.Literal["global"]
    name: str
    rules: list[Rule]


class AuditEvent(BaseModel):
    """Something that was done in the account."""

    service_name: str
    resource_name: str
    action: str
    catalog_version: str
    event_id: str
    event_time: str
    actor_lrn: str | None
    resource_lrns: list[str]
    resource_owner_lrn: str | None
    request_api_key_lrn: str | None
    additional_details: dict[str, t.Any]


class Nothing(BaseModel):
    """An empty object."""


_INVALID = "global/invalid-parameters"
_QUOTA = "global/quota-exceeded"
_MISSING = "global/object-does-not-exist"
_NOT_FOUND = "global/not-found"
_INACTIVE = "global/account-inactive"
_ADDRESS = "global/invalid-address"
_BASE: dict[int, tuple[str, ...]] = {401: ("global/invalid-api-key",), 403: (_INACTIVE,), 404: (_NOT_FOUND,)}
_READ = {400: (_INVALID,), **_BASE}
_ONE = {**_READ, 404: (_MISSING,)}
_ONE_INSTANCE = {**_ONE, 403: (_INACTIVE, "global/forbidden")}
_RACE = {409: ("global/internal-error",)}

DESCRIPTION = Description(
    data={
        "list_instance_types": dict[str, OfferedType],
        "list_instances": list[Instance],
        "get_instance": Instance,
        "rename_instance": Instance,
        "launch": Launched,
        "terminate": Terminated,
        "restart": Restarted,
        "list_ssh_keys": list[SshKey],
        "add_ssh_key": GeneratedSshKey | SshKey,
        "delete_ssh_key": Nothing,
        "list_file_systems": list[FileSystem],
        "create_file_system": FileSystem,
        "delete_file_system": DeletedFileSystems,
        "list_images": list[Image],
        "list_regions": list[Region],
        "list_firewall_rules": list[Rule],
        "set_firewall_rules": list[Rule],
        "list_firewall_rulesets": list[Ruleset],
        "create_firewall_ruleset": Ruleset,
        "get_firewall_ruleset": Ruleset,
        "update_firewall_ruleset": Ruleset,
        "delete_firewall_ruleset": Nothing,
        "get_global_firewall_ruleset": GlobalRuleset,
        "update_global_firewall_ruleset": GlobalRuleset,
        "list_audit_events": list[AuditEvent],
    },
    errors={
        "list_instance_types": _READ,
        "list_instances": {**_READ, 403: (_INACTIVE, "global/forbidden")},
        "get_instance": _ONE_INSTANCE,
        "rename_instance": _ONE,
        "launch": {
            **_BASE,
            400: (
                "instance-operations/launch/file-system-in-wrong-region",
                "instance-operations/launch/insufficient-capacity",
                _INVALID,
                _MISSING,
                _QUOTA,
            ),
            403: (_INACTIVE, _ADDRESS),
            404: (_MISSING,),
        },
        "terminate": _ONE,
        "restart": {**_ONE, 409: ("global/conflict",)},
        "list_ssh_keys": _READ,
        "add_ssh_key": _READ,
        "delete_ssh_key": _READ,
        "list_file_systems": _READ,
        "create_file_system": {**_READ, 400: ("global/duplicate", _QUOTA, _INVALID), 403: (_INACTIVE, _ADDRESS)},
        "delete_file_system": {**_ONE, 400: ("filesystems/filesystem-in-use", _INVALID)},
        "list_images": _READ,
        "list_regions": _BASE,
        "list_firewall_rules": _BASE,
        "set_firewall_rules": _READ,
        "list_firewall_rulesets": _READ,
        "create_firewall_ruleset": {**_READ, 400: (_QUOTA, _INVALID), **_RACE},
        "get_firewall_ruleset": _ONE,
        "update_firewall_ruleset": {**_ONE, **_RACE},
        "delete_firewall_ruleset": {**_ONE, 400: ("firewall-rulesets/firewall-ruleset-in-use", _INVALID), **_RACE},
        "get_global_firewall_ruleset": _READ,
        "update_global_firewall_ruleset": {**_READ, **_RACE},
        "list_audit_events": _READ,
    },
    beside={"list_audit_events": {"page_token": str | None}},
)
