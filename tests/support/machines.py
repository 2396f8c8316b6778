# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Simulated machines with systemd, and playbooks on them."""

from __future__ import annotations

import contextlib
import json
import subprocess
import tempfile
import typing as t
from pathlib import Path

import pytest
from lambda_cloud_simulator.hosts import HostError
from lambda_cloud_simulator.hosts.machine import requirements
from lambda_cloud_simulator.testing import Simulator, running_simulator
from support.runner import AT_ONCE, ansible, ansible_environment


def why_not() -> str:
    """Return why machines cannot be had here; empty if they can."""
    try:
        requirements.check()
    except HostError as error:
        return str(error)
    return ""


NEEDS_MACHINES = [
    pytest.mark.slow,
    pytest.mark.root,
    pytest.mark.skipif(bool(why_not()), reason=why_not() or "machines can be had"),
]


class World(t.NamedTuple):
    """A simulator with machines, and how Ansible reaches them."""

    simulator: Simulator
    environment: dict[str, str]
    fleet: dict[str, t.Any]
    key: Path

    def play(self, name: str, *extra: dict[str, t.Any], succeed: bool = True) -> str:
        """Run a playbook of the collection."""
        return self.run(f"playbooks/{name}.yml", self.fleet, *extra, succeed=succeed)

    def run(self, playbook: str, *extra: dict[str, t.Any], options: t.Sequence[str] = (), succeed: bool = True) -> str:
        """Run any playbook and return what it printed."""
        variables = [word for each in extra for word in ("-e", json.dumps(each))]
        command = ["ansible-playbook", "-i", "playbooks/lambda.yml", playbook, *options, *variables]
        return ansible(command, self.environment, succeed=succeed).stdout

    def ssh(self, name: str, command: str, user: str = "ubuntu") -> subprocess.Popen[str]:
        """Start a command on an instance."""
        fresh = ["-oStrictHostKeyChecking=no", "-oUserKnownHostsFile=/dev/null", "-oLogLevel=ERROR", "-oBatchMode=yes"]
        address = f"{user}@{self.simulator.live()[name]['ip']}"
        argv = ["ssh", "-F", "none", "-i", str(self.key), *fresh, address, command]
        return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)


@contextlib.contextmanager
def machines(folder: Path, options: t.Sequence[str] = AT_ONCE) -> t.Iterator[World]:
    """Yield a simulator with machines; what it needs is made in a folder."""
    key = folder / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    home = folder / "home"
    home.mkdir()
    # A socket's path has a hundred characters or so, which the folders of tests alone may take.
    with (
        tempfile.TemporaryDirectory(prefix="cp-") as sockets,
        # The first time, a root file system with more packages takes its time.
        running_simulator("--hosts", "machine", *options, folder=folder, start_seconds=900) as simulator,
    ):
        environment = {
            **ansible_environment(simulator, home),
            "ANSIBLE_PRIVATE_KEY_FILE": str(key),
            "ANSIBLE_SSH_CONTROL_PATH_DIR": sockets,
            "ANSIBLE_FORKS": "10",
        }
        fleet = {
            "fleet_machines": [{"name": "train-[01:02]", "instance_type": "gpu_1x_a10", "region": "us-east-1"}],
            "fleet_ssh_key": "laptop",
            "fleet_ssh_public_key_file": f"{key}.pub",
            "fleet_known_hosts_file": str(folder / "known_hosts"),
            "fleet_wait_interval": 0.2,
        }
        yield World(simulator, environment, fleet, key)


@contextlib.contextmanager
def one_machine(folder: Path) -> t.Iterator[World]:
    """Yield a simulator with one machine, web."""
    with machines(folder) as world:
        one = [{"name": "web", "instance_type": "gpu_1x_a10", "region": "us-east-1"}]
        world.play("launch", {"fleet_machines": one})
        yield world


class Host(t.NamedTuple):
    """The machine web, where roles run."""

    world: World
    folder: Path

    def role(self, name: str, options: t.Sequence[str] = (), succeed: bool = True, **variables: t.Any) -> str:
        """Run a role on the machine and return what was printed, in one line."""
        role = {"hosts": "web", "gather_facts": False, "roles": [f"lambdal.cloud.{name}"]}
        playbook = self.folder / "play.yml"
        playbook.write_text(json.dumps([role]))
        return " ".join(self.world.run(str(playbook), variables, options=options, succeed=succeed).split())

    def root(self, command: str) -> str:
        """Return what a command prints as root; it has to succeed."""
        quoted = command.replace("'", "'\\''")
        process = self.world.ssh("web", f"sudo sh -ec '{quoted}'")
        printed = process.communicate()[0]
        assert process.returncode == 0, (command, printed)
        return printed.strip()

    def fails(self, command: str, user: str = "ubuntu") -> bool:
        """Return whether a command fails."""
        return self.world.ssh("web", command, user).wait() != 0
