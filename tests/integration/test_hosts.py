# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Launched machines, reached over SSH through the inventory."""

from __future__ import annotations

import json
import subprocess
import typing as t
from pathlib import Path

import pytest
from support.runner import ROOT, ansible, module_environment
from support.simulator import KEY, Simulator, running_simulator

SSH_PORT = 2223


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Simulator]:
    folder = tmp_path_factory.mktemp("hosts")
    with running_simulator(
        folder, "--hosts", "local", "--ssh-port", str(SSH_PORT), "--boot-time", "0", "--time-scale", "1000"
    ) as simulator:
        yield simulator


@pytest.fixture
def session(cloud: Simulator, tmp_path: Path) -> t.Iterator[tuple[dict[str, str], list[str]]]:
    """An environment and extra variables for playbooks that use SSH."""
    cloud.reset()
    home = tmp_path / "home"
    home.mkdir()
    key = tmp_path / "key"
    environment = {
        **module_environment(home),
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_REMOTE_PORT": str(SSH_PORT),
        "ANSIBLE_PRIVATE_KEY_FILE": str(key),
        # A socket's path has a hundred characters or so.
        "ANSIBLE_SSH_ARGS": "-C -o ControlMaster=no",
        "LAMBDA_API_KEY": KEY,
        "LAMBDA_API_URL": cloud.api_url,
        "LAMBDA_REQUEST_INTERVAL": "0",
        "LAMBDA_LAUNCH_INTERVAL": "0",
    }
    extra = {
        "fleet_machines": [{"name": "eval", "instance_type": "gpu_4x_a6000", "region": "us-south-1"}],
        "fleet_ssh_key": "ci",
        "fleet_ssh_private_key_path": str(key),
        "fleet_known_hosts_file": str(tmp_path / "known hosts"),
        "fleet_wait_interval": 0.1,
        "fleet_ssh_timeout": 20,
    }
    yield environment, ["-e", json.dumps(extra)]
    cloud.reset()


PROVISION = ["ansible-playbook", "-i", "playbooks/lambda.yml", "playbooks/provision.yml"]


def test_launch_waits_for_ssh_and_provision_checks_the_gpus(session: tuple[dict[str, str], list[str]]) -> None:
    environment, extra = session
    launched = ansible(["ansible-playbook", "playbooks/launch.yml", *extra], environment)
    assert "ok: [eval]" in launched.stdout.split("TASK [Wait for SSH]")[1]
    done = ansible([*PROVISION, *extra], environment)
    assert "4 GPUs answer: 0, NVIDIA RTX A6000" in done.stdout
    again = ansible([*PROVISION, "--check", *extra], environment)
    assert "4 GPUs answer" in again.stdout


@pytest.mark.parametrize(("fate", "found"), [("gpu-missing", 3), ("gpu-broken", 3)])
def test_dead_gpus_are_found(
    cloud: Simulator, session: tuple[dict[str, str], list[str]], fate: str, found: int
) -> None:
    environment, extra = session
    cloud.fate(fate)
    ansible(["ansible-playbook", "playbooks/launch.yml", *extra], environment)
    done = ansible([*PROVISION, *extra], environment, succeed=False)
    machine = cloud.live()["eval"]["id"]
    assert f"eval (id {machine}) should have 4 working GPUs, but only {found} answer" in " ".join(done.stdout.split())


def test_host_keys_are_known_by_the_machine_and_not_by_its_address(
    cloud: Simulator, session: tuple[dict[str, str], list[str]], tmp_path: Path
) -> None:
    environment, extra = session
    machines = []
    for _each in range(2):
        ansible(["ansible-playbook", "playbooks/launch.yml", *extra], environment)
        machines.append(cloud.live()["eval"])
        ansible(["ansible-playbook", "playbooks/terminate.yml", *extra], environment)

    def is_known(host: str) -> bool:
        command = ["ssh-keygen", "-F", host, "-f", tmp_path / "known hosts"]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    # An address that comes back with another machine behind it is neither an impostor nor trusted for the old one's sake.
    for machine in machines:
        assert is_known(f"lambda-{machine['id']}")
        assert not is_known(f"[{machine['ip']}]:{SSH_PORT}")
