# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cluster of real Ray on simulated machines, which grows and shrinks with the play."""

from __future__ import annotations

import json
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
from support.machines import NEEDS_MACHINES, World, machines

pytestmark = NEEDS_MACHINES

# The one that comes later is before the others.
HOSTS = ("ray-1", "ray-2", "ray-3")
FIRST = HOSTS[1:]
PYTHON = "/home/ubuntu/ray-env/bin/python"

# Each host has one CPU, and no part ends before all are there, so each is on a host of its own.
JOB = """
import os, sys, time
import ray

ray.init()

@ray.remote(num_cpus=0)
class Meeting:
    def __init__(self):
        self.hosts = []

    def come(self, host):
        self.hosts.append(host)

    def count(self):
        return len(self.hosts)

@ray.remote(num_cpus=1)
def part(meeting, parts):
    ray.get(meeting.come.remote(ray.util.get_node_ip_address()))
    deadline = time.time() + 400
    while ray.get(meeting.count.remote()) < parts and time.time() < deadline:
        time.sleep(0.5)
    return ray.util.get_node_ip_address()

parts = int(sys.argv[1])
meeting = Meeting.remote()
hosts = set(ray.get([part.remote(meeting, parts) for number in range(parts)]))
print("seen on", " ".join(sorted(hosts)), "with", os.environ["COLOUR"], len(os.environ["TOKEN"]), flush=True)
"""
FAILS = """
import ray

ray.init()

@ray.remote
def part():
    raise ValueError("no room for part 2")

print("begins", flush=True)
ray.get(part.remote())
"""


class Cluster(t.NamedTuple):
    """Machines that can become a cluster."""

    world: World
    folder: Path

    def play(
        self, hosts: t.Sequence[str], options: t.Sequence[str] = (), succeed: bool = True, **variables: t.Any
    ) -> str:
        """Run the role on some of the machines, or the job with its variables, and return what was printed in one line."""
        tasks_from = "job" if any(name.startswith("ray_cluster_job_") for name in variables) else "main"
        role = {"name": "lambdal.cloud.ray_cluster", "tasks_from": tasks_from}
        tasks = [{"name": "Run the role", "ansible.builtin.include_role": role}]
        playbook = self.folder / "play.yml"
        playbook.write_text(json.dumps([{"hosts": ":".join(hosts), "gather_facts": False, "tasks": tasks}]))
        settings = {
            "ray_cluster_python": PYTHON,
            # The machines share few cores, and Ray ends when it has not started in half a minute.
            "ray_cluster_health_timeout": 900,
            "ray_cluster_health_restarts": 20,
            "ray_cluster_args": ["--num-cpus=1", "--object-store-memory=100000000"],
            "ray_cluster_environment": {"TOKEN": "secret-of-the-cluster"},
            "ray_cluster_job_working_directory": "/home/ubuntu/project",
            "ray_cluster_job_environment": {"COLOUR": "blue"},
            "ray_cluster_job_interval": 1,
            "ray_cluster_job_timeout": 600,
            **variables,
        }
        told = self.world.run(str(playbook), settings, options=options, succeed=succeed)
        assert "secret-of-the-cluster" not in told
        return " ".join(told.split())

    def root(self, host: str, command: str) -> str:
        """Return what a command prints as root; it has to succeed."""
        quoted = command.replace("'", "'\\''")
        process = self.world.ssh(host, f"sudo sh -ec '{quoted}'")
        printed = process.communicate()[0]
        assert process.returncode == 0, (host, command, printed)
        return printed.strip()

    def nodes(self) -> set[str]:
        """Return the addresses of the nodes that the head has."""
        ask = "curl --silent --show-error http://127.0.0.1:8265/api/v0/nodes"
        rows = json.loads(self.root(FIRST[0], ask))["data"]["result"]["result"]
        return {row["node_ip"] for row in rows if row["state"] == "ALIVE"}

    def address(self, host: str) -> str:
        """Return the private address of a machine."""
        return str(self.world.simulator.live()[host]["private_ip"])

    def process(self, host: str) -> str:
        """Return the id of the process of the unit."""
        return self.root(host, "systemctl show --property=MainPID --value ray-cluster-ray")


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with Ray and what it needs, which comes from PyPI once."""
    folder = tmp_path_factory.mktemp("wheels")
    # Debian 12 has Python 3.11.
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:", "--python-version=3.11"]
    subprocess.run([*command, f"--dest={folder}", "ray[default]"], check=True)
    return folder


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> t.Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    (folder / "requirements.txt").write_text("ray[default]\n")
    project = folder / "project"
    project.mkdir()
    (project / "count.py").write_text(JOB)
    (project / "fail.py").write_text(FAILS)
    with machines(folder) as world:
        fleet = [{"name": name, "instance_type": "gpu_1x_a10", "region": "us-east-1"} for name in HOSTS]
        world.simulator.set_capacity(gpu_1x_a10={"us-east-1": len(HOSTS)})
        world.play("launch", {"fleet_machines": fleet})
        prepare = [
            {
                "hosts": ":".join(HOSTS),
                "gather_facts": False,
                "vars": {
                    "sync_push": [
                        {"src": f"{wheels}/", "dest": "/home/ubuntu/wheels/"},
                        {"src": f"{project}/", "dest": "/home/ubuntu/project/"},
                    ],
                    "python_env_path": "/home/ubuntu/ray-env",
                    "python_env_requirements": [str(folder / "requirements.txt")],
                    "python_env_install_args": ["--no-index", "--find-links=/home/ubuntu/wheels"],
                },
                "tasks": [
                    {"ansible.builtin.include_role": {"name": "lambdal.cloud.sync", "tasks_from": "push"}},
                    {"ansible.builtin.include_role": {"name": "lambdal.cloud.python_env"}},
                ],
            }
        ]
        playbook = folder / "prepare.yml"
        playbook.write_text(json.dumps(prepare))
        world.run(str(playbook))
        yield Cluster(world, folder)


def test_a_cluster_forms_grows_shrinks_and_stops(cluster: Cluster) -> None:
    # Check mode predicts it and leaves nothing behind.
    assert " changed=0 " not in cluster.play(FIRST, ["--check"])
    assert cluster.root(FIRST[0], "ls -d /etc/ray-cluster /etc/systemd/system/ray-* 2>/dev/null || echo none") == "none"
    told = cluster.play(FIRST)
    assert "Resources" in told
    assert cluster.nodes() == {cluster.address(host) for host in FIRST}
    processes = {host: cluster.process(host) for host in FIRST}

    for options in ([], ["--check", "--diff"]):
        told = cluster.play(FIRST, options)
        assert told.count(" changed=0 ") == len(FIRST), told
    assert {host: cluster.process(host) for host in FIRST} == processes

    # Nobody but its hosts and itself reaches the head; the dashboard is on loopback.
    reach = f"timeout 5 bash -c '</dev/tcp/{cluster.address(FIRST[0])}/PORT' && echo open || echo shut"
    assert cluster.root(FIRST[1], reach.replace("PORT", "6379")) == "open"
    assert cluster.root(FIRST[1], reach.replace("PORT", "8265")) == "shut"
    assert cluster.root(HOSTS[0], reach.replace("PORT", "6379")) == "shut"
    assert cluster.root(FIRST[0], "ss -Hltn 'sport = :8265'").split()[3] == "127.0.0.1:8265"
    assert "secret-of" not in cluster.root(FIRST[0], "ps axww")
    assert cluster.root(FIRST[0], "stat --format='%a %U' /etc/ray-cluster/ray.env") == "600 root"

    other = {
        "ray_cluster_name": "broken",
        "ray_cluster_python": "/nowhere/python",
        "ray_cluster_port": 7379,
        "ray_cluster_dashboard_port": 9265,
        "ray_cluster_base_port": 7380,
        "ray_cluster_worker_ports": [12000, 12099],
        "ray_cluster_health_restarts": 1,
    }
    told = cluster.play([FIRST[0]], succeed=False, **other)
    assert f"Ray ended on {FIRST[0]} with exit code 203" in told
    assert "/nowhere/python" in told
    cluster.play([FIRST[0]], **other, ray_cluster_state="absent")

    # A host that is added joins, also before the head, which stays.
    told = cluster.play(HOSTS)
    assert cluster.nodes() == {cluster.address(host) for host in HOSTS}
    assert {host: cluster.process(host) for host in FIRST} == processes
    assert cluster.play(HOSTS).count(" changed=0 ") == len(HOSTS)

    job = {"ray_cluster_job_command": ["python", "count.py", str(len(HOSTS))]}
    told = cluster.play(HOSTS, **job)
    addresses = " ".join(sorted(cluster.address(host) for host in HOSTS))
    assert f"{FIRST[0]}: seen on {addresses} with blue {len('secret-of-the-cluster')}" in told, told
    # It has succeeded, so it is not run once more.
    told = cluster.play(HOSTS, **job)
    assert "seen on" not in told
    assert told.count(" changed=0 ") == len(HOSTS)
    told = cluster.play(HOSTS, **job, ray_cluster_job_triggers=["edited"])
    assert told.count("seen on") == 1

    failing = {"ray_cluster_job_name": "failing", "ray_cluster_job_command": ["python", "fail.py"]}
    told = cluster.play(HOSTS, succeed=False, **failing)
    assert f"failed with exit code 1 on {FIRST[0]}. ValueError: no room for part 2" in told
    assert told.count('raise ValueError("no room for part 2")') == 1
    told = cluster.play(HOSTS, succeed=False, **failing, ray_cluster_job_follow=False)
    assert told.count("ray::part()") == 1
    endless = {"ray_cluster_job_name": "endless", "ray_cluster_job_command": ["sleep", "900"]}
    cluster.play(HOSTS, **endless, ray_cluster_job_wait=False)
    cluster.play(HOSTS, **endless, ray_cluster_job_state="stopped")

    # Of a play with --limit, nobody else leaves.
    told = cluster.play(HOSTS, [f"--limit={FIRST[0]}"], succeed=False)
    assert "all others would leave it. Run it without --limit" in told
    assert cluster.nodes() == {cluster.address(host) for host in HOSTS}
    gone = HOSTS[2]
    left = [host for host in HOSTS if host != gone]
    told = cluster.play(left, ["--check"])
    assert f"(item={gone})" in told
    assert cluster.nodes() == {cluster.address(host) for host in HOSTS}
    told = cluster.play(left)
    assert cluster.nodes() == {cluster.address(host) for host in left}
    assert cluster.process(FIRST[0]) == processes[FIRST[0]]
    assert cluster.process(gone) == "0"
    assert cluster.root(gone, reach.replace("PORT", "6379")) == "shut"
    assert cluster.play(left).count(" changed=0 ") == len(left)

    assert " changed=0 " not in cluster.play(left, ray_cluster_state="absent")
    for host in left:
        assert cluster.root(host, "pgrep --full [r]ay.scripts || echo none") == "none"
        assert cluster.root(host, "ls /etc/systemd/system/ray-cluster-* 2>/dev/null || echo none") == "none"
        assert "ray_cluster" not in cluster.root(host, "nft list tables")
    assert cluster.play(left, ray_cluster_state="absent").count(" changed=0 ") == len(left)
