# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs of real PyTorch across simulated machines that nothing but the role torchrun has set up."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from support.machines import NEEDS_MACHINES, World, machines
from support.runner import AT_ONCE

pytestmark = NEEDS_MACHINES

# In the order of their ranks, which is neither that of the inventory nor that of their names.
HOSTS = ("train-2", "train-10", "train-1")

# Learns in steps, and keeps each. Where it finds none it crashes on the way, if told to.
JOB = """
import json, pathlib, socket, sys
import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

dist.init_process_group("gloo")
rank = dist.get_rank()
total = torch.tensor([float(10 ** rank)])
dist.all_reduce(total)
torch.manual_seed(0)
model = DistributedDataParallel(torch.nn.Linear(2, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
home = pathlib.Path.home()
checkpoint = home / "checkpoint.pt"
first = 0
if checkpoint.exists():
    state = torch.load(checkpoint)
    model.load_state_dict(state["model"])
    first = state["step"] + 1
for step in range(first, 4):
    if sys.argv[1] == "crash" and step == 2 and first == 0 and rank == 1:
        raise ValueError("no room for step 2")
    optimizer.zero_grad()
    # The parts see different data, and yet they end up with the same model.
    model(torch.ones(1, 2) * (rank + 1)).sum().backward()
    optimizer.step()
    torch.save({"step": step, "model": model.state_dict()}, checkpoint)
found = {
    "rank": rank,
    "size": dist.get_world_size(),
    "total": total.item(),
    "first": first,
    "weights": model.module.weight.tolist(),
    "said": sys.argv[1:],
}
(home / "out").mkdir(exist_ok=True)
(home / "out" / "found.json").write_text(json.dumps(found))
"""


class Cluster(t.NamedTuple):
    """Machines with PyTorch, and a project on the controller."""

    world: World
    folder: Path

    def train(self, hosts: t.Sequence[str], *extra: dict[str, t.Any], succeed: bool = True) -> str:
        """Run the playbook train on some of the machines, in the order of their ranks, and return what it printed."""
        job = {
            "train_hosts": ":".join(hosts),
            "sync_push": [{"src": f"{self.folder}/project/", "dest": "/home/ubuntu/project/"}],
            "sync_pull": [{"src": "/home/ubuntu/out/", "dest": f"{self.folder}/out/" + "{{ inventory_hostname }}/"}],
            "torchrun_python": "/usr/bin/python3",
            # In an enumeration of Python 3.11, torchrun of PyTorch 1.13 finds no member for its default, 0. No host has ten workers.
            "torchrun_launcher_args": ["--redirects=9:1", "--tee=9:1"],
            "torchrun_hosts": list(hosts),
            "torchrun_command": ["project/train.py", "crash"],
            "torchrun_interval": 1,
            "torchrun_timeout": 200,
        }
        return self.world.play("train", job, *extra, succeed=succeed)

    def found(self, host: str) -> dict[str, t.Any]:
        """Return what a part of the job wrote, as it was pulled."""
        return t.cast("dict[str, t.Any]", json.loads((self.folder / "out" / host / "found.json").read_text()))

    def run(self, host: str, command: str) -> str:
        """Return what a command prints on a machine; it has to succeed."""
        process = self.world.ssh(host, command)
        printed = process.communicate()[0]
        assert process.returncode == 0, (host, command, printed)
        return printed.strip()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    (folder / "project").mkdir()
    (folder / "project" / "train.py").write_text(JOB)
    with machines(folder, (*AT_ONCE, "--machine-package", "python3-torch")) as world:
        fleet = [{"name": name, "instance_type": "gpu_1x_a10", "region": "us-east-1"} for name in HOSTS]
        world.simulator.set_capacity(gpu_1x_a10={"us-east-1": len(HOSTS)})
        world.play("launch", {"fleet_machines": fleet})
        cluster = Cluster(world, folder)
        for host in HOSTS:
            # As cloud-init and Docker leave a machine. Nobody but Docker's containers is at the other end of its bridge.
            assert cluster.run(host, 'grep -c "^127.0.1.1 $(hostname)$" /etc/hosts') == "1"
            cluster.run(host, "sudo ip link add docker0 type bridge && sudo ip address add 172.17.0.1/16 dev docker0")
            cluster.run(host, "sudo ip link set docker0 up")
        yield cluster


def test_ddp_over_three_machines_crashes_and_resumes(cluster: Cluster) -> None:
    check = {"train_check": True, "torchrun_check_bytes": 400_000}
    told = cluster.train(HOSTS, {"torchrun_restarts": 5}, check)
    assert "All-reduce over 3 workers of 3 hosts: " in told
    assert "3 pairs of hosts: " in told
    found = [cluster.found(host) for host in HOSTS]
    assert [each["rank"] for each in found] == [0, 1, 2]
    assert {(each["size"], each["total"], each["first"]) for each in found} == {(3, 111.0, 2)}
    assert found[0]["weights"] == found[1]["weights"] == found[2]["weights"]
    interfaces = cluster.run(HOSTS[0], "sudo grep SOCKET_IFNAME /etc/torchrun/train.env")
    assert interfaces.split() == ['GLOO_SOCKET_IFNAME="host0"', 'NCCL_SOCKET_IFNAME="=host0"']


def shell(script: str, **more: t.Any) -> dict[str, t.Any]:
    """Return variables of a job that is a script of the shell, which PyTorch has no part in."""
    return {
        "torchrun_name": "script",
        "torchrun_launcher": [],
        "torchrun_command": ["/bin/sh", "-c", f"mkdir -p out; {script}"],
        **more,
    }


def test_an_edited_project_runs_the_job_anew(cluster: Cluster) -> None:
    hosts = HOSTS[:2]
    job = shell("cat project/data >> out/seen")
    data = cluster.folder / "project" / "data"
    seen = cluster.folder / "out" / HOSTS[1] / "seen"
    data.write_text("one\n")
    cluster.train(hosts, job)
    data.write_text("another\n")
    told = cluster.train(hosts, job, {"torchrun_rerun": False})
    assert "not run anew, since torchrun_rerun is false" in " ".join(told.split())
    assert seen.read_text() == "one\n"
    # It stays in mind, though there is nothing left to push.
    cluster.train(hosts, job)
    assert seen.read_text() == "one\nanother\n"


def test_a_failure_shows_where_it_came_from_once(cluster: Cluster) -> None:
    hosts = HOSTS[:2]
    for host in hosts:
        cluster.run(host, "rm -f checkpoint.pt")
    told = cluster.train(hosts, {"torchrun_name": "crash", "torchrun_follow": True}, succeed=False)
    assert f"The job crash failed first on {HOSTS[1]}: ValueError: no room for step 2" in told
    assert told.count('raise ValueError(\\"no room for step 2\\")') == 1
    assert "FAILED - RETRYING" not in told
    # Only rank 0 is followed.
    assert f"\n{HOSTS[0]}: Traceback (most recent call last):\n" in told
    assert f"\n{HOSTS[1]}: " not in told
    # What cannot be started says nothing itself, and what an earlier run has said is not its error.
    told = cluster.train(hosts, {"torchrun_name": "crash", "torchrun_python": "/nowhere/python"}, succeed=False)
    assert "/nowhere/python" in told.partition("failed first on")[2].splitlines()[0]
    assert "no room for step 2" not in told


def test_a_machine_that_is_lost_keeps_nothing_from_being_told(cluster: Cluster) -> None:
    hosts = HOSTS[:2]
    off = "sleep 6 && exec sudo poweroff --force --force"
    other = "sleep 9; echo kept > out/kept; echo Connection closed by peer; exit 7"
    job = shell(f'test "$NODE_RANK" = 1 && {off}; {other}', torchrun_hardening=False, torchrun_unreachable_timeout=20)
    told = " ".join(cluster.train(hosts, job, succeed=False).split())
    assert (
        f"The job script failed first on {HOSTS[1]}: it no longer answers, and {HOSTS[0]} says: Connection closed"
        in told
    )
    assert f"The job script failed with exit code 7 (exit-code, restarted 0 times) on {HOSTS[0]}." in told
    assert (cluster.folder / "out" / HOSTS[0] / "kept").read_text() == "kept\n"


def test_the_machines_of_a_job_end_once_its_results_are_back(cluster: Cluster) -> None:
    # Two of them, in another order than before
    hosts = [HOSTS[2], HOSTS[0]]
    for host in hosts:
        cluster.run(host, "rm -f checkpoint.pt")
    job = {"torchrun_name": "last", "torchrun_command": ["project/train.py", "again"], "train_terminate": True}
    told = cluster.train(hosts, job, {"sync_pull": []}, succeed=False)
    assert "train_terminate needs sync_pull, which says what to keep of " in " ".join(told.split())
    nothing_there = {
        "sync_pull": [{"src": "/nowhere/", "dest": f"{cluster.folder}/out/" + "{{ inventory_hostname }}/"}]
    }
    told = cluster.train(hosts, job, nothing_there, succeed=False)
    assert f"/nowhere/ was not pulled whole from {hosts[0]}: rsync ended with 23: " in told
    assert set(cluster.world.simulator.live()) == set(HOSTS)
    # It has succeeded, so it is not run once more.
    cluster.train(hosts, job)
    assert set(cluster.world.simulator.live()) == {HOSTS[1]}
    found = [cluster.found(host) for host in hosts]
    assert [(each["rank"], each["size"], each["total"], each["said"]) for each in found] == [
        (0, 2, 11.0, ["again"]),
        (1, 2, 11.0, ["again"]),
    ]
