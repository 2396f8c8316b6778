# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

import pytest
from lambda_cloud_simulator.testing import Simulator
from support.runner import Modules

HERE: dict[str, t.Any] = {"name": "run-7", "region": "us-east-1", "outcome_timeout": 0.3, "wait_interval": 0.05}


def named(simulator: Simulator, name: str = "run-7") -> list[str]:
    """Return the regions that have a file system of the name."""
    return [row["region"]["name"] for row in simulator.state()["file_systems"] if row["name"] == name]


def test_check_create_and_create_again(simulator: Simulator, modules: Modules) -> None:
    predicted = modules.run("lambda_file_system", check=True, **HERE)
    assert named(simulator) == []
    real = modules.run("lambda_file_system", **HERE)
    again = modules.run("lambda_file_system", **HERE)
    assert [predicted.changed, real.changed, again.changed] == [True, True, False]
    assert predicted["file_system"].keys() <= real["file_system"].keys()
    assert real["file_system"]["id"] == again["file_system"]["id"]
    assert named(simulator) == ["us-east-1"]
    assert simulator.operations() == [
        "list_file_systems",
        "list_file_systems",
        "create_file_system",
        "list_file_systems",
    ]


def test_one_name_in_two_regions(simulator: Simulator, modules: Modules) -> None:
    for region in ("us-east-1", "us-west-1"):
        assert modules.run("lambda_file_system", **{**HERE, "region": region}).changed
    refused = modules.run("lambda_file_system", name="run-7", state="absent")
    assert "Say which by its region" in refused["msg"]
    assert modules.run("lambda_file_system", state="absent", **{**HERE, "region": "us-west-1"}).changed
    assert named(simulator) == ["us-east-1"]
    assert modules.run("lambda_file_system", name="run-7", state="absent").changed
    assert not modules.run("lambda_file_system", name="run-7", state="absent").changed
    assert named(simulator) == []


def test_data_is_deleted_only_by_force(simulator: Simulator, modules: Modules) -> None:
    # The file system of the default account that holds something
    row = next(row for row in simulator.state()["file_systems"] if row["bytes_used"])
    options = {"name": row["name"], "region": row["region"]["name"], "state": "absent"}
    for check in (True, False):
        refused = modules.run("lambda_file_system", check=check, **options)
        assert f"holds {row['bytes_used']} bytes" in refused["msg"]
    assert len(named(simulator, row["name"])) == 1
    tried = modules.run("lambda_file_system", check=True, force_destroy=True, **options)
    done = modules.run("lambda_file_system", force_destroy=True, **options)
    assert done.changed
    # What goes, and what no longer bills
    assert tried["diff"] == done["diff"]
    assert done["diff"]["before"]["bytes_used"] == done["diff"]["before"]["billed_bytes"] == row["bytes_used"]
    assert done["diff"]["after"] == {}
    assert named(simulator, row["name"]) == []


def test_one_in_use_is_never_deleted(simulator: Simulator, modules: Modules) -> None:
    modules.run("lambda_file_system", **HERE)
    user = simulator.seed_instance("trainer", file_system_names=["run-7"])
    for options in ({"wait": False}, {"wait_timeout": 0.3, "force_destroy": True}):
        refused = modules.run("lambda_file_system", state="absent", **HERE, **options)
        assert f"in use by trainer (id {user}, active)" in refused["msg"]
    # What the service says that it holds is hours old.
    refused = modules.run("lambda_file_system", state="absent", **HERE)
    assert "is in use, and what was written lately is not known yet. Deleting it needs force_destroy" in refused["msg"]
    assert "delete_file_system" not in simulator.operations()
    started = modules.start("lambda_file_system", state="absent", force_destroy=True, **HERE)
    modules.run("lambda_instance", name=["trainer"], state="absent", wait_interval=0.05)
    assert '"changed": true' in started.communicate()[0]
    assert named(simulator) == []


def test_one_whose_last_instance_has_just_ended_is_not_taken_to_be_empty(
    simulator: Simulator, modules: Modules
) -> None:
    modules.run("lambda_file_system", **HERE)
    trainer = {"name": ["trainer"], "wait_interval": 0.05}
    simulator.seed_ssh_key("laptop")
    launch = {"instance_type": ["gpu_1x_a10"], "region": ["us-east-1"], "ssh_key": "laptop", "file_systems": ["run-7"]}
    assert modules.run("lambda_instance", **trainer, **launch).changed
    # It writes, and what it wrote will be in the service's estimate hours later.
    assert modules.run("lambda_instance", state="absent", **trainer).changed
    (row,) = [row for row in simulator.state()["file_systems"] if row["name"] == "run-7"]
    assert (row["bytes_used"], row["is_in_use"]) == (0, False)
    simulator.forget_requests()
    for check in (True, False):
        refused = modules.run("lambda_file_system", check=check, state="absent", **HERE)
        assert "its size of 0 bytes is an estimate, hours old, and there were instances in use since" in refused["msg"]
        assert "Deleting it needs force_destroy: true" in refused["msg"]
    assert named(simulator) == ["us-east-1"]
    assert simulator.operations() == ["list_file_systems", "list_audit_events"] * 2
    tried = modules.run("lambda_file_system", check=True, state="absent", force_destroy=True, **HERE)
    done = modules.run("lambda_file_system", state="absent", force_destroy=True, **HERE)
    assert [tried.changed, done.changed] == [True, True]
    assert named(simulator) == []


@pytest.mark.parametrize(("status", "code"), [(403, "global/forbidden"), (404, "global/not-found")])
def test_one_is_not_taken_to_be_empty_if_the_audit_log_cannot_be_read(
    simulator: Simulator, modules: Modules, status: int, code: str
) -> None:
    modules.run("lambda_file_system", **HERE)
    simulator.add_fault("status", "list_audit_events", status=status, code=code)
    refused = modules.run("lambda_file_system", state="absent", **HERE)
    assert "what was done since cannot be read (Could not list the audit events" in refused["msg"]
    assert named(simulator) == ["us-east-1"]


def test_a_refusal_of_one_in_use_that_is_listed_as_free_is_waited_for(simulator: Simulator, modules: Modules) -> None:
    in_use = {"operation": "delete_file_system", "status": 400, "code": "filesystems/filesystem-in-use"}
    modules.run("lambda_file_system", **HERE)
    simulator.add_fault("status", times=2, **in_use)
    refused = modules.run("lambda_file_system", state="absent", wait=False, **HERE)
    assert refused["failure"]["code"] == "filesystems/filesystem-in-use"
    assert named(simulator) == ["us-east-1"]
    simulator.forget_requests()
    assert modules.run("lambda_file_system", state="absent", **HERE).changed
    assert simulator.operations() == ["list_file_systems", "list_audit_events", *["delete_file_system"] * 2]
    assert named(simulator) == []


def test_a_refusal_of_one_in_use_is_waited_for_until_the_deadline(simulator: Simulator, modules: Modules) -> None:
    modules.run("lambda_file_system", **HERE)
    code = "filesystems/filesystem-in-use"
    simulator.add_fault("status", "delete_file_system", times=100, status=400, code=code)
    refused = modules.run("lambda_file_system", state="absent", wait_timeout=0.3, **HERE)
    assert refused["failure"]["code"] == code
    assert simulator.operations().count("delete_file_system") > 1
    assert named(simulator) == ["us-east-1"]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("operation", ["create_file_system", "delete_file_system"])
def test_a_lost_answer_is_looked_into(simulator: Simulator, modules: Modules, operation: str, when: str) -> None:
    simulator.add_fault("drop", operation, when=when)
    assert modules.run("lambda_file_system", **HERE).changed
    assert named(simulator) == ["us-east-1"]
    assert modules.run("lambda_file_system", state="absent", **HERE).changed
    assert named(simulator) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "7up"}, "'7up' cannot name a file system"),
        ({"name": "x" * 61}, "cannot name a file system"),
        ({"region": "mars-1"}, "mars-1"),
        ({"region": None}, "region"),
    ],
)
def test_bad_input_gets_one_clear_sentence(
    simulator: Simulator, modules: Modules, options: dict[str, t.Any], message: str
) -> None:
    before = len(simulator.state()["file_systems"])
    done = modules.run("lambda_file_system", **{**HERE, **options})
    assert done.failed
    assert message in done["msg"]
    assert len(simulator.state()["file_systems"]) == before


def test_an_api_of_1_5_3_is_said_to_lack_it(oldest: Simulator, modules: Modules) -> None:
    old = modules.on(oldest)
    refused = old.run("lambda_file_system", **HERE)
    assert "Could not create the file system run-7 in us-east-1: that needs version 1.10.0 of the API" in refused["msg"]
    row = oldest.state()["file_systems"][0]
    refused = old.run("lambda_file_system", name=row["name"], state="absent", force_destroy=True)
    assert f"Could not delete the file system {row['id']}: that needs version 1.10.0 of the API" in refused["msg"]
    assert len(oldest.state()["file_systems"]) == 2
