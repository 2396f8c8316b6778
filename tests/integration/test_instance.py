# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import time
import typing as t

import pytest
from lambda_cloud_simulator.testing import Simulator
from support.runner import Modules
from support.samples import LAUNCH, WAIT

pytestmark = pytest.mark.usefixtures("laptop")


def test_eight_instances_cost_eight_launches_and_two_lists(simulator: Simulator, modules: Modules) -> None:
    done = modules.run("lambda_instance", name=["train-[1:8]"], **LAUNCH)
    assert done.changed
    assert [row["name"] for row in done["instances"]] == [f"train-{number}" for number in range(1, 9)]
    assert set(simulator.live()) == {f"train-{number}" for number in range(1, 9)}
    assert simulator.operations() == ["list_instances", *["launch"] * 8, "list_instances"]
    assert [row["id"] for row in done["launched"]] == [row["id"] for row in done["instances"]]
    assert all(
        "quantity" not in request["body"] for request in simulator.requests() if request["operation"] == "launch"
    )


def test_the_second_run_makes_one_request_and_changes_nothing(simulator: Simulator, modules: Modules) -> None:
    first = modules.run("lambda_instance", name=["a", "b"], **LAUNCH)
    simulator.forget_requests()
    second = modules.run("lambda_instance", name=["a", "b"], **LAUNCH)
    assert not second.changed
    assert second["instances"] == first["instances"]
    assert simulator.operations() == ["list_instances"]
    assert second["hourly_cost_cents"]["before"] == second["hourly_cost_cents"]["after"] > 0


def test_only_what_is_missing_is_launched(simulator: Simulator, modules: Modules) -> None:
    kept = simulator.seed_instance("a")
    done = modules.run("lambda_instance", name=["b", "a", "c"], **LAUNCH)
    assert [row["name"] for row in done["instances"]] == ["b", "a", "c"]
    assert simulator.live()["a"]["id"] == kept
    assert [row["name"] for row in done["launched"]] == ["b", "c"]


@pytest.mark.parametrize("status", ["terminating", "terminated"])
def test_an_instance_on_its_way_out_does_not_count(simulator: Simulator, modules: Modules, status: str) -> None:
    old = simulator.seed_instance("a", status=status)
    done = modules.run("lambda_instance", name=["a"], **LAUNCH)
    assert done["launched"][0]["id"] == simulator.live()["a"]["id"] != old


def test_check_mode_tells_the_truth_and_launches_nothing(simulator: Simulator, modules: Modules) -> None:
    predicted = modules.run("lambda_instance", check=True, name=["a", "b"], **LAUNCH)
    assert simulator.live() == {}
    real = modules.run("lambda_instance", name=["a", "b"], **LAUNCH)
    assert predicted.changed
    assert real.changed
    assert predicted["diff"] == real["diff"]
    assert predicted["hourly_cost_cents"] == real["hourly_cost_cents"]
    for guess, row in zip(predicted["instances"], real["instances"], strict=True):
        assert guess.keys() <= row.keys()
        assert guess["id"] is None
        for field in ("name", "status", "region", "instance_type", "ssh_key_names", "file_system_names"):
            assert guess[field] == row[field], field


def test_groups_of_different_types_share_one_list(simulator: Simulator, modules: Modules) -> None:
    groups = [
        {"name": ["worker-[1:2]"]},
        {"name": ["head"], "instance_type": ["cpu_4x_general"], "region": []},
    ]
    done = modules.run("lambda_instance", machines=groups, **LAUNCH)
    assert [row["instance_type"]["name"] for row in done["instances"]] == ["gpu_1x_a10", "gpu_1x_a10", "cpu_4x_general"]
    assert simulator.operations() == ["list_instances", "list_instance_types", *["launch"] * 3, "list_instances"]
    simulator.forget_requests()
    assert not modules.run("lambda_instance", machines=groups, **LAUNCH).changed
    assert simulator.operations() == ["list_instances"]


def test_no_names_is_no_work(simulator: Simulator, modules: Modules) -> None:
    for state in ("present", "absent"):
        assert not modules.run("lambda_instance", name=[], state=state).changed
    assert simulator.operations() == []


def test_capacity_refused_moves_on_and_is_not_asked_twice(simulator: Simulator, modules: Modules) -> None:
    simulator.set_capacity(gpu_1x_a10={"us-east-1": 1, "us-west-1": 5})
    simulator.add_fault("no-capacity", "launch")
    done = modules.run("lambda_instance", name=["a", "b"], **{**LAUNCH, "region": ["us-east-1", "us-west-1"]})
    assert [row["region"]["name"] for row in done["instances"]] == ["us-west-1", "us-west-1"]
    assert [(each["region"], "id" in each) for each in done["placements"]] == [
        ("us-east-1", False),
        ("us-west-1", True),
        ("us-west-1", True),
    ]


def test_the_price_limit_is_checked_before_launching(simulator: Simulator, modules: Modules) -> None:
    done = modules.run("lambda_instance", name=["a"], max_price_cents_per_hour=1, **LAUNCH)
    assert done.failed
    assert "max_price_cents_per_hour 1" in done["msg"]
    assert "launch" not in simulator.operations()


def test_a_file_system_decides_the_region(simulator: Simulator, modules: Modules) -> None:
    file_system = simulator.state()["file_systems"][0]
    region = file_system["region"]["name"]
    simulator.set_capacity(gpu_1x_a10={region: 1})
    done = modules.run("lambda_instance", name=["a"], **{**LAUNCH, "region": [], "file_systems": [file_system["name"]]})
    assert done["instances"][0]["region"]["name"] == region
    assert done["instances"][0]["file_system_names"] == [file_system["name"]]


def test_not_waiting_returns_the_id_at_once(simulator: Simulator, modules: Modules) -> None:
    simulator.add_fate("never-boots")
    done = modules.run("lambda_instance", name=["a"], wait=False, **LAUNCH)
    assert done["instances"][0]["id"] == simulator.live()["a"]["id"]
    assert done["instances"][0]["status"] == "booting"
    assert simulator.operations() == ["list_instances", "launch", "list_instances"]


def test_a_boot_that_takes_too_long_names_what_bills(simulator: Simulator, modules: Modules) -> None:
    simulator.add_fate("never-boots", name="slow")
    done = modules.run("lambda_instance", name=["quick", "slow"], **{**LAUNCH, "wait_timeout": 2})
    slow = simulator.live()["slow"]["id"]
    assert done.failed
    assert f"slow (id {slow}, booting)" in done["msg"]
    assert "billing" in done["msg"]
    assert {row["id"] for row in done["launched"]} == {row["id"] for row in simulator.live().values()}
    assert [row["status"] for row in done["instances"]] == ["active", "booting"]


@pytest.mark.parametrize("fate", ["unhealthy", "preempted", "vanishes"])
def test_a_final_state_ends_the_wait_at_once(simulator: Simulator, modules: Modules, fate: str) -> None:
    # It fails when the task has seen it: one that no list has shown could be one that lists show late.
    simulator.add_fate("never-boots")
    process = modules.start("lambda_instance", name=["a"], **{**LAUNCH, "wait_timeout": 600})
    while simulator.operations().count("list_instances") < 3:
        assert process.poll() is None
        time.sleep(0.02)
    simulator.apply_fate(simulator.live()["a"]["id"], fate)
    done = json.loads(process.communicate()[0])
    assert done["failed"]
    assert "will not become active" in done["msg"]
    assert done["launched"][0]["id"] in done["msg"]


def test_a_launch_listed_late_is_waited_for(simulator: Simulator, modules: Modules) -> None:
    simulator.add_fate("late-listing", after=500)
    done = modules.run("lambda_instance", name=["a"], **LAUNCH)
    assert done["instances"][0]["status"] == "active"
    assert len(simulator.live()) == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "drop", "when": "after"},
        {"kind": "status", "status": 500, "when": "after"},
        {"kind": "status", "status": 502, "when": "after"},
        {"kind": "truncate"},
        {"kind": "garbage"},
    ],
)
def test_a_launch_whose_answer_was_lost_is_adopted(
    simulator: Simulator, modules: Modules, fault: dict[str, t.Any]
) -> None:
    simulator.add_fault(operation="launch", **fault)
    done = modules.run("lambda_instance", name=["a"], **LAUNCH)
    assert done["launched"] == [{"name": "a", "id": simulator.live()["a"]["id"]}]
    assert simulator.operations().count("launch") == 1


@pytest.mark.parametrize(
    "fault", [{"kind": "drop", "when": "before"}, {"kind": "status", "status": 503, "when": "before"}]
)
def test_a_launch_that_never_happened_is_sent_again(
    simulator: Simulator, modules: Modules, fault: dict[str, t.Any]
) -> None:
    simulator.add_fault(operation="launch", **fault)
    done = modules.run("lambda_instance", name=["a"], **LAUNCH)
    assert done["launched"] == [{"name": "a", "id": simulator.live()["a"]["id"]}]
    assert simulator.operations().count("launch") == 2


@pytest.mark.parametrize("form", ["header", "body", "html"])
def test_a_rate_limit_is_waited_out(simulator: Simulator, modules: Modules, form: str) -> None:
    simulator.add_fault("rate-limit", "launch", form=form, retry_after=0.1)
    simulator.add_fault("rate-limit", "list_instances", form=form, retry_after=0.1)
    done = modules.run("lambda_instance", name=["a"], **LAUNCH)
    assert not done.failed
    assert len(simulator.live()) == 1


def test_a_failure_half_way_names_every_instance_launched(simulator: Simulator, modules: Modules) -> None:
    simulator.set_capacity(gpu_1x_a10={"us-east-1": 2})
    done = modules.run("lambda_instance", name=["a", "b", "c"], **LAUNCH)
    ids = {row["id"] for row in simulator.live().values()}
    assert done.failed
    assert len(ids) == 2
    assert {row["id"] for row in done["launched"]} == ids
    assert all(instance_id in done["msg"] for instance_id in ids)
    assert "insufficient-capacity" in done["msg"]


def test_an_outage_while_waiting_is_sat_out(simulator: Simulator, modules: Modules) -> None:
    # The first list finds nothing; those of the wait fail for longer than requests are repeated.
    simulator.add_fault("status", "list_instances", times=3, skip=1, status=503)
    done = modules.run("lambda_instance", name=["a"], **{**LAUNCH, "retry_timeout": 0.1})
    assert done.changed
    assert [row["status"] for row in done["instances"]] == ["active"]
    assert list(simulator.live()) == ["a"]
    assert simulator.operations().count("launch") == 1


def test_absent_terminates_exactly_the_names_given(simulator: Simulator, modules: Modules) -> None:
    kept = [simulator.seed_instance(name) for name in ("train-1", "train-11", "train", None)]
    gone = [simulator.seed_instance(name) for name in ("train-2", "train-3")]
    done = modules.run("lambda_instance", name=["train-[2:4]"], state="absent", wait_interval=0.05)
    assert done.changed
    assert [row["id"] for row in done["terminated"]] == gone
    assert {row["id"] for row in simulator.state()["instances"] if row["status"] == "active"} == set(kept)
    asked = [request["body"]["instance_ids"] for request in simulator.requests() if request["operation"] == "terminate"]
    assert asked == [gone]
    simulator.forget_requests()
    assert not modules.run("lambda_instance", name=["train-[2:4]"], state="absent").changed
    assert simulator.operations() == ["list_instances"]


def test_absent_in_check_mode_terminates_nothing(simulator: Simulator, modules: Modules) -> None:
    simulator.seed_instance("a")
    done = modules.run("lambda_instance", check=True, name=["a"], state="absent")
    assert done.changed
    assert list(simulator.live()) == ["a"]
    assert done["diff"]["after"] == {}


def test_absent_by_id_tells_two_of_one_name_apart(simulator: Simulator, modules: Modules) -> None:
    kept, gone = simulator.seed_instance("twin"), simulator.seed_instance("twin")
    refused = modules.run("lambda_instance", name=["twin"], state="absent")
    assert refused.failed
    assert kept in refused["msg"]
    assert gone in refused["msg"]
    assert {row["id"] for row in refused["ambiguous"]} == {kept, gone}
    # Whoever has a name alone does not stay alive because of them.
    alone = simulator.seed_instance("alone")
    mixed = modules.run("lambda_instance", name=["twin", "alone"], state="absent", wait_interval=0.05)
    assert mixed.failed
    assert [row["id"] for row in mixed["terminated"]] == [alone]
    done = modules.run("lambda_instance", id=[gone, "gone-long-ago"], state="absent", wait_interval=0.05)
    assert [row["id"] for row in done["terminated"]] == [gone]
    assert simulator.live()["twin"]["id"] == kept


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_terminate_whose_answer_was_lost_still_terminates(simulator: Simulator, modules: Modules, when: str) -> None:
    simulator.seed_instance("a")
    simulator.add_fault("drop", "terminate", when=when)
    done = modules.run("lambda_instance", name=["a"], state="absent", wait_interval=0.05, outcome_timeout=0.2)
    assert done.changed
    assert simulator.live() == {}


def too_early(simulator: Simulator, *names: str) -> list[str]:
    """Add instances that say that they cannot be terminated yet, and return their ids."""
    actions = {"terminate": {"available": False, "reason_code": "vm-has-not-launched", "reason_description": "Wait."}}
    return [simulator.seed_instance(name, status="booting", extra={"actions": actions}) for name in names]


@pytest.mark.parametrize("code", ["global/invalid-parameters", "global/unknown"])
def test_an_instance_that_cannot_be_terminated_yet_is_asked_for_again(
    oldest: Simulator, modules: Modules, code: str
) -> None:
    (new,) = too_early(oldest, "new")
    oldest.add_fault("status", "terminate", times=2, status=400, code=code)
    done = modules.on(oldest).run("lambda_instance", name=["new"], state="absent", wait=False, wait_interval=0.05)
    assert [row["id"] for row in done["terminated"]] == [new]
    assert oldest.live() == {}
    assert oldest.operations() == ["list_instances", *["terminate", "list_instances"] * 2, "terminate"]


def test_an_instance_that_cannot_be_terminated_yet_does_not_keep_the_others(
    oldest: Simulator, modules: Modules
) -> None:
    too_early(oldest, "new")
    oldest.seed_instance("a")
    oldest.seed_instance("b")
    # All at once, and of each by itself the first one, which is the new one.
    oldest.add_fault("status", "terminate", times=2, status=400, code="global/invalid-parameters")
    names = ["new", "a", "b"]
    done = modules.on(oldest).run("lambda_instance", name=names, state="absent", wait=False, wait_interval=0.05)
    assert sorted(row["name"] for row in done["terminated"]) == ["a", "b", "new"]
    assert oldest.live() == {}
    assert oldest.operations() == ["list_instances", "terminate", "list_instances", *["terminate"] * 4]


def test_an_instance_that_can_never_be_terminated_is_told_at_the_deadline(oldest: Simulator, modules: Modules) -> None:
    (new,) = too_early(oldest, "new")
    oldest.add_fault("status", "terminate", times=1000, status=400, code="global/invalid-parameters")
    options = {"wait_interval": 0.05, "wait_timeout": 0.3}
    done = modules.on(oldest).run("lambda_instance", name=["new"], state="absent", **options)
    assert done.failed
    assert f"These instances were not terminated, and bill: new (id {new}, booting)" in done["msg"]
    assert done["terminated"] == []
    assert oldest.operations().count("terminate") > 1
    assert list(oldest.live()) == ["new"]


def test_a_refusal_to_terminate_for_another_reason_is_final(simulator: Simulator, modules: Modules) -> None:
    simulator.seed_instance("a")
    simulator.add_fault("status", "terminate", status=400, code="global/invalid-parameters")
    done = modules.run("lambda_instance", name=["a"], state="absent", wait_interval=0.05)
    assert done["failure"]["code"] == "global/invalid-parameters"
    assert simulator.operations().count("terminate") == 1


def test_two_live_instances_of_one_name_are_an_error(simulator: Simulator, modules: Modules) -> None:
    ids = [simulator.seed_instance("twin"), simulator.seed_instance("twin", status="booting")]
    done = modules.run("lambda_instance", name=["twin"], **LAUNCH)
    assert done.failed
    assert all(instance_id in done["msg"] for instance_id in ids)
    assert simulator.operations() == ["list_instances"]


def test_an_unhealthy_instance_is_not_taken_for_a_ready_one(simulator: Simulator, modules: Modules) -> None:
    simulator.seed_instance("a", status="unhealthy")
    done = modules.run("lambda_instance", name=["a"], **LAUNCH)
    assert done.failed
    assert "unhealthy" in done["msg"]
    assert simulator.operations() == ["list_instances"]


def test_jupyter_secrets_show_only_on_request(simulator: Simulator, modules: Modules) -> None:
    hidden = modules.run("lambda_instance", name=["a"], **LAUNCH)
    assert "jupyter" not in hidden.output.replace("show_jupyter", "")
    shown = modules.run("lambda_instance", name=["a"], show_jupyter=True, **LAUNCH)
    assert shown["instances"][0]["jupyter_token"]
    assert shown["instances"][0]["jupyter_token"] in shown["instances"][0]["jupyter_url"]


def test_a_terminate_of_which_half_took_effect_says_which(simulator: Simulator, modules: Modules) -> None:
    ids = {name: simulator.seed_instance(name) for name in ("a", "b")}
    # No request gets through, and yet one of the two goes.
    simulator.add_fault("drop", "terminate", times=9, when="before")
    process = modules.start("lambda_instance", name=["a", "b"], state="absent", **WAIT)
    while "terminate" not in simulator.operations():
        assert process.poll() is None
        time.sleep(0.02)
    simulator.apply_fate(ids["a"], "vanishes")
    done = json.loads(process.communicate()[0])
    assert done["failed"]
    assert done["changed"]
    assert done["terminated"] == [{"name": "a", "id": ids["a"]}]
    assert {row["name"]: row["status"] for row in done["instances"]}["b"] == "active"
    assert done["hourly_cost_cents"] == {"before": 150, "after": 75}
