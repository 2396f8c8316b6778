# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a task on instances, kept true while the task works."""

from __future__ import annotations

import typing as t
from collections import Counter

from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import (
    Instance,
    describe,
    instance_type_name,
    is_live,
    is_reserved,
    price_cents_per_hour,
    region_name,
    tags_of,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._expiry import EXPIRY_TAG
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.drift import Difference
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.spec import OWN_TAGS
from ansible_collections.lambdal.cloud.plugins.module_utils._results import instance_result

Diff = t.Union[dict[str, t.Any], list[dict[str, t.Any]]]  # noqa: UP007 - evaluated, which ansible-test objects to


def hourly_cost_cents(rows: t.Iterable[Instance]) -> int | None:
    """Return what the live ones cost together, in US cents per hour; None where one price is not known."""
    total = 0
    for row in filter(is_live, rows):
        price = price_cents_per_hour(row)
        if price is None:
            return None
        total += price
    return total


class InstanceReport:
    """The instances of a task, what it launched and terminated, and what they cost before and after."""

    def __init__(self, warn: t.Callable[[str], None]) -> None:
        self.warn = warn
        self.placements: list[dict[str, t.Any]] = []
        self.matches: list[dict[str, t.Any]] = []
        self._order: list[str] = []
        self._rows: list[Instance] = []
        self._before: list[Instance] = []
        self._launched: list[Instance] = []
        self._terminated: list[Instance] = []
        self._restarted: list[Instance] = []
        self._renamed = False
        # By a name that belongs to several live instances, these
        self.ambiguous: t.Mapping[str, t.Sequence[Instance]] = {}
        self.drift: list[tuple[Instance, list[Difference]]] = []
        # Instances whose termination was broken off between request and response
        self.uncertain: list[Instance] = []

    def begin(self, found: t.Iterable[Instance], order: t.Sequence[str] = ()) -> None:
        """Record what was found, and the names in whose order results are given."""
        self._before = list(found)
        self._rows = list(self._before)
        self._order = list(order)

    def launched(self, row: Instance) -> None:
        """Record an instance just launched, in the place of one that went; in check mode one without an ID."""
        self._launched.append(row)
        self._rows = [old for old in self._rows if is_live(old) or old.get("name") != row.get("name")]
        self._rows.append(row)

    def adopt(self, row: Instance) -> None:
        """Record another launcher's instance in the place of one that this task terminated for it."""
        self._rows.append(row)

    def renamed(self, row: Instance, name: str) -> None:
        """Record that an instance has another name."""
        self._renamed = True
        self._rows = [{**each, "name": name} if each["id"] == row["id"] else each for each in self._rows]

    def restarted(self, rows: t.Iterable[Instance]) -> None:
        """Record instances that are being restarted."""
        self._restarted += rows

    def forget(self, rows: t.Iterable[Instance]) -> None:
        """Leave instances out of the result whose place others take."""
        ids = {row["id"] for row in rows}
        self._rows = [row for row in self._rows if row["id"] not in ids]

    def terminated(self, rows: t.Iterable[Instance]) -> None:
        """Record instances that are being terminated, and warn of those that are reserved."""
        rows = list(rows)
        self._terminated += rows
        for row in filter(is_reserved, rows):
            self.warn(
                f"{describe(row)} is reserved. Terminating it saves nothing, and another one like it may not be available."
            )
        self._rows = self._going(self._rows)

    def _going(self, rows: t.Iterable[Instance]) -> list[Instance]:
        going = {row["id"] for row in self._terminated}
        return [{**row, "status": "terminating"} if row["id"] in going and is_live(row) else row for row in rows]

    def update(self, rows: t.Mapping[str, Instance]) -> None:
        """Replace rows by the newest ones, given by ID. What was terminated stays so, however old its newest row is."""
        self._rows = self._going(rows.get(row["id"], row) for row in self._rows)

    def with_changes(self, listed: t.Sequence[Instance]) -> list[Instance]:
        """Return instances of the account with what this task did, which lists may show late."""
        known = {row["id"] for row in listed}
        launched = set(self.launched_ids()) - known
        return [*self._going(listed), *(row for row in self._rows if row["id"] in launched)]

    def rows(self) -> list[Instance]:
        """Return the instances, in the order of the names."""
        place = {name: index for index, name in enumerate(self._order)}
        return sorted(self._rows, key=lambda row: place.get(row.get("name") or "", len(place)))

    def living(self) -> list[Instance]:
        """Return the instances that are not terminating or terminated."""
        return [row for row in self.rows() if is_live(row)]

    def launched_rows(self) -> list[Instance]:
        """Return the instances that this task launched, as they were then."""
        return list(self._launched)

    def launched_ids(self) -> list[str]:
        """Return the IDs of the instances that this task launched."""
        return [row["id"] for row in self._launched]

    def result(self, show_jupyter: bool) -> dict[str, t.Any]:
        """Return the task's result."""
        rows = self.rows()
        return {
            "changed": bool(self._launched or self._terminated or self._restarted or self._renamed),
            "instances": [instance_result(row, show_jupyter) for row in rows],
            "launched": [_identity(row) for row in self._launched],
            "terminated": [_identity(row) for row in self._terminated],
            "restarted": [_identity(row) for row in self._restarted],
            "drift": [
                {**_identity(row), "field": each.field, "has": each.has, "asked": each.asked}
                for row, found in self.drift
                for each in found
            ],
            "ambiguous": [_identity(row) for same in self.ambiguous.values() for row in same],
            "placements": self.placements,
            "matches": self.matches,
            "hourly_cost_cents": {
                "before": hourly_cost_cents(self._before),
                "after": hourly_cost_cents(rows),
            },
        }

    def diff(self) -> Diff:
        """Return the states before and after, for Ansible to compare; drift that was left has a comparison of its own."""
        states = {"before": _state(self._before), "after": _state(filter(is_live, self.rows()))}
        if not self.drift:
            return states
        return [states, *(_drift(row, found) for row, found in self.drift)]

    def billing_note(self) -> str | None:
        """Return what a failed or interrupted task leaves billing because of itself, and what the user can do."""
        launched = set(self.launched_ids())
        alive = [row for row in self._rows if row["id"] in launched and is_live(row)]
        notes = []
        if alive:
            cost = hourly_cost_cents(alive)
            price = f" at {cost} US cents per hour" if cost is not None else ""
            notes.append(f"Launched by this task and billing{price}: {_names(alive)}.")
        for attempt in self.placements:
            if not attempt.keys() & {"id", "refused"}:
                notes.append(
                    f"The launch of '{attempt['name']}' ({attempt['instance_type']} in {attempt['region']}) was broken off before "
                    "its response: it may bill under that name."
                )
        if self._terminated:
            notes.append(f"Terminated by this task: {_names(self._terminated)}.")
        if self.uncertain:
            notes.append(
                f"Their termination was broken off before its response, and they may bill: {_names(self.uncertain)}."
            )
        return " ".join(notes) or None


def _names(rows: t.Iterable[Instance]) -> str:
    return ", ".join(f"{row.get('name') or 'unnamed'} (id {row['id']})" for row in rows)


def _identity(row: Instance) -> dict[str, t.Any]:
    return {"name": row.get("name"), "id": row["id"]}


def _drift(row: Instance, found: t.Iterable[Difference]) -> dict[str, t.Any]:
    return {
        "before_header": f"{describe(row)}, which is left as it is",
        "after_header": "as it was asked for",
        "before": {each.field: each.has for each in found},
        "after": {each.field: each.asked for each in found},
    }


def _state(rows: t.Iterable[Instance]) -> dict[str, t.Any]:
    rows = list(rows)
    names = Counter(row.get("name") for row in rows)
    return {
        # Instances that share a name are told apart, so that none hides another.
        _label(row, names): {
            "instance_type": instance_type_name(row),
            "region": region_name(row),
            "ssh_key_names": row.get("ssh_key_names"),
            "file_system_names": row.get("file_system_names"),
            "tags": _user_tags(row),
        }
        for row in rows
    }


def _label(row: Instance, names: Counter[str | None]) -> str:
    """Return the name of an instance, with its ID where others have the name too."""
    name = row.get("name")
    if not name:
        return row["id"]
    return f"{name} (id {row['id']})" if names[name] > 1 else name


def _user_tags(row: Instance) -> dict[str, str]:
    """Return the tags without those that a launch gives by itself, and without its time, which nobody can predict."""
    return {key: value for key, value in tags_of(row).items() if key not in (*OWN_TAGS, EXPIRY_TAG)}
