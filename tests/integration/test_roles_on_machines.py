# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks from nothing to a job and back, and the reaper, over SSH on simulated machines that are real ones to them.

The roles one by one are tested by the scenarios in extensions/molecule.
"""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

import pytest
from support.machines import NEEDS_MACHINES, World, machines
from support.runner import AT_ONCE, SCENARIOS

pytestmark = NEEDS_MACHINES

# A stand-in for a job: the parts meet where they are told to, add up their ranks, and each writes the sum.
JOB = """
import json, os, pathlib, socket, sys, time
options = dict(word.lstrip("-").split("=", 1) for word in sys.argv[1:] if word.startswith("--") and "=" in word)
rank, nodes = int(options["node_rank"]), int(options["nnodes"])
host, port = options["master_addr"], options["master_port"]
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


@pytest.fixture
def options() -> t.Sequence[str]:
    """Return the options of the simulator."""
    return AT_ONCE


@pytest.fixture
def world(tmp_path: Path, options: t.Sequence[str]) -> t.Iterator[World]:
    with machines(tmp_path, options) as world:
        yield world


def changed(output: str, host: str) -> int:
    line = re.search(rf"^{host} +: .*changed=(\d+)", output, re.MULTILINE)
    assert line, output
    return int(line[1])


@pytest.mark.parametrize("options", SCENARIOS.values(), ids=SCENARIOS)
def test_from_nothing_to_a_job_of_two_machines_and_back(world: World, tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "job.py").write_text(JOB)
    (tmp_path / "requirements.txt").write_text("six==1.16.0\n")
    # A colleague's instance, where the same key would let the playbooks in.
    world.simulator.seed_ssh_key("laptop", Path(f"{world.key}.pub").read_text())
    world.simulator.seed_instance("theirs", ssh_key_names=["laptop"], host=True)
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
    assert (
        world.ssh("theirs", "ls -d '/home/ubuntu/my project' /home/ubuntu/env; grep train- /etc/hosts").communicate()[0]
        == ""
    )

    again = world.play("site", job)
    assert [changed(again, host) for host in ("localhost", "train-01", "train-02")] == [0, 0, 0]

    # What cannot be brought back keeps the machines.
    missing = {"sync_pull": [{"src": "/nowhere/", "dest": f"{tmp_path}/nothing/"}], "fleet_pull_first": True}
    world.play("terminate", job, missing, succeed=False)
    assert sorted(world.simulator.live()) == ["theirs", "train-01", "train-02"]

    (tmp_path / "out" / "train-01" / "total.json").unlink()
    world.play("terminate", job, {"fleet_pull_first": True})
    assert (tmp_path / "out" / "train-01" / "total.json").exists()
    assert set(world.simulator.live()) == {"theirs"}


def test_a_broken_machine_is_replaced_and_made_ready_and_trains(world: World, tmp_path: Path) -> None:
    world.simulator.add_fate("gpu-broken", "train-02")
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
    world.simulator.set_capacity(gpu_1x_a10={"us-east-1": 10})
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
            assert "0 of 10 instances exceed a limit" in world.play("reap", reaper)
            assert len(world.simulator.live()) == 10
            foretold = world.play("reap", reaper, {"reaper_terminate": False})
            assert "8 of 10 instances exceed a limit, 3 of them yours" in foretold
            assert len(world.simulator.live()) == 10
            # A hook that fails spares its machine.
            spared = {"reaper_hook": ["/bin/sh", "-c", 'test "$REAPER_NAME" != mine-3']}
            assert "These instances stay and are still billed." in world.play("reap", reaper, spared, succeed=False)
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
