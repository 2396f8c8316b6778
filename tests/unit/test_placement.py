# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

import pytest
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput, StateError
from ansible_collections.lambdal.cloud.plugins.module_utils._instances import Wanted
from ansible_collections.lambdal.cloud.plugins.module_utils._placement import (
    Candidate,
    candidates,
    is_effect_of,
    launch_request,
    needs_offers,
    pinned_regions,
)


def offer(name: str, price: t.Any, *regions: str) -> t.Any:
    return {
        "instance_type": {"name": name, "price_cents_per_hour": price},
        "regions_with_capacity_available": [{"name": region, "description": ""} for region in regions],
    }


OFFERS: t.Any = {
    "cheap": offer("cheap", 75, "east", "west"),
    "dear": offer("dear", "4000", "west"),
    "full": offer("full", 100),
}


def wanted(*types: str, regions: tuple[str, ...] = (), limit: int | None = None) -> Wanted:
    return Wanted("a", types, "k", regions, max_price_cents_per_hour=limit)


def test_types_come_before_regions() -> None:
    found = candidates(wanted("dear", "cheap"), OFFERS, ())
    assert found == [Candidate("dear", "west"), Candidate("cheap", "east"), Candidate("cheap", "west")]


def test_regions_come_in_the_order_asked_for() -> None:
    found = candidates(wanted("cheap"), OFFERS, ("west", "nowhere", "east"))
    assert found == [Candidate("cheap", "west"), Candidate("cheap", "east")]


def test_nothing_above_the_limit_is_a_candidate() -> None:
    assert candidates(wanted("dear", "cheap", limit=75), OFFERS, ("west",)) == [Candidate("cheap", "west")]
    with pytest.raises(InvalidInput, match="dear costs 4000, full costs 100"):
        candidates(wanted("dear", "full", limit=99), OFFERS, ())


def test_an_unknown_type_is_named_with_those_that_exist() -> None:
    with pytest.raises(InvalidInput, match=r"'nope', which does not exist\. There are: cheap, dear, full"):
        candidates(wanted("cheap", "nope"), OFFERS, ())


def test_no_capacity_is_no_error_of_the_user() -> None:
    with pytest.raises(StateError, match="no capacity for 'a' now: full in any region"):
        candidates(wanted("full"), OFFERS, ())


def test_one_type_in_one_region_needs_no_look() -> None:
    machine = wanted("full", regions=("east",))
    assert not needs_offers(machine)
    assert candidates(machine, None, machine.regions) == [Candidate("full", "east")]
    assert needs_offers(wanted("full"))
    assert needs_offers(wanted("full", regions=("east",), limit=5))


def test_file_systems_pin_the_region() -> None:
    file_systems: t.Any = [
        {"id": "1", "name": "data", "region": {"name": "east"}},
        {"id": "2", "name": "data", "region": {"name": "west"}},
        {"id": "3", "name": "home", "region": {"name": "west"}},
    ]

    def machine(*names: str) -> Wanted:
        return Wanted("a", ("t",), "k", (), names)

    assert pinned_regions(machine("data"), file_systems) == ("east", "west")
    assert pinned_regions(machine("data", "home"), file_systems) == ("west",)
    with pytest.raises(InvalidInput, match="'gone', which does not exist"):
        pinned_regions(machine("gone"), file_systems)
    with pytest.raises(InvalidInput, match="No region has all"):
        pinned_regions(machine("data", "home"), [file_systems[0], file_systems[2]])


def test_a_launch_never_asks_for_a_quantity() -> None:
    machine = Wanted("a", ("t",), "k", ("r",), ("data",))
    assert launch_request(machine, Candidate("t", "r"), "unique") == {
        "name": "a",
        "region_name": "r",
        "instance_type_name": "t",
        "ssh_key_names": ["k"],
        "file_system_names": ["data"],
        "tags": [{"key": "lambdal-cloud-launch", "value": "unique"}],
    }


def test_a_machine_of_another_launch_is_not_taken_for_ours() -> None:
    def row(**fields: t.Any) -> t.Any:
        return {"id": "1", "name": "a", **fields}

    ours = {"key": "lambdal-cloud-launch", "value": "unique"}
    assert is_effect_of(row(tags=[ours]), "a", "unique")
    assert not is_effect_of(row(tags=[{**ours, "value": "other"}]), "a", "unique")
    assert not is_effect_of(row(tags=[]), "a", "unique")
    # Version 1.5.3 knows no tags: the name has to do.
    assert is_effect_of(row(), "a", "unique")
    assert not is_effect_of(row(), "b", "unique")
