# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file for a private key, opened before the key exists, because the service shows a private key only once."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile

from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput

# What file systems answer that have no hard links, such as those of Windows that Linux mounts.
_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS})


class PrivateKeyFile:
    """A file of mode 0600 that appears whole or not at all, and in place of another only if told to.

    Entering opens a temporary file beside it; leaving removes what was not kept.
    """

    def __init__(self, path: str, overwrite: bool = False) -> None:
        self.path = path
        self._overwrite = overwrite
        self._folder = os.path.dirname(path) or "."
        self._temporary = ""
        self._descriptor = -1

    def check(self) -> None:
        """Refuse a path that cannot take a new key, without touching the disk.

        Raises:
            InvalidInput: the file exists, or its folder does not take a file.
        """
        if os.path.lexists(self.path) and not self._overwrite:
            raise InvalidInput(
                f"private_key_path {self.path} exists, and a private key is not overwritten. Give another path or the public key, or "
                "set overwrite_private_key: true."
            )
        if not os.access(self._folder, os.W_OK | os.X_OK):
            raise InvalidInput(
                f"private_key_path {self.path} cannot be written: {self._folder} is no folder that takes files."
            )

    def __enter__(self) -> PrivateKeyFile:
        self.check()
        try:
            # mkstemp makes it 0600 whatever the umask.
            self._descriptor, self._temporary = tempfile.mkstemp(dir=self._folder, prefix=".lambda-")
        except OSError as error:
            raise InvalidInput(f"private_key_path {self.path} cannot be written: {error.strerror}.") from None
        return self

    def __exit__(self, *exc: object) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._temporary)

    def keep(self, private_key: str) -> None:
        """Write the key and let the file appear under its name.

        Raises:
            OSError: it could not be written, or a file of that name appeared meanwhile.
        """
        descriptor, self._descriptor = self._descriptor, -1
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            # ssh rejects a key whose last line has no end.
            file.write(private_key if private_key.endswith("\n") else private_key + "\n")
            file.flush()
            os.fsync(file.fileno())
        if not self._overwrite:
            self._take_name()
        os.replace(self._temporary, self.path)

    def _take_name(self) -> None:
        """Link the key to its name, or put an empty file there, unless there is a file. A rename would replace that."""
        try:
            os.link(self._temporary, self.path)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
