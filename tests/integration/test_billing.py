# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The callback that shows what a run launched and what bills, after success, failure and interruption."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import pytest
from lambda_cloud_simulator.testing import Simulator
from support.runner import ROOT, ansible
from support.samples import LAUNCH


@pytest.fixture(params=["1.10.0", "1.5.3"])
def cloud(request: pytest.FixtureRequest, simulator: Simulator, oldest: Simulator) -> Simulator:
    """Return a simulator of each version of the API, with the key of the samples and an instance of somebody else."""
    cloud = oldest if request.param == "1.5.3" else simulator
    cloud.seed_ssh_key("laptop")
    cloud.seed_instance("theirs")
    return cloud


@pytest.fixture
def billed(cloud: Simulator, environment: dict[str, str]) -> dict[str, str]:
    return {**environment, "LAMBDA_API_URL": cloud.api_url}


def playbook(folder: Path, *tasks: dict[str, t.Any]) -> str:
    (folder / "play.yml").write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": list(tasks)}]))
    return str(folder / "play.yml")


def instances(**options: t.Any) -> dict[str, t.Any]:
    return {"lambdal.cloud.lambda_instance": {**LAUNCH, **options}}


LOOP = {**instances(name="{{ item }}"), "loop": ["a", "b"]}
LIST = {"lambdal.cloud.lambda_instance_info": {}}
END = {"lambdal.cloud.lambda_instance": {"name": ["a"], "state": "absent", "wait_interval": 0.05}}


def test_a_run_ends_with_what_it_did_and_what_bills(cloud: Simulator, billed: dict[str, str], tmp_path: Path) -> None:
    output = ansible(["ansible-playbook", playbook(tmp_path, LOOP, LIST, END)], billed).stdout
    ids = {name: row["id"] for name, row in cloud.live().items()}
    _before, recap = output.split("PLAY RECAP")
    assert "BILLING *" in recap
    assert "This run launched 2 instances: a (id " in recap
    assert f", b (id {ids['b']}, gpu_1x_a10, 0.75 US dollars per hour)." in recap
    assert "This run terminated 1 instance: a (id " in recap
    assert "2 instances that this run saw bill 1.50 US dollars per hour now." in recap


def test_it_requests_nothing(cloud: Simulator, billed: dict[str, str], tmp_path: Path) -> None:
    command = ["ansible-playbook", playbook(tmp_path, LIST)]
    assert "1 instance that this run saw bills 0.75" in ansible(command, billed).stdout
    assert "BILLING" not in ansible(command, {**billed, "ANSIBLE_CALLBACKS_ENABLED": "ansible.builtin.minimal"}).stdout
    assert cloud.operations() == ["list_instances"] * 2


def test_a_failed_run_ends_so_as_well(cloud: Simulator, billed: dict[str, str], tmp_path: Path) -> None:
    cloud.set_capacity(gpu_1x_a10={"us-east-1": 1})
    play = playbook(tmp_path, instances(name=["a", "b"]))
    recap = ansible(["ansible-playbook", play], billed, succeed=False).stdout.split("PLAY RECAP")[1]
    assert f"This run launched 1 instance: a (id {cloud.live()['a']['id']}, gpu_1x_a10, 0.75" in recap
    assert "1 instance that this run saw bills 0.75 US dollars per hour now." in recap


def test_an_interrupted_run_ends_so_as_well(cloud: Simulator, billed: dict[str, str], tmp_path: Path) -> None:
    play = playbook(
        tmp_path,
        instances(name=["a"]),
        {"ansible.builtin.command": f"touch {tmp_path}/there"},
        {"ansible.builtin.command": "sleep 60"},
    )
    process = subprocess.Popen(
        [str(Path(sys.executable).parent / "ansible-playbook"), play],
        cwd=ROOT,
        env=billed,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    while not (tmp_path / "there").exists():
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    output, _nothing = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "PLAY RECAP" not in output
    assert output.count("BILLING") == 1
    assert f"This run launched 1 instance: a (id {cloud.live()['a']['id']}, gpu_1x_a10, 0.75" in output


def test_check_mode_bills_nothing(cloud: Simulator, billed: dict[str, str], tmp_path: Path) -> None:
    play = playbook(tmp_path, instances(name=["a"]), {**END, "check_mode": True})
    output = ansible(["ansible-playbook", play, "--check"], billed).stdout
    assert "BILLING" not in output
    assert set(cloud.live()) == {"theirs"}
