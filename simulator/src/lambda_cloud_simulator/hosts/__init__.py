# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts: what stands behind an instance's address. This is the protocol that every kind of host implements."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass


class HostError(Exception):
    """A host cannot be had; the message says why, in a sentence for the operator."""


@dataclass(frozen=True)
class GpuSpec:
    """The GPUs that a host shows: `broken` ones are there but do not respond, `missing` ones fell off the bus."""

    count: int
    model: str
    memory_mib: int
    broken: frozenset[int] = frozenset()
    missing: int = 0


@dataclass(frozen=True)
class FileSystemMount:
    """A file system and the absolute path at which the host mounts it."""

    file_system_id: str
    name: str
    mount_point: str


@dataclass(frozen=True)
class HostSpec:
    """Everything that a host must know of its instance."""

    instance_id: str
    name: str | None
    hostname: str
    authorized_keys: tuple[str, ...]
    gpus: GpuSpec
    vcpus: int
    mounts: tuple[FileSystemMount, ...]
    user_data: str | None
    region: str


@dataclass(frozen=True)
class HostAddress:
    """Where a host answers. Both may be the same."""

    ip: str
    private_ip: str | None


class Hosts(t.Protocol):
    """What makes and removes hosts. All methods but `start` and `restart` are idempotent."""

    async def prepare(self) -> None:
        """Do beforehand what the first start would otherwise take time for.

        Raises:
            HostError: hosts cannot be had.
        """

    async def reserve(self, instance_id: str) -> HostAddress:
        """Return the address that the host of an instance has or will have; `stop` gives it back.

        Raises:
            HostError: hosts cannot be had.
        """

    async def start(self, spec: HostSpec) -> HostAddress:
        """Make a host and return when SSH answers.

        Raises:
            HostError: it cannot be had.
        """

    async def restart(self, instance_id: str) -> None:
        """Restart a host and return when SSH answers again.

        Raises:
            HostError: there is none, or it does not come back.
        """

    async def stop(self, instance_id: str) -> None:
        """Remove the host of an instance, if it has one."""

    async def set_gpus(self, instance_id: str, gpus: GpuSpec) -> None:
        """Make the host of an instance, if it has one, show other GPUs from now on."""

    async def close(self) -> None:
        """Remove everything."""
