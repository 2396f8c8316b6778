# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Instances that exist: which of them are meant. Pure functions."""

from __future__ import annotations

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput, StateError
from ansible_collections.lambdal.cloud.plugins.module_utils._types import Instance

ACTIVE = "active"
BOOTING = "booting"
# On their way out, or gone: they do not count as present.
GONE = frozenset({"terminating", "terminated"})
# No amount of waiting makes them active; an unhealthy one keeps billing.
FAILED = frozenset({"unhealthy", "preempted"})


def is_live(row: Instance) -> bool:
    """Whether a machine exists and is not on its way out."""
    return row.get("status") not in GONE


def is_ready(row: Instance) -> bool:
    """Whether a machine is active and has the address that it is reached at, which comes late."""
    return row.get("status") == ACTIVE and bool(row.get("ip"))


def describe(row: t.Mapping[str, t.Any]) -> str:
    """A machine in a sentence: name, id, status."""
    return f"{row.get('name') or 'unnamed'} (id {row.get('id')}, {row.get('status')})"


def live_by_name(rows: t.Iterable[Instance], names: t.Collection[str]) -> dict[str, Instance]:
    """The live machine of each name that has one, in the order of the names.

    Raises:
        StateError: a name belongs to several live machines, so that nobody can tell which is meant.
    """
    found = _all_live_by_name(rows, names)
    for name, same in found.items():
        if len(same) > 1:
            raise StateError(
                f"{len(same)} live instances are named '{name}': {', '.join(describe(row) for row in same)}. All of them bill. "
                "Terminate those not meant by their id (state: absent with id)."
            )
    return {name: found[name][0] for name in names if name in found}


def _all_live_by_name(rows: t.Iterable[Instance], names: t.Collection[str]) -> dict[str, list[Instance]]:
    wanted = frozenset(names)
    found: dict[str, list[Instance]] = {}
    for row in rows:
        name = row.get("name")
        if name is not None and name in wanted and is_live(row):
            found.setdefault(name, []).append(row)
    return found


def live_by_id(rows: t.Iterable[Instance], ids: t.Iterable[str]) -> list[Instance]:
    """The live machines of these ids, in their order; ids that are gone are left out."""
    live = {row["id"]: row for row in rows if is_live(row)}
    return [live[instance_id] for instance_id in dict.fromkeys(ids) if instance_id in live]


def select(rows: t.Sequence[Instance], names: t.Collection[str], ids: t.Collection[str]) -> list[Instance]:
    """The live machines of these names, or of these ids; where both are given they have to mean the same machines.

    An id so tells apart two machines of one name.

    Raises:
        StateError: a name belongs to several live machines and no id tells which is meant.
        InvalidInput: a name and an id disagree.
    """
    if not ids:
        return list(live_by_name(rows, names).values())
    chosen = live_by_id(rows, ids)
    # Whom an id meant that is gone by now, nobody can tell.
    if names and len(chosen) == len(set(ids)):
        _require_agreement(rows, chosen, names)
    return chosen


def _require_agreement(rows: t.Iterable[Instance], chosen: t.Iterable[Instance], names: t.Collection[str]) -> None:
    by_name = _all_live_by_name(rows, names)
    chosen_ids = set()
    for row in chosen:
        chosen_ids.add(row["id"])
        if row.get("name") not in names:
            raise InvalidInput(
                f"The id {row['id']} and the name disagree: it is {describe(row)}, not {' or '.join(names)}."
            )
    for name, same in by_name.items():
        if chosen_ids.isdisjoint(row["id"] for row in same):
            raise InvalidInput(
                f"The name '{name}' and the id disagree: it belongs to {', '.join(map(describe, same))}, not to {', '.join(chosen_ids)}."
            )
