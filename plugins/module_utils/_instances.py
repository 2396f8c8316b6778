# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Instances wanted against instances that exist. Pure functions."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput, StateError
from ansible_collections.lambdal.cloud.plugins.module_utils._types import Instance
from ansible_collections.lambdal.cloud.plugins.module_utils._view import instance_type_name, region_name

ACTIVE = "active"
BOOTING = "booting"
# On their way out, or gone: they do not count as present.
GONE = frozenset({"terminating", "terminated"})
# No amount of waiting makes them active; an unhealthy one keeps billing.
FAILED = frozenset({"unhealthy", "preempted"})


@dataclass(frozen=True)
class Wanted:
    """One machine as the user asked for it. `instance_types` and `regions` are in order of preference."""

    name: str
    instance_types: tuple[str, ...]
    ssh_key: str | None
    regions: tuple[str, ...] = ()
    file_systems: tuple[str, ...] = ()
    max_price_cents_per_hour: int | None = None
    user_data: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Plan:
    """What ensuring a fleet comes to: `existing` by name, and what is `missing`, both in the order asked for."""

    existing: dict[str, Instance]
    missing: tuple[Wanted, ...]
    remarks: tuple[str, ...]


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
    wanted = frozenset(names)
    found: dict[str, list[Instance]] = {}
    for row in rows:
        name = row.get("name")
        if name is not None and name in wanted and is_live(row):
            found.setdefault(name, []).append(row)
    for name, same in found.items():
        if len(same) > 1:
            raise StateError(
                f"{len(same)} live instances are named '{name}': {', '.join(describe(row) for row in same)}. All of them bill. "
                "Terminate those not meant by their id (state: absent with id)."
            )
    return {name: found[name][0] for name in names if name in found}


def live_by_id(rows: t.Iterable[Instance], ids: t.Iterable[str]) -> list[Instance]:
    """The live machines of these ids, in their order; ids that are gone are left out."""
    live = {row["id"]: row for row in rows if is_live(row)}
    return [live[instance_id] for instance_id in dict.fromkeys(ids) if instance_id in live]


def plan_present(rows: t.Iterable[Instance], fleet: t.Sequence[Wanted]) -> Plan:
    """What is there of a fleet and what has to be launched.

    Raises:
        StateError: two live machines have one of the names.
        InvalidInput: a machine that has to be launched lacks what a launch needs.
    """
    existing = live_by_name(rows, [wanted.name for wanted in fleet])
    missing = tuple(wanted for wanted in fleet if wanted.name not in existing)
    for wanted in missing:
        for option, value in (("instance_type", wanted.instance_types), ("ssh_key", wanted.ssh_key)):
            if not value:
                raise InvalidInput(f"'{wanted.name}' does not exist, and launching it needs {option}.")
    remarks = tuple(
        f"{describe(existing[wanted.name])} {difference}. A running instance cannot be changed; it was left as it is."
        for wanted in fleet
        if wanted.name in existing
        for difference in _differences(existing[wanted.name], wanted)
    )
    return Plan(existing, missing, remarks)


def _differences(row: Instance, wanted: Wanted) -> t.Iterator[str]:
    """Where an existing machine is not as it was asked for; what the API does not tell is not compared."""
    type_name, region = instance_type_name(row), region_name(row)
    if type_name and wanted.instance_types and type_name not in wanted.instance_types:
        yield f"has the type {type_name}, not {' or '.join(wanted.instance_types)}"
    if region and wanted.regions and region not in wanted.regions:
        yield f"is in {region}, not in {' or '.join(wanted.regions)}"
    keys = row.get("ssh_key_names")
    if keys and wanted.ssh_key and wanted.ssh_key not in keys:
        yield f"was launched with the SSH key {', '.join(keys)}, not {wanted.ssh_key}"
    file_systems = row.get("file_system_names")
    if file_systems is not None and set(wanted.file_systems) - set(file_systems):
        yield f"lacks the file systems {', '.join(sorted(set(wanted.file_systems) - set(file_systems)))}"
