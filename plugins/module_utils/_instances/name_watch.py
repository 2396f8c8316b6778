# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Watching whether others give their instances the names of a task's own, and what to do then."""

from __future__ import annotations

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import Instance, describe, is_live, tags_of
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import StateError
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.claim import Claim, Rival, Verdict, first_of
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.spec import LAUNCH_TAG
from ansible_collections.lambdal.cloud.plugins.module_utils._timing import WaitSettings


class DuplicateName(StateError):
    """Another instance got a name while this task launched one, and nothing tells which of them is to stay."""

    def __init__(self, name: str, rows: t.Sequence[Instance]) -> None:
        super().__init__(
            f"Another instance named '{name}' appeared while this task launched one: {', '.join(map(describe, rows))}. All of them bill. "
            "Terminate those not meant by their id (state: absent with id)."
        )


class NameLost(StateError):
    """Another launcher's instance stays in the place of a watched one, which is to be terminated if it is live."""

    def __init__(self, row: Instance, other: Instance) -> None:
        self.row = row
        self.other = other
        super().__init__(f"{describe(other)} stays in the place of {describe(row)}.")


class NameWatch:
    """Compares the names of watched instances with each list.

    Args:
        waits: how long others may take to see an instance, and to terminate theirs.
        is_own: tells by the ID whether the task launched an instance.
        fits: tells whether the second instance would do in the place of the first.
        older: IDs of instances that were there before the task launched any. No launcher terminates them.
        predecessors: IDs of instances that may have the name until they are terminated.
    """

    def __init__(
        self,
        waits: WaitSettings,
        is_own: t.Callable[[str], bool],
        fits: t.Callable[[Instance, Instance], bool],
        older: t.Collection[str] = (),
        predecessors: t.Collection[str] = (),
    ) -> None:
        self._waits = waits
        self._is_own = is_own
        self._fits = fits
        self._older = frozenset(older)
        self._predecessors = frozenset(predecessors)
        self._claims: dict[str, Claim] = {}
        # IDs of watched instances whose name another has as well
        self.contested: set[str] = set()

    def check(self, listed: t.Mapping[str, Instance], watched: t.Mapping[str, Instance]) -> NameLost | None:
        """Look for other live instances of the watched names. Returns the first watched one that has to go.

        Raises:
            DuplicateName: another has one of the names, and the rule does not tell which of them goes.
        """
        others: dict[str | None, list[Instance]] = {row.get("name"): [] for row in watched.values() if row.get("name")}
        for other in listed.values():
            if other["id"] not in watched and other["id"] not in self._predecessors and other.get("name") in others:
                others[other.get("name")].append(other)
        lost = [self._check_one(row, others.get(row.get("name"), ()), listed) for row in watched.values()]
        return next(filter(None, lost), None)

    def _check_one(
        self, row: Instance, others: t.Sequence[Instance], listed: t.Mapping[str, Instance]
    ) -> NameLost | None:
        live = {other["id"]: other for other in others if is_live(other)}
        self.contested.discard(row["id"])
        if not live and row["id"] not in self._claims:
            return None
        rivals = self._rivals(row, live, listed)
        if not is_live(row):
            # It was another launcher's, which gave way to this one.
            return None if self._is_own(row["id"]) or not live else NameLost(row, live[first_of(rivals)])
        if row["id"] not in self._claims:
            self._claims[row["id"]] = self._new_claim(row)
        claim = self._claims[row["id"]]
        verdict = claim.decide(
            launch_tag(listed.get(row["id"])),
            rivals,
            self._waits.clock(),
            gone=[other["id"] for other in others if not is_live(other)],
            last=self._waits.out_of_time(),
        )
        if verdict is Verdict.GIVE_UP:
            raise DuplicateName(str(row.get("name")), [row, *live.values()])
        if verdict is Verdict.WAIT:
            self.contested.add(row["id"])
        if verdict is Verdict.YIELD:
            return NameLost(row, live[first_of(rivals)])
        return None

    def _rivals(
        self, row: Instance, live: t.Mapping[str, Instance], listed: t.Mapping[str, Instance]
    ) -> dict[str, Rival]:
        """Return the others as the rule sees them.

        Raises:
            DuplicateName: one of them was not launched at the same moment by this collection, so that nobody terminates it.
        """
        if row["id"] in listed and launch_tag(listed[row["id"]]) is None and live:
            raise DuplicateName(str(row.get("name")), [row, *live.values()])
        rivals: dict[str, Rival] = {}
        for instance_id, other in live.items():
            launch_id = launch_tag(other)
            if launch_id is None or instance_id in self._older:
                raise DuplicateName(str(row.get("name")), [row, *live.values()])
            rivals[instance_id] = Rival(launch_id, self._fits(row, other))
        return rivals

    def _new_claim(self, row: Instance) -> Claim:
        # Another task needs a look or two to notice, whatever the time is that lists need.
        patience = max(self._waits.outcome_timeout, 2 * self._waits.interval)
        self._waits.log(f"Another instance is named '{row.get('name')}' as well. Waiting for one of them to go.")
        return Claim(patience, self._is_own(row["id"]))


def launch_tag(row: Instance | None) -> str | None:
    """Return the tag of the launch that brought an instance, as a list shows it. Version 1.5.3 of the API shows no tags."""
    return tags_of(row).get(LAUNCH_TAG) if row else None
