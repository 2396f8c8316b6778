# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an account holds of one kind of resource: found by name, created and deleted with a certain outcome."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.lambdal.cloud.plugins.module_utils._errors import ApiError, StateError, UnsupportedByServer
from ansible_collections.lambdal.cloud.plugins.module_utils._outcome import settle
from ansible_collections.lambdal.cloud.plugins.module_utils._patience import Patience
from ansible_collections.lambdal.cloud.plugins.module_utils._view import region_name

Row = t.TypeVar("Row", bound=t.Mapping[str, t.Any])


def named(name: str, region: str | None = None) -> t.Callable[[t.Mapping[str, t.Any]], bool]:
    """Whether a row bears the name, in the region if one is given."""
    return lambda row: row.get("name") == name and region in (None, region_name(row))


def the_one(rows: t.Iterable[Row], noun: str, name: str) -> Row | None:
    """The only row, if there is one.

    Raises:
        StateError: there are several, in several regions.
    """
    found = list(rows)
    if len(found) > 1:
        where = ", ".join(f"{region_name(row)} (id {row['id']})" for row in found)
        raise StateError(f"{len(found)} {noun}s are named '{name}', in {where}. Say which by its region.")
    return found[0] if found else None


@dataclass(frozen=True)
class Holdings(t.Generic[Row]):
    """The account's resources of a kind.

    Args:
        fetch: lists them.
        destroy: sends the request that deletes the one of an id.
        patience: for how long to look after a lost answer.
        since: the version of the API that can delete them, where an older one lists them as well.
    """

    fetch: t.Callable[[], t.Sequence[Row]]
    destroy: t.Callable[[str], None]
    patience: Patience
    since: str | None = None

    def create(
        self, send: t.Callable[[], Row], before: t.Iterable[Row], find: t.Callable[[t.Iterable[Row]], Row | None]
    ) -> Row:
        """What `send` makes. After a lost answer it is what `find` finds among those that were not there `before`.

        Raises:
            LambdaCloudError: the service refused, or nobody knows what became of it.
        """
        known = {row["id"] for row in before}
        return settle(send, lambda: find(self.unknown(known)), self.patience)

    def unknown(self, known: t.Container[str]) -> list[Row]:
        """Those with other ids."""
        return [row for row in self.fetch() if row["id"] not in known]

    def delete(self, resource_id: str) -> None:
        """Delete one; one that is gone already is fine.

        Raises:
            UnsupportedByServer: the server's version of the API cannot delete such resources.
            LambdaCloudError: the service refused, or nobody knows what became of it.
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
                    raise UnsupportedByServer(error.what, self.since) from error
            return True

        settle(send, lambda: None if is_there() else True, self.patience)
