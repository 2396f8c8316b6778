# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small files that all processes of a user share who talk to the same account."""

from __future__ import annotations

import contextlib
import hashlib
import os
import typing as t


class AccountFile:
    """A file of the user's own, one for each account and address.

    Args:
        purpose: what its name begins with.
        folder: where it is, if not where all of the user's are.
    """

    def __init__(self, purpose: str, api_key: str, api_url: str, folder: str | None = None) -> None:
        # The name must tell accounts apart without telling the key.
        digest = hashlib.sha256(f"{api_url.rstrip('/')}\0{api_key}".encode()).hexdigest()[:32]
        self.path = os.path.join(folder or state_folder(), f"{purpose}-{digest}")

    @contextlib.contextmanager
    def opened(self) -> t.Iterator[int]:
        """A descriptor of the file, which is made where it is not there.

        Raises:
            OSError: the folder cannot be made, or the file cannot be opened.
        """
        os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            yield descriptor
        finally:
            os.close(descriptor)


def state_folder() -> str:
    """The user's own folder for what lives between runs.

    Not the runtime folder, which a cron job of the user does not have.
    """
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(cache, "lambdal.cloud")
