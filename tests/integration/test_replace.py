# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replacing instances: one at a time, and nothing is terminated on a forecast alone."""

from __future__ import annotations

import typing as t

import pytest
from lambda_cloud_simulator.testing import Simulator
from support.runner import Modules
from support.samples import LAUNCH

OPTIONS: dict[str, t.Any] = {**LAUNCH, "instance_type": ["gpu_1x_a100_sxm4"], "on_drift": "replace"}
NAMES = ["a", "b", "c"]

pytestmark = pytest.mark.usefixtures("laptop")


@pytest.fixture
def fleet(simulator: Simulator) -> dict[str, str]:
    """Return the IDs of three instances of another type, by name."""
    return {name: simulator.seed_instance(name, ssh_key_names=["laptop"]) for name in NAMES}


def types(simulator: Simulator) -> dict[str, str]:
    return {name: row["instance_type"]["name"] for name, row in simulator.live().items()}


def writes(simulator: Simulator) -> list[str]:
    return [operation for operation in simulator.operations() if operation in ("launch", "terminate")]


def test_instances_are_replaced_one_at_a_time(simulator: Simulator, modules: Modules, fleet: dict[str, str]) -> None:
    done = modules.run("lambda_instance", name=NAMES, **OPTIONS)
    assert done.changed
    assert types(simulator) == dict.fromkeys(NAMES, "gpu_1x_a100_sxm4")
    assert writes(simulator) == ["terminate", "launch"] * 3
    assert [row["id"] for row in done["terminated"]] == list(fleet.values())
    assert [row["name"] for row in done["instances"]] == NAMES
    assert not modules.run("lambda_instance", name=NAMES, **OPTIONS).changed


def test_room_for_one_costs_no_more_than_one(simulator: Simulator, modules: Modules, fleet: dict[str, str]) -> None:
    simulator.set_capacity(gpu_1x_a100_sxm4={"us-east-1": 1})
    done = modules.run("lambda_instance", name=NAMES, **OPTIONS)
    assert done.failed
    live = types(simulator)
    assert sorted(live) == NAMES, "an instance was terminated for which there was no room"
    assert list(live.values()).count("gpu_1x_a100_sxm4") == 1
    assert len(done["terminated"]) == len(done["launched"]) == 1


def test_all_or_nothing_keeps_what_replaces_instances_that_are_gone(
    simulator: Simulator, modules: Modules, fleet: dict[str, str]
) -> None:
    simulator.set_capacity(gpu_1x_a100_sxm4={"us-east-1": 2})
    done = modules.run("lambda_instance", name=[*NAMES, "new"], on_partial="terminate", **OPTIONS)
    assert done.failed
    live = types(simulator)
    # One was for the new name, one for the first replacement: that one stays, since its predecessor is gone.
    assert sorted(live) == NAMES
    assert live["a"] == "gpu_1x_a100_sxm4"
    assert {live["b"], live["c"]} == {"gpu_1x_a10"}
    assert "were kept" in done["msg"]


def test_without_quota_for_both_nothing_else_is_terminated(
    simulator: Simulator, modules: Modules, fleet: dict[str, str]
) -> None:
    # The second replacement is refused for the quota, and terminates its own predecessor first.
    simulator.add_fault("delay", "launch", times=1, seconds=0.01, when="after")
    simulator.add_fault("status", "launch", times=1, status=400, code="global/quota-exceeded")
    options = {**OPTIONS, "replace_order": "launch_first", "on_partial": "terminate"}
    done = modules.run("lambda_instance", name=NAMES, **options)
    assert done.changed
    assert types(simulator) == dict.fromkeys(NAMES, "gpu_1x_a100_sxm4")
    assert len(done["terminated"]) == 3


def test_capacity_that_is_refused_after_a_termination_is_asked_for_again(
    simulator: Simulator, modules: Modules
) -> None:
    old = simulator.seed_instance("a", ssh_key_names=["laptop"])
    simulator.add_fault("no-capacity", "launch", times=3)
    done = modules.run("lambda_instance", name=["a"], request_interval=0.05, **OPTIONS)
    assert done.changed
    assert types(simulator) == {"a": "gpu_1x_a100_sxm4"}
    assert simulator.live()["a"]["id"] != old
    assert writes(simulator) == ["terminate", *["launch"] * 4]


def test_the_replacement_comes_first_if_it_is_asked_to(
    simulator: Simulator, modules: Modules, fleet: dict[str, str]
) -> None:
    done = modules.run("lambda_instance", name=NAMES, replace_order="launch_first", **OPTIONS)
    assert done.changed
    assert types(simulator) == dict.fromkeys(NAMES, "gpu_1x_a100_sxm4")
    assert writes(simulator) == ["launch", "terminate"] * 3
    assert [row["name"] for row in done["instances"]] == NAMES
    assert [row["id"] for row in done["terminated"]] == list(fleet.values())


def test_a_replacement_that_is_refused_first_costs_nothing(
    simulator: Simulator, modules: Modules, fleet: dict[str, str]
) -> None:
    simulator.add_fault("no-capacity", "launch", times=10_000)
    done = modules.run("lambda_instance", name=NAMES, replace_order="launch_first", **OPTIONS)
    assert done.failed
    assert {name: row["id"] for name, row in simulator.live().items()} == fleet
    assert done["terminated"] == []


def test_a_replacement_that_fails_first_leaves_the_old_one(simulator: Simulator, modules: Modules) -> None:
    old = simulator.seed_instance("a", ssh_key_names=["laptop"])
    simulator.add_fate("unhealthy")
    done = modules.run("lambda_instance", name=["a"], replace_order="launch_first", **OPTIONS)
    assert done.failed
    rows = {row["id"]: row["status"] for row in simulator.state()["instances"]}
    assert rows[old] == "active"
    # Both are named, since both bill.
    assert all(instance_id in done["msg"] or instance_id == old for instance_id in rows)


def test_without_quota_for_both_the_old_one_goes_first(simulator: Simulator, modules: Modules) -> None:
    simulator.seed_instance("a", ssh_key_names=["laptop"])
    simulator.add_fault("status", "launch", times=1, status=400, code="global/quota-exceeded")
    done = modules.run("lambda_instance", name=["a"], replace_order="launch_first", **OPTIONS)
    assert done.changed
    assert types(simulator) == {"a": "gpu_1x_a100_sxm4"}
    assert writes(simulator) == ["launch", "terminate", "launch"]


@pytest.mark.parametrize(("image", "warned"), [(None, True), ("lambda-stack-22-04", False)])
@pytest.mark.parametrize("failed", [True, False])
def test_another_region_may_have_another_image(
    simulator: Simulator, modules: Modules, image: str | None, warned: bool, failed: bool
) -> None:
    simulator.set_capacity(gpu_1x_a10={"us-east-1": 0, "us-west-1": 0, "us-southeast-1": 1})
    old = simulator.seed_instance("a", ssh_key_names=["laptop"], status="unhealthy" if failed else "active")
    why = {"on_failed": "replace"} if failed else {"on_drift": "replace"}
    options = {
        **LAUNCH,
        "region": ["us-southeast-1"] if not failed else [],
        **why,
        **({"image": image} if image else {}),
    }
    done = modules.run("lambda_instance", name=["a"], **options)
    assert done.changed
    row = simulator.live()["a"]
    assert row["id"] != old
    assert row["region"]["name"] == "us-southeast-1"
    assert row["image"]["family"] == (image or "lambda-stack-24-04")
    assert (
        "'a' was in us-east-1 and is replaced by an instance in us-southeast-1" in str(done.result.get("warnings"))
    ) is warned
