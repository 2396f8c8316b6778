# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small files shared by all of a user's processes that work on the same account."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import typing as t


class AccountFile:
    """A private file of the user, one for each account and API address.

    Args:
        purpose: the beginning of the file's name.
        folder: where the file is, instead of `state_folder()`.
    """

    def __init__(self, purpose: str, api_key: str, api_url: str, folder: str | None = None) -> None:
        # The name must identify the account without revealing the key.
        digest = hashlib.sha256(f"{api_url.rstrip('/')}\0{api_key}".encode()).hexdigest()[:32]
        self.path = os.path.join(folder or state_folder(), f"{purpose}-{digest}")

    @contextlib.contextmanager
    def opened(self) -> t.Iterator[int]:
        """Open the file, creating it if it is missing, and yield its descriptor.

        Raises:
            OSError: the folder cannot be created, or the file cannot be opened.
        """
        os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def update(self, change: t.Callable[[dict[str, t.Any]], None]) -> None:
        """Call `change` with the file's JSON object, to read and alter it while nobody else does.

        Raises:
            OSError: the folder cannot be created, or the file cannot be opened, locked or written.
        """
        with self.opened() as descriptor, open(descriptor, "r+", encoding="utf-8", closefd=False) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            content = _read_object(file)
            change(content)
            file.seek(0)
            file.truncate()
            json.dump(content, file)


def _read_object(file: t.TextIO) -> dict[str, t.Any]:
    """Return the object in a file, or an empty one if a process that was killed while writing left it unreadable."""
    try:
        content = json.load(file)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def state_folder() -> str:
    """Return the user's folder for files that are kept between runs.

    This is not the runtime folder, because a cron job of the user has none.
    """
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(cache, "lambdal.cloud")
