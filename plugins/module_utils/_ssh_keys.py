# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SSH keys wanted against SSH keys that exist."""

from __future__ import annotations

import dataclasses
import os
import typing as t
import uuid

from ansible_collections.lambdal.cloud.plugins.module_utils._api import Api
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import (
    ApiError,
    CausedError,
    InvalidInput,
    LambdaCloudError,
    StateError,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._holdings import Holdings, named
from ansible_collections.lambdal.cloud.plugins.module_utils._instances import describe, is_live
from ansible_collections.lambdal.cloud.plugins.module_utils._outcome import settle
from ansible_collections.lambdal.cloud.plugins.module_utils._patience import Patience
from ansible_collections.lambdal.cloud.plugins.module_utils._private_key_file import PrivateKeyFile
from ansible_collections.lambdal.cloud.plugins.module_utils._public_key import material_of
from ansible_collections.lambdal.cloud.plugins.module_utils._types import SshKey
from ansible_collections.lambdal.cloud.plugins.module_utils._wanted_key import (
    WantedKey,
    find_key,
    find_material,
    predicted,
)


class KeyChange(t.NamedTuple):
    """The keys that a task is about, before and after it; `generated` tells that a private half was written."""

    before: list[SshKey]
    after: list[SshKey]
    generated: bool = False

    @property
    def key(self) -> SshKey | None:
        """The key that there is, or the first that was deleted."""
        return next(iter((*self.after, *self.before)), None)


class KeyRing:
    """The account's SSH keys, as one task is about them."""

    def __init__(
        self,
        api: Api,
        patience: Patience,
        *,
        check_mode: bool,
        warn: t.Callable[[str], None] = lambda text: None,
    ) -> None:
        self._api = api
        self._holdings = Holdings(api.list_ssh_keys, api.delete_ssh_key, patience)
        self._patience = patience
        self._check_mode = check_mode
        self._warn = warn

    def ensure_present(self, wanted: WantedKey, private_key_path: str | None, overwrite: bool = False) -> KeyChange:
        """The key of the name, added or generated if there is none.

        The same key under another name is taken for it, unless a second one is allowed.

        Raises:
            InvalidInput: there is none, and neither a public key nor a place for a private one.
            StateError: the name is another key's, or the private half of the key is not where it should be.
            LambdaCloudError: the service refused, or nobody knows what became of the key.
        """
        keys = self._api.list_ssh_keys()
        same_name = list(filter(named(wanted.name), keys))
        if len(same_name) > 1 and wanted.deduplicate:
            return self._deduplicate(wanted, keys, same_name)
        existing = find_key(same_name, wanted.name)
        if existing:
            return self._keep_or_replace(wanted, keys, existing, private_key_path)
        if wanted.public_key is None:
            if private_key_path is None:
                raise InvalidInput(
                    f"The account has no SSH key '{wanted.name}'. Give public_key or public_key_file, or private_key_path to have a "
                    "pair generated and kept."
                )
            file = PrivateKeyFile(private_key_path, overwrite)
            file.check()
            made = predicted(wanted) if self._check_mode else self._generate(wanted, keys, file)
            return KeyChange([], [made], generated=True)
        twin = None if wanted.allow_duplicate_material else find_material(keys, wanted.public_key)
        if twin:
            self._warn(
                f"This SSH key is in the account already, as '{twin.get('name')}' (id {twin['id']}); no second one was added. Launch with "
                "that name, or set allow_duplicate_material: true."
            )
            return KeyChange([twin], [twin])
        return KeyChange([], [predicted(wanted) if self._check_mode else self._add(wanted, keys)])

    def _keep_or_replace(
        self, wanted: WantedKey, keys: t.Sequence[SshKey], existing: SshKey, private_key_path: str | None
    ) -> KeyChange:
        if wanted.public_key is None or material_of(existing["public_key"]) == wanted.public_key.material:
            _require_private_half(existing, private_key_path)
            return KeyChange([existing], [existing])
        if not wanted.replace:
            raise StateError(
                f"The SSH key '{wanted.name}' (id {existing['id']}) exists with other key material. Use another name, or set on_mismatch: "
                "replace; instances that were launched with it keep accepting the old one."
            )
        return KeyChange([existing], [predicted(wanted) if self._check_mode else self._replace(wanted, keys, existing)])

    def _replace(self, wanted: WantedKey, keys: t.Sequence[SshKey], existing: SshKey) -> SshKey:
        """Put another key under a name, which only one can have.

        The new key is first added under a name of its own, so that the account has it whatever happens next.
        """
        spare = dataclasses.replace(wanted, name=f"{wanted.name[:54]}-{uuid.uuid4().hex[:8]}")
        kept = self._add(spare, keys)
        try:
            self._holdings.delete(existing["id"])
            made = self._add(wanted, keys)
        except LambdaCloudError as error:
            raise CausedError(
                f"{error} The new key is in the account as '{spare.name}' (id {kept['id']}); run the same task again with "
                "allow_duplicate_material: true, or use that name.",
                error,
            ) from error
        self._holdings.delete(kept["id"])
        return made

    def _deduplicate(self, wanted: WantedKey, keys: t.Sequence[SshKey], same_name: t.Sequence[SshKey]) -> KeyChange:
        """Keep one of several keys of one name."""
        kept = find_material(same_name, wanted.public_key) or same_name[0]
        if wanted.public_key and material_of(kept["public_key"]) != wanted.public_key.material and not wanted.replace:
            ids = ", ".join(key["id"] for key in same_name)
            raise StateError(
                f"None of the {len(same_name)} SSH keys named '{wanted.name}' (ids {ids}) is the one given. Set on_mismatch: "
                "replace as well."
            )
        if not self._check_mode:
            for key in same_name:
                if key is not kept:
                    self._holdings.delete(key["id"])
        change = self._keep_or_replace(wanted, keys, kept, None)
        return KeyChange(list(same_name), change.after)

    def ensure_absent(self, name: str | None, key_id: str | None, deduplicate: bool = False) -> KeyChange:
        """No key of the name, or none of the id.

        Raises:
            StateError: several keys have the name, or instances use it and the service wants none that do.
            InvalidInput: the name and the id disagree.
            LambdaCloudError: the service refused, or nobody knows what became of the key.
        """
        keys = self._api.list_ssh_keys()
        if key_id is not None:
            found = [key for key in keys if key["id"] == key_id]
            if found and name is not None and found[0].get("name") != name:
                raise InvalidInput(f"The id {key_id} and the name disagree: the key is named '{found[0].get('name')}'.")
        elif deduplicate:
            found = list(filter(named(str(name)), keys))
        else:
            existing = find_key(keys, str(name))
            found = [existing] if existing else []
        users = self._users(found[0]) if found else ""
        for key in found if not self._check_mode else ():
            self._delete_unused(key, users)
        if users:
            self._warn(
                f"The SSH key '{found[0].get('name')}' is in use by {users}, which keep accepting it. Older versions of the API "
                "refuse to delete it."
            )
        return KeyChange(found, [])

    def _delete_unused(self, key: SshKey, users: str) -> None:
        try:
            self._holdings.delete(key["id"])
        except ApiError as error:
            if error.code != "ssh-keys/key-in-use":
                raise
            raise CausedError(f"{error} It is in use by {users or 'an instance'}.", error) from error

    def _users(self, key: SshKey) -> str:
        """The machines that were launched with a key, in a sentence."""
        rows = self._api.list_instances()
        return ", ".join(
            describe(row) for row in rows if is_live(row) and key.get("name") in (row.get("ssh_key_names") or ())
        )

    def _add(self, wanted: WantedKey, keys: t.Sequence[SshKey]) -> SshKey:
        public_key = wanted.public_key and wanted.public_key.openssh()
        return self._holdings.create(
            lambda: self._api.add_ssh_key(wanted.name, public_key), keys, lambda new: find_key(new, wanted.name)
        )

    def _generate(self, wanted: WantedKey, keys: t.Sequence[SshKey], file: PrivateKeyFile) -> SshKey:
        """Let the service generate a pair and write its private half to a file that is open before there is one.

        The private half is shown once: a pair whose answer was lost, or that cannot be written, is deleted again.
        """

        known = {key["id"] for key in keys}

        def discard_lost() -> None:
            lost = find_key(self._holdings.unknown(known), wanted.name)
            if lost:
                self._discard(lost)

        with file:
            key = settle(lambda: self._api.add_ssh_key(wanted.name), discard_lost, self._patience)
            private_key = key.pop("private_key", None)
            try:
                if not private_key:
                    raise StateError(f"The service sent no private half for the SSH key '{wanted.name}'.")
                file.keep(private_key)
            except (OSError, StateError) as error:
                self._discard(key)
                reason = error.strerror if isinstance(error, OSError) else error
                raise StateError(
                    f"{file.path} was not written: {reason}. The SSH key '{wanted.name}' was deleted again."
                ) from None
        return key

    def _discard(self, key: SshKey) -> None:
        try:
            self._holdings.delete(key["id"])
        except LambdaCloudError as error:
            raise StateError(
                f"The private half of the SSH key '{key.get('name')}' (id {key['id']}) is lost, and deleting the key failed "
                f"too. {error}"
            ) from error


def _require_private_half(existing: SshKey, private_key_path: str | None) -> None:
    if private_key_path is not None and not os.path.exists(private_key_path):
        raise StateError(
            f"The SSH key '{existing.get('name')}' (id {existing['id']}) exists, but {private_key_path} does not, and the service shows a "
            "private key only once. Give the path that holds it, or delete the key and run again."
        )
