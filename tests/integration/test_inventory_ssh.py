# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts of the inventory plugin and of the role fleet are reachable as they are, by plays of one's own, in an empty home."""

from __future__ import annotations

import json
import subprocess
import typing as t
from pathlib import Path

import pytest
import yaml
from lambda_cloud_simulator.testing import Simulator
from support.runner import ansible, ansible_environment, simulator_with_hosts

SSH_PORT = 2227


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Simulator]:
    with simulator_with_hosts(tmp_path_factory.mktemp("hosts"), SSH_PORT) as simulator:
        yield simulator


class User:
    """A user with a key, and nothing in the home folder."""

    def __init__(self, cloud: Simulator, folder: Path) -> None:
        self.folder = folder
        self.key = folder / "key"
        self.home = folder / "home"
        self.home.mkdir()
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.key)]
        subprocess.run(command, check=True)
        cloud.seed_ssh_key("mine", self.key.with_suffix(".pub").read_text())
        self.environment = {
            **ansible_environment(cloud, self.home),
            # A socket's path has a hundred characters or so, which the folders of tests alone may take.
            "ANSIBLE_SSH_ARGS": "-C -o ControlMaster=no",
            # The home of ssh is that of the system's user. Nobody is there to answer a question.
            "SSH_ASKPASS_REQUIRE": "never",
        }

    def inventory(self, **options: t.Any) -> str:
        config = {"plugin": "lambdal.cloud.lambda_cloud", "ssh_port": SSH_PORT, "ssh_private_key_file": str(self.key)}
        path = self.folder / "lambda.yml"
        path.write_text(yaml.safe_dump({**config, **options}))
        return str(path)

    def ping(self, succeed: bool = True, **options: t.Any) -> str:
        command = ["ansible", "-m", "ansible.builtin.ping", "-i", self.inventory(**options), "all"]
        return ansible(command, self.environment, cwd=self.folder, succeed=succeed).stdout

    def knows(self, identity: str, file: Path | None = None) -> bool:
        """Return whether the host key of an instance is kept under its id."""
        kept = file or self.home / ".cache" / "lambdal.cloud" / "known_hosts"
        command = ["ssh-keygen", "-F", f"lambda-{identity}", "-f", str(kept)]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.fixture
def user(cloud: Simulator, tmp_path: Path) -> User:
    cloud.reset()
    return User(cloud, tmp_path)


def launch(cloud: Simulator, name: str) -> str:
    return cloud.seed_instance(name, ssh_key_names=["mine"], host=True)


@pytest.mark.parametrize("style", [{}, {"hostvars_prefix": "gpu_", "hostvars_suffix": "_x"}])
def test_a_ping_is_answered_right_after_a_launch(cloud: Simulator, user: User, style: dict[str, str]) -> None:
    ids = [launch(cloud, name) for name in ("one", "two")]
    assert user.ping(**style).count('"ping": "pong"') == 2
    assert all(user.knows(identity) for identity in ids)
    # Without a question also the second time, and not when the key is another's.
    assert user.ping(**style).count('"ping": "pong"') == 2
    other = user.folder / "known hosts"
    forged = user.key.with_suffix(".pub").read_text()
    other.write_text("".join(f"lambda-{identity} {forged}" for identity in ids))
    assert "pong" not in user.ping(known_hosts_file=str(other), succeed=False, **style)


def test_one_option_leaves_host_keys_to_ssh(cloud: Simulator, user: User) -> None:
    identity = launch(cloud, "one")
    command = ["ansible-inventory", "-i", user.inventory(accept_new_host_keys=False), "--host", "one"]
    variables = json.loads(ansible(command, user.environment).stdout)
    assert not [name for name in variables if name.endswith("_extra_args")]
    assert variables["ansible_port"] == SSH_PORT
    known = user.folder / "given"
    assert "pong" in user.ping(known_hosts_file=str(known))
    assert user.knows(identity, known)
    assert not user.knows(identity)


def test_variables_of_ones_own_come_first(cloud: Simulator, user: User) -> None:
    launch(cloud, "one")
    (user.folder / "group_vars").mkdir()
    (user.folder / "group_vars" / "all.yml").write_text(
        "ansible_ssh_extra_args: -o StrictHostKeyChecking=no\nansible_user: me\n"
    )
    command = ["ansible-inventory", "-i", user.inventory(), "--host", "one"]
    variables = json.loads(ansible(command, user.environment).stdout)
    assert variables["ansible_ssh_extra_args"] == "-o StrictHostKeyChecking=no"
    assert variables["ansible_user"] == "me"


@pytest.mark.parametrize("accept", [True, False])
def test_hosts_that_the_role_adds_are_reachable_by_the_play_after_it(
    cloud: Simulator, user: User, accept: bool
) -> None:
    fleet = {
        "fleet_machines": [{"name": "eval", "instance_type": "gpu_4x_a6000", "region": "us-south-1"}],
        "fleet_ssh_key": "mine",
        "fleet_ssh_public_key_file": f"{user.key}.pub",
        "fleet_wait_interval": 0.1,
        "fleet_ssh_port": SSH_PORT,
        "fleet_accept_new_host_keys": accept,
    }
    plays = [
        {
            "hosts": "localhost",
            "gather_facts": False,
            "tasks": [{"ansible.builtin.include_role": {"name": "lambdal.cloud.fleet"}, "vars": fleet}],
        },
        {
            "hosts": "lambda_cloud_launched",
            "gather_facts": False,
            "tasks": [
                {"ansible.builtin.ping": {}}
                if accept
                else {"ansible.builtin.assert": {"that": "ansible_ssh_extra_args is not defined"}}
            ],
        },
    ]
    (user.folder / "own.yml").write_text(json.dumps(plays))
    environment = {**user.environment, "ANSIBLE_PRIVATE_KEY_FILE": str(user.key)}
    ansible(["ansible-playbook", str(user.folder / "own.yml")], environment)
    assert user.knows(cloud.live()["eval"]["id"]) == accept


def test_what_never_heals_is_not_waited_for(cloud: Simulator, user: User) -> None:
    ids = {name: launch(cloud, name) for name in ("forged", "long", "missing")}
    other = user.folder / "other"
    other.write_text(f"lambda-{ids['forged']} {user.key.with_suffix('.pub').read_text()}")
    strict = f"-o StrictHostKeyChecking=yes -o HostKeyAlias=lambda-{ids['forged']} -o UserKnownHostsFile={other}"
    hosts = {
        "forged": {"ansible_ssh_extra_args": strict},
        "long": {
            "ansible_ssh_args": "-o ControlMaster=auto -o ControlPersist=1s",
            "ansible_control_path": f"/tmp/{'x' * 120}",
        },
        "missing": {"ansible_ssh_executable": "/nowhere/ssh"},
    }
    (user.folder / "more.json").write_text(json.dumps({"all": {"hosts": hosts}}))
    role = {"name": "lambdal.cloud.fleet", "tasks_from": "wait_for_ssh"}
    # Far longer than a test may take
    play = {"hosts": "all", "gather_facts": False, "vars": {"fleet_ssh_timeout": 100000, "fleet_key_timeout": 100000}}
    (user.folder / "own.yml").write_text(json.dumps([{**play, "tasks": [{"ansible.builtin.include_role": role}]}]))
    command = [
        "ansible-playbook",
        "-i",
        user.inventory(),
        "-i",
        str(user.folder / "more.json"),
        str(user.folder / "own.yml"),
    ]
    output = " ".join(ansible(command, user.environment, succeed=False).stdout.split())
    for name, part in {
        "forged": "ssh does not trust its host key",
        "long": "The path of ssh's control socket is too long",
        "missing": "There is no ssh client on the controller",
    }.items():
        assert f"{name} (id {ids[name]}, " in output
        assert part in output
