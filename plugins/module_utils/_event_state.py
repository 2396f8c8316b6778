# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an event source saw last, kept over restarts in a file of the user's own."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import tempfile
import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput

# Change it with the form of what is kept, so that an older file is not misread.
FORMAT = 1


def digest_of(*parts: t.Any) -> str:
    """A name for what a file is about that does not tell it, as it holds the API key."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


def default_path(digest: str) -> str:
    """Where the state is kept unless the user says where: a folder that outlives a restart of the machine."""
    folder = os.environ.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")
    return os.path.join(folder, "lambdal.cloud", f"events-{digest}.json")


class StateFile:
    """A file that one source at a time reads and writes.

    Args:
        path: the file, made with mode 0600 when first written. Beside it lies an empty one that is locked while this is open.
        digest: whose state it is. What another one left counts as nothing.
    """

    def __init__(self, path: str, digest: str, warn: t.Callable[[str], None] = lambda text: None) -> None:
        self.path = os.path.abspath(os.path.expanduser(path))
        self._digest = digest
        self._warn = warn
        self._lock = -1

    @contextlib.contextmanager
    def opened(self) -> t.Iterator[StateFile]:
        """Hold the file.

        Raises:
            InvalidInput: it cannot be written, or another source holds it.
        """
        try:
            os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            self._lock = os.open(f"{self.path}.lock", flags, 0o600)
        except OSError as error:
            raise InvalidInput(f"Could not keep state in {self.path}: {error.strerror}. Set state_path.") from None
        try:
            self._hold()
            yield self
        finally:
            os.close(self._lock)

    def _hold(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InvalidInput(
                f"Another event source keeps its state in {self.path}. Set state_path to a file of this one's own."
            ) from None

    def read(self) -> dict[str, t.Any]:
        """What was kept; nothing where there is no such file, or one that is not this source's or cannot be read."""
        try:
            with open(self.path, encoding="utf-8") as file:
                data = json.load(file)
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            self._warn(f"Could not read {self.path}, so that this look counts as the first: {error}")
            return {}
        if not isinstance(data, dict) or data.get("format") != FORMAT or data.get("account") != self._digest:
            self._warn(
                f"{self.path} is of another version, account or selection, so that this look counts as the first."
            )
            return {}
        return t.cast("dict[str, t.Any]", data["looks"])

    def write(self, looks: t.Mapping[str, t.Any]) -> None:
        """Replace what is kept, whole or not at all. Where that fails, it warns and what was kept stays."""
        try:
            descriptor, temporary = tempfile.mkstemp(dir=os.path.dirname(self.path), prefix=".events-")
            try:
                with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                    json.dump({"format": FORMAT, "account": self._digest, "looks": looks}, file)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(temporary, self.path)
            except BaseException:
                os.unlink(temporary)
                raise
        except OSError as error:
            self._warn(f"Could not keep state in {self.path}: {error}. Events since the last time may be told again.")
