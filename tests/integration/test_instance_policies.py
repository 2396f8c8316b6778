# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of instances that fail, differ, or cannot all be had."""

from __future__ import annotations

import json
import time
import typing as t

import pytest
from lambda_cloud_simulator.testing import Simulator
from support.runner import Modules
from support.samples import LAUNCH

pytestmark = pytest.mark.usefixtures("laptop")


def test_five_of_eight_are_kept_and_told(simulator: Simulator, modules: Modules) -> None:
    simulator.set_capacity(gpu_1x_a10={"us-east-1": 5})
    done = modules.run("lambda_instance", name=["m-[1:8]"], **LAUNCH)
    live = simulator.live()
    assert done.failed
    assert list(live) == [f"m-{number}" for number in range(1, 6)]
    assert {row["id"] for row in done["launched"]} == {row["id"] for row in live.values()}
    assert "Launched 5 of 8 instances. No capacity for 'm-6'" in done["msg"]
    assert "billing at 375 US cents per hour" in done["msg"]
    assert done["hourly_cost_cents"] == {"before": 0, "after": 375}
    assert done["failure"]["code"] == "instance-operations/launch/insufficient-capacity"
    # With room for the rest, the same task ends the job.
    simulator.set_capacity(gpu_1x_a10={"us-east-1": 3})
    assert len(modules.run("lambda_instance", name=["m-[1:8]"], **LAUNCH)["launched"]) == 3


def test_five_of_eight_are_terminated_if_wished(simulator: Simulator, modules: Modules) -> None:
    kept = simulator.seed_instance("m-1")
    simulator.set_capacity(gpu_1x_a10={"us-east-1": 4})
    done = modules.run("lambda_instance", name=["m-[1:8]"], on_partial="terminate", **LAUNCH)
    assert done.failed
    assert "Launched 4 of 7 instances" in done["msg"]
    assert "Those launched were terminated" in done["msg"]
    assert {row["id"] for row in done["terminated"]} == {row["id"] for row in done["launched"]}
    assert {name: row["id"] for name, row in simulator.live().items()} == {"m-1": kept}
    assert done["hourly_cost_cents"] == {"before": 75, "after": 75}


def test_instances_that_cannot_be_terminated_again_are_told(simulator: Simulator, modules: Modules) -> None:
    simulator.set_capacity(gpu_1x_a10={"us-east-1": 1})
    simulator.add_fault("status", "terminate", times=3, status=500, when="before")
    done = modules.run("lambda_instance", name=["a", "b"], on_partial="terminate", **LAUNCH)
    instance_id = simulator.live()["a"]["id"]
    assert "Those launched could not be terminated" in done["msg"]
    assert f"Launched by this task and billing at 75 US cents per hour: a (id {instance_id})" in done["msg"]


@pytest.mark.parametrize("fate", ["unhealthy", "preempted", "vanishes"])
def test_an_instance_that_fails_is_replaced(simulator: Simulator, modules: Modules, fate: str) -> None:
    # It fails when the task has seen it: one that no list has shown could be one that lists show late.
    simulator.add_fate("never-boots", name="a")
    process = modules.start("lambda_instance", name=["a", "b"], on_failed="replace", **LAUNCH)
    while simulator.operations().count("list_instances") < 3:
        assert process.poll() is None
        time.sleep(0.02)
    simulator.apply_fate(simulator.live()["a"]["id"], fate)
    done = json.loads(process.communicate()[0])
    assert done["changed"]
    assert [row["name"] for row in done["instances"]] == ["a", "b"]
    assert [row["status"] for row in done["instances"]] == ["active", "active"]
    assert {row["id"] for row in done["instances"]} == {row["id"] for row in simulator.live().values()}
    assert [row["name"] for row in done["launched"]] == ["a", "b", "a"]
    assert [row["name"] for row in done["terminated"]] == ([] if fate == "vanishes" else ["a"])


def test_replacements_have_a_bound(simulator: Simulator, modules: Modules) -> None:
    simulator.add_fate("unhealthy", name="a", times=9, after=50)
    done = modules.run("lambda_instance", name=["a"], on_failed="replace", max_replacements=2, **LAUNCH)
    assert done.failed
    assert "max_replacements (2) allows for no more" in done["msg"]
    assert len(done["launched"]) == 3
    assert [row["status"] for row in simulator.live().values()] == ["unhealthy"]
    assert simulator.live()["a"]["id"] in done["msg"]


def test_an_instance_that_fails_is_terminated_if_wished(simulator: Simulator, modules: Modules) -> None:
    simulator.add_fate("unhealthy", name="a", after=100)
    done = modules.run("lambda_instance", name=["a", "b"], on_failed="terminate", **LAUNCH)
    assert done.failed
    assert list(simulator.live()) == ["b"]
    assert [row["name"] for row in done["terminated"]] == ["a"]
    # The result says what is so now: it bills no more.
    assert {row["name"]: row["status"] for row in done["instances"]}["a"] in ("terminating", "terminated")
    assert done["hourly_cost_cents"]["after"] == 75
    assert "keeps billing" not in done["msg"]
    billing = done["msg"].partition("Launched by this task")[2].partition("Terminated by this task")[0]
    assert f"(id {done['terminated'][0]['id']})" not in billing


@pytest.mark.parametrize("check", [True, False])
def test_one_that_failed_before_is_treated_alike(simulator: Simulator, modules: Modules, check: bool) -> None:
    sick = simulator.seed_instance("a", status="unhealthy")
    kept = modules.run("lambda_instance", check=check, name=["a", "b"], **LAUNCH)
    assert kept.failed
    assert "will not become active" in kept["msg"]
    assert list(simulator.live()) == ["a"]
    ended = modules.run("lambda_instance", check=check, name=["a"], on_failed="terminate", **LAUNCH)
    assert ended.failed
    assert ended["terminated"] == [{"name": "a", "id": sick}]
    assert list(simulator.live()) == (["a"] if check else [])
    if not check:
        sick = simulator.seed_instance("a", status="unhealthy")
    replaced = modules.run("lambda_instance", check=check, name=["a"], on_failed="replace", **LAUNCH)
    assert replaced.changed
    assert [row["name"] for row in replaced["launched"]] == ["a"]
    assert [row["name"] for row in replaced["instances"]] == ["a"]
    assert replaced["instances"][0]["status"] == "active"
    assert (simulator.live()["a"]["id"] == sick) == check


def test_without_waiting_one_that_failed_is_a_warning(simulator: Simulator, modules: Modules) -> None:
    simulator.seed_instance("a", status="unhealthy")
    done = modules.run("lambda_instance", name=["a"], wait=False, **LAUNCH)
    assert not done.changed
    assert "will not become active" in str(done["warnings"])


DRIFT: dict[str, t.Any] = {**LAUNCH, "instance_type": ["gpu_1x_a100_sxm4"]}


@pytest.mark.parametrize("check", [True, False])
def test_drift_fails_before_anything_is_done(simulator: Simulator, modules: Modules, check: bool) -> None:
    instance_id = simulator.seed_instance("a")
    done = modules.run("lambda_instance", check=check, name=["a", "b"], **DRIFT)
    assert done.failed
    assert "instance_type is gpu_1x_a10, not gpu_1x_a100_sxm4" in done["msg"]
    assert simulator.operations() == ["list_instances"]
    difference = {"field": "instance_type", "has": "gpu_1x_a10", "asked": ["gpu_1x_a100_sxm4"]}
    assert done["drift"] == [{"name": "a", "id": instance_id, **difference}]


def test_drift_can_be_warned_of(simulator: Simulator, modules: Modules) -> None:
    simulator.seed_instance("a")
    done = modules.run("lambda_instance", name=["a"], on_drift="warn", **DRIFT)
    assert not done.changed
    assert "it was left as it is" in str(done["warnings"])
    assert done["diff"][1]["before"] == {"instance_type": "gpu_1x_a10"}
    assert done["diff"][1]["after"] == {"instance_type": ["gpu_1x_a100_sxm4"]}


def test_drift_can_be_ignored(simulator: Simulator, modules: Modules) -> None:
    simulator.seed_instance("a")
    done = modules.run("lambda_instance", name=["a"], on_drift="ignore", **DRIFT)
    assert not done.changed
    assert "warnings" not in done.result
    assert done["drift"] == []


def test_drift_can_be_replaced(simulator: Simulator, modules: Modules) -> None:
    old, other = simulator.seed_instance("a"), simulator.seed_instance("b", instance_type="gpu_1x_a100_sxm4")
    predicted = modules.run("lambda_instance", check=True, name=["a", "b"], on_drift="replace", **DRIFT)
    assert simulator.live()["a"]["id"] == old
    done = modules.run("lambda_instance", name=["a", "b"], on_drift="replace", **DRIFT)
    assert done.changed
    assert predicted["diff"] == done["diff"]
    assert predicted["terminated"] == done["terminated"] == [{"name": "a", "id": old}]
    assert simulator.live()["a"]["instance_type"]["name"] == "gpu_1x_a100_sxm4"
    assert simulator.live()["b"]["id"] == other
    assert not modules.run("lambda_instance", name=["a", "b"], on_drift="replace", **DRIFT).changed


def test_nothing_is_terminated_for_what_is_not_to_be_had_yet(simulator: Simulator, modules: Modules) -> None:
    old = simulator.seed_instance("a")
    options = {**DRIFT, "on_drift": "replace", "request_interval": 0.05}
    simulator.set_capacity(gpu_1x_a100_sxm4=dict.fromkeys(simulator.state()["capacity"]["gpu_1x_a100_sxm4"], 0))
    done = modules.run("lambda_instance", name=["a"], capacity_timeout=0.5, **options)
    assert done.failed
    assert "no capacity" in done["msg"]
    assert simulator.live()["a"]["id"] == old
    started = modules.start("lambda_instance", name=["a"], capacity_timeout=20, **options)
    simulator.forget_requests()
    while simulator.operations().count("list_instance_types") < 2:
        assert started.poll() is None
        time.sleep(0.02)
    assert simulator.live()["a"]["id"] == old
    simulator.set_capacity(gpu_1x_a100_sxm4={"us-east-1": 1})
    assert '"changed": true' in started.communicate()[0]
    assert simulator.live()["a"]["id"] != old


def test_nothing_is_terminated_for_a_key_that_is_not_there(simulator: Simulator, modules: Modules) -> None:
    old = simulator.seed_instance("a", ssh_key_names=["laptop"])
    done = modules.run("lambda_instance", name=["a"], on_drift="replace", **{**LAUNCH, "ssh_key": "lapotp"})
    assert done.failed
    assert "asks for the SSH key 'lapotp', which does not exist. Nothing was terminated." in done["msg"]
    assert simulator.live()["a"]["id"] == old


def test_all_or_nothing_holds_for_replacements_too(simulator: Simulator, modules: Modules) -> None:
    kept = simulator.seed_instance("old")
    simulator.add_fate("unhealthy", name="b", after=1500)
    options = {"on_failed": "replace", "on_partial": "terminate", **LAUNCH}
    started = modules.start("lambda_instance", name=["old", "a", "b"], **options)
    while simulator.operations().count("launch") < 2:
        assert started.poll() is None
        time.sleep(0.02)
    # Capacity would be asked for until the task's deadline, since an instance was terminated for it; a quota is final.
    simulator.add_fault("status", "launch", times=9, status=400, code="global/quota-exceeded")
    done = json.loads(started.communicate()[0])
    assert "Launched 1 of 2 instances. Could not launch" in done["msg"]
    assert "Those launched were terminated" in done["msg"]
    assert {name: row["id"] for name, row in simulator.live().items()} == {"old": kept}
    assert {row["id"] for row in done["terminated"]} == {row["id"] for row in done["launched"]}


def test_what_cannot_be_launched_again_is_not_terminated(simulator: Simulator, modules: Modules) -> None:
    old = simulator.seed_instance("a")
    options = {**DRIFT, "instance_type": ["gpu_8x_h100_sxm5", "gpu_8x_a100"], "on_drift": "replace"}
    done = modules.run("lambda_instance", name=["a"], **options)
    assert done.failed
    assert "no capacity" in done["msg"]
    assert simulator.live()["a"]["id"] == old
    assert done["terminated"] == []
