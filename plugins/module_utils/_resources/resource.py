# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Named resources, ensured to be present or absent: one way for every type, which a class describes."""

from __future__ import annotations

import abc
import typing as t
from dataclasses import dataclass

from ansible_collections.lambdal.cloud.plugins.module_utils._client.api import Api
from ansible_collections.lambdal.cloud.plugins.module_utils._client.confirm import confirm_write
from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import RowT, region_name
from ansible_collections.lambdal.cloud.plugins.module_utils._context import Context
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import ApiError, StateError, UnsupportedByServer
from ansible_collections.lambdal.cloud.plugins.module_utils._interrupts import signals_delayed
from ansible_collections.lambdal.cloud.plugins.module_utils._timing import WaitSettings


class NamedSpec(t.Protocol):
    """A resource as the user asked for it."""

    @property
    def name(self) -> str: ...

    @property
    def region(self) -> str | None: ...


SpecT = t.TypeVar("SpecT", bound=NamedSpec)


@dataclass(frozen=True)
class Change(t.Generic[RowT]):
    """The resources that a task is about, before and after it."""

    before: list[RowT]
    after: list[RowT]


@dataclass(frozen=True)
class ResourceClient(t.Generic[RowT]):
    """Creates and deletes resources of one type, each with a certain outcome.

    Args:
        noun: what messages call one.
        fetch: lists them.
        destroy: sends the request that deletes the one with an ID.
        waits: for how long to look after a lost response.
        effects: gets a phrase for each write that took effect.
        listed_before: the IDs that were there before the task, none of which it can have created.
        since: the version of the API that can delete them, where an older one lists them as well.
    """

    noun: str
    fetch: t.Callable[[], t.Sequence[RowT]]
    destroy: t.Callable[[str], None]
    waits: WaitSettings
    effects: list[str]
    listed_before: frozenset[str] = frozenset()
    since: str | None = None

    def create(self, send: t.Callable[[], RowT], find: t.Callable[[list[RowT]], RowT | None]) -> RowT:
        """Create a resource by `send`. After a lost response it is what `find` finds among those not listed before.

        Raises:
            LambdaCloudError: the service refused, or nobody knows what became of the request.
        """
        with signals_delayed():
            row = confirm_write(send, lambda: find(self.list_new()), self.waits)
            self.effects.append(f"created the {self.noun} '{row.get('name')}' (id {row['id']})")
        return row

    def list_new(self) -> list[RowT]:
        """List the resources that were not there before."""
        return [row for row in self.fetch() if row["id"] not in self.listed_before]

    def delete(self, resource_id: str) -> None:
        """Delete a resource; one that is gone already is fine.

        Raises:
            UnsupportedByServer: the server's version of the API cannot delete such resources.
            LambdaCloudError: the service refused, or nobody knows what became of the request.
        """

        def is_there() -> bool:
            return any(row["id"] == resource_id for row in self.fetch())

        def send() -> bool:
            try:
                self.destroy(resource_id)
            except ApiError as error:
                # The code for what is not there differs from version to version of the API.
                if error.status not in (404, 405):
                    raise
                if self.since and is_there():
                    raise UnsupportedByServer(error.action, self.since) from error
            return True

        with signals_delayed():
            confirm_write(send, lambda: None if is_there() else True, self.waits)
            self.effects.append(f"deleted the {self.noun} with the id {resource_id}")


class ResourceType(abc.ABC, t.Generic[SpecT, RowT]):
    """A type of resource: how it is listed, created and deleted, and what holds for it alone.

    Attributes:
        noun: what messages call one.
        since: the version of the API that can create and delete them, where an older one lists them as well.
    """

    noun: t.ClassVar[str]
    since: t.ClassVar[str | None] = None

    def __init__(self, context: Context) -> None:
        self.context = context

    @abc.abstractmethod
    def fetch(self, spec: SpecT) -> t.Sequence[RowT]:
        """List the resources among which the wanted one is looked for."""

    @abc.abstractmethod
    def predict(self, spec: SpecT) -> RowT:
        """Return the resource as creating it would make it; what only the service can know is null.

        Raises:
            InvalidInput: creating it needs more than the user gave.
        """

    @abc.abstractmethod
    def create(self, predicted: RowT, spec: SpecT, client: ResourceClient[RowT]) -> RowT:
        """Create the predicted resource."""

    @abc.abstractmethod
    def delete(self, api: Api, resource_id: str) -> None:
        """Delete the resource with this ID."""

    def find(self, rows: t.Iterable[RowT], spec: SpecT) -> list[RowT]:
        """Return the wanted resource and, behind it, those that have to go for its sake.

        Raises:
            StateError: several match, and nothing tells which one is wanted.
        """
        row = only_one(filter(has_name(spec.name, spec.region), rows), self.noun, spec.name)
        return [row] if row else []

    def find_to_delete(self, rows: t.Iterable[RowT], spec: SpecT) -> list[RowT]:
        """Return the resources to delete for state absent.

        Raises:
            StateError: several match, and nothing tells which one is meant.
        """
        return self.find(rows, spec)

    def desired(self, found: t.Sequence[RowT], spec: SpecT) -> RowT:
        """Return the first of the resources that `find` found as it should be: by default as it is.

        Raises:
            StateError: it differs from the spec and must not be changed so.
        """
        return found[0]

    def delete_found(self, row: RowT, client: ResourceClient[RowT]) -> None:
        """Delete a resource that was found; one that is gone already is fine.

        Raises:
            LambdaCloudError: the service refused, or nobody knows what became of the request.
        """
        client.delete(row["id"])

    def require_changeable(self, found: t.Sequence[RowT], desired: RowT, spec: SpecT) -> None:
        """Make sure that resources may be changed into the desired one, before the first write and in check mode as well.

        Raises:
            StateError: they must not be changed.
        """

    def update(self, row: RowT, desired: RowT, spec: SpecT, client: ResourceClient[RowT]) -> RowT:
        """Change a resource into the desired one."""
        raise NotImplementedError

    def require_deletable(self, found: t.Sequence[RowT], spec: SpecT) -> None:
        """Make sure that resources may be deleted, if need be by waiting, but not in check mode.

        Raises:
            StateError: they must not be deleted.
        """

    def remarks(self, change: Change[RowT], spec: SpecT) -> t.Iterable[str]:
        """Yield what to warn of after a task."""
        return ()

    def ensure_present(self, spec: SpecT) -> Change[RowT]:
        """Ensure that the resource is present: create it, or change it where it differs.

        Raises:
            StateError: several match, or it must not be changed so.
            LambdaCloudError: the service refused, or nobody knows what became of the request.
        """
        rows = self.fetch(spec)
        found = self.find(rows, spec)
        if not found:
            row = self.predict(spec)
            return Change([], [row if self.context.check_mode else self.create(row, spec, self.client(spec, rows))])
        row, *surplus = found
        desired = self.desired(found, spec)
        if desired != row:
            self.require_changeable(found, desired, spec)
        if not self.context.check_mode:
            client = self.client(spec, rows)
            for each in surplus:
                self.delete_found(each, client)
            if desired != row:
                desired = self.update(row, desired, spec, client)
        return Change(found, [desired])

    def ensure_absent(self, spec: SpecT) -> Change[RowT]:
        """Ensure that there is no such resource.

        Raises:
            StateError: several match, or it must not be deleted.
            DeadlineExceeded: it could not be deleted in time.
            LambdaCloudError: the service refused, or nobody knows what became of the request.
        """
        rows = self.fetch(spec)
        found = self.find_to_delete(rows, spec)
        if found:
            self.require_deletable(found, spec)
        if not self.context.check_mode:
            client = self.client(spec, rows)
            for row in found:
                self.delete_found(row, client)
        return Change(found, [])

    def client(self, spec: SpecT, listed_before: t.Iterable[RowT]) -> ResourceClient[RowT]:
        """Return a client for writes whose outcome is certain."""
        return ResourceClient(
            noun=self.noun,
            fetch=lambda: self.fetch(spec),
            destroy=lambda resource_id: self.delete(self.context.api, resource_id),
            waits=self.context.waits,
            effects=self.context.effects,
            listed_before=frozenset(row["id"] for row in listed_before),
            since=self.since,
        )


def has_name(name: str, region: str | None = None) -> t.Callable[[t.Mapping[str, t.Any]], bool]:
    """Return a test of whether a row has the name, and is in the region if one is given."""
    return lambda row: row.get("name") == name and region in (None, region_name(row))


def only_one(rows: t.Iterable[RowT], noun: str, name: str) -> RowT | None:
    """Return the only row, if there is one.

    Raises:
        StateError: there are several, in several regions.
    """
    found = list(rows)
    if len(found) > 1:
        where = ", ".join(f"{region_name(row)} (id {row['id']})" for row in found)
        raise StateError(f"{len(found)} {noun}s are named '{name}', in {where}. Say which by its region.")
    return found[0] if found else None
