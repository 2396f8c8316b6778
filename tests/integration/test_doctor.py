# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook that checks a set-up and changes nothing."""

from __future__ import annotations

import json
import subprocess
import typing as t
from pathlib import Path

import pytest
from lambda_cloud_simulator.testing import Simulator
from support.runner import ansible


@pytest.fixture(params=["1.10.0", "1.5.3"])
def cloud(request: pytest.FixtureRequest, simulator: Simulator, oldest: Simulator) -> Simulator:
    """Return a simulator of each version of the API."""
    return oldest if request.param == "1.5.3" else simulator


@pytest.fixture
def private_key(tmp_path: Path) -> Path:
    path = tmp_path / "id"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    return path


def doctor(cloud: Simulator, environment: dict[str, str], succeed: bool = True, **variables: t.Any) -> str:
    command = ["ansible-playbook", "playbooks/doctor.yml", "-e", json.dumps(variables)]
    done = ansible(command, {**environment, "LAMBDA_API_URL": cloud.api_url}, succeed=succeed)
    return done.stdout


def test_a_set_up_that_is_in_order(
    cloud: Simulator, oldest: Simulator, environment: dict[str, str], private_key: Path
) -> None:
    cloud.seed_ssh_key("laptop", Path(f"{private_key}.pub").read_text())
    machines = [{"name": "a", "needs": {"gpus": 1, "gpu": "A10"}}, {"name": "b", "instance_type": "cpu_4x_general"}]
    output = doctor(
        cloud,
        environment,
        fleet_machines=machines,
        fleet_ssh_key="laptop",
        fleet_ssh_private_key_path=str(private_key),
    )
    version = "1.5.3" if cloud is oldest else "1.10.0 or later"
    for line in (
        f"ok   api: key, address and TLS are accepted, and the API is of version {version}.",
        "seconds from the server's.",
        "ok   inventory: any_unparsed_is_failed is set.",
        "ok   ssh key: laptop is in the account.",
        f"ok   private key: {private_key} is readable by you alone.",
        f"ok   key pair: {private_key} is the private half of the account's key.",
        "ok   fleet a: gpu_1x_a10 at 0.75 US dollars per hour has capacity in us-east-1",
        "ok   fleet b: cpu_4x_general at 0.20 US dollars per hour has capacity in",
    ):
        assert line in output
    assert "FAIL" not in output
    assert cloud.live() == {}
    assert "changed=0" in output
    assert {each["method"] for each in cloud.requests()} == {"GET"}


def test_each_fault_has_its_line(cloud: Simulator, environment: dict[str, str], private_key: Path) -> None:
    cloud.seed_ssh_key("laptop")
    cloud.set_capacity(gpu_8x_v100={"us-south-1": 0})
    private_key.chmod(0o644)
    machines = [
        {"name": "a", "instance_type": "gpu_8x_v100"},
        {"name": "b", "instance_type": ["gpu_9x"]},
        {"name": "c", "needs": {"gpus": "few"}},
        {"name": "d", "needs": {"gpus": 8}, "max_price_cents_per_hour": 1},
    ]
    output = doctor(
        cloud,
        {**environment, "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "false"},
        succeed=False,
        fleet_machines=machines,
        fleet_ssh_key="laptop",
        fleet_ssh_private_key_path=str(private_key),
    )
    for line in (
        "FAIL inventory: an account that cannot be read looks empty; set any_unparsed_is_failed = true",
        f"FAIL private key: {private_key} has the mode 0644, which ssh refuses; run chmod 600 {private_key}.",
        "FAIL fleet a: no capacity now for gpu_8x_v100 at 4.40; allow other types or regions",
        "FAIL fleet b: there is no instance type gpu_9x; there are cpu_4x_general, ",
        "FAIL fleet c: needs.gpus must be a number from 0 on",
        "FAIL fleet d: no type fits; ask for less in needs",
    ):
        assert line in output


def test_a_key_with_a_passphrase_needs_an_agent(
    cloud: Simulator, environment: dict[str, str], private_key: Path
) -> None:
    subprocess.run(["ssh-keygen", "-q", "-p", "-P", "", "-N", "secret", "-f", str(private_key)], check=True)
    cloud.seed_ssh_key("laptop")
    output = doctor(cloud, environment, False, fleet_ssh_key="laptop", fleet_ssh_private_key_path=str(private_key))
    assert f"and no agent holds keys; run ssh-add {private_key}." in output


def test_another_key_than_the_accounts_is_told(
    cloud: Simulator, environment: dict[str, str], private_key: Path
) -> None:
    cloud.seed_ssh_key("laptop")
    output = doctor(cloud, environment, False, fleet_ssh_key="laptop", fleet_ssh_private_key_path=str(private_key))
    assert f"FAIL key pair: {private_key} belongs to another key than laptop of the account" in output


def test_a_refused_key_is_told(cloud: Simulator, environment: dict[str, str]) -> None:
    output = doctor(cloud, {**environment, "LAMBDA_API_KEY": "secret_wrong"}, succeed=False)
    assert "FAIL api: " in output
    assert "Next: set LAMBDA_API_KEY to a key of your account." in output
    assert "secret_wrong" not in output
