# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""File systems as a type of resource: what they may be named, and when one may be deleted."""

from __future__ import annotations

import dataclasses
import re
import typing as t
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from ansible_collections.lambdal.cloud.plugins.module_utils._client.api import Api
from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import FileSystem, describe, region_name
from ansible_collections.lambdal.cloud.plugins.module_utils._client.pagination import read_events
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import (
    ApiError,
    DeadlineExceeded,
    InvalidInput,
    LambdaCloudError,
    StateError,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._resources.resource import ResourceClient, ResourceType

# FilesystemCreateRequest
_NAME = re.compile(r"[a-zA-Z]+[0-9a-zA-Z-]*")
LONGEST_NAME = 60

# As datetime.UTC, which the Python of cores that are too old does not have.
_UTC = timezone.utc  # noqa: UP017

# The service updates bytes_used every few hours; what happened before this time is certainly in it.
_ESTIMATE_HOURS = 24
# More events than this are not searched for one that matters.
_MOST_EVENTS = 1000
_IN_USE = "filesystems/filesystem-in-use"


@dataclass(frozen=True)
class FileSystemSpec:
    """A file system as the user asked for it.

    Args:
        force_destroy: delete it although it holds data, or may.
        wait: wait until nobody uses it before it is deleted.

    Raises:
        InvalidInput: the API would refuse the length or the characters of the name.
    """

    name: str
    region: str | None
    force_destroy: bool = False
    wait: bool = True

    def __post_init__(self) -> None:
        if not 1 <= len(self.name) <= LONGEST_NAME or not _NAME.fullmatch(self.name):
            raise InvalidInput(
                f"'{self.name}' cannot name a file system: a letter, then letters, digits and dashes, {LONGEST_NAME} in all at most."
            )


class FileSystemType(ResourceType[FileSystemSpec, FileSystem]):
    """File systems, which are never deleted while they are in use, nor while they may hold data unless told to."""

    noun = "file system"
    since = "1.10.0"

    def fetch(self, spec: FileSystemSpec) -> t.Sequence[FileSystem]:
        return self.context.api.list_file_systems()

    def predict(self, spec: FileSystemSpec) -> FileSystem:
        return t.cast(
            "FileSystem",
            {
                "id": None,
                "name": spec.name,
                "created": None,
                "created_by": None,
                "mount_point": None,
                "region": {"name": spec.region, "description": None},
                "is_in_use": False,
                "bytes_used": 0,
            },
        )

    def create(self, predicted: FileSystem, spec: FileSystemSpec, client: ResourceClient[FileSystem]) -> FileSystem:
        return client.create(
            lambda: self.context.api.create_filesystem(predicted["name"], region_name(predicted) or ""),
            lambda rows: next(iter(self.find(rows, spec)), None),
        )

    def delete(self, api: Api, resource_id: str) -> None:
        api.delete_filesystem(resource_id, self.context.waits.deadline)

    def client(self, spec: FileSystemSpec, listed_before: t.Iterable[FileSystem]) -> ResourceClient[FileSystem]:
        return dataclasses.replace(
            super().client(spec, listed_before), destroy=lambda resource_id: self._delete_when_free(resource_id, spec)
        )

    def _delete_when_free(self, resource_id: str, spec: FileSystemSpec) -> None:
        """Delete a file system, again and again while the service says that it is in use, although it lists it as free.

        Raises:
            ApiError: the service refused; with `wait`, until the deadline.
        """
        waits = self.context.waits
        while True:
            try:
                self.delete(self.context.api, resource_id)
                return
            except ApiError as error:
                if error.code != _IN_USE or not spec.wait or waits.out_of_time():
                    raise
                waits.log(f"{error} Trying again in {waits.interval:g} s.")
            waits.sleep(waits.interval)

    def require_deletable(self, found: t.Sequence[FileSystem], spec: FileSystemSpec) -> None:
        for row in found:
            if row.get("is_in_use") and not spec.wait:
                raise self._in_use(row)
            doubt = None if spec.force_destroy else describe_data(row) or self._describe_recent_use(row)
            if doubt:
                raise StateError(
                    f"The file system '{row['name']}' (id {row['id']}) {doubt}. Deleting it needs force_destroy: true."
                )
            if not self.context.check_mode:
                self._wait_until_unused(row)

    def _describe_recent_use(self, row: FileSystem) -> str | None:
        """Return why a file system that counts as empty may have been written to since it was measured, for a sentence.

        The service does not tell which instances used it, nor when it was measured. Only an instance can write to it, so it
        is empty if no instance was launched or ended since it was created, nor in the time that the estimate lags behind.

        Raises:
            LambdaCloudError: the audit log could not be read, for a while.
        """
        since = _begin_of_doubt(row)
        try:
            events, more = read_events(self.context.api, {"start": since.strftime("%Y-%m-%dT%H:%M:%SZ")}, _MOST_EVENTS)
        except LambdaCloudError as error:
            if error.temporary:
                raise
            return (
                f"may hold data: its size is an estimate, hours old, and what was done since cannot be read ({error})"
            )
        if more or any("instance" in str(event.get("resource_name")).lower() for event in events):
            return (
                f"may hold data: its size of 0 bytes is an estimate, hours old, and there were instances in use since "
                f"{since:%Y-%m-%d %H:%M} UTC"
            )
        return None

    def _wait_until_unused(self, row: FileSystem) -> None:
        waits = self.context.waits
        current: FileSystem | None = row
        while current and current.get("is_in_use"):
            if waits.out_of_time():
                raise DeadlineExceeded(str(self._in_use(row)))
            waits.sleep(waits.interval)
            rows = self.context.api.list_file_systems(waits.deadline)
            current = next((each for each in rows if each["id"] == row["id"]), None)

    def _in_use(self, row: FileSystem) -> StateError:
        users = [
            describe(instance)
            for instance in self.context.api.list_instances()
            if row["name"] in instance.get("file_system_names", []) and region_name(instance) == region_name(row)
        ]
        return StateError(
            f"The file system '{row['name']}' (id {row['id']}) is in use by {', '.join(users) or 'an instance'}, and one in use "
            "is never deleted."
        )


def describe_data(row: FileSystem) -> str | None:
    """Return why a file system is not certain to be empty, for a sentence. The service's estimate is hours old."""
    size = row.get("bytes_used")
    if size:
        return f"holds {size} bytes"
    if row.get("is_in_use"):
        return "is in use, and what was written lately is not known yet"
    return "may hold data: the service does not tell" if size is None else None


def _begin_of_doubt(row: FileSystem) -> datetime:
    """Return the time since which the service's estimate of a file system's size may be wrong."""
    since = datetime.now(_UTC) - timedelta(hours=_ESTIMATE_HOURS)
    try:
        created = datetime.fromisoformat(str(row.get("created")))
    except ValueError:
        return since
    return max(since, created if created.tzinfo else created.replace(tzinfo=_UTC))
