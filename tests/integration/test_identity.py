# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A name is not a key: what belongs to others is never adopted, returned, changed or ended because of its name."""

from __future__ import annotations

import json
import subprocess
import time
import typing as t

import pytest
from lambda_cloud_simulator.testing import Simulator
from support.runner import Modules

INSTANCE: dict[str, t.Any] = {
    "instance_type": ["gpu_1x_a10"],
    "region": ["us-east-1"],
    "ssh_key": "laptop",
    "wait_interval": 0.05,
    "wait_timeout": 20,
    "outcome_timeout": 1,
    "on_partial": "terminate",
}
MINE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAaTM9EBVJ7WcVcV5nUJPwJ6gYzJ3nOVkqzQwVvWfJbx me"
THEIRS = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGRBs6UWBoU2pC4KSNxJsgrpoCiQ2rxbHJFmeWjNmKXc they"
RULE = {"protocol": "tcp", "port_range": [22, 22], "source_network": "198.51.100.0/24", "description": "SSH"}


def after_request(
    simulator: Simulator, operation: str, process: subprocess.Popen[str], act: t.Callable[[], t.Any]
) -> t.Any:
    """Act as soon as a running module has sent a request, and return the module's result."""
    until = time.monotonic() + 60
    while operation not in simulator.operations():
        assert process.poll() is None
        time.sleep(0.02)
        assert time.monotonic() < until
        time.sleep(0.01)
    act()
    return json.loads(process.communicate()[0])


@pytest.mark.parametrize("version", ["1.10.0", "1.5.3"])
def test_anothers_instance_is_not_adopted_for_a_lost_launch(
    simulator: Simulator, oldest: Simulator, modules: Modules, version: str
) -> None:
    cloud = oldest if version == "1.5.3" else simulator
    cloud.seed_ssh_key("laptop", MINE)
    cloud.seed_ssh_key("theirs", THEIRS)
    cloud.add_fault("drop", "launch", when="before")
    process = modules.on(cloud).start("lambda_instance", name=["a"], **INSTANCE)
    done = after_request(
        cloud,
        "launch",
        process,
        lambda: cloud.seed_instance(
            "a", instance_type="gpu_8x_a100", region="us-west-1", ssh_key_names=["theirs"], status="active"
        ),
    )
    (theirs,) = [row for row in cloud.state()["instances"] if row["ssh_key_names"] == ["theirs"]]
    assert theirs["status"] == "active", "another's instance was terminated"
    assert theirs["id"] not in [row["id"] for row in done["launched"]]


def test_a_lost_launch_is_adopted_although_somebody_renamed_it(simulator: Simulator, modules: Modules) -> None:
    simulator.seed_ssh_key("laptop")
    simulator.add_fault("drop", operation="launch", when="after")
    # The other one renames it before the list is made that looks for it.
    simulator.add_fault("hold", operation="list_instances", skip=1)
    task = modules.start("lambda_instance", name=["a"], wait=False, **INSTANCE)
    while not simulator.live():
        time.sleep(0.01)
    instance_id = simulator.live()["a"]["id"]
    simulator.call_api("POST", f"/instances/{instance_id}", {"name": "theirs"})
    simulator.clear_faults()
    result = json.loads(task.communicate()[0])
    assert [row["id"] for row in result["launched"]] == [instance_id]
    assert list(simulator.live()) == ["theirs"]


def test_an_instance_whose_launch_nobody_can_tell_is_left_alone(simulator: Simulator, modules: Modules) -> None:
    simulator.seed_ssh_key("laptop", MINE)
    simulator.set_quirks(without_tags=True)
    simulator.add_fault("drop", "launch", when="before")
    process = modules.start("lambda_instance", name=["a"], **INSTANCE)
    done = after_request(simulator, "launch", process, lambda: simulator.seed_instance("a", ssh_key_names=["laptop"]))
    assert done["failed"]
    (row,) = simulator.state()["instances"]
    assert row["status"] == "active"
    assert row["id"] in done["msg"]
    assert simulator.operations().count("launch") == 1


def test_a_stale_id_does_not_let_another_instance_be_terminated(simulator: Simulator, modules: Modules) -> None:
    prod = simulator.seed_instance("prod")
    simulator.seed_instance("a")
    done = modules.run("lambda_instance", state="absent", name=["a", "x"], id=["gone", prod])
    assert done.failed
    assert "disagree" in done["msg"]
    assert sorted(simulator.live()) == ["a", "prod"]


def test_an_instance_renamed_while_it_boots_is_still_replaced(simulator: Simulator, modules: Modules) -> None:
    simulator.seed_ssh_key("laptop", MINE)
    simulator.add_fate("never-boots", name="a")
    process = modules.start("lambda_instance", name=["a"], on_failed="replace", **INSTANCE)

    def rename_and_break() -> None:
        until = time.monotonic() + 30
        while not simulator.state()["instances"]:
            assert time.monotonic() < until
            time.sleep(0.01)
        (row,) = simulator.state()["instances"]
        simulator.call_api("POST", f"/instances/{row['id']}", {"name": "renamed-by-somebody"})
        simulator.apply_fate(row["id"], "unhealthy")

    done = after_request(simulator, "launch", process, rename_and_break)
    assert not done.get("failed"), done
    assert list(simulator.live()) == ["a"]
    assert simulator.live()["a"]["status"] == "active"


def test_anothers_key_is_not_returned_for_a_lost_add(simulator: Simulator, modules: Modules) -> None:
    simulator.add_fault("drop", "add_ssh_key", when="before")
    process = modules.start("lambda_ssh_key", name="ci", public_key=MINE, outcome_timeout=1)
    done = after_request(simulator, "add_ssh_key", process, lambda: simulator.seed_ssh_key("ci", THEIRS))
    assert THEIRS.split()[1] in {key["public_key"].split()[1] for key in simulator.state()["ssh_keys"]}
    assert done.get("failed") or done["ssh_key"]["public_key"].split()[1] == MINE.split()[1]


def test_anothers_ruleset_is_not_returned_for_a_lost_create(simulator: Simulator, modules: Modules) -> None:
    simulator.add_fault("drop", "create_firewall_ruleset", when="before")
    process = modules.start(
        "lambda_firewall_ruleset", name="office", region="us-east-1", rules=[RULE], outcome_timeout=3
    )
    done = after_request(simulator, "create_firewall_ruleset", process, lambda: simulator.seed_ruleset("office"))
    assert done.get("failed") or done["firewall_ruleset"]["rules"] == [RULE]


def test_an_instance_that_differs_is_not_renamed(simulator: Simulator, modules: Modules) -> None:
    simulator.seed_ssh_key("laptop", MINE)
    old = simulator.seed_instance("old", ssh_key_names=["laptop"])
    done = modules.run("lambda_instance", id=[old], name=["new"], **{**INSTANCE, "instance_type": ["gpu_8x_a100"]})
    assert done.failed
    assert "nothing was" in done["msg"]
    assert list(simulator.live()) == ["old"]
    assert "rename_instance" not in simulator.operations()


def test_an_instance_of_another_fleet_is_not_renamed(simulator: Simulator, modules: Modules) -> None:
    simulator.seed_ssh_key("laptop", MINE)
    tags = {"lambdal-cloud-fleet": "theirs"}
    old = simulator.seed_instance("old", ssh_key_names=["laptop"], tags=tags)
    done = modules.run("lambda_instance", id=[old], name=["new"], tags={"lambdal-cloud-fleet": "mine"}, **INSTANCE)
    assert done.failed
    assert "Nothing was done" in done["msg"]
    assert list(simulator.live()) == ["old"]
