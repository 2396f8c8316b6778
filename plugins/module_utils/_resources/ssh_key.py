# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SSH keys as a type of resource: added, generated, replaced, deduplicated and deleted."""

from __future__ import annotations

import dataclasses
import os
import typing as t
from dataclasses import dataclass

from ansible_collections.lambdal.cloud.plugins.module_utils._client.api import Api
from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import SshKey, describe, is_live
from ansible_collections.lambdal.cloud.plugins.module_utils._context import RunCommand
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import (
    ApiError,
    CausedError,
    InvalidInput,
    LambdaCloudError,
    StateError,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._interrupts import signals_delayed
from ansible_collections.lambdal.cloud.plugins.module_utils._resources.generation_mark import GenerationMark
from ansible_collections.lambdal.cloud.plugins.module_utils._resources.key_pair import (
    generate_key_pair,
    read_public_half,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._resources.private_key_file import PrivateKeyFile
from ansible_collections.lambdal.cloud.plugins.module_utils._resources.public_key import PublicKey, material_of
from ansible_collections.lambdal.cloud.plugins.module_utils._resources.resource import (
    Change,
    ResourceClient,
    ResourceType,
    has_name,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._timing import Deadline

LONGEST_NAME = 64
# No description of 1.10.0 promises this code, nor any other, for a key in use. The service may send another one.
KEY_IN_USE = "ssh-keys/key-in-use"


@dataclass(frozen=True)
class SshKeySpec:
    """An SSH key as the user asked for it: with its public half, or with the file that holds its private half or will.

    Args:
        name: empty where state absent is given an ID alone.
        key_id: for state absent, the ID of the key to delete.
        private_key_path: where the private half is, or where that of a new pair goes.
        generate_by_service: let the service generate a new pair instead of the controller.
        overwrite_private_key: replace a file that is there.
        allow_duplicate_material: add the key although the account has the same one under another name.
        replace: where the name belongs to another key, replace that one; else fail.
        deduplicate: of several keys with the name keep one, the wanted one if it is among them; else fail.
        assume_terminated: the IDs of instances that in check mode use no key any more.
    """

    name: str
    public_key: PublicKey | None = None
    key_id: str | None = None
    private_key_path: str | None = None
    generate_by_service: bool = False
    overwrite_private_key: bool = False
    allow_duplicate_material: bool = False
    replace: bool = False
    deduplicate: bool = False
    assume_terminated: frozenset[str] = frozenset()

    @property
    def region(self) -> None:
        """Keys belong to no region."""


class KeyInUse(StateError):
    """An instance uses the SSH key, so that the service does not delete it."""

    def __init__(self, key: SshKey, users: str, nothing_done: str) -> None:
        super().__init__(
            f"The SSH key '{key.get('name')}' (id {key['id']}) is in use by {users}, and the service does not delete a key that an "
            f"instance uses. {nothing_done} Terminate what uses the key first, or use another name."
        )

    def failure(self) -> dict[str, t.Any]:
        return {**super().failure(), "code": KEY_IN_USE}


def check_name(name: str) -> None:
    """Refuse a name that the API would refuse.

    Raises:
        InvalidInput: its length.
    """
    if not 1 <= len(name) <= LONGEST_NAME:
        raise InvalidInput(f"The name '{name}' has {len(name)} characters; a key's has 1 to {LONGEST_NAME}.")


def find_key(keys: t.Iterable[SshKey], name: str) -> SshKey | None:
    """Return the key with the name, if there is one.

    Raises:
        StateError: two keys have it, with which no instance can be launched.
    """
    same = list(filter(has_name(name), keys))
    if len(same) > 1:
        raise StateError(
            f"{len(same)} SSH keys are named '{name}' (ids {', '.join(key['id'] for key in same)}), with which no instance can be "
            "launched. Set deduplicate: true, or delete those not meant by their id (state: absent with id)."
        )
    return same[0] if same else None


def find_material(keys: t.Iterable[SshKey], public_key: PublicKey | None) -> SshKey | None:
    """Return the first key that is the same as the public key, whatever its name."""
    if public_key is None:
        return None
    return next((key for key in keys if material_of(key["public_key"]) == public_key.material), None)


class SshKeyType(ResourceType[SshKeySpec, SshKey]):
    """SSH keys. Names are meant to be unique, but two concurrent adds can leave two keys with one name."""

    noun = "SSH key"
    # The instances that use a key which is to be deleted, for messages; None where nobody looked.
    _users: str | None = None

    def fetch(self, spec: SshKeySpec) -> t.Sequence[SshKey]:
        return self.context.api.list_ssh_keys()

    def find(self, rows: t.Iterable[SshKey], spec: SshKeySpec) -> list[SshKey]:
        rows = list(rows)
        same_name = list(filter(has_name(spec.name), rows))
        if len(same_name) > 1 and spec.deduplicate:
            kept = find_material(same_name, _wanted_half(spec)) or same_name[0]
            return [kept, *(key for key in same_name if key is not kept)]
        found = find_key(same_name, spec.name)
        if found is None and not spec.allow_duplicate_material:
            # The same key under another name is taken for it.
            found = find_material(rows, _wanted_half(spec))
        return [found] if found else []

    def find_to_delete(self, rows: t.Iterable[SshKey], spec: SshKeySpec) -> list[SshKey]:
        if spec.key_id is not None:
            found = [key for key in rows if key["id"] == spec.key_id]
            if found and spec.name and found[0].get("name") != spec.name:
                raise InvalidInput(
                    f"The id {spec.key_id} and the name disagree: the key is named '{found[0].get('name')}'."
                )
            return found
        if spec.deduplicate:
            return list(filter(has_name(spec.name), rows))
        key = find_key(rows, spec.name)
        return [key] if key else []

    def ensure_present(self, spec: SshKeySpec) -> Change[SshKey]:
        change = super().ensure_present(spec)
        mark = _mark(spec)
        if mark and not self.context.check_mode:
            # The private half is in its file, so that nothing was lost.
            mark.clear()
        return change

    def desired(self, found: t.Sequence[SshKey], spec: SshKeySpec) -> SshKey:
        key, *surplus = found
        if not surplus and _is_lost(key, spec):
            return _predicted(spec)
        if spec.public_key is None or material_of(key["public_key"]) == spec.public_key.material:
            if not surplus:
                _require_private_half(key, spec.private_key_path)
            return key
        if spec.replace:
            return _predicted(spec)
        if surplus:
            ids = ", ".join(each["id"] for each in found)
            raise StateError(
                f"None of the {len(found)} SSH keys named '{spec.name}' (ids {ids}) is the one given. Set on_mismatch: "
                "replace as well."
            )
        raise StateError(
            f"The SSH key '{spec.name}' (id {key['id']}) exists with other key material. Use another name, or set on_mismatch: "
            "replace, which is possible while no instance uses the key."
        )

    def predict(self, spec: SshKeySpec) -> SshKey:
        if _wanted_half(spec) is None:
            if spec.private_key_path is None:
                raise InvalidInput(
                    f"The account has no SSH key '{spec.name}'. Give public_key or public_key_file, or private_key_path to have a "
                    "pair generated and kept."
                )
            PrivateKeyFile(spec.private_key_path, spec.overwrite_private_key).check()
        return _predicted(spec)

    def create(self, predicted: SshKey, spec: SshKeySpec, client: ResourceClient[SshKey]) -> SshKey:
        public_key = _wanted_half(spec)
        if public_key is None and spec.private_key_path is not None:
            file = PrivateKeyFile(spec.private_key_path, spec.overwrite_private_key)
            if spec.generate_by_service:
                return self._generate_by_service(spec, file, client)
            public_key = _generate(file, self.context.run_command)
        return self._add(dataclasses.replace(spec, public_key=public_key), client)

    def require_changeable(self, found: t.Sequence[SshKey], desired: SshKey, spec: SshKeySpec) -> None:
        users = self._find_users(found)
        if users:
            raise KeyInUse(found[0], users, "It was not replaced, and nothing was changed.")

    def update(self, row: SshKey, desired: SshKey, spec: SshKeySpec, client: ResourceClient[SshKey]) -> SshKey:
        """Replace the key of a name, which only one can have: delete the old one, and add the new one.

        Whatever happens in between, no key is left under another name: a new key that is refused makes room for the old
        one again, and after a failure whose outcome nobody knows the next run adds what is missing.
        """
        self._delete(row, client)
        if spec.public_key is None:
            # Nobody has the private half of the old one.
            return self.create(desired, spec, client)
        try:
            return self._add(spec, client)
        except LambdaCloudError as error:
            if error.may_have_executed:
                raise CausedError(
                    f"{error} The old key '{spec.name}' was deleted. Run the same task again, which adds the new one if it is missing.",
                    error,
                ) from error
            raise self._put_back(row, error, client) from error

    def _put_back(self, old: SshKey, reason: LambdaCloudError, client: ResourceClient[SshKey]) -> LambdaCloudError:
        """Add an old key again, and return the failure that made it necessary."""
        material = material_of(old["public_key"])
        try:
            client.create(
                lambda: self.context.api.add_ssh_key(old["name"], old["public_key"]),
                lambda new: next((key for key in new if material_of(key["public_key"]) == material), None),
            )
        except LambdaCloudError as error:
            return CausedError(
                f"{reason} The old key '{old['name']}' was deleted, and adding it again failed too: {error} Its public half is "
                f"{old['public_key']}",
                reason,
            )
        return CausedError(f"{reason} The old key '{old['name']}' was added again.", reason)

    def delete(self, api: Api, resource_id: str) -> None:
        api.delete_ssh_key(resource_id)

    def _delete(self, key: SshKey, client: ResourceClient[SshKey]) -> None:
        """Delete a key.

        Raises:
            LambdaCloudError: the service refused; where the key is in use, the message tells by what.
        """
        try:
            client.delete(key["id"])
        except ApiError as error:
            # The code of the refusal is not promised, so the instances decide what it means.
            if error.status != 400 and error.code != KEY_IN_USE:
                raise
            users = self._find_users([key]) if self._users is None else self._users
            if not users and error.code != KEY_IN_USE:
                raise
            raise CausedError(
                f"{error} It is in use by {users or 'an instance'}. A key can be deleted when no instance uses it any more.",
                error,
            ) from error

    def _find_users(self, keys: t.Sequence[SshKey], but: t.Collection[str] = ()) -> str:
        """Return the live instances, `but` some, that were launched with a key of these names, for messages. Costs one request."""
        names = {key.get("name") for key in keys}
        self._users = ", ".join(
            describe(row)
            for row in self.context.api.list_instances()
            if is_live(row) and row["id"] not in but and names & set(row.get("ssh_key_names") or ())
        )
        return self._users

    def require_deletable(self, found: t.Sequence[SshKey], spec: SshKeySpec) -> None:
        users = self._find_users(found, spec.assume_terminated if self.context.check_mode else ())
        # The service has the last word, but check mode asks for nothing.
        if users and self.context.check_mode:
            raise KeyInUse(found[0], users, "It would not be deleted.")

    def delete_found(self, row: SshKey, client: ResourceClient[SshKey]) -> None:
        self._delete(row, client)

    def remarks(self, change: Change[SshKey], spec: SshKeySpec) -> t.Iterator[str]:
        if (
            change.before
            and change.after
            and spec.public_key is None
            and change.before[0]["id"] != change.after[0]["id"]
        ):
            yield (
                f"An earlier task was ended before it had the private half of the SSH key '{spec.name}' (id {change.before[0]['id']}). "
                "That key was deleted, and another pair was generated."
            )
        for key in change.after:
            if key.get("name") != spec.name:
                yield (
                    f"This SSH key is in the account already, as '{key.get('name')}' (id {key['id']}); no second one was added. Launch "
                    "with that name, or set allow_duplicate_material: true."
                )
        if change.before and not change.after and self._users:
            yield (
                f"The SSH key '{change.before[0].get('name')}' was deleted. It was in use by {self._users}, which keep accepting it."
            )

    def _add(self, spec: SshKeySpec, client: ResourceClient[SshKey]) -> SshKey:
        public_key = spec.public_key and spec.public_key.openssh()

        def find_added(new: t.Iterable[SshKey]) -> SshKey | None:
            # Anybody may have added another key with the name meanwhile.
            same = [key for key in new if key.get("name") == spec.name]
            return find_material(same, spec.public_key) if spec.public_key else find_key(same, spec.name)

        return client.create(lambda: self.context.api.add_ssh_key(spec.name, public_key), find_added)

    def _generate_by_service(self, spec: SshKeySpec, file: PrivateKeyFile, client: ResourceClient[SshKey]) -> SshKey:
        """Let the service generate a pair and write its private half to a file that is open before there is one.

        The private half is shown once: a pair whose response was lost, or that cannot be written, is deleted again. So is,
        by the next task, the pair of a task that was killed in between, which left its mark.
        """
        mark = GenerationMark(file.path, spec.name)
        self._discard_earlier(mark, spec, client)

        def discard_lost(new: t.Iterable[SshKey]) -> None:
            lost = find_key(new, spec.name)
            if lost:
                _discard(lost, client)

        with file, signals_delayed():
            mark.begin(client.listed_before)
            try:
                key = client.create(lambda: self.context.api.add_ssh_key(spec.name), discard_lost)
            except LambdaCloudError as error:
                if not error.may_have_executed:
                    mark.clear()
                raise
            private_key = key.pop("private_key", None)
            try:
                if not private_key:
                    raise StateError(f"The service sent no private half for the SSH key '{spec.name}'.")
                file.keep(private_key)
            except (OSError, StateError) as error:
                _discard(key, client)
                reason = error.strerror if isinstance(error, OSError) else error
                raise StateError(
                    f"{file.path} was not written: {reason}. The SSH key '{spec.name}' was deleted again."
                ) from None
        return key

    def _discard_earlier(self, mark: GenerationMark, spec: SshKeySpec, client: ResourceClient[SshKey]) -> None:
        """Wait for the key that a task which was killed has just asked for, and that no list shows yet, and delete it."""
        earlier = mark.read()
        waits = self.context.waits
        if earlier is None or earlier.age >= waits.outcome_timeout:
            return
        until = Deadline(waits.outcome_timeout - earlier.age, waits.clock)
        while until.remaining():
            lost = [
                key for key in client.list_new() if key.get("name") == spec.name and key["id"] not in earlier.before
            ]
            if lost:
                self._delete(lost[0], client)
                return
            waits.sleep(min(waits.interval, max(until.remaining(), 0.01)))


def _mark(spec: SshKeySpec) -> GenerationMark | None:
    """Return the mark of a pair that the service generates, if it is to."""
    if not spec.generate_by_service or spec.private_key_path is None:
        return None
    return GenerationMark(spec.private_key_path, spec.name)


def _is_lost(key: SshKey, spec: SshKeySpec) -> bool:
    """Return whether a key is what an earlier task let the service generate, and did not get the private half of."""
    mark = _mark(spec)
    earlier = mark.read() if mark else None
    if earlier is None or spec.private_key_path is None or key["id"] in earlier.before:
        return False
    if not os.path.lexists(spec.private_key_path):
        return True
    half = read_public_half(spec.private_key_path)
    return spec.overwrite_private_key and (half is None or half.material != material_of(key["public_key"]))


def _discard(key: SshKey, client: ResourceClient[SshKey]) -> None:
    try:
        client.delete(key["id"])
    except LambdaCloudError as error:
        raise StateError(
            f"The private half of the SSH key '{key.get('name')}' (id {key['id']}) is lost, and deleting the key failed "
            f"too. {error}"
        ) from error


def _wanted_half(spec: SshKeySpec) -> PublicKey | None:
    """Return the public key that was given, or that of the private key which is there already and stays there."""
    if spec.public_key or spec.private_key_path is None or spec.overwrite_private_key:
        return spec.public_key
    return read_public_half(spec.private_key_path)


def _generate(file: PrivateKeyFile, run_command: RunCommand | None) -> PublicKey:
    """Write the private half of a new pair, and return the public one.

    It is on disk before anything is sent: whatever happens then, the next run finds it there and adds its public half.
    """
    pair = generate_key_pair(run_command)
    with file:
        try:
            file.keep(pair.private_key)
        except OSError as error:
            raise StateError(f"{file.path} was not written: {error.strerror}. No SSH key was added.") from None
    return pair.public_key


def _predicted(spec: SshKeySpec) -> SshKey:
    half = _wanted_half(spec)
    public_key = half.openssh() if half else None
    return t.cast("SshKey", {"id": None, "name": spec.name, "public_key": public_key})


def _require_private_half(key: SshKey, private_key_path: str | None) -> None:
    if private_key_path is None:
        return
    half = read_public_half(private_key_path)
    if half and half.material != material_of(key["public_key"]):
        raise StateError(
            f"The SSH key '{key.get('name')}' (id {key['id']}) is another than the one in {private_key_path}. Give the path that holds its "
            "private half, or another name."
        )
    if not os.path.exists(private_key_path):
        raise StateError(
            f"The SSH key '{key.get('name')}' (id {key['id']}) exists, but {private_key_path} does not, and the service shows a "
            "private key only once. Give the path that holds it, or delete the key and run again."
        )
