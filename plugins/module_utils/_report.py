# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task on instances has to tell, kept true while it works."""

from __future__ import annotations

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._instances import is_live
from ansible_collections.lambdal.cloud.plugins.module_utils._types import Instance
from ansible_collections.lambdal.cloud.plugins.module_utils._view import (
    instance_result,
    instance_type_name,
    price_cents_per_hour,
    region_name,
)


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

    def begin(self, found: t.Iterable[Instance], order: t.Sequence[str] = ()) -> None:
        """Take down what was found, and the names in whose order results are given."""
        self._before = list(found)
        self._rows = list(self._before)
        self._order = list(order)

    def launched(self, row: Instance) -> None:
        """Take down a machine just launched; in check mode one without an id."""
        self._launched.append(row)
        self._rows.append(row)

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

    def launched_ids(self) -> list[str]:
        """The ids of the machines that this task launched."""
        return [row["id"] for row in self._launched]

    def result(self, show_jupyter: bool) -> dict[str, t.Any]:
        """The task's result."""
        rows = self.rows()
        return {
            "changed": bool(self._launched or self._terminated),
            "instances": [instance_result(row, show_jupyter) for row in rows],
            "launched": [_identity(row) for row in self._launched],
            "terminated": [_identity(row) for row in self._terminated],
            "placements": self.placements,
            "hourly_cost_cents": {
                "before": hourly_cost_cents(self._before),
                "after": hourly_cost_cents(filter(is_live, rows)),
            },
        }

    def diff(self) -> dict[str, t.Any]:
        """The same as two states that Ansible compares."""
        return {"before": _state(self._before), "after": _state(filter(is_live, self.rows()))}

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


def _state(rows: t.Iterable[Instance]) -> dict[str, t.Any]:
    return {
        row.get("name") or row["id"]: {
            "instance_type": instance_type_name(row),
            "region": region_name(row),
            "ssh_key_names": row.get("ssh_key_names"),
            "file_system_names": row.get("file_system_names"),
        }
        for row in rows
    }
