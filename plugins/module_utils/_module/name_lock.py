# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Locks on names, so that tasks which ensure the same name at the same time do not create it twice.

Between the list that lacks a name and the request that creates it, another task can do the same: another host of the play,
or a second run of the playbook. The service does not keep names unique, so both would launch an instance, and both would be
billed. Tasks of one user on one controller therefore lock their names, from before they list until the resource is as
desired. The locks are on single bytes of one small file per account, and are released when their process ends.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._client.account_file import AccountFile
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import DeadlineExceeded
from ansible_collections.lambdal.cloud.plugins.module_utils._timing import WaitSettings

# Seconds between two attempts to lock a name. They send no request.
_INTERVAL = 0.2
# Offsets of bytes have 63 bits. If two names share an offset, their tasks wait for each other; nothing worse happens.
_BITS = 62


class NameLock:
    """Locks on names that all of this user's processes on the same account share.

    Args:
        file: the file to lock bytes of.
        waits: how long to wait for a lock.
        warn: shows a warning if the file cannot be locked; the task then proceeds without locks.
    """

    def __init__(self, file: AccountFile, waits: WaitSettings, warn: t.Callable[[str], None]) -> None:
        self._file = file
        self._waits = waits
        self._warn = warn

    @contextlib.contextmanager
    def hold(self, kind: str, names: t.Iterable[str]) -> t.Iterator[None]:
        """Lock names of a kind of resource until the block ends, waiting for tasks that have locked them.

        Raises:
            DeadlineExceeded: another task held a lock until the deadline. No request was sent.
        """
        # All tasks lock in the same order, so that no two wait for each other.
        offsets = sorted((_offset(kind, name), name) for name in set(names))
        with contextlib.ExitStack() as stack:
            try:
                descriptor = stack.enter_context(self._file.opened())
                for offset, name in offsets:
                    self._acquire(descriptor, offset, kind, name)
            except OSError as error:
                self._warn(
                    "Could not lock the names against other tasks that ensure the same ones at the same time: "
                    f"{error.strerror} ({self._file.path})."
                )
            yield

    def _acquire(self, descriptor: int, offset: int, kind: str, name: str) -> None:
        logged = False
        while True:
            try:
                fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, offset, os.SEEK_SET)
                return
            except (BlockingIOError, PermissionError):
                if not logged:
                    self._waits.log(f"Waiting for another task that ensures the {kind} '{name}'.")
                    logged = True
            deadline = self._waits.deadline
            if deadline and not deadline.allows(_INTERVAL):
                raise DeadlineExceeded(
                    f"After {deadline.seconds:g} s, another task is still ensuring the {kind} '{name}'. Nothing was changed."
                )
            self._waits.sleep(_INTERVAL)


def _offset(kind: str, name: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{kind}\0{name}".encode()).digest()) >> (256 - _BITS)
