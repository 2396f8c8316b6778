# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Events for the changes between two snapshots of an account. Pure functions.

A snapshot holds what a list of the API said at one time, reduced to the fields that events report and ready for a JSON
file. The first snapshot is compared with None: it yields an event for everything that exists, marked as `first_look`. When
a list cannot be read there is no snapshot, and the next one is compared with the last one that was read.
"""

from __future__ import annotations

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import (
    GONE,
    Row,
    instance_type_name,
    price_cents_per_hour,
    region_name,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import LambdaCloudError, TransportError
from ansible_collections.lambdal.cloud.plugins.module_utils._filters import by_name, by_tags, by_value
from ansible_collections.lambdal.cloud.plugins.module_utils._unsafe import harmless_part, is_harmless

Event = dict[str, t.Any]
Snapshot = dict[str, t.Any]

# Statuses that cause an event when an instance enters them.
_REPORTED_STATUSES = ("active", "unhealthy", "preempted")


class Selection(t.NamedTuple):
    """A filter for events. None selects everything; names and tags are those of instances."""

    names: t.Sequence[str] | None = None
    instance_types: t.Sequence[str] | None = None
    regions: t.Sequence[str] | None = None
    tags: t.Mapping[str, t.Any] = {}

    def of_instances(self, facts: t.Iterable[Row]) -> list[Row]:
        """Return the selected instances of a snapshot.

        Raises:
            InvalidInput: a range among the names is invalid.
        """
        rows = by_value(facts, self.instance_types, lambda row: row["instance_type"])
        rows = by_value(rows, self.regions, lambda row: row["region"])
        rows = [{**row, "tags": [{"key": key, "value": value} for key, value in row["tags"].items()]} for row in rows]
        chosen = {row["id"] for row in by_tags(by_name(rows, self.names), self.tags or None)}
        return [row for row in facts if row["id"] in chosen]

    def of_place(self, instance_type: str, region: str) -> bool:
        """Return whether capacity for this type in this region is selected."""
        return (self.instance_types is None or instance_type in self.instance_types) and (
            self.regions is None or region in self.regions
        )


def capacity_snapshot(offers: t.Mapping[str, t.Any]) -> Snapshot:
    """Return the regions with capacity, the price and the GPUs of each instance type, from GET /instance-types.

    Raises:
        TransportError: an offer lacks its regions. Capacity that the response leaves out must not look like lost capacity.
    """
    snapshot: Snapshot = {}
    for name, offer in offers.items():
        try:
            instance_type = offer.get("instance_type") or {}
            price, gpus = price_cents_per_hour(offer), (instance_type.get("specs") or {}).get("gpus")
            regions = sorted({str(region["name"]) for region in offer["regions_with_capacity_available"]})
        except (AttributeError, KeyError, TypeError, ValueError):
            raise TransportError(
                f"Could not list the instance types: the response does not say where there is capacity for {name}.",
                temporary=False,
            ) from None
        snapshot[name] = {"regions": regions, "price_cents_per_hour": price, "gpus": gpus}
    return snapshot


def capacity_events(before: Snapshot | None, after: Snapshot, selection: Selection) -> list[Event]:
    """Return an event for each type and region where capacity appeared or went."""
    old, new = _places(before or {}), _places(after)
    events = []
    for kind, places in (("capacity_gone", old - new), ("capacity_appeared", new - old)):
        for name, region in sorted(places):
            if selection.of_place(name, region):
                facts = after.get(name) or (before or {})[name]
                place = {"instance_type": name, "region": region}
                details = {field: facts[field] for field in ("price_cents_per_hour", "gpus")}
                events.append(_event(kind, before is None, {**place, **details}))
    return events


def _places(snapshot: Snapshot) -> set[tuple[str, str]]:
    return {(name, region) for name, facts in snapshot.items() for region in facts["regions"]}


def instance_snapshot(rows: t.Iterable[Row], before: Snapshot | None) -> Snapshot:
    """Return the fields of each instance that events report, by id, from GET /instances.

    A field that the response leaves out, status included, keeps its value from the last snapshot, so that a missing field is
    never reported as a change.

    Raises:
        TransportError: a row cannot be read. Instances that cannot be read must not look like instances that are gone.
    """
    snapshot: Snapshot = {}
    for row in rows:
        try:
            seen = _facts(row)
        except (AttributeError, KeyError, TypeError, ValueError):
            raise TransportError(
                f"Could not list the instances: the response cannot be read at the instance {row['id']}.",
                temporary=False,
            ) from None
        known = (before or {}).get(row["id"], {})
        snapshot[row["id"]] = {field: known.get(field) if value is None else value for field, value in seen.items()}
        snapshot[row["id"]]["tags"] = snapshot[row["id"]]["tags"] or {}
    return snapshot


def _facts(row: Row) -> dict[str, t.Any]:
    """Return an instance's fields, flat and without secrets; None for those that the response leaves out."""
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


def instance_events(before: Snapshot | None, after: Snapshot, selection: Selection) -> list[Event]:
    """Return an event for each instance that became active, unhealthy or preempted, or is gone.

    An instance is gone when it is terminated or no longer listed. This is reported once, with its last known fields.
    """
    old = before or {}
    events = []
    for facts in selection.of_instances(list(after.values())):
        previous, status = old.get(facts["id"], {}).get("status"), facts["status"]
        if status != previous and status in _REPORTED_STATUSES:
            events.append(_instance_event(f"instance_{status}", before is None, facts, previous))
        elif status == "terminated" and previous not in (None, "terminated"):
            events.append(_instance_event("instance_gone", False, facts, previous))
    missing = [facts for id, facts in old.items() if id not in after and facts["status"] != "terminated"]
    for facts in selection.of_instances(missing):
        events.append(_instance_event("instance_gone", False, {**facts, "status": None}, facts["status"]))
    return events


def _instance_event(kind: str, first_look: bool, facts: Row, previous: str | None) -> Event:
    return _event(kind, first_look, {**facts, "previous_status": previous})


def cost_snapshot(instances: Snapshot, threshold: int | None) -> Snapshot:
    """Return the cost of all the account's instances that are not terminating, in US cents per hour."""
    billing = [facts for facts in instances.values() if facts["status"] not in GONE]
    prices = [facts["price_cents_per_hour"] for facts in billing]
    return {
        "hourly_cost_cents": sum(price for price in prices if price is not None),
        "instances": len(billing),
        "instances_without_price": prices.count(None),
        "threshold_cents": threshold,
    }


def cost_events(before: Snapshot | None, after: Snapshot) -> list[Event]:
    """Return events for a changed cost, and for one that went above the threshold or came back within it."""
    previous = before["hourly_cost_cents"] if before else None
    facts = {**after, "previous_hourly_cost_cents": previous}
    events = []
    if after["hourly_cost_cents"] != previous:
        events.append(_event("cost_changed", before is None, facts))
    # Nothing has been reported yet about a threshold that differs from the last one.
    same = before is not None and before["threshold_cents"] == after["threshold_cents"]
    was_above, is_above = same and _is_above(before), _is_above(after)
    if was_above != is_above:
        kind = "cost_above_threshold" if is_above else "cost_within_threshold"
        events.append(_event(kind, before is None, facts))
    return events


def _is_above(snapshot: Snapshot | None) -> bool:
    return bool(
        snapshot
        and snapshot["threshold_cents"] is not None
        and snapshot["hourly_cost_cents"] > snapshot["threshold_cents"]
    )


def failure_event(operation: str, error: LambdaCloudError, failures: int) -> Event:
    """Return the event for a list that could not be read; `failures` counts the failures in a row."""
    failure = error.failure()
    texts = {"code": failure["code"], "suggestion": failure["suggestion"], "message": str(error)}
    facts = {
        # Sentences have apostrophes and the like, without which they still tell what failed.
        **{field: text and harmless_part(text) for field, text in texts.items()},
        "status": failure["status"],
        "operation": operation,
        "temporary": error.temporary,
        "failures": failures,
    }
    return _event("api_failed", False, facts)


def recovery_event(operation: str, failures: int) -> Event:
    """Return the event for a list that could be read again after this many failures."""
    return _event("api_recovered", False, {"operation": operation, "failures": failures})


def _event(kind: str, first_look: bool, facts: Row) -> Event:
    return {"event": kind, "first_look": first_look, **{field: _plain(value) for field, value in facts.items()}}


def _plain(value: t.Any) -> t.Any:
    """Return a value without strings that Ansible could run.

    Rulebooks pass events to playbooks as extra variables, which Ansible trusts and templates. What the API returns is data.
    """
    if isinstance(value, str):
        return value if is_harmless(value) else None
    if isinstance(value, list):
        return [each for each in map(_plain, value) if each is not None]
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items() if _plain(key) is not None}
    return value
