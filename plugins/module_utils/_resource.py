# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resources with a name, ensured to be there or not: one way for every kind, which a description tells apart."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.lambdal.cloud.plugins.module_utils._api import Api
from ansible_collections.lambdal.cloud.plugins.module_utils._holdings import Holdings, Row, named, the_one
from ansible_collections.lambdal.cloud.plugins.module_utils._work import Means


class Named(t.Protocol):
    """A resource as the user asked for it."""

    @property
    def name(self) -> str: ...

    @property
    def region(self) -> str | None: ...


Wanted = t.TypeVar("Wanted", bound=Named)


class Change(t.NamedTuple, t.Generic[Row]):
    """A resource before and after a task."""

    before: Row | None
    after: Row | None


@dataclass(frozen=True)
class Kind(t.Generic[Wanted, Row]):
    """What is particular about a kind of resource.

    Args:
        noun: what a sentence calls one.
        fetch: lists those among which the wanted one is looked for.
        predict: one as creating it would make it; what only the service can know is null. Raises InvalidInput where
            creating needs more than finding.
        create: asks for one.
        destroy: deletes the one of an id.
        matches: whether a row is the wanted one, where that is not a matter of name and region.
        planned: a row as it should be; by default as it is.
        update: asks for a row as it was planned.
        release: makes sure that one may be deleted, if need be by waiting, but not in check mode. Raises StateError where
            it may not.
        since: the version of the API that can create and delete them, where an older one lists them as well.
    """

    noun: str
    fetch: t.Callable[[Api, Wanted], t.Sequence[Row]]
    predict: t.Callable[[Wanted], Row]
    create: t.Callable[[Api, Row], Row]
    destroy: t.Callable[[Api, str], None]
    release: t.Callable[[Means, Row, Wanted], None]
    matches: t.Callable[[Wanted], t.Callable[[Row], bool]] = lambda wanted: named(wanted.name, wanted.region)
    planned: t.Callable[[Row, Wanted], Row] = lambda row, wanted: row
    update: t.Callable[[Api, Row], Row] = lambda api, row: row
    since: str | None = None

    def ensure_present(self, means: Means, wanted: Wanted) -> Change[Row]:
        """The wanted resource, created or changed where it has to be.

        Raises:
            StateError: several have the name, or it must not be changed so.
            LambdaCloudError: the service refused, or nobody knows what became of it.
        """
        rows = self.fetch(means.api, wanted)
        existing = self._find(rows, wanted)
        if existing:
            planned = self.planned(existing, wanted)
            if planned == existing or means.check_mode:
                return Change(existing, planned)
            return Change(existing, self.update(means.api, planned))
        predicted = self.predict(wanted)
        if means.check_mode:
            return Change(None, predicted)
        made = self._holdings(means, wanted).create(
            lambda: self.create(means.api, predicted), rows, lambda new: self._find(new, wanted)
        )
        return Change(None, made)

    def ensure_absent(self, means: Means, wanted: Wanted) -> Change[Row]:
        """No such resource.

        Raises:
            StateError: several have the name, or it must not be deleted.
            DeadlineExceeded: it could not be deleted in time.
            LambdaCloudError: the service refused, or nobody knows what became of it.
        """
        existing = self._find(self.fetch(means.api, wanted), wanted)
        if existing:
            self.release(means, existing, wanted)
            if not means.check_mode:
                self._holdings(means, wanted).delete(existing["id"])
        return Change(existing, None)

    def _find(self, rows: t.Iterable[Row], wanted: Wanted) -> Row | None:
        return the_one(filter(self.matches(wanted), rows), self.noun, wanted.name)

    def _holdings(self, means: Means, wanted: Wanted) -> Holdings[Row]:
        return Holdings(
            lambda: self.fetch(means.api, wanted), lambda key: self.destroy(means.api, key), means.patience, self.since
        )
