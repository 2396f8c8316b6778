# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Request bodies of version 1.10.0. Fields that it does not know are passed over."""

from __future__ import annotations

import typing as t

from pydantic import Field, field_validator

from .bodies import Body
from .resources import LaunchRequest

SshKeyName = t.Annotated[str, Field(min_length=1, max_length=64)]


class Mount(Body):
    """RequestedFilesystemMountEntry."""

    mount_point: t.Annotated[str, Field(max_length=256, pattern=r"^(/home|/lambda/nfs|/data)[//a-zA-Z0-9-]*$")]
    file_system_id: str


class Tag(Body):
    """RequestedTagEntry."""

    key: t.Annotated[str, Field(max_length=55, pattern=r"^[a-z][a-z0-9-:]+$")]
    value: t.Annotated[str, Field(max_length=128)]


class Reference(Body):
    """FirewallRulesetEntry."""

    id: str


class Launch(Body):
    """launchInstance."""

    region_name: str
    instance_type_name: str
    ssh_key_names: t.Annotated[list[str], Field(min_length=1, max_length=1)]
    file_system_names: list[str] = []
    file_system_mounts: list[Mount] = []
    hostname: t.Annotated[str | None, Field(pattern=r"^[a-z0-9][0-9a-z-]{0,62}$")] = None
    name: t.Annotated[str | None, Field(max_length=64)] = None
    image: dict[str, str] | None = None
    user_data: t.Annotated[str | None, Field(max_length=1_000_000)] = None
    tags: list[Tag] = []
    firewall_rulesets: list[Reference] = []
    # Dropped from the description, but more than one is still refused.
    quantity: int = 1

    @field_validator("quantity")
    @classmethod
    def _one(cls, value: int) -> int:
        if value != 1:
            raise ValueError("must be 1")
        return value

    def request(self) -> LaunchRequest:
        return LaunchRequest(
            region=self.region_name,
            instance_type=self.instance_type_name,
            ssh_key_names=tuple(self.ssh_key_names),
            file_system_names=tuple(self.file_system_names),
            name=self.name or None,
            hostname=self.hostname,
            user_data=self.user_data,
            tags=tuple((tag.key, tag.value) for tag in self.tags),
            mounts={mount.file_system_id: mount.mount_point for mount in self.file_system_mounts},
            rulesets=tuple(entry.id for entry in self.firewall_rulesets),
            image=self.image,
        )


class AddSshKey(Body):
    """addSSHKey."""

    name: SshKeyName
    public_key: t.Annotated[str | None, Field(min_length=1, max_length=4096)] = None
