# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run of Ansible launched and terminated, and what it saw that bills."""

from __future__ import annotations

import math
import time
import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import (
    Row,
    instance_type_name,
    is_live,
    price_cents_per_hour,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._terminal import printable
from ansible_collections.lambdal.cloud.plugins.plugin_utils._fleet import counted, dollars

# Modules whose results hold instances
MODULES = frozenset({"lambdal.cloud.lambda_instance", "lambdal.cloud.lambda_instance_info"})


class Ledger:
    """Collects instances from the results of modules. It requests nothing, so it knows only what the run saw.

    Args:
        clock: returns seconds since the epoch.
    """

    def __init__(self, clock: t.Callable[[], float] = time.time) -> None:
        self._clock = clock
        # By ID, when the task began that launched an instance, and when the one ended that terminated it
        self._began: dict[str, float] = {}
        self._ended: dict[str, float] = {}
        self._seen: dict[str, Row] = {}
        self._launched: dict[str, Row] = {}
        self._terminated: dict[str, Row] = {}

    def record(self, result: Row, began: float | None = None) -> None:
        """Take in the result of a task that was no check, whether it failed or not.

        Args:
            began: when the task began; None where that is not known.
        """
        for row in _rows(result, "instances"):
            self._seen[row["id"]] = row
        for row in _rows(result, "launched"):
            self._launched[row["id"]] = row
            if began is not None:
                self._began.setdefault(row["id"], began)
            self._seen.setdefault(row["id"], row)
        for row in _rows(result, "terminated"):
            self._terminated[row["id"]] = row
            self._ended.setdefault(row["id"], self._clock())

    def lines(self) -> list[str]:
        """Return sentences on what the run did and what bills now; none where no instance was seen."""
        if not self._seen and not self._terminated:
            return []
        alive = [
            row
            for identity, row in self._seen.items()
            if identity not in self._terminated and is_live(t.cast("t.Any", row))
        ]
        lines = [
            *self._changes("launched", self._launched.values()),
            *self._cost_since_launch(),
            *self._changes("terminated", self._terminated.values()),
            _total(alive),
        ]
        return [printable(line) for line in lines]

    def _changes(self, what: str, rows: t.Collection[Row]) -> list[str]:
        if not rows:
            return []
        return [f"This run {what} {counted(len(rows), 'instance')}: {', '.join(self._label(row) for row in rows)}."]

    def _cost_since_launch(self) -> list[str]:
        """Return what the launched instances have cost at most. The API tells no time of launch, but the task's is known."""
        total = 0.0
        for instance_id, began in self._began.items():
            price = price_cents_per_hour(self._seen[instance_id])
            if price is None:
                return []
            total += price * max(0.0, self._ended.get(instance_id, self._clock()) - began) / 3600
        # Whole cents, and never less than it is
        cents = math.ceil(round(total, 6))
        return [f"That has cost at most {dollars(cents)} US dollars since its launch."] if self._began else []

    def _label(self, row: Row) -> str:
        seen = self._seen.get(row["id"], row)
        price = price_cents_per_hour(seen)
        details = [
            f"id {row['id']}",
            instance_type_name(seen),
            None if price is None else f"{dollars(price)} US dollars per hour",
        ]
        return f"{row.get('name') or 'unnamed'} ({', '.join(each for each in details if each)})"


def _rows(result: Row, field: str) -> list[Row]:
    """Return the instances of a field of a result. One without an ID was only predicted."""
    rows = result.get(field)
    return [row for row in rows if isinstance(row, dict) and row.get("id")] if isinstance(rows, list) else []


def _total(alive: t.Collection[Row]) -> str:
    prices = [price_cents_per_hour(row) for row in alive]
    unknown = prices.count(None)
    total = dollars(sum(price for price in prices if price is not None))
    more = f", and {unknown} of them an unknown price" if unknown else ""
    if not alive:
        return "No instance that this run saw bills now."
    verb = "bills" if len(alive) == 1 else "bill"
    return f"{counted(len(alive), 'instance')} that this run saw {verb} {total} US dollars per hour now{more}."
