# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeping tasks that ensure the same name from making it twice.

Between the list that does not show a name and the request that makes it there is time for another task to do the same:
one host of a play beside the next, or a second run of the playbook. Names are no keys to the service, so both would have
their machine, and both bill. Tasks of one user on one machine therefore take turns at a name, from before they look until
it is as it should be. The turns are locks on single bytes of one small file per account, which fall with their process.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._account_file import AccountFile
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import DeadlineExceeded
from ansible_collections.lambdal.cloud.plugins.module_utils._patience import Patience

# Seconds between two looks at a name that another task has. They cost no request.
_INTERVAL = 0.2
# Offsets of bytes are 63 bits long. Names that share one wait for each other, and no more.
_BITS = 62


class Claims:
    """Turns of every process of this user that talks to the same account.

    Args:
        file: where the locks are.
        warn: told where they cannot be, and the task goes on without.
    """

    def __init__(self, file: AccountFile, patience: Patience, warn: t.Callable[[str], None]) -> None:
        self._file = file
        self._patience = patience
        self._warn = warn

    @contextlib.contextmanager
    def held(self, kind: str, names: t.Iterable[str]) -> t.Iterator[None]:
        """Hold names of a kind of resource, as soon as nobody else does.

        Raises:
            DeadlineExceeded: another task held one until the deadline. Nothing was sent.
        """
        # In one order for all, so that no two tasks wait for each other.
        offsets = sorted((_offset(kind, name), name) for name in set(names))
        with contextlib.ExitStack() as stack:
            try:
                descriptor = stack.enter_context(self._file.opened())
                for offset, name in offsets:
                    self._take(descriptor, offset, kind, name)
            except OSError as error:
                self._warn(
                    f"Other tasks that ensure the same names at the same time are not waited for: {error.strerror} ({self._file.path})."
                )
            yield

    def _take(self, descriptor: int, offset: int, kind: str, name: str) -> None:
        told = False
        while True:
            try:
                fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, offset, os.SEEK_SET)
                return
            except (BlockingIOError, PermissionError):
                if not told:
                    self._patience.log(f"Waiting for another task that ensures the {kind} '{name}'.")
                    told = True
            deadline = self._patience.deadline
            if deadline and not deadline.allows(_INTERVAL):
                raise DeadlineExceeded(
                    f"After {deadline.seconds:g} s another task still ensures the {kind} '{name}'. Nothing was done."
                )
            self._patience.sleep(_INTERVAL)


def _offset(kind: str, name: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{kind}\0{name}".encode()).digest()) >> (256 - _BITS)
