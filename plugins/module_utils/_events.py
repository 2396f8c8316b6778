# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What changed between two looks at an account, as events. Pure functions.

A look is what a list of the API said at a moment, as far as events tell it, in a form that a JSON file can hold. The first look is
compared with None: everything that is there is told, marked as `first_look`. A look that was lost is not compared at all, so that
the next one is compared with the last that came.
"""

from __future__ import annotations

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._errors import LambdaCloudError, TransportError
from ansible_collections.lambdal.cloud.plugins.module_utils._filters import by_name, by_tags, by_value
from ansible_collections.lambdal.cloud.plugins.module_utils._instances import GONE
from ansible_collections.lambdal.cloud.plugins.module_utils._templates import may_be_template
from ansible_collections.lambdal.cloud.plugins.module_utils._view import (
    instance_type_name,
    price_cents_per_hour,
    region_name,
)

Event = dict[str, t.Any]
Look = dict[str, t.Any]
Row = t.Mapping[str, t.Any]

# Statuses that are told when an instance comes into them.
_TOLD = ("active", "unhealthy", "preempted")


class Selection(t.NamedTuple):
    """Of what events are told. An empty list selects everything; the names and tags are those of instances."""

    names: t.Sequence[str] = ()
    instance_types: t.Sequence[str] = ()
    regions: t.Sequence[str] = ()
    tags: t.Mapping[str, t.Any] = {}

    def of_instances(self, facts: t.Iterable[Row]) -> list[Row]:
        """The instances that are selected, from a look.

        Raises:
            InvalidInput: a range among the names is broken.
        """
        rows = by_value(facts, self.instance_types, lambda row: row["instance_type"])
        rows = by_value(rows, self.regions, lambda row: row["region"])
        rows = [{**row, "tags": [{"key": key, "value": value} for key, value in row["tags"].items()]} for row in rows]
        chosen = {row["id"] for row in by_tags(by_name(rows, self.names), self.tags)}
        return [row for row in facts if row["id"] in chosen]

    def of_place(self, instance_type: str, region: str) -> bool:
        """Whether capacity there is selected."""
        return (not self.instance_types or instance_type in self.instance_types) and (
            not self.regions or region in self.regions
        )


def look_at_capacity(offers: t.Mapping[str, t.Any]) -> Look:
    """The places with capacity, by instance type, from GET /instance-types.

    Raises:
        TransportError: an offer does not tell its regions. Capacity that is not told must not look like capacity that went.
    """
    look: Look = {}
    for name, offer in offers.items():
        try:
            kind = offer.get("instance_type") or {}
            price, gpus = price_cents_per_hour(offer), (kind.get("specs") or {}).get("gpus")
            regions = sorted({str(region["name"]) for region in offer["regions_with_capacity_available"]})
        except (AttributeError, KeyError, TypeError, ValueError):
            raise TransportError(
                f"Could not list the instance types: the answer does not tell where there is capacity for {name}.",
                temporary=False,
            ) from None
        look[name] = {"regions": regions, "price_cents_per_hour": price, "gpus": gpus}
    return look


def capacity_events(before: Look | None, after: Look, selection: Selection) -> list[Event]:
    """Each place where capacity appeared or went."""
    old, new = _places(before or {}), _places(after)
    events = []
    for kind, places in (("capacity_gone", old - new), ("capacity_appeared", new - old)):
        for name, region in sorted(places):
            if selection.of_place(name, region):
                facts = after.get(name) or (before or {})[name]
                place = {"instance_type": name, "region": region}
                told = {field: facts[field] for field in ("price_cents_per_hour", "gpus")}
                events.append(_event(kind, before is None, {**place, **told}))
    return events


def _places(look: Look) -> set[tuple[str, str]]:
    return {(name, region) for name, facts in look.items() for region in facts["regions"]}


def look_at_instances(rows: t.Iterable[Row], before: Look | None) -> Look:
    """What events tell of each instance, by id, from GET /instances.

    A field that the service left out this time stays what it was, so that nothing changes that nobody told. An instance keeps
    its status while it has none.

    Raises:
        TransportError: a row cannot be read. Machines that are not told must not look like machines that are gone.
    """
    look: Look = {}
    for row in rows:
        try:
            seen = _facts(row)
        except (AttributeError, KeyError, TypeError, ValueError):
            raise TransportError(
                f"Could not list the instances: the answer cannot be read where it tells of {row['id']}.",
                temporary=False,
            ) from None
        known = (before or {}).get(row["id"], {})
        look[row["id"]] = {field: known.get(field) if value is None else value for field, value in seen.items()}
        look[row["id"]]["tags"] = look[row["id"]]["tags"] or {}
    return look


def _facts(row: Row) -> dict[str, t.Any]:
    """An instance, flat and without secrets; None for what is not told."""
    tags = row.get("tags")
    return {
        **{field: row.get(field) for field in ("id", "name", "status", "ip", "private_ip", "hostname")},
        "instance_type": instance_type_name(row),
        "region": region_name(row),
        "price_cents_per_hour": price_cents_per_hour(row),
        "ssh_key_names": row.get("ssh_key_names"),
        "file_system_names": row.get("file_system_names"),
        "tags": None if tags is None else {str(tag["key"]): str(tag["value"]) for tag in tags},
    }


def instance_events(before: Look | None, after: Look, selection: Selection) -> list[Event]:
    """Each instance that became active, unhealthy or preempted, or is gone.

    Gone is one that is terminated or no longer listed, told once, with what was last known of it.
    """
    old = before or {}
    events = []
    for facts in selection.of_instances(list(after.values())):
        previous, status = old.get(facts["id"], {}).get("status"), facts["status"]
        if status != previous and status in _TOLD:
            events.append(_instance_event(f"instance_{status}", before is None, facts, previous))
        elif status == "terminated" and previous not in (None, "terminated"):
            events.append(_instance_event("instance_gone", False, facts, previous))
    missing = [facts for id, facts in old.items() if id not in after and facts["status"] != "terminated"]
    for facts in selection.of_instances(missing):
        events.append(_instance_event("instance_gone", False, {**facts, "status": None}, facts["status"]))
    return events


def _instance_event(kind: str, first_look: bool, facts: Row, previous: str | None) -> Event:
    return _event(kind, first_look, {**facts, "previous_status": previous})


def look_at_cost(instances: Look, threshold: int | None) -> Look:
    """What all the account's machines cost that are not on their way out, in US cents per hour."""
    billing = [facts for facts in instances.values() if facts["status"] not in GONE]
    prices = [facts["price_cents_per_hour"] for facts in billing]
    return {
        "hourly_cost_cents": sum(price for price in prices if price is not None),
        "instances": len(billing),
        "instances_without_price": prices.count(None),
        "threshold_cents": threshold,
    }


def cost_events(before: Look | None, after: Look) -> list[Event]:
    """That the cost changed, and that it went above the threshold or came back to it."""
    previous = before["hourly_cost_cents"] if before else None
    facts = {**after, "previous_hourly_cost_cents": previous}
    events = []
    if after["hourly_cost_cents"] != previous:
        events.append(_event("cost_changed", before is None, facts))
    # Another threshold than last time is one that nothing was told about.
    same = before is not None and before["threshold_cents"] == after["threshold_cents"]
    was_above, is_above = same and _is_above(before), _is_above(after)
    if was_above != is_above:
        kind = "cost_above_threshold" if is_above else "cost_within_threshold"
        events.append(_event(kind, before is None, facts))
    return events


def _is_above(look: Look | None) -> bool:
    return bool(look and look["threshold_cents"] is not None and look["hourly_cost_cents"] > look["threshold_cents"])


def failure_event(operation: str, error: LambdaCloudError, failures: int) -> Event:
    """That a list did not come, for the so-manieth time on end."""
    failure = error.failure()
    told = {field: failure[field] for field in ("code", "suggestion", "status")}
    facts = {**told, "operation": operation, "message": str(error), "temporary": error.temporary, "failures": failures}
    return _event("api_failed", False, facts)


def recovery_event(operation: str, failures: int) -> Event:
    """That a list came again, after so many failures."""
    return _event("api_recovered", False, {"operation": operation, "failures": failures})


def _event(kind: str, first_look: bool, facts: Row) -> Event:
    return {"event": kind, "first_look": first_look, **{field: _plain(value) for field, value in facts.items()}}


def _plain(value: t.Any) -> t.Any:
    """A value without texts that Ansible would take for templates.

    Rulebooks hand events to playbooks as extra variables, which Ansible trusts and templates. What the API returns is data.
    """
    if isinstance(value, str):
        return None if may_be_template(value) else value
    if isinstance(value, list):
        return [each for each in map(_plain, value) if each is not None]
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items() if _plain(key) is not None}
    return value
