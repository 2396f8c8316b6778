# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a machine may be launched, in order of preference. Pure functions."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.lambdal.cloud.plugins.module_utils._attachments import Attachments, architecture
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput, StateError
from ansible_collections.lambdal.cloud.plugins.module_utils._types import InstanceTypeOffer
from ansible_collections.lambdal.cloud.plugins.module_utils._wanted import Policy, Wanted

Offers = t.Mapping[str, InstanceTypeOffer]

NO_CAPACITY = "instance-operations/launch/insufficient-capacity"


@dataclass(frozen=True)
class Candidate:
    """A type in a region that a machine may be launched as."""

    instance_type: str
    region: str

    def __str__(self) -> str:
        return f"{self.instance_type} in {self.region}"


class NoCapacity(StateError):
    """Nothing that would do is to be had at the moment; later it may be."""

    def failure(self) -> dict[str, t.Any]:
        return {**super().failure(), "code": NO_CAPACITY}


def needs_offers(wanted: Wanted, policy: Policy) -> bool:
    """Whether choosing takes a look at types, prices and capacity; one type in one region at any price does not."""
    return policy.same_region or not (
        len(wanted.instance_types) == len(wanted.regions) == 1 and wanted.max_price_cents_per_hour is None
    )


def candidates(
    wanted: Wanted, offers: Offers | None, attachments: Attachments, prefer: str = "type"
) -> list[Candidate]:
    """Where to try, best first: by default types in their order, and for each the regions in theirs.

    Without offers every combination is tried. With them only where the service believes it has capacity.

    Raises:
        InvalidInput: a type does not exist, is too dear, or fits neither the regions nor the image.
        NoCapacity: nothing asked for has capacity now.
    """
    regions = allowed_regions(wanted, attachments)
    if offers is None:
        types: t.Sequence[str] = wanted.instance_types
        places = [Candidate(name, region) for name in types for region in regions or ()]
    else:
        types = affordable_types(wanted, offers)
        places = [Candidate(name, region) for name in types for region in _with_capacity(offers[name], regions)]
    _require_image(wanted, types, regions, attachments)
    found = [place for place in places if attachments.fits(place.instance_type, place.region)]
    if not found:
        raise NoCapacity(f"There is no capacity for '{wanted.name}' now: {' or '.join(types)} in {_named(regions)}.")
    return _in_order(found, prefer, wanted, offers)


def allowed_regions(wanted: Wanted, attachments: Attachments) -> tuple[str, ...] | None:
    """The regions that a machine may be in, in order of preference; None where any would do.

    Raises:
        InvalidInput: what it is launched with is not in one region, or not in one that was asked for.
    """
    pinned = attachments.regions()
    if pinned is None:
        return wanted.regions or None
    allowed = (
        tuple(region for region in wanted.regions if region in pinned) if wanted.regions else tuple(sorted(pinned))
    )
    if not allowed:
        asked = f", and {' or '.join(wanted.regions)} was asked for" if wanted.regions else ""
        raise InvalidInput(
            f"No region has everything that '{wanted.name}' is launched with: {_where(attachments)}{asked}."
        )
    return allowed


def _where(attachments: Attachments) -> str:
    parts = [
        f"{kind} {name} is in {', '.join(sorted(homes))}"
        for kind, things in (("file system", attachments.file_systems), ("ruleset", attachments.firewall_rulesets))
        for name, homes in things.items()
    ]
    if attachments.image_places is not None:
        regions = sorted({region for region, _architecture in attachments.image_places})
        parts.append(f"the image is in {', '.join(regions)}")
    return "; ".join(parts)


def affordable_types(wanted: Wanted, offers: Offers) -> list[str]:
    """The types within the price limit, in order of preference.

    Raises:
        InvalidInput: a type does not exist, or all are too dear.
    """
    for name in wanted.instance_types:
        if name not in offers:
            raise InvalidInput(
                f"'{wanted.name}' asks for the instance type '{name}', which does not exist. There are: {', '.join(sorted(offers))}."
            )
    limit = wanted.max_price_cents_per_hour
    prices = {name: _price(offers, name) for name in wanted.instance_types}
    affordable = [name for name, price in prices.items() if limit is None or price <= limit]
    if not affordable:
        listed = ", ".join(f"{name} costs {price}" for name, price in prices.items())
        raise InvalidInput(
            f"Nothing that '{wanted.name}' may be is within max_price_cents_per_hour {limit}: {listed} US cents per hour."
        )
    return affordable


def _price(offers: Offers, instance_type: str) -> int:
    return int(offers[instance_type]["instance_type"]["price_cents_per_hour"])


def _with_capacity(offer: InstanceTypeOffer, regions: tuple[str, ...] | None) -> list[str]:
    available = [region["name"] for region in offer["regions_with_capacity_available"]]
    return available if regions is None else [region for region in regions if region in available]


def _require_image(
    wanted: Wanted, types: t.Iterable[str], regions: tuple[str, ...] | None, attachments: Attachments
) -> None:
    places = attachments.image_places
    if places is None or any((region, architecture(name)) in places for name in types for region in regions or ()):
        return
    has = ", ".join(sorted({f"{each} in {region}" for region, each in places}))
    asked = ", ".join(f"{name} is {architecture(name)}" for name in types)
    raise InvalidInput(
        f"The image '{wanted.image}' fits no type that '{wanted.name}' may be: it is for {has}; {asked}."
    )


def _in_order(found: list[Candidate], prefer: str, wanted: Wanted, offers: Offers | None) -> list[Candidate]:
    """The places, which come types first, by what is preferred; among equals the order stays."""
    if prefer == "price" and offers is not None:
        return sorted(found, key=lambda place: _price(offers, place.instance_type))
    if prefer == "region":
        # Regions that nobody gave an order are taken as they come.
        order = list(wanted.regions) or list(dict.fromkeys(place.region for place in found))
        return sorted(found, key=lambda place: order.index(place.region))
    return found


def shared_regions(choices: t.Sequence[t.Sequence[Candidate]]) -> list[str]:
    """The regions in which each of several machines has a place, in the order that the first prefers."""
    if not choices:
        return []
    common = set.intersection(*({place.region for place in places} for places in choices))
    return [region for region in dict.fromkeys(place.region for place in choices[0]) if region in common]


def _named(regions: tuple[str, ...] | None) -> str:
    return " or ".join(regions) if regions else "any region"
