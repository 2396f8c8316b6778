# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The things an account holds, as the simulator keeps them."""

from __future__ import annotations

import asyncio
import typing as t
from dataclasses import dataclass, field

from .catalogue import InstanceType
from .hosts import FileSystemMount, GpuSpec

GONE = ("terminating", "terminated")


@dataclass
class SshKey:
    """A stored public key."""

    id: str
    name: str
    public_key: str


@dataclass
class FileSystem:
    """A file system; times in simulated seconds since the simulator's start."""

    id: str
    name: str
    region: str
    created: float
    bytes_used: int = 0


@dataclass(frozen=True)
class FirewallRule:
    """What may come in. `port_range` is inclusive, and None for icmp."""

    protocol: str
    source_network: str
    description: str
    port_range: tuple[int, int] | None = None


@dataclass
class Ruleset:
    """Firewall rules of a region that instances can be launched with."""

    id: str
    name: str
    region: str
    created: float
    rules: tuple[FirewallRule, ...] = ()


@dataclass
class Instance:
    """A machine; times in simulated seconds since the simulator's start."""

    id: str
    name: str | None
    type: InstanceType
    region: str
    ssh_keys: tuple[SshKey, ...]
    file_systems: tuple[FileSystem, ...]
    mounts: tuple[FileSystemMount, ...]
    gpus: GpuSpec
    launched: float
    status: str = "booting"
    ip: str | None = None
    private_ip: str | None = None
    hostname: str | None = None
    jupyter_token: str | None = None
    # Not before this time do lists show it.
    listed_from: float = 0.0
    # When it ceased to cost.
    ended: float | None = None
    tags: tuple[tuple[str, str], ...] = ()
    rulesets: tuple[str, ...] = ()
    user_data: str | None = None
    # Fields that no description names.
    extra: t.Mapping[str, t.Any] = field(default_factory=dict)
    life: asyncio.Task[None] | None = field(default=None, repr=False, compare=False)

    @property
    def live(self) -> bool:
        """Whether it is not on its way out."""
        return self.status not in GONE

    def cost_cents(self, now: float) -> float:
        """What it has cost so far, in US cents."""
        return ((self.ended if self.ended is not None else now) - self.launched) / 3600 * self.type.price_cents_per_hour


@dataclass(frozen=True)
class LaunchRequest:
    """A launch, whichever version of the API it came by. `mounts` maps the id of a file system to its mount point."""

    region: str
    instance_type: str
    ssh_key_names: tuple[str, ...]
    file_system_names: tuple[str, ...] = ()
    name: str | None = None
    hostname: str | None = None
    user_data: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
    mounts: t.Mapping[str, str] = field(default_factory=dict)
    rulesets: tuple[str, ...] = ()
    image_id: str | None = None
    image_family: str | None = None
