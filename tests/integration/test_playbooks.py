# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks, as users run them."""

from __future__ import annotations

import json
import re
import stat
import subprocess
import typing as t
from pathlib import Path

import pytest
from lambda_cloud_simulator.testing import API_KEY, Simulator
from support.runner import ansible
from support.samples import PUBLIC_KEY_LINE

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
    (tmp_path / "key.pub").write_text(PUBLIC_KEY_LINE)
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
    assert "3 instances cost 1.70 US dollars per hour (0.00 before)" in first.stdout
    assert {row["name"]: row["instance_type"]["name"] for row in simulator.live().values()} == {
        "train-01": "gpu_1x_a10",
        "train-02": "gpu_1x_a10",
        "head": "cpu_4x_general",
    }
    assert [key["name"] for key in simulator.state()["ssh_keys"]] == ["laptop"]

    simulator.forget_requests()
    second = ansible(["ansible-playbook", "playbooks/launch.yml", *fleet], environment)
    assert recap(second.stdout)["changed"] == 0
    # The second one is for what else bills, the last one for what is active by now.
    assert simulator.operations() == ["list_ssh_keys", *["list_instances"] * 3]
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


def test_what_is_left_behind_is_seen(
    simulator: Simulator, environment: dict[str, str], fleet: list[str], tmp_path: Path
) -> None:
    other = simulator.seed_instance("old")
    launched = ansible(["ansible-playbook", "playbooks/launch.yml", *fleet], environment).stdout
    assert (
        f"Beside these, 1 instance of the account bills 0.75 US dollars per hour: old (id {other}, 0.75)." in launched
    )
    assert "fleet_name is not set" in launched
    head = simulator.live()["head"]["id"]
    simulator.call_api("POST", f"/instances/{head}", {"name": "renamed"})
    ended = ansible(["ansible-playbook", "playbooks/terminate.yml", *fleet], environment).stdout
    assert set(simulator.live()) == {"old", "renamed"}
    assert "Beside these, 2 instances of the account bill 0.95 US dollars per hour" in ended
    assert f"renamed (id {head}, 0.20)" in ended
    simulator.forget_requests()
    shown = ansible(["ansible-playbook", "lambdal.cloud.status"], environment, cwd=tmp_path).stdout
    assert simulator.operations() == ["list_instances"]
    assert re.search(r'"old +gpu_1x_a10 +us-east-1 +\S+ +active +- +- +0.75 +-"', shown), shown
    assert re.search(r'"2 instances( +=)+ +0.95 +="', shown)
    data = ansible(["ansible-playbook", "playbooks/status.yml", "-e", "status_format=json"], environment).stdout
    assert '"hourly_cost_cents": 95' in data
    # With a name it would have been found.
    named = ["-e", "fleet_name=vision fleet_prune=true"]
    simulator.reset()
    assert "fleet_name" not in ansible(["ansible-playbook", "playbooks/launch.yml", *fleet, *named], environment).stdout
    head = simulator.live()["head"]["id"]
    simulator.call_api("POST", f"/instances/{head}", {"name": "renamed"})
    ended = ansible(["ansible-playbook", "playbooks/terminate.yml", *fleet, *named], environment).stdout
    assert simulator.live() == {}
    assert "Beside" not in ended


def test_key_and_address_can_be_variables(
    simulator: Simulator, environment: dict[str, str], fleet: list[str], tmp_path: Path
) -> None:
    # As from a vault, which wins over a key of the shell.
    (tmp_path / "vault.yml").write_text(
        json.dumps({"lambda_api_key": simulator.api_key, "lambda_api_url": simulator.api_url})
    )
    shell = {**environment, "LAMBDA_API_KEY": "of-the-shell-0123456789", "LAMBDA_API_URL": "http://127.0.0.1:9/"}
    vault = ["-e", f"@{tmp_path}/vault.yml", "-vvvv"]
    simulator.seed_instance("a", ip="127.0.0.1")
    output = ""
    for name in ("launch", "status", "terminate"):
        output += ansible(["ansible-playbook", f"playbooks/{name}.yml", *fleet, *vault], shell).stdout
    assert set(simulator.live()) == {"a"}
    assert simulator.api_key not in output
    # The inventory has no other variables than extra ones.
    listed = ansible(["ansible-inventory", "-i", "playbooks/lambda.yml", "--graph", *vault], shell).stdout
    assert "|--a" in listed


@pytest.mark.parametrize("mode", ["direct"], indirect=True)
def test_a_misspelt_variable_is_refused(simulator: Simulator, environment: dict[str, str], fleet: list[str]) -> None:
    for name in ("launch", "terminate"):
        command = ["ansible-playbook", f"playbooks/{name}.yml", *fleet, "-e", "fleet_prun=true fleet_max_price=1"]
        output = " ".join(ansible(command, environment, succeed=False).stdout.split())
        assert "There is no variable fleet_max_price. " in output
        assert "There is no variable fleet_prun. Did you mean fleet_prune?" in output
    assert simulator.requests() == []


def test_the_playbooks_work_by_their_full_names_and_let_people_log_in_by_the_instances(
    simulator: Simulator, environment: dict[str, str], fleet: list[str], tmp_path: Path
) -> None:
    own = Path(environment["HOME"]) / ".ssh"
    own.mkdir(mode=0o700)
    (own / "config").write_text("Host desk\n  User me\n")
    command = [*fleet, "-e", json.dumps({"fleet_ssh_config": True, "ssh_config_tunnels": ["jupyter"]})]
    ansible(["ansible-playbook", "lambdal.cloud.launch", *command], environment, cwd=tmp_path)
    for name, row in simulator.live().items():
        shown = subprocess.run(
            ["ssh", "-G", "-F", own / "config", name], capture_output=True, text=True, check=True
        ).stdout
        assert {f"hostname {row['ip']}", "user ubuntu", f"hostkeyalias lambda-{row['id']}"} <= set(shown.splitlines())
        assert "localforward [127.0.0.1]:88" in shown
    assert stat.S_IMODE((own / "config.d" / "lambdal-cloud.conf").stat().st_mode) == 0o600
    ansible(["ansible-playbook", "lambdal.cloud.terminate", *command], environment, cwd=tmp_path)
    assert simulator.live() == {}
    assert list((own / "config.d").iterdir()) == []
    assert (own / "config").read_text().endswith("Host desk\n  User me\n")


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
    assert "PRIVATE API_KEY" not in output
    # A key given as an option, for a task that fails as well as for one that does not
    play = [
        {
            "hosts": "localhost",
            "gather_facts": False,
            "tasks": [
                {"lambdal.cloud.lambda_instance_info": {"api_key": API_KEY}},
                {"lambdal.cloud.lambda_instance_info": {"api_key": API_KEY + "-wrong"}, "ignore_errors": True},
            ],
        }
    ]
    (tmp_path / "play.yml").write_text(json.dumps(play))
    done = ansible(["ansible-playbook", "-vvvv", str(tmp_path / "play.yml")], environment)
    output += done.stdout + done.stderr
    assert API_KEY not in output
    assert "jupyter_token" not in output
    assert "lambdaspaces" not in output


@pytest.mark.parametrize("mode", ["direct"], indirect=True)
@pytest.mark.parametrize("name", ["provision", "train", "serve"])
def test_playbooks_act_on_the_hosts_that_are_named_and_on_no_others(
    simulator: Simulator, environment: dict[str, str], name: str
) -> None:
    for instance, fleet in {"train-1": "vision", "train-2": "speech", "eval": "vision", "other": ""}.items():
        simulator.seed_instance(instance, ip="127.99.99.99", tags={"lambdal-cloud-fleet": fleet} if fleet else {})

    def run(**variables: t.Any) -> str:
        quick = {"fleet_ssh_timeout": 1, "fleet_key_timeout": 1, **variables}
        command = ["ansible-playbook", "-i", "playbooks/lambda.yml", f"playbooks/{name}.yml", "-e", json.dumps(quick)]
        return ansible(command, environment, succeed=False).stdout

    def hosts(**variables: t.Any) -> set[str]:
        return set(re.findall(r"(?m)^(\S+) +: ok=", run(**variables))) - {"localhost"}

    nothing = " ".join(run().split())
    assert "Nothing names the hosts. Set fleet_machines or fleet_name" in nothing
    assert f"{name}_hosts=all stands for every instance of the account" in nothing
    assert hosts(fleet_name="vision") == {"train-1", "eval"}
    if name == "provision":
        assert hosts(fleet_name="vision", fleet_machines=[{"name": "train", "count": 1}]) == {"train-1"}
        assert hosts(fleet_name="vision", provision_hosts="all") == {"train-1", "train-2", "eval", "other"}


def test_a_machine_is_replaced_by_its_id_with_its_mounts(
    simulator: Simulator, environment: dict[str, str], tmp_path: Path
) -> None:
    simulator.seed_ssh_key("laptop", PUBLIC_KEY_LINE)
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
    (sick,) = simulator.call_api("POST", "/instance-operations/launch", launch)["instance_ids"]
    simulator.apply_fate(sick, "unhealthy")
    command = ["ansible-playbook", "lambdal.cloud.replace", "-e", f"replace_id={sick}"]
    spared = ansible([*command, "-e", "fleet_name=vision"], environment, cwd=tmp_path).stdout
    assert f"trainer (id {sick}) does not belong to the fleet vision" in spared
    assert simulator.live()["trainer"]["id"] == sick
    ansible(command, environment, cwd=tmp_path)
    row = simulator.live()["trainer"]
    assert row["id"] != sick
    assert row["file_system_mounts"] == mounts
    assert {"key": "project", "value": "vision"} in row["tags"]
    assert "no longer unhealthy or preempted" in ansible(command, environment, cwd=tmp_path).stdout


@pytest.mark.parametrize("image", ["ubuntu-22-04", ""])
def test_a_replacement_has_the_image_of_its_predecessor_or_says_that_nobody_knows_it(
    simulator: Simulator, environment: dict[str, str], fleet: list[str], tmp_path: Path, image: str
) -> None:
    machines = [{"name": "trainer", "instance_type": "gpu_1x_a10", "region": "us-east-1"}]
    if image:
        machines[0]["image"] = image
    launch = ["ansible-playbook", "playbooks/launch.yml", *fleet, "-e", json.dumps({"fleet_machines": machines})]
    ansible(launch, environment)
    sick = simulator.live()["trainer"]
    assert sick["image"]["family"] == (image or "lambda-stack-22-04")
    simulator.apply_fate(sick["id"], "unhealthy")
    done = ansible(
        ["ansible-playbook", "lambdal.cloud.replace", "-e", f"replace_id={sick['id']}"], environment, tmp_path
    )
    row = simulator.live()["trainer"]
    assert row["id"] != sick["id"]
    assert row["image"] == sick["image"]
    said = f"does not report the image of trainer (id {sick['id']})" in " ".join(done.stdout.split())
    assert said is not bool(image)


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
