# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Listing instances, and looking up existing ones by name and by ID."""

from __future__ import annotations

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import Instance, describe, is_live
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import DeadlineExceeded, InvalidInput, StateError
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.context import InstanceContext


def list_instances(context: InstanceContext, names: t.Collection[str]) -> list[Instance]:
    """List the account's instances, once the list shows what was launched under these names, or had the time for it.

    Raises:
        DeadlineExceeded: a launch is not listed yet, and the task's time is over.
        LambdaCloudError: the list cannot be read.
    """
    while True:
        rows = context.api.list_instances(context.waits.deadline)
        left = context.pending.unlisted(names, rows)
        if not left:
            return rows
        text = ", ".join(f"'{name}'" for name in left)
        if context.waits.out_of_time():
            raise DeadlineExceeded(
                f"An earlier task launched {text}, which the service does not list yet. Nothing was done."
            )
        context.waits.log(f"Waiting until the service lists {text}, which an earlier task launched.")
        context.waits.sleep(min(context.waits.interval, max(left.values())))


def live_by_name(rows: t.Iterable[Instance], names: t.Collection[str]) -> dict[str, Instance]:
    """Return the live instance of each name that has one, in the order of the names.

    Raises:
        StateError: a name belongs to several live instances, so that nobody can tell which is meant.
    """
    unique, ambiguous = split_by_name(rows, names)
    if ambiguous:
        raise StateError(next(iter(map(ambiguity, ambiguous.values()))))
    return unique


def split_by_name(
    rows: t.Iterable[Instance], names: t.Collection[str]
) -> tuple[dict[str, Instance], dict[str, list[Instance]]]:
    """Return the live instance of each name that has one, in the order of the names, and those of each name that has several."""
    found = all_live_by_name(rows, names)
    return (
        {name: found[name][0] for name in names if len(found.get(name, ())) == 1},
        {name: found[name] for name in names if len(found.get(name, ())) > 1},
    )


def ambiguity(same: t.Sequence[Instance]) -> str:
    """Return a sentence on several live instances of one name, and what to do about them."""
    return (
        f"{len(same)} live instances are named '{same[0].get('name')}': {', '.join(map(describe, same))}. All of them bill. "
        "Terminate those not meant by their id (state: absent with id)."
    )


def all_live_by_name(rows: t.Iterable[Instance], names: t.Collection[str]) -> dict[str, list[Instance]]:
    """Return the live instances of each name that has some."""
    spec = frozenset(names)
    found: dict[str, list[Instance]] = {}
    for row in rows:
        name = row.get("name")
        if name is not None and name in spec and is_live(row):
            found.setdefault(name, []).append(row)
    return found


def live_by_id(rows: t.Iterable[Instance], ids: t.Iterable[str]) -> list[Instance]:
    """Return the live instances with these IDs, in their order; IDs that are gone are left out."""
    live = {row["id"]: row for row in rows if is_live(row)}
    return [live[instance_id] for instance_id in dict.fromkeys(ids) if instance_id in live]


def select(rows: t.Sequence[Instance], names: t.Collection[str], ids: t.Collection[str]) -> list[Instance]:
    """Return the live instances with these names, or IDs; where both are given they have to mean the same instances.

    An ID so tells apart two instances with one name.

    Raises:
        StateError: a name belongs to several live instances and no ID tells which is meant.
        InvalidInput: a name and an ID disagree.
    """
    if not ids:
        return list(live_by_name(rows, names).values())
    chosen = live_by_id(rows, ids)
    if names:
        _require_names(chosen, names)
        # Whom an ID meant that is gone by now, nobody can tell.
        if len(chosen) == len(set(ids)):
            _require_agreement(rows, chosen, names)
    return chosen


def _require_names(chosen: t.Iterable[Instance], names: t.Collection[str]) -> None:
    for row in chosen:
        if row.get("name") not in names:
            raise InvalidInput(
                f"The id {row['id']} and the name disagree: it is {describe(row)}, not {' or '.join(names)}."
            )


def _require_agreement(rows: t.Iterable[Instance], chosen: t.Iterable[Instance], names: t.Collection[str]) -> None:
    by_name = all_live_by_name(rows, names)
    chosen_ids = {row["id"] for row in chosen}
    for name, same in by_name.items():
        if chosen_ids.isdisjoint(row["id"] for row in same):
            raise InvalidInput(
                f"The name '{name}' and the id disagree: it belongs to {', '.join(map(describe, same))}, not to {', '.join(chosen_ids)}."
            )
