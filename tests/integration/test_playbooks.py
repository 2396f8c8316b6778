# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks, as users run them."""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

import pytest
from support.runner import ansible
from support.simulator import KEY, Simulator

PUBLIC = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAaTM9EBVJ7WcVcV5nUJPwJ6gYzJ3nOVkqzQwVvWfJbx me"

FLEET: dict[str, t.Any] = {
    "fleet_machines": [
        {"name": "train-[01:02]", "instance_type": "gpu_1x_a10", "region": "us-east-1"},
        {"name": "head", "instance_type": ["gpu_8x_h100_sxm5", "cpu_4x_general"]},
    ],
    "fleet_ssh_key": "laptop",
    "fleet_wait_interval": 0.1,
}


@pytest.fixture
def fleet(tmp_path: Path) -> list[str]:
    (tmp_path / "key.pub").write_text(PUBLIC)
    extra = {**FLEET, "fleet_ssh_public_key_file": str(tmp_path / "key.pub")}
    # Nothing answers SSH here; that the machines are waited for is another test's.
    return ["-e", json.dumps(extra), "--limit", "localhost"]


def recap(output: str) -> dict[str, int]:
    line = re.search(r"localhost +: (.*)", output)
    assert line, output
    return {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", line[1])}


def test_launch_twice_and_terminate_twice(simulator: Simulator, environment: dict[str, str], fleet: list[str]) -> None:
    first = ansible(["ansible-playbook", "playbooks/launch.yml", *fleet], environment)
    assert recap(first.stdout)["changed"] == 2
    assert "3 machines cost 1.70 US dollars per hour (0.00 before)" in first.stdout
    assert {row["name"]: row["instance_type"]["name"] for row in simulator.live().values()} == {
        "train-01": "gpu_1x_a10",
        "train-02": "gpu_1x_a10",
        "head": "cpu_4x_general",
    }
    assert [key["name"] for key in simulator.state()["ssh_keys"]] == ["laptop"]

    simulator.forget_requests()
    second = ansible(["ansible-playbook", "playbooks/launch.yml", *fleet], environment)
    assert recap(second.stdout)["changed"] == 0
    assert sorted(simulator.operations()) == ["list_instances", "list_ssh_keys"]
    assert len(simulator.live()) == 3

    ended = ansible(["ansible-playbook", "playbooks/terminate.yml", *fleet], environment)
    assert "which saves 1.70 US dollars per hour" in ended.stdout
    assert simulator.live() == {}
    assert recap(ansible(["ansible-playbook", "playbooks/terminate.yml", *fleet], environment).stdout)["changed"] == 0


def test_check_and_diff_tell_and_launch_nothing(
    simulator: Simulator, environment: dict[str, str], fleet: list[str]
) -> None:
    done = ansible(["ansible-playbook", "playbooks/launch.yml", "--check", "--diff", *fleet], environment)
    assert recap(done.stdout)["changed"] == 2
    assert "would cost 1.70 US dollars per hour" in done.stdout
    assert '+    "train-01": {' in done.stdout
    assert simulator.state()["instances"] == []
    assert simulator.state()["ssh_keys"] == []


def test_the_playbooks_work_by_their_full_names(
    simulator: Simulator, environment: dict[str, str], fleet: list[str], tmp_path: Path
) -> None:
    for name in ("launch", "terminate"):
        ansible(["ansible-playbook", f"lambdal.cloud.{name}", *fleet], environment, cwd=tmp_path)
    assert simulator.live() == {}


def test_nothing_is_launched_by_default(simulator: Simulator, environment: dict[str, str]) -> None:
    for name in ("launch", "terminate"):
        done = ansible(["ansible-playbook", f"playbooks/{name}.yml"], environment, succeed=False)
        assert "Set fleet_machines" in done.stdout
    assert simulator.operations() == []


def test_no_secret_is_printed_however_loud(
    simulator: Simulator, environment: dict[str, str], fleet: list[str], tmp_path: Path
) -> None:
    private = tmp_path / "generated"
    extra = {**FLEET, "fleet_ssh_key": "made", "fleet_ssh_private_key_path": str(private)}
    generated = ["-e", json.dumps(extra), "--limit", "localhost"]
    output = ""
    for command in (["playbooks/launch.yml"], ["playbooks/launch.yml"], ["playbooks/terminate.yml"]):
        done = ansible(["ansible-playbook", "-vvvv", "--diff", *command, *generated], environment)
        output += done.stdout + done.stderr
    assert private.read_text().splitlines()[1] not in output
    assert "PRIVATE KEY" not in output
    # A key given as an option, for a task that fails as well as for one that does not
    play = [
        {
            "hosts": "localhost",
            "gather_facts": False,
            "tasks": [
                {"lambdal.cloud.lambda_instance_info": {"api_key": KEY}},
                {"lambdal.cloud.lambda_instance_info": {"api_key": KEY + "-wrong"}, "ignore_errors": True},
            ],
        }
    ]
    (tmp_path / "play.yml").write_text(json.dumps(play))
    done = ansible(["ansible-playbook", "-vvvv", str(tmp_path / "play.yml")], environment)
    output += done.stdout + done.stderr
    assert KEY not in output
    assert "jupyter_token" not in output
    assert "lambdaspaces" not in output


def test_provision_requires_machines(environment: dict[str, str]) -> None:
    command = ["ansible-playbook", "-i", "playbooks/lambda.yml", "playbooks/provision.yml"]
    assert "no machine in the group lambda_cloud" in ansible(command, environment, succeed=False).stdout


@pytest.mark.parametrize("way", ["direct"], indirect=True)
def test_progress_shows_while_it_happens(
    simulator: Simulator, environment: dict[str, str], fleet: list[str], tmp_path: Path
) -> None:
    command = ["ansible-playbook", "playbooks/launch.yml", *fleet]
    shown = ansible([*command, "-v"], environment).stdout
    for name, row in simulator.live().items():
        assert f"Launched {name} (id {row['id']})" in shown
    simulator.reset()
    assert "Launched train-01" not in ansible(command, environment).stdout
    simulator.reset()
    simulator.seed_key("laptop", PUBLIC)
    task = {
        "name": "a",
        "instance_type": "gpu_1x_a10",
        "region": "us-east-1",
        "ssh_key": "laptop",
        "wait_interval": 0.1,
    }
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "tasks": [{"lambdal.cloud.lambda_instance": task, "no_log": True}],
    }
    (tmp_path / "play.yml").write_text(json.dumps([play]))
    assert "Launched" not in ansible(["ansible-playbook", "-v", str(tmp_path / "play.yml")], environment).stdout
    assert list(simulator.live()) == ["a"]


def test_a_machine_is_replaced_by_its_id_with_its_mounts(
    simulator: Simulator, environment: dict[str, str], tmp_path: Path
) -> None:
    simulator.seed_key("laptop", PUBLIC)
    (data,) = (row["id"] for row in simulator.state()["file_systems"] if row["name"] == "datasets")
    mounts = [{"file_system_id": data, "mount_point": "/data/sets"}]
    launch = {
        "region_name": "us-east-1",
        "instance_type_name": "gpu_1x_a10",
        "ssh_key_names": ["laptop"],
        "name": "trainer",
        "file_system_mounts": mounts,
        "tags": [{"key": "project", "value": "vision"}],
    }
    (sick,) = simulator.api("POST", "/instance-operations/launch", launch)["instance_ids"]
    simulator.fate_now(sick, "unhealthy")
    command = ["ansible-playbook", "lambdal.cloud.replace", "-e", f"replace_id={sick}"]
    ansible(command, environment, cwd=tmp_path)
    row = simulator.live()["trainer"]
    assert row["id"] != sick
    assert row["file_system_mounts"] == mounts
    assert {"key": "project", "value": "vision"} in row["tags"]
    assert "not unhealthy or preempted any more" in ansible(command, environment, cwd=tmp_path).stdout


def test_a_name_for_the_reaper_is_not_a_part_of_one(simulator: Simulator, environment: dict[str, str]) -> None:
    for name in ("train-1", "train-10", "t"):
        simulator.seed_instance(name, tags={"lambdal-cloud-born": "1000000000"})
    options = ["-e", "reaper_terminate=true reaper_max_age_seconds=60 reaper_wait_interval=0.1"]
    command = ["ansible-playbook", "playbooks/reap.yml", *options]
    ansible([*command, "-e", "reaper_names=train-10"], environment)
    assert set(simulator.live()) == {"train-1", "t"}
    ansible([*command, "-e", '{"reaper_names": "t, train-1"}'], environment)
    assert simulator.live() == {}


@pytest.mark.parametrize("names", [",", " , "])
def test_no_name_is_no_owner(simulator: Simulator, environment: dict[str, str], names: str) -> None:
    simulator.seed_instance("train", tags={"lambdal-cloud-born": "1000000000"})
    variables = {"reaper_terminate": True, "reaper_max_age_seconds": 60, "reaper_names": names}
    command = ["ansible-playbook", "playbooks/reap.yml", "-e", json.dumps(variables)]
    assert (
        "reaper_terminate needs reaper_owner_tags or reaper_names"
        in ansible(command, environment, succeed=False).stdout
    )
    assert set(simulator.live()) == {"train"}
