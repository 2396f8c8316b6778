# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The resources of an account as data: instances, SSH keys, file systems, firewall rules and rulesets."""

from __future__ import annotations

import asyncio
import typing as t
from dataclasses import dataclass, field

from ..hosts import FileSystemMount, GpuSpec
from .catalogue import InstanceType
from .images import Image

GONE = ("terminating", "terminated")


@dataclass
class SshKey:
    """A stored public key."""

    id: str
    name: str
    public_key: str
    listed_from: float = 0.0


@dataclass
class FileSystem:
    """A file system; times in simulated seconds since the simulator's start.

    Attributes:
        listed_from: lists do not show it before this time, as those of every kind of resource.
        free_from: it cannot be deleted before this time, whatever lists say.
    """

    id: str
    name: str
    region: str
    created: float
    bytes_used: int = 0
    listed_from: float = 0.0
    free_from: float = 0.0


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
    listed_from: float = 0.0


@dataclass
class Instance:
    """An instance; times in simulated seconds since the simulator's start.

    Attributes:
        image: None where nobody knows.
        terminable_from: it cannot be terminated before this time.
        ended: when it ceased to cost.
        extra: fields that no description names.
        life: the task that lets it boot, live and end.
    """

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
    image: Image | None = None
    is_reserved: bool = False
    listed_from: float = 0.0
    terminable_from: float = 0.0
    ended: float | None = None
    tags: tuple[tuple[str, str], ...] = ()
    rulesets: tuple[str, ...] = ()
    user_data: str | None = None
    extra: t.Mapping[str, t.Any] = field(default_factory=dict)
    life: asyncio.Task[None] | None = field(default=None, repr=False, compare=False)

    @property
    def live(self) -> bool:
        """Return whether it is neither terminating nor terminated."""
        return self.status not in GONE

    def cost_cents(self, now: float) -> float:
        """Return what it has cost until a time, in US cents."""
        return ((self.ended if self.ended is not None else now) - self.launched) / 3600 * self.type.price_cents_per_hour
