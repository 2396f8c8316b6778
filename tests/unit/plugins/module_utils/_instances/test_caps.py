# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

import pytest
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.candidates import Candidate
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.caps import CapExceeded, Order, require_room
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.spec import InstanceSpec, Policy
from ansible_collections.lambdal.cloud.tests.support.samples import instance_row, offer_row

OFFERS: t.Any = {"cheap": offer_row("cheap", 75, "east"), "secret": offer_row("secret", None, "east")}


def orders(count: int, instance_type: str = "cheap") -> list[Order]:
    return [(InstanceSpec(f"new-{number}"), Candidate(instance_type, "east")) for number in range(count)]


def rows(*prices: int | None, **fields: t.Any) -> list[t.Any]:
    return [
        instance_row(str(number), instance_type={"name": "other", "price_cents_per_hour": price}, **fields)
        for number, price in enumerate(prices)
    ]


@pytest.mark.parametrize(
    "caps",
    [
        {},
        {"max_hourly_cost_cents": 250, "account_max_hourly_cost_cents": 350, "max_instances": 3},
    ],
)
def test_what_just_fits_is_launched(caps: dict[str, int]) -> None:
    require_room(Policy(**t.cast("t.Any", caps)), orders(2), rows(100), rows(100, 100), OFFERS)


@pytest.mark.parametrize(
    ("caps", "sums"),
    [
        ({"max_instances": 2}, "max_instances is 2: the task has 1 live instances and would launch 2 more"),
        (
            {"max_hourly_cost_cents": 249},
            "the task's 1 live instances cost 100, and new-0, new-1 (2 x cheap at 75) would add 150, 250 together",
        ),
        (
            {"account_max_hourly_cost_cents": 349},
            "the account's 2 live instances cost 200, and new-0, new-1 (2 x cheap at 75) would add 150, 350 together",
        ),
        ({"max_hourly_cost_cents": 0}, "max_hourly_cost_cents is 0"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_sums(caps: dict[str, int], sums: str) -> None:
    with pytest.raises(CapExceeded) as refusal:
        require_room(Policy(**t.cast("t.Any", caps)), orders(2), rows(100), rows(100, 100), OFFERS)
    assert sums in str(refusal.value)
    assert f"raise {next(iter(caps))}" in str(refusal.value)


def test_what_is_going_costs_nothing_and_what_is_unhealthy_does() -> None:
    policy = Policy(max_hourly_cost_cents=75)
    require_room(policy, orders(1), rows(100, status="terminating"), [], OFFERS)
    with pytest.raises(CapExceeded):
        require_room(policy, orders(1), rows(100, status="unhealthy"), [], OFFERS)


@pytest.mark.parametrize("cap", ["max_hourly_cost_cents", "account_max_hourly_cost_cents"])
def test_a_price_that_nobody_knows_is_refused(cap: str) -> None:
    policy = Policy(**t.cast("t.Any", {cap: 10_000}))
    with pytest.raises(CapExceeded, match="does not report the price of secret"):
        require_room(policy, orders(1, "secret"), [], [], OFFERS)
    existing = rows(None)
    with pytest.raises(CapExceeded, match=r"does not report the price of train-0 \(id 0, active\)"):
        require_room(policy, orders(1), existing, existing, OFFERS)


def test_an_instance_without_a_price_costs_what_its_type_does() -> None:
    existing = [instance_row(instance_type={"name": "cheap"})]
    with pytest.raises(CapExceeded, match="cost 75"):
        require_room(Policy(max_hourly_cost_cents=100), orders(1), t.cast("t.Any", existing), [], OFFERS)


def test_without_launches_no_cap_is_exceeded() -> None:
    require_room(Policy(max_hourly_cost_cents=0, max_instances=0), [], rows(100), [], OFFERS)
