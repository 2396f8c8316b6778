# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which instances of an account are candidates for termination, and which of those are terminated. Pure functions."""

from __future__ import annotations

import re
import time
import typing as t
from dataclasses import dataclass, field

from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import (
    Row,
    instance_type_name,
    is_live,
    is_reserved,
    price_cents_per_hour,
    tags_of,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._expiry import (
    duration_seconds,
    expires_at,
    time_seconds,
    time_text,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._terminal import printable
from ansible_collections.lambdal.cloud.plugins.plugin_utils._fleet import dollars, price_cell
from ansible_collections.lambdal.cloud.plugins.plugin_utils._tables import with_expiry

# A tag of instances that the reaper leaves alone
KEEP_TAG = "lambdal-cloud-keep"
_HEADINGS = ["NAME", "ID", "TYPE", "ADDRESS", "IDLE", "AGE", "USD/HOUR", "OUTCOME"]


@dataclass(frozen=True)
class Limits:
    """What makes an instance a candidate; 0 is no limit."""

    idle_seconds: int = 0
    max_age_seconds: int = 0
    budget_cents: int = 0
    birth_tag: str = ""
    extensions: t.Mapping[str, t.Any] = field(default_factory=dict)

    def expiry(self, instance: Row) -> int | None:
        """Return when an instance expires, in seconds since 1970, with its extension; None if it does not.

        Raises:
            InvalidInput: an extension is neither a time nor a duration.
        """
        tagged = time_seconds(expires_at(instance))
        if tagged is None:
            return None
        for key in (str(instance["id"]), str(instance.get("name"))):
            if key in self.extensions:
                until = time_seconds(self.extensions[key])
                return tagged + duration_seconds(self.extensions[key], "An extension") if until is None else until
        return tagged


@dataclass(frozen=True)
class Owner:
    """Whose instances may be terminated: those with all of the tags, and those of the names and ids."""

    tags: t.Mapping[str, t.Any]
    names: t.Collection[str]
    ids: t.Collection[str] = ()

    def owns(self, instance: Row) -> bool:
        """Return whether an instance is the owner's; without tags, names and ids none is."""
        tags = tags_of(instance)
        has_tags = bool(self.tags) and all(key in tags and tags[key] == value for key, value in self.tags.items())
        name = instance.get("name")
        return has_tags or instance["id"] in self.ids or (isinstance(name, str) and name in self.names)


def candidates(
    instances: t.Iterable[Row],
    observations: t.Mapping[str, Row],
    limits: Limits,
    owner: Owner,
    now: float | None = None,
) -> list[dict[str, t.Any]]:
    """Return the instances that exceed a limit, with the reasons.

    Args:
        observations: by the ids of the instances that could be asked, what the reaper's probe saw of them. One that could
            not be asked is not idle, and is no older than its tag says.
        now: seconds since 1970; by default the time on this host.
    """
    now = time.time() if now is None else now
    found = []
    for row in _live(instances):
        seen = observations.get(row["id"]) or {}
        age = max(_tagged_age(row, limits.birth_tag, now), seen.get("age_seconds") or 0)
        idle = None if seen.get("busy") else seen.get("idle_seconds")
        price = price_cents_per_hour(row) or 0
        cost = round(age * price / 3600)
        expiry = limits.expiry(row)
        expired = expiry is not None and expiry <= now
        reasons = [
            *_reasons(idle, age, cost, limits),
            *([f"expired at {time_text(expiry)}"] if expiry and expired else []),
        ]
        if reasons:
            found.append(
                {
                    "id": row["id"],
                    "name": row.get("name"),
                    "ip": row.get("ip"),
                    # Whoever owns a reserved instance, it is never terminated: that would save nothing.
                    "own": owner.owns(row) and not is_reserved(row) and not is_kept(row),
                    "reserved": is_reserved(row),
                    "kept": is_kept(row),
                    "reasons": reasons,
                    "expired": expired,
                    "idle_seconds": idle,
                    "age_seconds": age,
                    "cost_cents": cost,
                    "price_cents_per_hour": price,
                }
            )
    return found


def is_kept(row: Row) -> bool:
    """Return whether a tag says that the reaper leaves an instance alone."""
    value = tags_of(row).get(KEEP_TAG)
    return value is not None and str(value).strip().lower() not in ("false", "no", "0")


def _live(instances: t.Iterable[Row]) -> list[Row]:
    return [row for row in instances if is_live(t.cast("t.Any", row))]


def _tagged_age(row: Row, birth_tag: str, now: float) -> int:
    birth = str(tags_of(row).get(birth_tag, ""))
    return max(int(now) - int(birth), 0) if re.fullmatch(r"[0-9]+", birth) else 0


def _reasons(idle: t.Any, age: int, cost: int, limits: Limits) -> list[str]:
    reasons = []
    if limits.idle_seconds > 0 and _is_number(idle) and idle >= limits.idle_seconds:
        reasons.append(f"idle for {idle} seconds")
    if 0 < limits.max_age_seconds <= age:
        reasons.append(f"{age} seconds old")
    if 0 < limits.budget_cents <= cost:
        reasons.append(f"cost {dollars(cost)} US dollars")
    return reasons


def _is_number(value: t.Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def due(found: t.Iterable[Row], terminate: bool, terminate_expired: bool) -> list[dict[str, t.Any]]:
    """Return the candidates that are to be terminated: the owner's if told to, and whoever's are expired if told to."""
    return [
        {**row, "due": True}
        for row in found
        if not row.get("kept") and ((terminate and row["own"]) or (terminate_expired and row.get("expired")))
    ]


def terminations(found: t.Iterable[Row], hooks: t.Iterable[Row] | None = None) -> dict[str, list[dict[str, t.Any]]]:
    """Return which candidates are terminated, and which are spared because their hook did not succeed.

    Only the owner's are, and those that are due for another reason. With hooks, one is only terminated after its own hook ended with 0.

    Args:
        hooks: the results of the loop over the candidates that ran the hook; None without one.
    """
    spared = ("reserved", "kept")
    own = [dict(row) for row in found if (row["own"] or row.get("due")) and not any(row.get(each) for each in spared)]
    if hooks is None:
        return {"terminate": own, "spare": []}
    # A result of a loop has its item under the name of the loop's variable.
    results = {hook[hook.get("ansible_loop_var", "item")]["id"]: hook for hook in hooks}
    succeeded = {identity for identity, hook in results.items() if hook.get("rc") == 0}
    return {
        "terminate": [row for row in own if row["id"] in succeeded],
        "spare": [
            {**row, "failure": _failure(results.get(row["id"], {}))} for row in own if row["id"] not in succeeded
        ],
    }


def lines(found: t.Iterable[Row]) -> list[str]:
    """Return a sentence for each candidate: whose it is and why it is one, or that it stays because its hook failed."""
    return [printable(_line(row)) for row in found]


def _line(row: Row) -> str:
    label = f"{row.get('name') or row['id']} ({row['id']}"
    if "failure" in row:
        return f"{label}) stays and is still billed. The hook failed: {row['failure']}."
    whose = "reserved" if row["reserved"] else "kept" if row["kept"] else "yours" if row["own"] else "not yours"
    return f"{label}, {whose}): {'; '.join(row['reasons'])}"


def _failure(hook: Row) -> str:
    if "rc" in hook:
        return f"it ended with {hook['rc']}"
    return str(hook.get("msg") or "it did not run")


def outcome_rows(
    instances: t.Iterable[Row],
    found: t.Iterable[Row],
    observations: t.Mapping[str, Row],
    terminated: t.Iterable[Row] = (),
    check_mode: bool = False,
) -> list[list[t.Any]]:
    """Return a row of headings, and one for each live instance with what became of it."""
    instances = list(instances)
    candidate = {row["id"]: row for row in found}
    gone = {row["id"] for row in terminated}
    rows: list[list[t.Any]] = [_HEADINGS]
    for row in _live(instances):
        seen = observations.get(row["id"]) or {}
        idle = seen.get("idle_seconds")
        reaped = candidate.get(row["id"])
        age = max((reaped or {}).get("age_seconds", 0), seen.get("age_seconds") or 0)
        rows.append(
            [
                row.get("name"),
                row["id"],
                instance_type_name(row),
                row.get("ip"),
                f"{idle} s" if _is_number(idle) else None,
                f"{age} s" if age > 0 else None,
                price_cell(row),
                _outcome(reaped, row["id"] in gone, check_mode, seen.get("busy") or []),
            ]
        )
    return with_expiry(rows, _live(instances))


def _outcome(reaped: Row | None, is_gone: bool, check_mode: bool, busy: t.Sequence[str]) -> str:
    if reaped is None:
        return f"stays, busy: {'; '.join(busy)}" if busy else "stays"
    if is_gone:
        outcome = "would be terminated" if check_mode else "terminated"
    elif reaped.get("reserved"):
        outcome = "stays, reserved"
    elif reaped.get("kept"):
        outcome = "stays, kept by its tag"
    else:
        outcome = "stays, found" if reaped["own"] else "stays, not yours"
    return f"{outcome}: {'; '.join(reaped['reasons'])}"
