# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

import pytest
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.candidates import (
    Attachments,
    Candidate,
    NoCapacity,
    candidates,
    needs_offers,
    shared_regions,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.spec import InstanceSpec, Policy
from ansible_collections.lambdal.cloud.tests.support.samples import offer_row

OFFERS: t.Any = {
    "cheap": offer_row("cheap", 75, "east", "west"),
    "dear": offer_row("dear", "4000", "west"),
    "full": offer_row("full", 100),
    "gpu_1x_gh200": offer_row("gpu_1x_gh200", 150, "east"),
}

NOTHING = Attachments()


def wanted(*types: str, regions: tuple[str, ...] = (), limit: int | None = None) -> InstanceSpec:
    return InstanceSpec("a", types, "k", regions, max_price_cents_per_hour=limit)


def places(*pairs: tuple[str, str]) -> list[Candidate]:
    return [Candidate(*pair) for pair in pairs]


@pytest.mark.parametrize(
    ("prefer", "expected"),
    [
        ("type", places(("dear", "west"), ("cheap", "east"), ("cheap", "west"))),
        ("price", places(("cheap", "east"), ("cheap", "west"), ("dear", "west"))),
        # Regions that nobody gave an order come as the first type has them.
        ("region", places(("dear", "west"), ("cheap", "west"), ("cheap", "east"))),
    ],
)
def test_what_is_preferred_comes_first(prefer: str, expected: list[Candidate]) -> None:
    assert candidates(wanted("dear", "cheap"), OFFERS, NOTHING, prefer) == expected


def test_regions_come_in_the_order_asked_for() -> None:
    spec = wanted("cheap", "dear", regions=("west", "nowhere", "east"))
    by_type = places(("cheap", "west"), ("cheap", "east"), ("dear", "west"))
    assert candidates(spec, OFFERS, NOTHING) == by_type
    by_region = places(("cheap", "west"), ("dear", "west"), ("cheap", "east"))
    assert candidates(spec, OFFERS, NOTHING, "region") == by_region


def test_nothing_above_the_limit_is_a_candidate() -> None:
    spec = wanted("dear", "cheap", regions=("west",), limit=75)
    assert candidates(spec, OFFERS, NOTHING) == [Candidate("cheap", "west")]
    with pytest.raises(InvalidInput, match="dear costs 4000, full costs 100"):
        candidates(wanted("dear", "full", limit=99), OFFERS, NOTHING)


def test_an_unknown_type_is_named_with_those_that_exist() -> None:
    with pytest.raises(InvalidInput, match=r"'nope', which does not exist\. There are: cheap, dear, full"):
        candidates(wanted("cheap", "nope"), OFFERS, NOTHING)


def test_no_capacity_is_no_error_of_the_user() -> None:
    with pytest.raises(NoCapacity, match="no capacity for 'a' now: full in any region"):
        candidates(wanted("full"), OFFERS, NOTHING)


def test_one_type_in_one_region_needs_no_look() -> None:
    spec = wanted("full", regions=("east",))
    assert not needs_offers(spec, Policy(), NOTHING)
    assert needs_offers(spec, Policy(same_region=True), NOTHING)
    assert candidates(spec, None, NOTHING) == [Candidate("full", "east")]
    assert needs_offers(wanted("full"), Policy(), NOTHING)
    assert needs_offers(wanted("full", regions=("east",), limit=5), Policy(), NOTHING)


def test_what_is_attached_pins_the_region() -> None:
    def attached(**homes: t.Any) -> Attachments:
        return Attachments(file_systems=homes.get("files", {}), firewall_rulesets=homes.get("rules", {}))

    data = {"data": {"east": "1", "west": "2"}}
    home = {"home": {"west": "3"}}
    assert candidates(wanted("cheap"), OFFERS, attached(files=data)) == places(("cheap", "east"), ("cheap", "west"))
    assert candidates(wanted("cheap"), OFFERS, attached(files=data, rules=home)) == [Candidate("cheap", "west")]
    with pytest.raises(InvalidInput, match="ruleset home is in west, and east was asked for"):
        candidates(wanted("cheap", regions=("east",)), None, attached(rules=home))
    with pytest.raises(InvalidInput, match="file system home is in west; ruleset other is in east"):
        candidates(wanted("cheap"), OFFERS, attached(files=home, rules={"other": {"east": "4"}}))


def test_an_image_fits_the_architecture() -> None:
    arm = Attachments(image={"family": "f"}, image_places=frozenset({("east", "arm64"), ("west", "arm64")}))
    spec = InstanceSpec("a", ("cheap", "gpu_1x_gh200"), "k", image="f")
    assert candidates(spec, OFFERS, arm) == [Candidate("gpu_1x_gh200", "east")]
    with pytest.raises(
        InvalidInput, match=r"'f' fits no type .* it is for arm64 in east, arm64 in west; cheap is x86_64"
    ):
        candidates(InstanceSpec("a", ("cheap",), "k", image="f"), OFFERS, arm)


def test_what_the_offers_tell_of_the_architecture_is_believed_more_than_a_name() -> None:
    arm = Attachments(image={"family": "f"}, image_places=frozenset({("east", "arm64")}))
    told = {name: offer_row(name, 1, "east") for name in ("gpu_1x_vera", "gpu_4x_gb200", "gpu_1x_gh200")}
    told["gpu_1x_vera"]["instance_type"]["architecture"] = "arm64"
    told["gpu_1x_gh200"]["instance_type"]["architecture"] = "x86_64"
    spec = InstanceSpec("a", tuple(told), "k", image="f")
    assert candidates(spec, told, arm) == places(("gpu_1x_vera", "east"), ("gpu_4x_gb200", "east"))


def test_a_name_that_contradicts_the_image_is_checked() -> None:
    arm = Attachments(image={"family": "f"}, image_places=frozenset({("east", "arm64")}))
    assert needs_offers(wanted("gpu_1x_vera", regions=("east",)), Policy(), arm)
    assert not needs_offers(wanted("gpu_1x_gh200", regions=("east",)), Policy(), arm)


def test_regions_that_several_instances_share() -> None:
    first = places(("x", "west"), ("x", "east"), ("y", "east"), ("y", "south"))
    assert shared_regions([first, places(("z", "south"), ("z", "east"))]) == ["east", "south"]
    assert shared_regions([first, places(("z", "north"))]) == []
    assert shared_regions([]) == []
