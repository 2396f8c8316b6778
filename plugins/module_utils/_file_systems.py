# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""File systems wanted against file systems that exist."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._api import Api
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import (
    ApiError,
    DeadlineExceeded,
    InvalidInput,
    StateError,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._outcome import settle
from ansible_collections.lambdal.cloud.plugins.module_utils._patience import Patience
from ansible_collections.lambdal.cloud.plugins.module_utils._types import FileSystem
from ansible_collections.lambdal.cloud.plugins.module_utils._view import region_name

# FilesystemCreateRequest
_NAME = re.compile(r"[a-zA-Z]+[0-9a-zA-Z-]*")
LONGEST_NAME = 60

# An API that does not know an operation answers as for a path that leads nowhere.
_UNKNOWN_OPERATION = (404, 405)


def check_name(name: str) -> None:
    """Refuse a name that the API would refuse.

    Raises:
        InvalidInput: its length or its characters.
    """
    if not 1 <= len(name) <= LONGEST_NAME or not _NAME.fullmatch(name):
        raise InvalidInput(
            f"'{name}' cannot name a file system: a letter, then letters, digits and dashes, {LONGEST_NAME} in all at most."
        )


def find_file_system(rows: t.Iterable[FileSystem], name: str, region: str | None) -> FileSystem | None:
    """The file system of a name, in a region if one is given.

    Raises:
        StateError: without a region, several regions have one of the name.
    """
    found = [row for row in rows if row.get("name") == name and region in (None, region_name(row))]
    if len(found) > 1:
        where = ", ".join(f"{region_name(row)} (id {row['id']})" for row in found)
        raise StateError(f"{len(found)} file systems are named '{name}', in {where}. Say which by its region.")
    return found[0] if found else None


class FileSystemChange(t.NamedTuple):
    """A file system before and after a task."""

    before: FileSystem | None
    after: FileSystem | None


class FileSystems:
    """The account's file systems, as one task is about them."""

    def __init__(self, api: Api, patience: Patience, *, check_mode: bool) -> None:
        self._api = api
        self._patience = patience
        self._check_mode = check_mode

    def ensure_present(self, name: str, region: str) -> FileSystemChange:
        """The file system of a name in a region, created if there is none.

        Raises:
            StateError: this account's API cannot create file systems.
            LambdaCloudError: the service refused, or nobody knows what became of it.
        """
        rows = self._api.list_file_systems()
        existing = find_file_system(rows, name, region)
        if existing:
            return FileSystemChange(existing, existing)
        if self._check_mode:
            return FileSystemChange(None, _predicted(name, region))
        known = {row["id"] for row in rows}

        def appeared() -> FileSystem | None:
            return find_file_system(
                (row for row in self._api.list_file_systems() if row["id"] not in known), name, region
            )

        try:
            made = settle(lambda: self._api.create_filesystem(name, region), appeared, self._patience)
        except ApiError as error:
            if error.status in _UNKNOWN_OPERATION:
                raise _lacking("create") from error
            raise
        return FileSystemChange(None, made)

    def ensure_absent(self, name: str, region: str | None, *, force_destroy: bool, wait: bool) -> FileSystemChange:
        """No file system of a name. One in use is waited for, and never deleted.

        Raises:
            StateError: it holds data and `force_destroy` is not set, or it is in use and nobody waits.
            DeadlineExceeded: it is still in use.
            LambdaCloudError: the service refused, or nobody knows what became of it.
        """
        existing = find_file_system(self._api.list_file_systems(), name, region)
        if existing is None:
            return FileSystemChange(None, None)
        size = existing.get("bytes_used") or 0
        if size and not force_destroy:
            raise StateError(
                f"The file system '{name}' (id {existing['id']}) holds {size} bytes. Deleting it needs force_destroy: true."
            )
        if not self._check_mode:
            if existing.get("is_in_use"):
                self._wait_until_unused(existing, wait)
            self._delete(existing)
        elif existing.get("is_in_use") and not wait:
            raise self._in_use(existing)
        return FileSystemChange(existing, None)

    def _wait_until_unused(self, row: FileSystem, wait: bool) -> None:
        while row.get("is_in_use"):
            if not wait:
                raise self._in_use(row)
            if self._patience.out_of_time():
                raise DeadlineExceeded(str(self._in_use(row)))
            self._patience.sleep(self._patience.interval)
            rows = self._api.list_file_systems(self._patience.deadline)
            found = next((each for each in rows if each["id"] == row["id"]), None)
            if found is None:
                return
            row = found

    def _in_use(self, row: FileSystem) -> StateError:
        users = [
            f"{instance.get('name') or 'unnamed'} (id {instance['id']})"
            for instance in self._api.list_instances()
            if row["name"] in instance.get("file_system_names", []) and region_name(instance) == region_name(row)
        ]
        return StateError(
            f"The file system '{row['name']}' (id {row['id']}) is in use by {', '.join(users) or 'an instance'}, and one in use "
            "is never deleted."
        )

    def _delete(self, row: FileSystem) -> None:
        def is_there() -> bool:
            return any(each["id"] == row["id"] for each in self._api.list_file_systems())

        def send() -> bool:
            try:
                self._api.delete_filesystem(row["id"])
            except ApiError as error:
                if error.status not in _UNKNOWN_OPERATION:
                    raise
                # Either it is gone already, or the API does not know how to delete one.
                if is_there():
                    raise _lacking("delete") from error
            return True

        settle(send, lambda: None if is_there() else True, self._patience)


def _lacking(verb: str) -> StateError:
    return StateError(
        f"This account's API cannot {verb} file systems; version 1.10.0 can. Do it in the cloud's console, or look at api_url."
    )


def _predicted(name: str, region: str) -> FileSystem:
    """The file system as creating it would make it; what only the service can know is null."""
    return t.cast(
        "FileSystem",
        {
            "id": None,
            "name": name,
            "created": None,
            "created_by": None,
            "mount_point": None,
            "region": {"name": region, "description": None},
            "is_in_use": False,
            "bytes_used": 0,
        },
    )
