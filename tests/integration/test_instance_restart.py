# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Instances that exist: restarted, renamed, terminated one by one."""

from __future__ import annotations

import json
import time
import typing as t

import pytest
from lambda_cloud_simulator.testing import Simulator
from support.runner import Modules
from support.samples import WAIT


def asked(simulator: Simulator, operation: str) -> list[list[str]]:
    return [request["body"]["instance_ids"] for request in simulator.requests() if request["operation"] == operation]


def run_while_one_vanishes(
    simulator: Simulator, modules: Modules, instance_id: str, operation: str, state: str
) -> dict[str, t.Any]:
    """Return the result of a task whose request names an instance that went away after the task had seen it."""
    simulator.add_fault("hold", operation)
    running = modules.start("lambda_instance", name=["a", "b", "c"], state=state, **WAIT)
    until = time.monotonic() + 20
    while operation not in simulator.operations():
        assert time.monotonic() < until
        time.sleep(0.02)
    simulator.apply_fate(instance_id, "vanishes")
    simulator.clear_faults()
    return t.cast("dict[str, t.Any]", json.loads(running.communicate()[0]))


def test_exactly_those_found_are_restarted(simulator: Simulator, modules: Modules) -> None:
    ids = [simulator.seed_instance(name) for name in ("train-1", "train-2")]
    simulator.seed_instance("train-11")
    done = modules.run("lambda_instance", name=["train-[1:3]"], state="restarted", **WAIT)
    assert done.changed
    assert asked(simulator, "restart") == [ids]
    assert [row["id"] for row in done["restarted"]] == ids
    assert [row["status"] for row in done["instances"]] == ["active", "active"]
    assert "nothing to restart: train-3" in str(done["warnings"])


def test_a_restart_in_check_mode_only_tells(simulator: Simulator, modules: Modules) -> None:
    instance_id = simulator.seed_instance("a")
    done = modules.run("lambda_instance", check=True, name=["a"], state="restarted", **WAIT)
    assert done.changed
    assert [row["id"] for row in done["restarted"]] == [instance_id]
    assert simulator.operations() == ["list_instances"]


def test_nothing_to_restart_changes_nothing(simulator: Simulator, modules: Modules) -> None:
    done = modules.run("lambda_instance", name=["a"], state="restarted", **WAIT)
    assert not done.changed
    assert simulator.operations() == ["list_instances"]


def test_an_instance_that_does_not_come_back_is_told(simulator: Simulator, modules: Modules) -> None:
    instance_id = simulator.seed_instance("a")
    running = modules.start("lambda_instance", name=["a"], state="restarted", **{**WAIT, "outcome_timeout": 3})
    # Never seen to leave its status, it is given a moment; then its end is seen.
    until = time.monotonic() + 20
    while "restart" not in simulator.operations():
        assert time.monotonic() < until
        time.sleep(0.02)
    simulator.apply_fate(instance_id, "unhealthy")
    output = running.communicate()[0]
    assert "will not become active" in output
    assert instance_id in output


def test_one_bad_id_does_not_keep_the_others_from_restarting(simulator: Simulator, modules: Modules) -> None:
    ids = [simulator.seed_instance(name) for name in ("a", "b", "c")]
    done = run_while_one_vanishes(simulator, modules, ids[1], "restart", "restarted")
    assert asked(simulator, "restart") == [ids, [ids[0]], [ids[2]]]
    assert [row["id"] for row in done["restarted"]] == [ids[0], ids[2]]
    assert done["failed"]
    assert f"The service restarted 2 of 3; not b (id {ids[1]}" in done["msg"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_restart_whose_answer_was_lost_happens_once(simulator: Simulator, modules: Modules, when: str) -> None:
    simulator.seed_instance("a")
    simulator.add_fault("drop", "restart", when=when)
    done = modules.run("lambda_instance", name=["a"], state="restarted", **WAIT)
    assert done.changed


def test_one_bad_id_does_not_keep_the_others_alive(simulator: Simulator, modules: Modules) -> None:
    ids = [simulator.seed_instance(name) for name in ("a", "b", "c")]
    done = run_while_one_vanishes(simulator, modules, ids[1], "terminate", "absent")
    assert asked(simulator, "terminate") == [ids, [ids[0]], [ids[2]]]
    assert done["changed"]
    assert simulator.live() == {}


def test_one_that_cannot_be_terminated_is_told_and_the_rest_go(simulator: Simulator, modules: Modules) -> None:
    ids = [simulator.seed_instance(name) for name in ("a", "b", "c")]
    simulator.add_fault("status", "terminate", times=6, status=500, when="before")
    done = modules.run("lambda_instance", name=["a", "b", "c"], state="absent", **WAIT)
    assert done.failed
    assert f"These instances were not terminated, and bill: a (id {ids[0]}, active): Could not terminate" in done["msg"]
    assert list(simulator.live()) == ["a"]
    assert [row["id"] for row in done["terminated"]] == ids[1:]


def test_a_refused_key_is_not_tried_for_each(simulator: Simulator, modules: Modules) -> None:
    for name in ("a", "b"):
        simulator.seed_instance(name)
    simulator.add_fault("status", "terminate", times=1, status=403, when="before")
    done = modules.run("lambda_instance", name=["a", "b"], state="absent", **WAIT)
    assert done.failed
    assert len(asked(simulator, "terminate")) == 1


def test_a_name_and_an_id_that_disagree_do_nothing(simulator: Simulator, modules: Modules) -> None:
    instance_id = simulator.seed_instance("a")
    for state in ("absent", "restarted"):
        done = modules.run("lambda_instance", name=["b"], id=[instance_id], state=state, **WAIT)
        assert done.failed
        assert "disagree" in done["msg"]
    assert set(simulator.operations()) == {"list_instances"}


def test_a_name_is_given_by_id(simulator: Simulator, modules: Modules) -> None:
    instance_id = simulator.seed_instance(None)
    predicted = modules.run("lambda_instance", check=True, id=[instance_id], name=["lab"], **WAIT)
    assert predicted.changed
    assert list(simulator.live()) == [None]
    simulator.forget_requests()
    done = modules.run("lambda_instance", id=[instance_id], name=["lab"], **WAIT)
    assert done.changed
    assert done["diff"] == predicted["diff"]
    assert list(done["diff"]["before"]) == [instance_id]
    assert list(done["diff"]["after"]) == ["lab"]
    assert simulator.operations() == ["list_instances", "rename_instance"]
    assert simulator.live()["lab"]["id"] == instance_id == done["instances"][0]["id"]
    assert done["instances"][0]["name"] == "lab"
    assert not modules.run("lambda_instance", id=[instance_id], name=["lab"], **WAIT).changed


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_rename_whose_answer_was_lost_is_sent_again(simulator: Simulator, modules: Modules, when: str) -> None:
    instance_id = simulator.seed_instance("a")
    simulator.add_fault("drop", "rename_instance", when=when)
    assert modules.run("lambda_instance", id=[instance_id], name=["b"], **WAIT).changed
    assert list(simulator.live()) == ["b"]


@pytest.mark.parametrize("check", [True, False])
def test_a_name_that_is_taken_is_not_given(simulator: Simulator, modules: Modules, check: bool) -> None:
    ids = [simulator.seed_instance(name) for name in ("a", "b")]
    done = modules.run("lambda_instance", check=check, id=[ids[0]], name=["b"], **WAIT)
    assert done.failed
    assert f"which is the name of b (id {ids[1]}, active)" in done["msg"]
    gone = modules.run("lambda_instance", check=check, id=["gone"], name=["c"], **WAIT)
    assert "No live instance has the id gone" in gone["msg"]
    several = modules.run("lambda_instance", check=check, id=ids, name=["c"], **WAIT)
    assert "one id and one name" in several["msg"]
    assert set(simulator.live()) == {"a", "b"}
