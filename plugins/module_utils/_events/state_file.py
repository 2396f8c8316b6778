# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file that keeps an event source's last snapshots across restarts."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._client.atomic_file import write_json
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput

# Change this when the format of the file changes, so that an older file is ignored.
FORMAT = 1


def digest_of(*parts: t.Any) -> str:
    """Return a hash that identifies the parts without revealing them, since the API key is among them."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


def default_path(digest: str) -> str:
    """Return the default path of the state file, in a folder that survives a reboot."""
    folder = os.environ.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")
    return os.path.join(folder, "lambdal.cloud", f"events-{digest}.json")


class StateFile:
    """A state file that one event source at a time reads and writes.

    Args:
        path: the file, created with mode 0600 at the first write. An empty file beside it is locked while this one is open.
        digest: identifies the source. State with another digest is ignored.
        warn: shows a warning to the user.
    """

    def __init__(self, path: str, digest: str, warn: t.Callable[[str], None] = lambda text: None) -> None:
        self.path = os.path.abspath(os.path.expanduser(path))
        self._digest = digest
        self._warn = warn
        self._lock = -1

    @contextlib.contextmanager
    def opened(self) -> t.Iterator[StateFile]:
        """Lock the file until the block ends.

        Raises:
            InvalidInput: the folder cannot be written to, or another source has locked the file.
        """
        try:
            os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            self._lock = os.open(f"{self.path}.lock", flags, 0o600)
        except OSError as error:
            raise InvalidInput(f"Could not keep state in {self.path}: {error.strerror}. Set state_path.") from None
        try:
            self._acquire_lock()
            yield self
        finally:
            os.close(self._lock)

    def _acquire_lock(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InvalidInput(
                f"Another event source keeps its state in {self.path}. Set state_path to a different file."
            ) from None

    def read(self) -> dict[str, t.Any]:
        """Return the kept snapshots; none if there is no file, or it is another source's or cannot be read."""
        try:
            with open(self.path, encoding="utf-8") as file:
                data = json.load(file)
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            self._warn(f"Could not read {self.path}, so the next snapshot counts as the first: {error}")
            return {}
        if not isinstance(data, dict) or data.get("format") != FORMAT or data.get("account") != self._digest:
            self._warn(
                f"{self.path} is of another version, account or selection, so the next snapshot counts as the first."
            )
            return {}
        return t.cast("dict[str, t.Any]", data["snapshots"])

    def write(self, snapshots: t.Mapping[str, t.Any]) -> None:
        """Replace the kept snapshots atomically. If that fails, warn and keep the old ones."""
        try:
            write_json(self.path, {"format": FORMAT, "account": self._digest, "snapshots": snapshots})
        except OSError as error:
            self._warn(f"Could not keep state in {self.path}: {error}. Events may be repeated after a restart.")
