# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fleets: their entries, which instances belong to one, and what they cost. Pure functions."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import (
    Row,
    is_live,
    is_reserved,
    price_cents_per_hour,
    tags_of,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.lambdal.cloud.plugins.module_utils._filters import by_name
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.report import hourly_cost_cents
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.spec import FLEET_TAG
from ansible_collections.lambdal.cloud.plugins.module_utils._names import expand_names
from ansible_collections.lambdal.cloud.plugins.module_utils._terminal import printable
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import name_list

# So many instances are named in a sentence.
_MOST_LABELS = 10


def fleet_entries(entries: t.Iterable[Row], fleet: str = "") -> list[dict[str, t.Any]]:
    """Return entries as lambda_instance takes them: a range of names for each count, a list of names for lines, and the fleet's tag.

    Raises:
        InvalidInput: a count cannot be written as a range.
    """
    entries = list(entries)
    broken = [str(entry.get("name")) for entry in entries if "count" in entry and not _has_plain_count(entry)]
    if broken:
        raise InvalidInput(
            "A count is a whole number beside one plain name: train with a count of 3 means train-[1:3]. "
            f"This is not so for {', '.join(dict.fromkeys(broken))}."
        )
    return [_expanded(entry, fleet) for entry in entries if int(entry.get("count", 1)) > 0]


def _has_plain_count(entry: Row) -> bool:
    name = entry.get("name")
    return (
        isinstance(name, str)
        and re.fullmatch(r"[^\[\]\r\n]+", name.strip()) is not None
        and re.fullmatch(r"[0-9]+", str(entry["count"])) is not None
    )


def _expanded(entry: Row, fleet: str) -> dict[str, t.Any]:
    expanded = {option: value for option, value in entry.items() if option != "count"}
    name = entry.get("name")
    if isinstance(name, str) and re.search(r"[\r\n]", name):
        # Ansible splits text at commas alone, and an instance would be called all of it.
        expanded["name"] = name_list(name)
    if "count" in entry:
        expanded["name"] = [f"{entry['name'].strip()}-[1:{int(entry['count'])}]"]
    if fleet:
        expanded["tags"] = {**(entry.get("tags") or {}), FLEET_TAG: fleet}
    return expanded


def ending(by_name: Row, by_id: Row, names: t.Iterable[str] = (), ids: t.Iterable[str] = ()) -> dict[str, list[t.Any]]:
    """Return which instances to terminate, and what was asked for and is not among them.

    Args:
        by_name: what lambda_instance returns for the names in check mode, also where it failed because of ambiguous names.
        by_id: the same for the ids.

    Raises:
        InvalidInput: one of the names is broken.
    """
    found = {row["id"]: row for each in (by_name, by_id) for row in each.get("instances") or ()}
    ambiguous = [row for row in by_name.get("ambiguous") or () if row["id"] not in found]
    seen = {row.get("name") for row in (*found.values(), *ambiguous)}
    return {
        "instances": list(found.values()),
        "ambiguous": ambiguous,
        "missing": [
            *(name for name in expand_names(names) if name not in seen),
            *(each for each in dict.fromkeys(ids) if each not in found),
        ],
    }


def fleet_status(
    instances: t.Iterable[Row],
    fleet: str,
    desired: t.Iterable[Row] = (),
    launched: t.Iterable[Row] = (),
    names: t.Sequence[str] = (),
) -> dict[str, t.Any]:
    """Compare an account's instances with the desired ones of a fleet.

    The tag alone decides which instances belong to the fleet. Where the API has no tags, as in version 1.5.3, it is the
    names that only this fleet uses.

    Raises:
        InvalidInput: one of the names is broken.
    """
    live = [row for row in instances if is_live(t.cast("t.Any", row))]
    # Since the version that brought tags, each instance has a list of the actions that it allows.
    has_tags = any("actions" in row for row in live)
    if has_tags:
        members = [row for row in live if fleet and tags_of(row).get(FLEET_TAG) == fleet]
    else:
        members = by_name(live, names) if names else []
    desired = list(desired)
    member_ids, desired_ids, launched_ids = ({row["id"] for row in rows} for rows in (members, desired, launched))
    return {
        "has_tags": has_tags,
        "members": members,
        "surplus": [row for row in members if row["id"] not in desired_ids],
        # Check mode predicts instances that have no id yet.
        "adopted": [
            row
            for row in desired
            if fleet and has_tags and row["id"] is not None and row["id"] not in member_ids | launched_ids
        ],
        "foreign": [row for row in desired if fleet and tags_of(row).get(FLEET_TAG, fleet) != fleet],
        "others": [row for row in live if row["id"] not in member_ids | desired_ids],
    }


def fleet_notes(
    status: t.Mapping[str, t.Sequence[Row]], is_named: bool, count: int, fleet: str = "", prune: bool = False
) -> list[str]:
    """Return sentences on what else bills in the account, and on what a fleet without a name means.

    Args:
        status: what `fleet_status` returns.
        is_named: whether instances that are no longer desired can be told from others'.
        count: how many instances the fleet has.
        fleet: the name of the fleet.
        prune: whether the instances beyond the desired set are terminated.
    """
    notes = []
    others, adopted = status["others"], status.get("adopted") or ()
    if adopted:
        notes.append(
            f"{', '.join(instance_labels(adopted))} existed before without the tag {FLEET_TAG} of {fleet}. Such an instance is used as "
            "it is, and fleet_prune never terminates it."
        )
    if (surplus := status.get("surplus") or ()) and not prune:
        notes.append(
            f"{counted(len(surplus), 'instance')} of this fleet {'is' if len(surplus) == 1 else 'are'} beyond the desired set and "
            f"{'stays' if len(surplus) == 1 else 'stay'}, at "
            f"{dollars(hourly_cost_cents(t.cast('t.Any', surplus)), 'an unknown number of')} US dollars per hour: "
            f"{', '.join(instance_labels(surplus, prices=True))}. Set fleet_prune to terminate them."
        )
    if others:
        labels = instance_labels(others[:_MOST_LABELS], prices=True)
        more = f", and {len(others) - _MOST_LABELS} more" if len(others) > _MOST_LABELS else ""
        notes.append(
            f"Beside these, {counted(len(others), 'instance')} of the account {'bills' if len(others) == 1 else 'bill'} "
            f"{dollars(hourly_cost_cents(t.cast('t.Any', others)), 'an unknown number of')} US dollars per hour: "
            f"{', '.join(labels)}{more}."
        )
    if not is_named and (count or others):
        notes.append(
            "fleet_name is not set, so that an instance which is renamed, or no longer in fleet_machines, goes on billing and is "
            "not found again. Set fleet_name, and fleet_prune to terminate such instances."
        )
    return notes


def cost_change(costs: Row, terminated: t.Iterable[Row] = ()) -> dict[str, int | None]:
    """Return what a change costs and saves in US cents per hour, with more instances that it terminated.

    Args:
        costs: what lambda_instance returns as `hourly_cost_cents`. None stands for a cost that is not known.
    """
    before, after = costs["before"], costs["after"]
    more = hourly_cost_cents(t.cast("t.Any", terminated))
    before = None if before is None or more is None else before + more
    saved = None if before is None or after is None else before - after
    return {"before": before, "after": after, "saved": saved}


def stats(result: Row) -> dict[str, t.Any]:
    """Return what a workflow is told of a task on instances, which may have failed."""
    return {
        "lambda_launched_ids": [row["id"] for row in result.get("launched") or ()],
        "lambda_terminated_ids": [row["id"] for row in result.get("terminated") or ()],
        "lambda_instances": [
            {field: row.get(field) for field in ("name", "id", "ip")} for row in result.get("instances") or ()
        ],
        "lambda_hourly_cost_cents": (result.get("hourly_cost_cents") or {}).get("after"),
    }


def counted(number: int, word: str) -> str:
    """Return a number with what it counts, as `1 instance` or `2 instances`."""
    return f"{number} {word}{'' if number == 1 else 's'}"


def dollars(cents: int | None, unknown: str = "unknown") -> str:
    """Write US cents as US dollars, or a word of its own for an amount that is not known."""
    if cents is None:
        return unknown
    try:
        return f"{float(cents) / 100:.2f}"
    except (TypeError, ValueError):
        raise InvalidInput(f"An amount must be a number of US cents, not {cents!r}.") from None


def price_cell(row: Row) -> str:
    """Write what an instance costs in US dollars per hour, as tables show it."""
    return f"{dollars(price_cents_per_hour(row))}{' (reserved)' if is_reserved(row) else ''}"


def reserved_note(instances: t.Iterable[Row]) -> str:
    """Return a sentence that names the reserved instances; empty without any."""
    labels = instance_labels((row for row in instances if is_reserved(row)), prices=True)
    return f"Reserved, and paid for whether it runs or not: {'; '.join(labels)}." if labels else ""


def instance_labels(instances: t.Iterable[Row], prices: bool = False) -> list[str]:
    """Return each instance's name and id as they stand in a sentence, with its price per hour if wished."""
    labels = []
    for row in instances:
        price = f", {dollars(price_cents_per_hour(row), 'price unknown')}" if prices else ""
        reserved = ", reserved" if is_reserved(row) else ""
        labels.append(printable(f"{row.get('name') or 'unnamed'} (id {row['id']}{price}{reserved})"))
    return labels
