# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a machine may be launched, in order of preference. Pure functions."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput, StateError
from ansible_collections.lambdal.cloud.plugins.module_utils._instances import Wanted
from ansible_collections.lambdal.cloud.plugins.module_utils._types import (
    FileSystem,
    Instance,
    InstanceTypeOffer,
    LaunchRequest,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._view import region_name

Offers = t.Mapping[str, InstanceTypeOffer]


@dataclass(frozen=True)
class Candidate:
    """A type in a region that a machine may be launched as."""

    instance_type: str
    region: str


def needs_offers(wanted: Wanted) -> bool:
    """Whether choosing takes a look at types, prices and capacity; one type in one region at any price does not."""
    return not (len(wanted.instance_types) == len(wanted.regions) == 1 and wanted.max_price_cents_per_hour is None)


def needs_file_systems(wanted: Wanted) -> bool:
    """Whether the region has to be found out from the file systems, which attach in their own region only."""
    return bool(wanted.file_systems) and not wanted.regions


def pinned_regions(wanted: Wanted, file_systems: t.Iterable[FileSystem]) -> tuple[str, ...]:
    """The regions in which all of a machine's file systems exist.

    Raises:
        InvalidInput: one does not exist, or no region has them all.
    """
    homes: dict[str, set[str]] = {name: set() for name in wanted.file_systems}
    for row in file_systems:
        if row.get("name") in homes:
            homes[row["name"]].add(region_name(row) or "")
    for name, regions in homes.items():
        if not regions:
            raise InvalidInput(
                f"'{wanted.name}' asks for the file system '{name}', which does not exist in this account."
            )
    common = set.intersection(*homes.values())
    if not common:
        where = "; ".join(f"{name} is in {', '.join(sorted(regions))}" for name, regions in homes.items())
        raise InvalidInput(f"No region has all file systems of '{wanted.name}': {where}.")
    return tuple(sorted(common))


def candidates(wanted: Wanted, offers: Offers | None, regions: tuple[str, ...]) -> list[Candidate]:
    """Where to try, types in order of preference and for each the regions in theirs.

    Without offers every combination is tried. With them only where the service believes it has capacity; no region
    given means any.

    Raises:
        InvalidInput: a type does not exist, or all are above the price limit.
        StateError: nothing asked for has capacity now.
    """
    if offers is None:
        return [Candidate(name, region) for name in wanted.instance_types for region in regions]
    _require_known(wanted, offers)
    affordable = _affordable(wanted, offers)
    found = [
        Candidate(name, region)
        for name in affordable
        for region in _in_order(regions, [each["name"] for each in offers[name]["regions_with_capacity_available"]])
    ]
    if not found:
        where = f"in {' or '.join(regions)}" if regions else "in any region"
        raise StateError(f"There is no capacity for '{wanted.name}' now: {' or '.join(affordable)} {where}.")
    return found


def _in_order(regions: tuple[str, ...], available: list[str]) -> list[str]:
    return [region for region in regions if region in available] if regions else available


def _require_known(wanted: Wanted, offers: Offers) -> None:
    for name in wanted.instance_types:
        if name not in offers:
            raise InvalidInput(
                f"'{wanted.name}' asks for the instance type '{name}', which does not exist. There are: {', '.join(sorted(offers))}."
            )


def _affordable(wanted: Wanted, offers: Offers) -> list[str]:
    limit = wanted.max_price_cents_per_hour
    prices = {name: int(offers[name]["instance_type"]["price_cents_per_hour"]) for name in wanted.instance_types}
    affordable = [name for name, price in prices.items() if limit is None or price <= limit]
    if not affordable:
        listed = ", ".join(f"{name} costs {price}" for name, price in prices.items())
        raise InvalidInput(
            f"Nothing that '{wanted.name}' may be is within max_price_cents_per_hour {limit}: {listed} US cents per hour."
        )
    return affordable


# A tag by which a machine is known as the effect of one launch, and of no other of the same name. Versions of the API that
# know no tags pass it over.
LAUNCH_TAG = "lambdal-cloud-launch"


def launch_request(wanted: Wanted, candidate: Candidate, launch_id: str) -> LaunchRequest:
    """The body of POST /instance-operations/launch; `launch_id` is unique to the launch."""
    request: LaunchRequest = {
        "region_name": candidate.region,
        "instance_type_name": candidate.instance_type,
        "ssh_key_names": [wanted.ssh_key] if wanted.ssh_key else [],
        "name": wanted.name,
        "tags": [{"key": LAUNCH_TAG, "value": launch_id}],
    }
    if wanted.file_systems:
        request["file_system_names"] = list(wanted.file_systems)
    if wanted.user_data is not None:
        request["user_data"] = wanted.user_data
    return request


def is_effect_of(row: Instance, name: str, launch_id: str) -> bool:
    """Whether a machine may have come from a launch: it bears the name, and the launch's tag if the API tells tags."""
    tags = row.get("tags")
    return row.get("name") == name and (tags is None or {"key": LAUNCH_TAG, "value": launch_id} in tags)


def predicted_instance(wanted: Wanted, candidate: Candidate, offers: Offers, status: str) -> Instance:
    """The machine that a launch would bring, in the API's form: what only the service can know is null."""
    offer = offers.get(candidate.instance_type)
    regions = offer["regions_with_capacity_available"] if offer else []
    region = next((each for each in regions if each["name"] == candidate.region), None)
    return t.cast(
        "Instance",
        {
            "id": None,
            "name": wanted.name,
            "status": status,
            "ip": None,
            "hostname": None,
            "region": region or {"name": candidate.region, "description": None},
            "instance_type": offer["instance_type"] if offer else {"name": candidate.instance_type},
            "ssh_key_names": [wanted.ssh_key] if wanted.ssh_key else [],
            "file_system_names": list(wanted.file_systems),
        },
    )
