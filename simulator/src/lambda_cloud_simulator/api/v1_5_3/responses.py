# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What version 1.5.3 responds with, described in the project's own words. The views make it; these models only describe."""

from __future__ import annotations

import typing as t

from pydantic import BaseModel, Field

from ..requests import optional
from ..responses import Description

Code = t.Literal[
    "global/unknown",
    "global/invalid-api-key",
    "global/account-inactive",
    "global/invalid-address",
    "global/invalid-parameters",
    "global/object-does-not-exist",
    "global/quota-exceeded",
    "instance-operations/launch/insufficient-capacity",
    "instance-operations/launch/file-system-in-wrong-region",
    "instance-operations/launch/file-systems-not-supported",
    "ssh-keys/key-in-use",
]


SshKeyName = t.Annotated[str, Field(max_length=64)]


class Error(BaseModel):
    """Why a request was refused."""

    code: Code
    message: str
    suggestion: str | None = None


class ErrorResponse(BaseModel):
    """An error; `field_errors` has the parameters that are wrong."""

    error: Error
    field_errors: dict[str, Error] = {}


class User(BaseModel):
    """A member of the team."""

    id: str
    email: str
    status: t.Literal["active", "deactivated"]


class Region(BaseModel):
    """A region."""

    name: str
    description: str


class Specs(BaseModel):
    """Sizes in GiB."""

    vcpus: int
    memory_gib: int
    storage_gib: int
    gpus: int


class InstanceType(BaseModel):
    """An instance type; its price is in US cents per hour."""

    name: str
    description: str
    gpu_description: str
    price_cents_per_hour: int
    specs: Specs


class OfferedType(BaseModel):
    """An instance type, and where it can be had."""

    instance_type: InstanceType
    regions_with_capacity_available: list[Region]


class Instance(BaseModel):
    """An instance."""

    id: str
    name: t.Annotated[str, Field(min_length=1, max_length=64)] | None = None
    ip: str | None = None
    status: t.Literal["active", "booting", "unhealthy", "terminating", "terminated"]
    ssh_key_names: list[SshKeyName]
    file_system_names: list[str]
    region: Region = optional()
    instance_type: InstanceType = optional()
    hostname: str | None = None
    jupyter_token: str | None = None
    jupyter_url: str | None = None


class SshKey(BaseModel):
    """A stored public key; the private one only when it was just made."""

    id: str
    name: SshKeyName
    public_key: t.Annotated[str, Field(max_length=4096)]
    private_key: str | None = None


class FileSystem(BaseModel):
    """A file system."""

    id: str
    name: str
    created: str
    created_by: User
    mount_point: str
    region: Region
    is_in_use: bool
    bytes_used: int = optional()


class Launched(BaseModel):
    """The instances that a launch made."""

    instance_ids: list[str]


class Terminated(BaseModel):
    """The instances that were terminated, maybe not all."""

    terminated_instances: list[Instance]


class Restarted(BaseModel):
    """The instances that were restarted, maybe not all."""

    restarted_instances: list[Instance]


_READ = {401: (), 403: ()}
_WRITE = {400: (), **_READ}
_ACT = {**_WRITE, 404: (), 500: ()}

DESCRIPTION = Description(
    data={
        "list_instance_types": dict[str, OfferedType],
        "list_instances": list[Instance],
        "get_instance": Instance,
        "launch": Launched,
        "terminate": Terminated,
        "restart": Restarted,
        "list_ssh_keys": list[SshKey],
        "add_ssh_key": SshKey,
        "delete_ssh_key": None,
        "list_file_systems": list[FileSystem],
    },
    errors={
        "list_instance_types": _READ,
        "list_instances": _READ,
        "get_instance": {**_READ, 404: ()},
        "launch": _ACT,
        "terminate": _ACT,
        "restart": _ACT,
        "list_ssh_keys": _READ,
        "add_ssh_key": _WRITE,
        "delete_ssh_key": _WRITE,
        "list_file_systems": _READ,
    },
    error_model=ErrorResponse,
)
