# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resources that are there without having been asked for: in scenarios and by the control address."""

from __future__ import annotations

import typing as t

from pydantic import BaseModel, ConfigDict, Field


class Seed(BaseModel):
    """A body that must be understood whole."""

    model_config = ConfigDict(extra="forbid")


class SeedInstance(Seed):
    """An instance in any state. Fields of `extra` are shown beside its own.

    Nothing stands behind its address, unless `host` asks for it: then it boots at once and has the address of its host.
    """

    name: str | None = None
    instance_type: str = "gpu_1x_a10"
    region: str = "us-east-1"
    ssh_key_names: list[str] = []
    file_system_names: list[str] = []
    status: t.Literal["booting", "active", "unhealthy", "terminating", "terminated", "preempted"] = "active"
    ip: str | None = None
    private_ip: str | None = None
    hostname: str | None = None
    tags: dict[str, str] = {}
    firewall_ruleset_names: list[str] = []
    is_reserved: bool = False
    extra: dict[str, t.Any] = {}
    host: bool = False


class SeedKey(Seed):
    """A key, which may share its name with another; without a public key one is made."""

    name: str
    public_key: str | None = None


class SeedFileSystem(Seed):
    """A file system."""

    name: str
    region: str
    bytes_used: t.Annotated[int, Field(ge=0)] = 0


class SeedRule(Seed):
    """A firewall rule."""

    protocol: t.Literal["tcp", "udp", "icmp", "all"]
    source_network: str = "0.0.0.0/0"
    description: str = ""
    port_range: tuple[int, int] | None = None


class SeedRuleset(Seed):
    """A firewall ruleset."""

    name: str
    region: str
    rules: list[SeedRule] = []
