# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role ray_cluster decides. The logs are those of Ray 2.60, shortened."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.lambdal.cloud.plugins.filter.ray_command import ray_command
from ansible_collections.lambdal.cloud.plugins.filter.ray_firewall import ray_firewall
from ansible_collections.lambdal.cloud.plugins.filter.ray_head import ray_head
from ansible_collections.lambdal.cloud.plugins.filter.ray_job_plan import ray_job_plan
from ansible_collections.lambdal.cloud.plugins.filter.ray_job_problem import ray_job_problem
from ansible_collections.lambdal.cloud.plugins.filter.ray_members import ray_members

PORTS = {"gcs": "6379", "dashboard": 8265, "base": 6380, "workers": [10002, 10999]}
FRESH = "ray-cluster-ray.service"
HEAD = "Head of the Ray cluster ray"


def worker_of(head: str) -> str:
    return f"Worker of the Ray cluster ray with the head {head}"


def head(units: dict[str, str], hosts: t.Sequence[str] = ("a", "b", "c"), *more: t.Any) -> str:
    rows = [{"host": host, "description": description} for host, description in units.items()]
    return ray_head(rows, list(hosts), *more)


def test_the_first_host_that_takes_part_becomes_the_head() -> None:
    assert head({"b": FRESH, "a": FRESH}) == "a"
    assert head({"b": FRESH, "c": FRESH}) == "b"


def test_a_head_stays_it_also_behind_a_new_host() -> None:
    assert head({"a": FRESH, "b": HEAD, "c": worker_of("b")}) == "b"


def test_another_head_can_be_chosen() -> None:
    assert head({"a": FRESH, "b": HEAD}, ("a", "b"), "a") == "a"
    with pytest.raises(AnsibleFilterError, match=r"z \(ray_cluster_head\) is none of the hosts that take part"):
        head({"a": FRESH}, ("a", "b"), "z")


def test_a_head_that_cannot_be_reached_is_not_replaced() -> None:
    with pytest.raises(AnsibleFilterError, match=r"The head of the cluster, a, cannot be reached .* Nothing was"):
        head({"b": worker_of("a"), "c": FRESH})
    # One that is no host of the cluster any more is.
    assert head({"b": worker_of("a"), "c": FRESH}, ("b", "c")) == "b"


def test_two_heads_are_an_error() -> None:
    with pytest.raises(AnsibleFilterError, match=r"a and c are both the head of a cluster. Set ray_cluster_head"):
        head({"a": HEAD, "c": HEAD})


def test_a_job_needs_a_head() -> None:
    with pytest.raises(AnsibleFilterError, match=r"No host has the head of the cluster. Run the role ray_cluster"):
        head({"a": FRESH}, ("a",), "", False)
    assert head({"a": FRESH, "b": HEAD}, ("a", "b"), "", False) == "b"


def test_the_head_and_its_workers_have_fixed_ports() -> None:
    command = ray_command("10.0.0.1", "10.0.0.1", "/env/bin/python", PORTS, ["--num-gpus=8"])
    assert command[:5] == ["/env/bin/python", "-m", "ray.scripts.scripts", "start", "--block"]
    assert {"--head", "--port=6379", "--dashboard-host=127.0.0.1", "--node-ip-address=10.0.0.1"} <= set(command)
    assert {"--object-manager-port=6380", "--metrics-export-port=6385", "--ray-client-server-port=6386"} <= set(command)
    assert command[-3:] == ["--min-worker-port=10002", "--max-worker-port=10999", "--num-gpus=8"]
    command = ray_command("10.0.0.2", "10.0.0.1", "/env/bin/python", PORTS)
    assert {"--address=10.0.0.1:6379", "--node-ip-address=10.0.0.2", "--node-manager-port=6381"} <= set(command)
    assert "--head" not in command
    assert "--address=[fd00::1]:6379" in ray_command("fd00::2", "fd00::1", "python", PORTS)


@pytest.mark.parametrize(
    "change", [{"gcs": 6388}, {"dashboard": 10002}, {"base": 9995}, {"workers": [2, 1]}, {"workers": [1]}, {"gcs": "x"}]
)
def test_ports_that_overlap_or_are_none_are_an_error(change: dict[str, t.Any]) -> None:
    with pytest.raises(AnsibleFilterError, match="ray_cluster"):
        ray_command("10.0.0.1", "10.0.0.1", "python", {**PORTS, **change})


def test_only_the_hosts_of_the_cluster_reach_its_ports() -> None:
    rules = ray_firewall(["10.0.0.10", "10.0.0.9", "fd00::1", "10.0.0.9"], "ray", PORTS)
    assert "ip saddr { 10.0.0.9, 10.0.0.10 } accept" in rules
    assert "ip6 saddr { fd00::1 } accept" in rules
    ports = ", ".join(map(str, [*range(6379, 6389), 8265]))
    assert f"tcp dport != {{ {ports}, 10002-10999 }} accept" in rules
    assert rules.startswith("table inet ray\ndelete table inet ray\n")
    assert rules.splitlines()[-3:] == ["    drop", "  }", "}"]
    with pytest.raises(AnsibleFilterError, match="Set ray_cluster_address to the host's private address"):
        ray_firewall(["head.example"], "ray", PORTS)


def test_members_are_compared_with_the_nodes() -> None:
    nodes = [
        {"address": "10.0.0.1", "state": "ALIVE"},
        {"address": "10.0.0.2", "state": "DEAD"},
        {"address": "10.0.0.3", "state": "ALIVE"},
        {"address": "10.0.0.4", "state": "ALIVE"},
        {"address": "10.0.0.5", "state": "ALIVE"},
    ]
    inventory = {"c": {"lambda_private_ip": "10.0.0.3"}, "e": {"ansible_host": "10.0.0.5"}, "x": {}}
    found = ray_members(nodes, {"a": "10.0.0.1", "b": "10.0.0.2"}, inventory, ["a", "b", "e"])
    assert list(found["missing"]) == ["b"]
    # One that cannot be reached has not left.
    assert list(found["left"]) == [{"host": "c", "address": "10.0.0.3"}, {"host": "", "address": "10.0.0.4"}]


def plan(jobs: dict[str, str], *triggers: str, state: str = "started") -> dict[str, t.Any]:
    rows = [{"submission_id": name, "status": status} for name, status in jobs.items()]
    return ray_job_plan(rows, "count", ["python", "a b.py"], "/srv/my project", {"N": 1}, triggers, state)


def test_a_job_is_submitted_once() -> None:
    first = plan({"other-000000000000-1": "RUNNING", "mine": "RUNNING"})
    assert first["action"] == "submit"
    assert first["id"].startswith("count-")
    assert first["id"].endswith("-1")
    assert first["entrypoint"] == "cd '/srv/my project' && exec python 'a b.py'"
    for status, action in {"PENDING": "follow", "RUNNING": "follow", "SUCCEEDED": "keep"}.items():
        again = plan({first["id"]: status})
        assert (again["id"], again["action"], list(again["stop"])) == (first["id"], action, [])


@pytest.mark.parametrize("status", ["FAILED", "STOPPED"])
def test_a_job_that_failed_is_run_again_by_another_name(status: str) -> None:
    first = plan({})["id"]
    again = plan({first: status})
    assert (again["id"], again["action"]) == (f"{first[:-2]}-2", "submit")
    third = plan({first: status, again["id"]: status})
    assert third["id"] == f"{first[:-2]}-3"


def test_another_version_stops_the_one_that_runs() -> None:
    first = plan({}, "one")["id"]
    second = plan({first: "RUNNING"}, "two")
    assert (second["action"], list(second["stop"])) == ("submit", [first])
    assert second["id"][:-2] != first[:-2]
    assert list(plan({first: "SUCCEEDED"}, "two")["stop"]) == []


def test_a_job_is_restarted_and_stopped() -> None:
    first = plan({})["id"]
    again = plan({first: "RUNNING"}, state="restarted")
    assert (again["id"], again["action"], list(again["stop"])) == (f"{first[:-2]}-2", "submit", [first])
    stopped = plan({first: "RUNNING"}, state="stopped")
    assert (stopped["action"], list(stopped["stop"])) == ("keep", [first])
    assert list(plan({first: "SUCCEEDED"}, state="stopped")["stop"]) == []


def test_an_error_of_a_worker_comes_before_the_drivers() -> None:
    log = """driver starts
Traceback (most recent call last):
  File "/home/ubuntu/project/fail.py", line 9, in <module>
    ray.get(part.remote())
ray.exceptions.RayTaskError(ValueError): ray::part() (pid=99, ip=10.0.0.2)
  File "/home/ubuntu/project/fail.py", line 7, in part
    raise ValueError("no room")
ValueError: no room
The job count-000000000000-1 failed: Job entrypoint command failed with exit code 1
""".splitlines()
    found = ray_job_problem(log)
    assert found["error"] == "ValueError: no room"
    assert found["lines"] == log


def test_other_errors_of_jobs() -> None:
    found = ray_job_problem(["sh: 1: exec: pyton: not found", "The job x failed: exit code 127"])
    assert "exit code 127" in found["error"] or "not found" in found["error"]
    assert ray_job_problem([])["error"] == "it printed nothing"
