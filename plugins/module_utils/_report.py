# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task on instances has to tell, kept true while it works."""

from __future__ import annotations

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._drift import Difference
from ansible_collections.lambdal.cloud.plugins.module_utils._instances import describe, is_live
from ansible_collections.lambdal.cloud.plugins.module_utils._types import Instance
from ansible_collections.lambdal.cloud.plugins.module_utils._view import (
    instance_result,
    instance_type_name,
    price_cents_per_hour,
    region_name,
    tags_of,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._wanted import LAUNCH_TAG

Diff = t.Union[dict[str, t.Any], list[dict[str, t.Any]]]  # noqa: UP007 - evaluated, which ansible-test objects to


def hourly_cost_cents(rows: t.Iterable[Instance]) -> int | None:
    """US cents per hour of all together; None where one's price is not known."""
    total = 0
    for row in rows:
        price = price_cents_per_hour(row)
        if price is None:
            return None
        total += price
    return total


class InstanceReport:
    """The machines of a task, what it launched and terminated, and what they cost before and after."""

    def __init__(self, warn: t.Callable[[str], None]) -> None:
        self.warn = warn
        self.placements: list[dict[str, t.Any]] = []
        self._order: list[str] = []
        self._rows: list[Instance] = []
        self._before: list[Instance] = []
        self._launched: list[Instance] = []
        self._terminated: list[Instance] = []
        self._restarted: list[Instance] = []
        self._renamed = False
        self.drift: list[tuple[Instance, list[Difference]]] = []

    def begin(self, found: t.Iterable[Instance], order: t.Sequence[str] = ()) -> None:
        """Take down what was found, and the names in whose order results are given."""
        self._before = list(found)
        self._rows = list(self._before)
        self._order = list(order)

    def launched(self, row: Instance) -> None:
        """Take down a machine just launched, in the place of one that went; in check mode one without an id."""
        self._launched.append(row)
        self._rows = [old for old in self._rows if is_live(old) or old.get("name") != row.get("name")]
        self._rows.append(row)

    def renamed(self, row: Instance, name: str) -> None:
        """Take down that a machine has another name."""
        self._renamed = True
        self._rows = [{**each, "name": name} if each["id"] == row["id"] else each for each in self._rows]

    def restarted(self, rows: t.Iterable[Instance]) -> None:
        """Take down machines that are being restarted."""
        self._restarted += rows

    def forget(self, rows: t.Iterable[Instance]) -> None:
        """Leave machines out of the result whose place others take."""
        ids = {row["id"] for row in rows}
        self._rows = [row for row in self._rows if row["id"] not in ids]

    def terminated(self, rows: t.Iterable[Instance]) -> None:
        """Take down machines that are being terminated."""
        self._terminated += rows
        going = {row["id"] for row in self._terminated}
        self._rows = [{**row, "status": "terminating"} if row["id"] in going else row for row in self._rows]

    def update(self, rows: t.Mapping[str, Instance]) -> None:
        """Replace machines by what was last heard of them."""
        self._rows = [rows.get(row["id"], row) for row in self._rows]

    def rows(self) -> list[Instance]:
        """The machines, in the order of the names."""
        place = {name: index for index, name in enumerate(self._order)}
        return sorted(self._rows, key=lambda row: place.get(row.get("name") or "", len(place)))

    def living(self) -> list[Instance]:
        """Those of the machines that are not on their way out."""
        return [row for row in self.rows() if is_live(row)]

    def launched_rows(self) -> list[Instance]:
        """The machines that this task launched, as they were then."""
        return list(self._launched)

    def launched_ids(self) -> list[str]:
        """The ids of the machines that this task launched."""
        return [row["id"] for row in self._launched]

    def result(self, show_jupyter: bool) -> dict[str, t.Any]:
        """The task's result."""
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
            "placements": self.placements,
            "hourly_cost_cents": {
                "before": hourly_cost_cents(self._before),
                "after": hourly_cost_cents(filter(is_live, rows)),
            },
        }

    def diff(self) -> Diff:
        """The same as states that Ansible compares; machines left different from what was asked for have their own."""
        states = {"before": _state(self._before), "after": _state(filter(is_live, self.rows()))}
        if not self.drift:
            return states
        return [states, *(_drift(row, found) for row, found in self.drift)]

    def billing_note(self) -> str | None:
        """A sentence on what a failed task leaves billing because of itself."""
        launched = set(self.launched_ids())
        alive = [row for row in self._rows if row["id"] in launched and is_live(row)]
        if not alive:
            return None
        cost = hourly_cost_cents(alive)
        price = f" at {cost} US cents per hour" if cost is not None else ""
        names = ", ".join(f"{row.get('name')} (id {row['id']})" for row in alive)
        return f"Launched by this task and billing{price}: {names}."


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
    return {
        row.get("name") or row["id"]: {
            "instance_type": instance_type_name(row),
            "region": region_name(row),
            "ssh_key_names": row.get("ssh_key_names"),
            "file_system_names": row.get("file_system_names"),
            "tags": _user_tags(row),
        }
        for row in rows
    }


def _user_tags(row: Instance) -> dict[str, str]:
    """The tags without the one that tells launches apart, which nobody can predict."""
    return {key: value for key, value in tags_of(row).items() if key != LAUNCH_TAG}
