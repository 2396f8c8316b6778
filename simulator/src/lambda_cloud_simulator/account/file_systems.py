# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The account's file systems."""

from __future__ import annotations

import typing as t

from ..hosts import FileSystemMount
from .context import Context
from .errors import (
    ServiceError,
    does_not_exist,
    file_system_in_wrong_region,
    invalid_parameters,
    quota_exceeded,
)
from .launch_request import LaunchRequest
from .resources import FileSystem
from .seeds import SeedFileSystem


class FileSystems:
    """The file systems by their ids. Methods raise ServiceError where the service refuses."""

    def __init__(self, context: Context, mount_root: str) -> None:
        """Begin with none.

        Args:
            context: what the resources share.
            mount_root: the folder in which instances mount file systems by default.
        """
        self._context = context
        self._mount_root = mount_root
        self.by_id: dict[str, FileSystem] = {}

    def create(self, name: str, region: str) -> FileSystem:
        """Create a file system."""
        self._context.require_active(address=True)
        self._context.require_region(region, "region")
        if any(row.name == name and row.region == region for row in self.by_id.values()):
            raise ServiceError(
                400, "global/duplicate", f"There is a file system {name} in {region} already.", "Choose another name."
            )
        quota = self._context.scenario.quotas.file_systems
        if quota is not None and len(self.by_id) >= quota:
            raise quota_exceeded("file systems", quota)
        row = self._store(name, region)
        row.listed_from = self._context.listed_from()
        self._context.record("filesystem", "created", row.id, region=region)
        return row

    def seed(self, seed: SeedFileSystem) -> FileSystem:
        """Add a file system without the service's checks."""
        return self._store(seed.name, seed.region, seed.bytes_used)

    def delete(self, file_system_id: str) -> None:
        """Delete a file system that no instance mounts."""
        row = self.by_id.get(file_system_id)
        if row is None:
            raise does_not_exist("The file system")
        if row.id in self.in_use() or self._context.clock.now() < row.free_from:
            raise ServiceError(
                400,
                "filesystems/filesystem-in-use",
                f"An instance mounts the file system {row.name}.",
                "Terminate the instance first.",
            )
        del self.by_id[file_system_id]
        self._context.record("filesystem", "deleted", file_system_id)

    def listed(self) -> list[FileSystem]:
        """Return what a list shows now."""
        return self._context.listed(self.by_id.values())

    def release(self, rows: t.Iterable[FileSystem]) -> None:
        """Note that an instance which mounted file systems is gone."""
        for row in rows:
            row.free_from = self._context.clock.now() + self._context.quirks.file_system_release

    def in_use(self) -> set[str]:
        """Return the ids of the file systems that an instance mounts; one that is terminating still does."""
        return {row.id for instance in self._context.instances.values() for row in instance.file_systems}

    def default_mount_point(self, name: str) -> str:
        """Return where instances mount a file system of this name by default."""
        return f"{self._mount_root}/{name}"

    def mount(self, row: FileSystem, mount_point: str | None = None) -> FileSystemMount:
        """Return a mount of a file system, by default at its default mount point."""
        return FileSystemMount(row.id, row.name, mount_point or self.default_mount_point(row.name))

    def for_launch(self, request: LaunchRequest) -> tuple[FileSystemMount, ...]:
        """Return the mounts that a launch asks for, by name or by id."""
        rows = [self._named(name, request.region) for name in dict.fromkeys(request.file_system_names)]
        for file_system_id in request.mounts:
            row = self.by_id.get(file_system_id)
            if row is None:
                raise does_not_exist(f"The file system {file_system_id}")
            if row.region != request.region:
                raise file_system_in_wrong_region(row.name, row.region, request.region)
            rows.append(row)
        mounts = {row.id: self.mount(row, request.mounts.get(row.id)) for row in rows}
        if len({mount.mount_point for mount in mounts.values()}) < len(mounts):
            raise invalid_parameters("file_system_mounts", "Two file systems cannot have one mount point.")
        return tuple(mounts.values())

    def _named(self, name: str, region: str) -> FileSystem:
        found = [row for row in self.by_id.values() if row.name == name]
        if not found:
            raise does_not_exist(f"The file system {name}")
        here = [row for row in found if row.region == region]
        if not here:
            raise file_system_in_wrong_region(name, found[0].region, region)
        return here[0]

    def _store(self, name: str, region: str, bytes_used: int = 0) -> FileSystem:
        row = FileSystem(self._context.new_id(), name, region, self._context.clock.now(), bytes_used)
        self.by_id[row.id] = row
        return row
