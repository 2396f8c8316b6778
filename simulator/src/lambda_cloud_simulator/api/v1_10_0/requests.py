# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Request bodies of version 1.10.0. Fields that it does not know are passed over."""

from __future__ import annotations

import ipaddress
import typing as t

from pydantic import Field, field_validator, model_validator

from ...account.launch_request import LaunchRequest
from ...account.resources import FirewallRule
from ..requests import Body, optional

MAX_USER_DATA_BYTES = 1_000_000


class Mount(Body):
    """Where to mount a file system."""

    mount_point: t.Annotated[str, Field(max_length=256, pattern=r"^(/home|/lambda/nfs|/data)[//a-zA-Z0-9-]*$")]
    file_system_id: str


class Tag(Body):
    """A tag to give."""

    key: t.Annotated[str, Field(max_length=55, pattern=r"^[a-z][a-z0-9-:]+$")]
    value: t.Annotated[str, Field(max_length=128)]


class RulesetReference(Body):
    """A firewall ruleset, by its id."""

    id: str


class ImageById(Body):
    """An image, by its id."""

    id: str


class ImageByFamily(Body):
    """The newest image of a family."""

    family: str


class Launch(Body):
    """launchInstance."""

    region_name: str
    instance_type_name: str
    ssh_key_names: list[str]
    file_system_names: list[str] = []
    file_system_mounts: list[Mount] = []
    hostname: str = optional(min_length=1, max_length=63, pattern=r"^[a-z0-9][0-9a-z-]{0,62}$")
    name: str = optional(min_length=0, max_length=64)
    image: ImageById | ImageByFamily = optional()
    user_data: str = optional()
    tags: list[Tag] = []
    firewall_rulesets: list[RulesetReference] = []
    # Dropped from the description, but more than one is still refused.
    quantity: int = Field(default=1, json_schema_extra={"deprecated": True})

    @field_validator("ssh_key_names")
    @classmethod
    def _one_key(cls, value: list[str]) -> list[str]:
        if len(value) != 1:
            raise ValueError("exactly one SSH key must be named")
        return value

    @field_validator("quantity")
    @classmethod
    def _one(cls, value: int) -> int:
        if value != 1:
            raise ValueError("a request launches one instance")
        return value

    @field_validator("user_data")
    @classmethod
    def _not_too_long(cls, value: str) -> str:
        if len(value.encode()) > MAX_USER_DATA_BYTES:
            raise ValueError(f"may have {MAX_USER_DATA_BYTES} bytes at most")
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
            image_id=self.image.id if isinstance(self.image, ImageById) else None,
            image_family=self.image.family if isinstance(self.image, ImageByFamily) else None,
        )


class ModifyInstance(Body):
    """postInstance."""

    name: str = optional(min_length=0, max_length=64)


class AddSshKey(Body):
    """addSSHKey."""

    name: t.Annotated[str, Field(min_length=1, max_length=64)]
    public_key: str = optional(min_length=1, max_length=4096)


class CreateFileSystem(Body):
    """createFilesystem."""

    name: t.Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[a-zA-Z]+[0-9a-zA-Z-]*$")]
    region: str


class Rule(Body):
    """A firewall rule."""

    protocol: t.Literal["tcp", "udp", "icmp", "all"]
    port_range: list[t.Annotated[int, Field(ge=1, le=65535)]] = optional(min_length=2, max_length=2)
    source_network: str
    description: t.Annotated[str, Field(min_length=0, max_length=128)]

    @field_validator("source_network")
    @classmethod
    def _network(cls, value: str) -> str:
        """Normalize a network: an address without a mask means itself alone, and bits beyond the mask are dropped."""
        try:
            return str(ipaddress.IPv4Network(value, strict=False))
        except ValueError:
            raise ValueError("must be an IPv4 address or network, as in 192.0.2.0/24") from None

    @model_validator(mode="after")
    def _ports(self) -> Rule:
        ports: list[int] | None = self.port_range
        if self.protocol == "icmp" and ports is not None:
            raise ValueError("port_range is not allowed with the protocol icmp")
        if self.protocol != "icmp" and ports is None:
            raise ValueError(f"port_range is required with the protocol {self.protocol}")
        if ports is not None and ports[0] > ports[1]:
            raise ValueError("port_range must begin with its lower end")
        return self

    def rule(self) -> FirewallRule:
        ports: list[int] | None = self.port_range
        return FirewallRule(
            self.protocol, self.source_network, self.description, (ports[0], ports[1]) if ports is not None else None
        )


class SetRules(Body):
    """firewallRulesSet."""

    data: list[Rule]


class CreateRuleset(Body):
    """createFirewallRuleset."""

    name: t.Annotated[str, Field(max_length=64)]
    region: str
    rules: list[Rule]


class UpdateRuleset(Body):
    """updateFirewallRuleset."""

    name: str = optional(max_length=64)
    rules: list[Rule] = optional()


class UpdateGlobalRuleset(Body):
    """updateGlobalFirewallRuleset."""

    rules: list[Rule] = optional()
