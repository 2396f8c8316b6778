# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""File systems as a kind of resource: what they may be named, and when one may be deleted."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from ansible_collections.lambdal.cloud.plugins.module_utils._api import Api
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import DeadlineExceeded, InvalidInput, StateError
from ansible_collections.lambdal.cloud.plugins.module_utils._instances import describe
from ansible_collections.lambdal.cloud.plugins.module_utils._resource import Kind
from ansible_collections.lambdal.cloud.plugins.module_utils._types import FileSystem
from ansible_collections.lambdal.cloud.plugins.module_utils._view import region_name
from ansible_collections.lambdal.cloud.plugins.module_utils._work import Means

# FilesystemCreateRequest
_NAME = re.compile(r"[a-zA-Z]+[0-9a-zA-Z-]*")
LONGEST_NAME = 60


@dataclass(frozen=True)
class WantedFileSystem:
    """A file system as the user asked for it.

    Args:
        force_destroy: delete it although it holds data.
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


def _predict(wanted: WantedFileSystem) -> FileSystem:
    return t.cast(
        "FileSystem",
        {
            "id": None,
            "name": wanted.name,
            "created": None,
            "created_by": None,
            "mount_point": None,
            "region": {"name": wanted.region, "description": None},
            "is_in_use": False,
            "bytes_used": 0,
        },
    )


def _release(means: Means, row: FileSystem, wanted: WantedFileSystem) -> None:
    if row.get("is_in_use") and not wanted.wait:
        raise _in_use(means.api, row)
    data = None if wanted.force_destroy else _data_of(row)
    if data:
        raise StateError(
            f"The file system '{row['name']}' (id {row['id']}) {data}. Deleting it needs force_destroy: true."
        )
    if not means.check_mode:
        _wait_until_unused(means, row)


def _data_of(row: FileSystem) -> str | None:
    """What keeps a file system from being certainly empty, in a sentence. The service's estimate is hours old."""
    size = row.get("bytes_used")
    if size:
        return f"holds {size} bytes"
    if row.get("is_in_use"):
        return "is in use, and what was written lately is not known yet"
    return "may hold data: the service does not tell" if size is None else None


def _wait_until_unused(means: Means, row: FileSystem) -> None:
    patience = means.patience
    found: FileSystem | None = row
    while found and found.get("is_in_use"):
        if patience.out_of_time():
            raise DeadlineExceeded(str(_in_use(means.api, row)))
        patience.sleep(patience.interval)
        rows = means.api.list_file_systems(patience.deadline)
        found = next((each for each in rows if each["id"] == row["id"]), None)


def _in_use(api: Api, row: FileSystem) -> StateError:
    users = [
        describe(instance)
        for instance in api.list_instances()
        if row["name"] in instance.get("file_system_names", []) and region_name(instance) == region_name(row)
    ]
    return StateError(
        f"The file system '{row['name']}' (id {row['id']}) is in use by {', '.join(users) or 'an instance'}, and one in use "
        "is never deleted."
    )


FILE_SYSTEM: Kind[WantedFileSystem, FileSystem] = Kind(
    noun="file system",
    since="1.10.0",
    fetch=lambda api, wanted: api.list_file_systems(),
    predict=_predict,
    create=lambda api, row: api.create_filesystem(row["name"], region_name(row) or ""),
    destroy=lambda api, file_system_id: api.delete_filesystem(file_system_id),
    release=_release,
)
