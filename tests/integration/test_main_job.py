# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job: launch, find in the inventory, provision over SSH, launch again without a change, and terminate.

It is done against the default account and against the service as people saw it in 2026.
"""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

import pytest
from lambda_cloud_simulator.testing import Simulator
from support.runner import SCENARIOS, ansible, ansible_environment, simulator_with_hosts, ssh_environment

SSH_PORT = 2233
INVENTORY = ["-i", "playbooks/lambda.yml"]
NAMES = ["head", "train-01", "train-02"]


@pytest.fixture(params=SCENARIOS)
def cloud(request: pytest.FixtureRequest, tmp_path: Path) -> t.Iterator[Simulator]:
    with simulator_with_hosts(tmp_path, SSH_PORT, options=SCENARIOS[request.param]) as simulator:
        yield simulator


def changed(output: str, host: str) -> int:
    line = re.search(rf"^{host} +: .*changed=(\d+)", output, re.MULTILINE)
    assert line, output
    return int(line[1])


@pytest.fixture
def environment(cloud: Simulator, tmp_path: Path) -> dict[str, str]:
    home = tmp_path / "home"
    home.mkdir()
    return {
        **ansible_environment(cloud, home),
        **ssh_environment(SSH_PORT),
        "ANSIBLE_PRIVATE_KEY_FILE": str(tmp_path / "key"),
    }


@pytest.fixture
def play(environment: dict[str, str], tmp_path: Path) -> t.Callable[..., str]:
    """Return how to run a playbook for a fleet of three."""
    fleet = {
        "fleet_machines": [
            {"name": "train-[01:02]", "instance_type": "gpu_1x_a10", "region": "us-east-1"},
            {"name": "head", "instance_type": ["gpu_8x_h100_sxm5", "cpu_4x_general"]},
        ],
        "fleet_ssh_key": "ci",
        "fleet_ssh_private_key_path": str(tmp_path / "key"),
        "fleet_known_hosts_file": str(tmp_path / "known_hosts"),
        "fleet_wait_interval": 0.2,
        "fleet_ssh_timeout": 60,
    }

    def run(name: str, *more: str, succeed: bool = True, **variables: t.Any) -> str:
        command = ["ansible-playbook", *more, f"playbooks/{name}.yml", "-e", json.dumps({**fleet, **variables})]
        done = ansible(command, environment, succeed=succeed)
        return done.stdout + done.stderr

    return run


def test_launch_inventory_provision_launch_again_and_terminate(
    cloud: Simulator, environment: dict[str, str], play: t.Callable[..., str]
) -> None:
    assert changed(play("launch"), "localhost") == 2
    live = cloud.live()
    assert sorted(live) == NAMES
    assert {row["status"] for row in live.values()} == {"active"}
    assert cloud.operations().count("launch") == 3

    # A list may be an older one, once.
    for _attempt in range(2):
        found = json.loads(ansible(["ansible-inventory", *INVENTORY, "--list"], environment).stdout)
        if len(found["_meta"]["hostvars"]) == len(NAMES):
            break
    assert {name: each["ansible_host"] for name, each in found["_meta"]["hostvars"].items()} == {
        name: row["ip"] for name, row in live.items()
    }

    assert "1 GPU answers: 0, NVIDIA A10" in play("provision", *INVENTORY)

    cloud.forget_requests()
    again = play("launch")
    assert [changed(again, host) for host in ("localhost", *NAMES)] == [0] * 4
    assert cloud.operations() == ["list_ssh_keys", *["list_instances"] * 3]
    assert {name: row["id"] for name, row in cloud.live().items()} == {name: row["id"] for name, row in live.items()}

    assert changed(play("terminate"), "localhost") == 1
    assert cloud.live() == {}
    assert changed(play("terminate"), "localhost") == 0


@pytest.mark.parametrize("cloud", ["default"], indirect=True)
def test_a_launch_ends_when_the_inventory_finds_the_hosts(cloud: Simulator, play: t.Callable[..., str]) -> None:
    # It answers SSH all the same.
    cloud.add_fate("never-active", "head")
    told = play("launch", succeed=False, fleet_wait_timeout=3)
    head = cloud.live()["head"]
    assert re.search(rf"still waiting for head \(id {head['id']}, booting\)", told)
    # What needs no inventory need not wait for it.
    play("launch", launch_ends_at_ssh=True)
