# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Candidates: where an instance may be launched, in order of preference. Pure functions."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import (
    InstanceTypeOffer,
    architecture,
    price_cents_per_hour,
    region_name,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput, StateError
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.needs import matching
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.spec import InstanceSpec, Policy
from ansible_collections.lambdal.cloud.plugins.module_utils._results import price_or_infinity

Offers = t.Mapping[str, InstanceTypeOffer]

NO_CAPACITY = "instance-operations/launch/insufficient-capacity"


@dataclass(frozen=True)
class Candidate:
    """An instance type in a region that an instance may be launched as."""

    instance_type: str
    region: str

    def __str__(self) -> str:
        return f"{self.instance_type} in {self.region}"


class NoCapacity(StateError):
    """No candidate has capacity at the moment; later one may."""

    def failure(self) -> dict[str, t.Any]:
        return {**super().failure(), "code": NO_CAPACITY}


def needs_offers(spec: InstanceSpec, policy: Policy, attachments: Attachments) -> bool:
    """Return whether choosing needs types, prices and capacity; one type in one region at any cost does not.

    A type whose name says another architecture than that of the image does: the offers tell the true one.
    """
    if (
        policy.same_region
        or policy.caps_cost
        or spec.needs is not None
        or len(spec.instance_types) != 1
        or len(spec.regions) != 1
    ):
        return True
    return spec.max_price_cents_per_hour is not None or not attachments.fits(
        spec.instance_types[0], spec.regions[0], None
    )


def candidates(
    spec: InstanceSpec, offers: Offers | None, attachments: Attachments, prefer: str = "type"
) -> list[Candidate]:
    """Return where to try, best first: by default types in their order, and for each the regions in theirs.

    Without offers every combination is tried. With them only where the service believes it has capacity.

    Raises:
        InvalidInput: a type does not exist, is too dear, or fits neither the regions nor the image.
        NoCapacity: nothing asked for has capacity now.
    """
    regions = allowed_regions(spec, attachments)
    if offers is None:
        types: t.Sequence[str] = spec.instance_types
        places = [Candidate(name, region) for name in types for region in regions or ()]
    else:
        types = affordable_types(spec, offers)
        places = [Candidate(name, region) for name in types for region in _with_capacity(offers[name], regions)]
    _require_image(spec, types, regions, attachments, offers)
    found = [place for place in places if attachments.fits(place.instance_type, place.region, offers)]
    if not found:
        free = _free(types, offers)
        raise NoCapacity(
            f"There is no capacity for '{spec.name}' now: {' or '.join(types)} in {_named(regions)}.{free and f' {free}'}"
        )
    return _in_order(found, prefer, spec, offers)


def allowed_regions(spec: InstanceSpec, attachments: Attachments) -> tuple[str, ...] | None:
    """Return the regions that an instance may be in, in order of preference; None where any would do.

    Raises:
        InvalidInput: what it is launched with is not in one region, or not in one that was asked for.
    """
    pinned = attachments.regions()
    if pinned is None:
        return spec.regions or None
    allowed = tuple(region for region in spec.regions if region in pinned) if spec.regions else tuple(sorted(pinned))
    if not allowed:
        asked = f", and {' or '.join(spec.regions)} was asked for" if spec.regions else ""
        raise InvalidInput(
            f"No region has everything that '{spec.name}' is launched with: {_where(attachments)}{asked}."
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


def affordable_types(spec: InstanceSpec, offers: Offers) -> list[str]:
    """Return the types within the price limit, in order of preference.

    Raises:
        InvalidInput: a type does not exist, none has what is needed, or all are too dear.
    """
    limit = spec.max_price_cents_per_hour
    prices = {name: offer_price(offers, name) for name in wanted_types(spec, offers)}
    # A price that nobody knows is within no limit.
    affordable = [name for name, price in prices.items() if limit is None or (price is not None and price <= limit)]
    if not affordable:
        listed = ", ".join(f"{name} costs {'unknown' if price is None else price}" for name, price in prices.items())
        raise InvalidInput(
            f"Nothing that '{spec.name}' may be is within max_price_cents_per_hour {limit}: {listed} US cents per hour."
        )
    return affordable


def wanted_types(spec: InstanceSpec, offers: Offers) -> list[str]:
    """Return the types that an instance may be, at any price, in order of preference: by needs, the cheapest first.

    Raises:
        InvalidInput: a type does not exist, or none has what is needed.
    """
    if spec.needs is not None:
        found = [row["name"] for row in matching([offer["instance_type"] for offer in offers.values()], spec.needs)]
        if not found:
            raise InvalidInput(
                f"No instance type has what '{spec.name}' needs: {spec.needs}. There are: {', '.join(sorted(offers))}."
            )
        return found
    for name in spec.instance_types:
        if name not in offers:
            raise InvalidInput(
                f"'{spec.name}' asks for the instance type '{name}', which does not exist. There are: {', '.join(sorted(offers))}."
            )
    return list(spec.instance_types)


def offer_price(offers: Offers, instance_type: str) -> int | None:
    """Return the price of a type in US cents per hour; None where it is not known."""
    offer = offers.get(instance_type)
    return price_cents_per_hour(offer) if offer else None


def _free(types: t.Iterable[str], offers: Offers | None) -> str:
    """Return where types have capacity, as a sentence; empty where that is not known."""
    if offers is None:
        return ""
    places = {name: _with_capacity(offers[name], None) for name in types}
    found = [f"{name} in {', '.join(regions)}" for name, regions in places.items() if regions]
    return f"Now there is {' and '.join(found)}." if found else "There is none anywhere else."


def _with_capacity(offer: InstanceTypeOffer, regions: tuple[str, ...] | None) -> list[str]:
    available = [region["name"] for region in offer["regions_with_capacity_available"]]
    return available if regions is None else [region for region in regions if region in available]


def _require_image(
    spec: InstanceSpec,
    types: t.Iterable[str],
    regions: tuple[str, ...] | None,
    attachments: Attachments,
    offers: Offers | None,
) -> None:
    places = attachments.image_places
    if places is None or any(attachments.fits(name, region, offers) for name in types for region in regions or ()):
        return
    has = ", ".join(sorted({f"{each} in {region}" for region, each in places}))
    asked = ", ".join(f"{name} is {_architecture(name, offers)}" for name in types)
    raise InvalidInput(f"The image '{spec.image}' fits no type that '{spec.name}' may be: it is for {has}; {asked}.")


def _in_order(found: list[Candidate], prefer: str, spec: InstanceSpec, offers: Offers | None) -> list[Candidate]:
    """Sort candidates, which come types first, by what is preferred; among equals the order stays."""
    if prefer == "price" and offers is not None:
        return sorted(found, key=lambda place: price_or_infinity(offers[place.instance_type]["instance_type"]))
    if prefer == "region":
        # Regions that nobody gave an order are taken as they come.
        order = list(spec.regions) or list(dict.fromkeys(place.region for place in found))
        return sorted(found, key=lambda place: order.index(place.region))
    return found


def shared_regions(choices: t.Sequence[t.Sequence[Candidate]]) -> list[str]:
    """Return the regions in which each of several instances has a candidate, in the order that the first prefers."""
    if not choices:
        return []
    common = set.intersection(*({place.region for place in places} for places in choices))
    return [region for region in dict.fromkeys(place.region for place in choices[0]) if region in common]


def _named(regions: tuple[str, ...] | None) -> str:
    return " or ".join(regions) if regions else "any region"


# The id that something has in each region, by the region's name.
Homes = t.Mapping[str, str]


@dataclass(frozen=True)
class Attachments:
    """What one instance is launched with, found in the account.

    `file_systems` and `firewall_rulesets` by the name or id that the user gave; `image_places` are the pairs of region and
    architecture that have the image, None where none was asked for.
    """

    file_systems: t.Mapping[str, Homes] = field(default_factory=dict)
    firewall_rulesets: t.Mapping[str, Homes] = field(default_factory=dict)
    image: t.Mapping[str, str] | None = None
    image_places: frozenset[tuple[str, str]] | None = None

    def regions(self) -> frozenset[str] | None:
        """Return the regions that have everything; None where any would do."""
        sets = [frozenset(homes) for homes in (*self.file_systems.values(), *self.firewall_rulesets.values())]
        if self.image_places is not None:
            sets.append(frozenset(region for region, _architecture in self.image_places))
        return frozenset.intersection(*sets) if sets else None

    def fits(self, instance_type: str, region: str, offers: Offers | None) -> bool:
        """Return whether the image exists in the region for the type's architecture."""
        return self.image_places is None or (region, _architecture(instance_type, offers)) in self.image_places


def _architecture(instance_type: str, offers: Offers | None) -> str:
    """Return the CPU architecture of an instance type, as the offers tell it or else its name."""
    offer = (offers or {}).get(instance_type)
    return architecture(offer["instance_type"] if offer else {"name": instance_type})


def homes(rows: t.Iterable[t.Mapping[str, t.Any]], name: str, by_id: bool = True) -> dict[str, str]:
    """Return the ID, by region, of the file system or ruleset with this name or ID. Two regions may each have one with a name."""
    return {
        region_name(row) or "": row["id"] for row in rows if name == row.get("name") or (by_id and name == row["id"])
    }
