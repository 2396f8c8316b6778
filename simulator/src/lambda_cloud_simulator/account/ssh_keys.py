# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The account's SSH keys."""

from __future__ import annotations

import asyncssh

from .context import Context
from .errors import ServiceError, does_not_exist, invalid_parameters, unknown
from .resources import SshKey
from .seeds import SeedKey


class SshKeys:
    """The SSH keys by their ids. Methods raise ServiceError where the service refuses."""

    def __init__(self, context: Context) -> None:
        """Begin with none."""
        self._context = context
        self.by_id: dict[str, SshKey] = {}

    def add(self, name: str, public_key: str | None) -> tuple[SshKey, str | None]:
        """Store a key, or generate a pair where no public key is given.

        Returns:
            The key, and the private half of a generated pair.
        """
        if any(key.name == name for key in self.by_id.values()):
            raise invalid_parameters("name", "A key's name must be unique.")
        private_key = None
        if public_key is None:
            private_key, public_key = _generate(name)
        else:
            public_key = _normalize(public_key)
        key = self._store(name, public_key)
        key.listed_from = self._context.listed_from()
        self._context.record("ssh_key", "created", key.id)
        return key, private_key

    def seed(self, seed: SeedKey) -> SshKey:
        """Store a key without the service's checks, so that two may share a name."""
        return self._store(seed.name, seed.public_key or _generate(seed.name)[1])

    def delete(self, key_id: str) -> None:
        """Delete a key that no instance uses, or whose instances then keep it, by the quirk `keys_in_use`."""
        key = self.by_id.get(key_id)
        if key is None:
            raise does_not_exist("The SSH key")
        quirks = self._context.quirks
        if quirks.keys_in_use == "refused" and any(
            key in row.ssh_keys for row in self._context.instances.values() if row.live
        ):
            raise ServiceError(
                400, quirks.key_in_use_code, "Key is currently in use, cannot delete", "Terminate the instance first."
            )
        del self.by_id[key_id]
        self._context.record("ssh_key", "deleted", key_id)

    def listed(self) -> list[SshKey]:
        """Return what a list shows now."""
        return self._context.listed(self.by_id.values())

    def for_launch(self, name: str) -> SshKey:
        """Return the key that a launch names."""
        found = [key for key in self.by_id.values() if key.name == name]
        if not found:
            raise does_not_exist(f"The SSH key {name}")
        if len(found) > 1:
            raise unknown()
        return found[0]

    def _store(self, name: str, public_key: str) -> SshKey:
        key = SshKey(self._context.new_id(), name, public_key)
        self.by_id[key.id] = key
        return key


def _generate(comment: str) -> tuple[str, str]:
    """Generate a pair: the private key in OpenSSH's form, and the public one on a line."""
    key = asyncssh.generate_private_key("ssh-ed25519", comment=comment)
    return key.export_private_key().decode(), key.export_public_key().decode().strip()


def _normalize(text: str) -> str:
    """Return a public key on one line.

    Raises:
        ServiceError: it is none.
    """
    try:
        return asyncssh.import_public_key(text).export_public_key().decode().strip()
    except (asyncssh.KeyImportError, ValueError, UnicodeError):
        raise invalid_parameters("public_key", "This is not a public key in a form that is known here.") from None
