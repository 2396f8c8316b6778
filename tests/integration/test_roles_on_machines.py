# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks from nothing to a job and back, and the reaper, over SSH on simulated machines that are real ones to them.

The roles one by one are tested by the scenarios in extensions/molecule.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
import typing as t
from pathlib import Path

import pytest
from lambda_cloud_simulator.hosts import HostError
from lambda_cloud_simulator.hosts.machine import requirements
from support.runner import ROOT, ansible, module_environment
from support.simulator import KEY, Simulator, running_simulator


def why_not() -> str:
    """Why machines cannot be had here; empty if they can."""
    try:
        requirements.check()
    except HostError as error:
        return str(error)
    return ""


pytestmark = [
    pytest.mark.slow,
    pytest.mark.root,
    pytest.mark.skipif(bool(why_not()), reason=why_not() or "machines can be had"),
]

# A stand-in for a job: the parts meet where they are told to, add up their ranks, and each writes the sum.
JOB = """
import json, os, pathlib, socket, sys, time
options = dict(word.lstrip("-").split("=", 1) for word in sys.argv[1:] if word.startswith("--") and "=" in word)
rank, nodes = int(options["node-rank"]), int(options["nnodes"])
host, port = options["rdzv-endpoint"].split(":")
if rank == 0:
    server = socket.create_server((host, int(port)))
    peers = [server.accept()[0] for _each in range(nodes - 1)]
    total = sum(int(peer.recv(64)) for peer in peers)
    for peer in peers:
        peer.sendall(str(total).encode())
else:
    for _each in range(150):
        try:
            peer = socket.create_connection((host, int(port)))
            break
        except OSError:
            time.sleep(0.2)
    peer.sendall(str(rank).encode())
    total = int(peer.recv(64))
out = pathlib.Path.home() / "out"
out.mkdir(exist_ok=True)
(out / "total.json").write_text(json.dumps({"rank": rank, "total": total, "said": sys.argv[-1]}))
"""


class World(t.NamedTuple):
    """A simulator with machines, and how Ansible reaches them."""

    simulator: Simulator
    environment: dict[str, str]
    fleet: dict[str, t.Any]
    key: Path

    def play(self, name: str, *extra: dict[str, t.Any], succeed: bool = True) -> str:
        variables = [word for each in (self.fleet, *extra) for word in ("-e", json.dumps(each))]
        command = ["ansible-playbook", "-i", "playbooks/lambda.yml", f"playbooks/{name}.yml", *variables]
        return ansible(command, self.environment, succeed=succeed).stdout

    def ssh(self, name: str, command: str) -> subprocess.Popen[str]:
        fresh = ["-oStrictHostKeyChecking=no", "-oUserKnownHostsFile=/dev/null", "-oLogLevel=ERROR", "-oBatchMode=yes"]
        address = f"ubuntu@{self.simulator.live()[name]['ip']}"
        argv = ["ssh", "-F", "none", "-i", str(self.key), *fresh, address, command]
        return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)


@pytest.fixture
def world(tmp_path: Path) -> t.Iterator[World]:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    home = tmp_path / "home"
    home.mkdir()
    # A socket's path has a hundred characters or so, which the folders of tests alone may take.
    sockets = tempfile.TemporaryDirectory(prefix="cp-")
    with (
        sockets,
        running_simulator(tmp_path, "--hosts", "machine", "--boot-time", "0", "--time-scale", "1000") as simulator,
    ):
        environment = {
            **module_environment(home),
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_PRIVATE_KEY_FILE": str(key),
            "ANSIBLE_SSH_CONTROL_PATH_DIR": sockets.name,
            "ANSIBLE_FORKS": "10",
            "LAMBDA_API_KEY": KEY,
            "LAMBDA_API_URL": simulator.api_url,
            "LAMBDA_REQUEST_INTERVAL": "0",
            "LAMBDA_LAUNCH_INTERVAL": "0",
        }
        fleet = {
            "fleet_machines": [{"name": "train-[01:02]", "instance_type": "gpu_1x_a10", "region": "us-east-1"}],
            "fleet_ssh_key": "laptop",
            "fleet_ssh_public_key_file": f"{key}.pub",
            "fleet_known_hosts_file": str(tmp_path / "known_hosts"),
            "fleet_wait_interval": 0.2,
        }
        yield World(simulator, environment, fleet, key)


def changed(output: str, host: str) -> int:
    line = re.search(rf"^{host} +: .*changed=(\d+)", output, re.MULTILINE)
    assert line, output
    return int(line[1])


def test_from_nothing_to_a_job_of_two_machines_and_back(world: World, tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "job.py").write_text(JOB)
    (tmp_path / "requirements.txt").write_text("six==1.16.0\n")
    job = {
        "provision_node": True,
        "sync_push": [{"src": f"{tmp_path}/project/", "dest": "/home/ubuntu/my project/", "delete": True}],
        "sync_pull": [{"src": "/home/ubuntu/out/", "dest": f"{tmp_path}/out/" + "{{ inventory_hostname }}/"}],
        "sync_retries": 0,
        "python_env_path": "/home/ubuntu/env",
        "python_env_requirements": [str(tmp_path / "requirements.txt")],
        "torchrun_launcher": ["/home/ubuntu/env/bin/python", "/home/ubuntu/my project/job.py"],
        "torchrun_command": ["--name", 'a "b" $HOME %h \\ c'],
        "torchrun_environment": {"TOKEN": "secret-of-the-job"},
        "torchrun_interval": 1,
        "torchrun_timeout": 60,
    }
    output = world.play("site", job)
    assert "secret-of-the-job" not in output
    for rank, name in enumerate(("train-01", "train-02")):
        found = json.loads((tmp_path / "out" / name / "total.json").read_text())
        assert found == {"rank": rank, "total": 1, "said": 'a "b" $HOME %h \\ c'}

    again = world.play("site", job)
    assert [changed(again, host) for host in ("localhost", "train-01", "train-02")] == [0, 0, 0]

    # What cannot be brought back keeps the machines.
    missing = {"sync_pull": [{"src": "/nowhere/", "dest": f"{tmp_path}/nothing/"}], "fleet_pull_first": True}
    world.play("terminate", job, missing, succeed=False)
    assert sorted(world.simulator.live()) == ["train-01", "train-02"]

    (tmp_path / "out" / "train-01" / "total.json").unlink()
    world.play("terminate", job, {"fleet_pull_first": True})
    assert (tmp_path / "out" / "train-01" / "total.json").exists()
    assert world.simulator.live() == {}


def test_a_broken_machine_is_replaced_and_made_ready_and_trains(world: World, tmp_path: Path) -> None:
    world.simulator.fate("gpu-broken", "train-02")
    world.play("launch")
    before = world.simulator.live()
    (tmp_path / "job.py").write_text(JOB)
    job = {
        "gpu_check_on_failure": "replace",
        "gpu_check_wait_interval": 0.2,
        "provision_node": True,
        "sync_push": [{"src": f"{tmp_path}/job.py", "dest": "/home/ubuntu/job.py"}],
        "sync_pull": [{"src": "/home/ubuntu/out/", "dest": f"{tmp_path}/out/" + "{{ inventory_hostname }}/"}],
        "torchrun_launcher": ["/usr/bin/python3", "/home/ubuntu/job.py"],
        "torchrun_command": ["done"],
        "torchrun_interval": 1,
        "torchrun_timeout": 60,
    }
    output = " ".join(world.play("provision", job).split())
    assert f"Replacing train-02. train-02 (id {before['train-02']['id']}) should have 1 working GPUs" in output
    after = world.simulator.live()
    assert set(after) == {"train-01", "train-02"}
    assert after["train-01"]["id"] == before["train-01"]["id"]
    assert after["train-02"]["id"] != before["train-02"]["id"]

    # The others know the new one by its own address, and it is as ready as they are.
    for name in after:
        told = world.ssh(name, "getent ahostsv4 train-02 | cut -d' ' -f1; hostname").communicate()[0].split()
        assert (told[0], told[-1]) == (after["train-02"]["private_ip"], name)
    world.play("train", job)
    for rank, name in enumerate(("train-01", "train-02")):
        found = json.loads((tmp_path / "out" / name / "total.json").read_text())
        assert found == {"rank": rank, "total": 1, "said": "done"}
    assert [row["id"] for row in world.simulator.live().values()] == [row["id"] for row in after.values()]


def test_the_reaper_ends_exactly_the_idle_machines_of_its_owner(world: World) -> None:
    names = {"me": "mine-[1:5]", "you": "yours-[1:5]"}
    machines = [
        {"name": names[owner], "instance_type": "gpu_1x_a10", "region": "us-east-1", "tags": {"owner": owner}}
        for owner in names
    ]
    world.simulator.capacity(gpu_1x_a10={"us-east-1": 10})
    world.play("launch", {"fleet_machines": machines})
    reaper = {
        "reaper_idle_seconds": 1,
        "reaper_samples": 1,
        "reaper_owner_tags": {"owner": "me"},
        "reaper_terminate": True,
        "reaper_wait_interval": 0.2,
    }
    # A GPU at work, and somebody logged in
    busy = "printf '#!/bin/sh\\necho 87\\n' | sudo tee /usr/bin/nvidia-smi > /dev/null"
    assert world.ssh("mine-2", busy).wait() == 0
    with world.ssh("mine-4", "sleep 600") as session:
        try:
            # One look does not tell for how long a machine has been idle.
            assert "0 of 10 machines are to go" in world.play("reap", reaper)
            assert len(world.simulator.live()) == 10
            foretold = world.play("reap", reaper, {"reaper_terminate": False})
            assert "8 of 10 machines are to go, 3 of them yours" in foretold
            assert len(world.simulator.live()) == 10
            # A hook that fails spares its machine.
            spared = {"reaper_hook": ["/bin/sh", "-c", 'test "$REAPER_NAME" != mine-3']}
            assert "These machines stay, and bill." in world.play("reap", reaper, spared, succeed=False)
            assert sorted(set(world.simulator.live())) == [
                "mine-2",
                "mine-3",
                "mine-4",
                *(f"yours-{n}" for n in range(1, 6)),
            ]
            world.play("reap", reaper)
            assert sorted(world.simulator.live()) == ["mine-2", "mine-4", *(f"yours-{n}" for n in range(1, 6))]
        finally:
            session.terminate()
