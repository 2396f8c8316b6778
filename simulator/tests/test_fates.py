# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of instances, as a client sees it."""

from __future__ import annotations

import typing as t

import pytest
import requests
from simulator_support import Api, until


@pytest.fixture(autouse=True)
def _key(any_api: Api) -> None:
    any_api.key()


@pytest.mark.parametrize("fate", ["unhealthy", "preempted"])
def test_an_instance_that_ends_badly(any_api: Api, fate: str) -> None:
    any_api.add_fate(fate)
    bad = any_api.launch()
    any_api.until(bad, fate)
    good = any_api.launch()
    any_api.until(good, "active")
    any_api.post("/instance-operations/terminate", instance_ids=[bad])


def test_an_unhealthy_instance_keeps_costing_and_a_preempted_one_does_not(any_api: Api) -> None:
    ids = {fate: any_api.launch() for fate in ("unhealthy", "preempted")}
    for fate, instance_id in ids.items():
        any_api.control("POST", f"/instances/{instance_id}/fate", {"fate": fate})
    costs = [{row["id"]: row["cost_cents"] for row in any_api.state()["instances"]} for _ in range(2)]
    assert costs[1][ids["unhealthy"]] > costs[0][ids["unhealthy"]]
    assert costs[1][ids["preempted"]] == costs[0][ids["preempted"]]


def test_an_instance_that_vanishes(any_api: Api) -> None:
    before = any_api.state()["capacity"]
    any_api.add_fate("vanishes", after=100)
    instance_id = any_api.launch()
    assert any_api.instance(instance_id)["status"] == "booting"
    until(lambda: any_api.ask("GET", f"/instances/{instance_id}").status_code == 404)
    assert any_api.state()["capacity"] == before


def test_an_instance_that_never_boots(any_api: Api) -> None:
    any_api.add_fate("never-boots")
    stuck, other = any_api.launch(), any_api.launch()
    any_api.until(other, "active")
    assert any_api.instance(stuck)["status"] == "booting"


def test_an_instance_that_never_becomes_active(any_api: Api) -> None:
    any_api.add_fate("never-active")
    stuck, other = any_api.launch(), any_api.launch()
    any_api.until(other, "active")
    until(lambda: bool(any_api.instance(stuck).get("ip")))
    assert any_api.instance(stuck)["status"] == "booting"


def test_an_instance_that_never_gets_an_address(any_api: Api) -> None:
    any_api.add_fate("no-address")
    without, other = any_api.launch(), any_api.launch()
    any_api.until(without, "active")
    until(lambda: bool(any_api.instance(other).get("ip")))
    assert not any_api.instance(without).get("ip")


def test_an_instance_that_is_listed_late(any_api: Api) -> None:
    any_api.add_fate("late-listing", after=500)
    instance_id = any_api.launch()
    assert any_api.get("/instances") == []
    assert any_api.instance(instance_id)
    until(lambda: len(any_api.get("/instances")) == 1)


def test_a_fate_is_for_names_that_match_and_for_so_many(any_api: Api) -> None:
    any_api.add_fate("unhealthy", name="train-*", times=2)
    spared = [any_api.launch(name="eval-1"), any_api.launch()]
    doomed = [any_api.launch(name=f"train-{number}") for number in range(2)]
    spared.append(any_api.launch(name="train-3"))
    assert any_api.control("GET", "/fates") == {"fates": []}
    for instance_id in doomed:
        any_api.until(instance_id, "unhealthy")
    for instance_id in spared:
        any_api.until(instance_id, "active")


def test_fates_can_be_taken_back(any_api: Api) -> None:
    any_api.add_fate("never-boots")
    any_api.clear_fates()
    any_api.until(any_api.launch(), "active")


@pytest.mark.parametrize("after", [0, 100])
def test_a_fate_for_an_instance_that_exists(any_api: Api, after: float) -> None:
    instance_id = any_api.launch()
    any_api.until(instance_id, "active")
    any_api.control("POST", f"/instances/{instance_id}/fate", {"fate": "unhealthy", "after": after})
    any_api.until(instance_id, "unhealthy")


def test_a_fate_now_ends_the_boot(any_api: Api) -> None:
    instance_id, other = any_api.launch(), any_api.launch()
    any_api.control("POST", f"/instances/{instance_id}/fate", {"fate": "unhealthy"})
    any_api.until(other, "active")
    assert any_api.instance(instance_id)["status"] == "unhealthy"


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/fates", {"fate": "lottery"}, 422),
        ("/fates", {"fate": "unhealthy", "times": 0}, 422),
        ("/instances/none/fate", {"fate": "unhealthy"}, 404),
    ],
)
def test_an_order_that_makes_no_sense_is_refused(any_api: Api, path: str, body: t.Any, status: int) -> None:
    assert requests.post(f"{any_api.url}/_simulator{path}", json=body, timeout=10).status_code == status
