# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ray clusters and their jobs: who is the head, how Ray is started, who may reach it, and what has to be run. Pure functions."""

from __future__ import annotations

import hashlib
import ipaddress
import json
import re
import shlex
import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.lambdal.cloud.plugins.plugin_utils import _job, _systemd
from ansible_collections.lambdal.cloud.plugins.plugin_utils._values import whole_number

# In this order from ray_cluster_base_port on
_SERVICES = (
    "object-manager-port",
    "node-manager-port",
    "runtime-env-agent-port",
    "dashboard-agent-listen-port",
    "dashboard-agent-grpc-port",
    "metrics-export-port",
)
# After those, on the head alone: clients that are no jobs, and by environment variables the metrics of its monitor and its dashboard
_CLIENT = "ray-client-server-port"
_METRICS = 2
# What the role has written as the description of a unit
_HEAD = re.compile(r"Head of the Ray cluster \S+")
_WORKER = re.compile(r"Worker of the Ray cluster \S+ with the head (?P<head>.+)")

_RUNNING = ("PENDING", "RUNNING")
_EXCEPTION = re.compile(r"[A-Za-z_][\w.]*(Error|Exception|Interrupt|Exit|Failure)\b")
# Of an error on a worker, which the driver prints in a traceback of its own
_REMOTE = re.compile(r"RayTaskError|RayActorError|RayError")


class Ports(t.NamedTuple):
    """Ports of a cluster, the same on each host.

    Attributes:
        gcs: where workers find the head
        dashboard: of the head, on loopback
        base: first of those that each host has for the others
        workers: first and last of those that workers' processes have for each other
    """

    gcs: int
    dashboard: int
    base: int
    workers: tuple[int, int]

    @classmethod
    def read(cls, row: t.Mapping[str, t.Any]) -> Ports:
        """Return the ports that a role has as variables.

        Raises:
            InvalidInput: one of them is no number, or two overlap.
        """
        workers = list(row["workers"])
        if len(workers) != 2:
            raise InvalidInput("ray_cluster_worker_ports must be two ports, the first and the last.")
        first, last = (whole_number(each, "ray_cluster_worker_ports") for each in workers)
        return cls(
            whole_number(row.get("gcs"), "ray_cluster_port"),
            whole_number(row.get("dashboard"), "ray_cluster_dashboard_port"),
            whole_number(row.get("base"), "ray_cluster_base_port"),
            (first, last),
        ).checked()

    @property
    def services(self) -> dict[str, int]:
        """Return the ports from the base on, by the options of `ray start`."""
        return {name: self.base + number for number, name in enumerate(_SERVICES)}

    @property
    def client(self) -> int:
        """Return the port of the head for clients that are no jobs."""
        return self.base + len(_SERVICES)

    @property
    def last(self) -> int:
        """Return the last port from the base on."""
        return self.client + _METRICS

    @property
    def single(self) -> list[int]:
        """Return all ports but those of workers' processes."""
        return [self.gcs, self.dashboard, *range(self.base, self.last + 1)]

    def checked(self) -> Ports:
        """Return these ports if no two are the same.

        Raises:
            InvalidInput: two are.
        """
        single = self.single
        first, last = self.workers
        if first > last or len(set(single)) < len(single) or any(first <= port <= last for port in single):
            raise InvalidInput(
                f"The ports of Ray overlap: {self.gcs} (ray_cluster_port), {self.dashboard} (ray_cluster_dashboard_port), "
                f"{self.base} to {self.last} (ray_cluster_base_port), and {first} to {last} "
                "(ray_cluster_worker_ports)."
            )
        return self


def head_of(hosts: t.Sequence[str], descriptions: t.Mapping[str, str], desired: str = "", create: bool = True) -> str:
    """Return the host that is the head of a cluster; one that is the head already stays it.

    Args:
        hosts: all hosts of the cluster
        descriptions: of the units on those hosts that take part
        desired: who is to be it, if that is not to be decided here
        create: whether there may be none yet

    Raises:
        InvalidInput: no host can be the head.
    """
    heads = [host for host in hosts if _HEAD.fullmatch(descriptions.get(host, ""))]
    if desired:
        if desired not in descriptions or desired not in hosts:
            raise InvalidInput(
                f"{desired} (ray_cluster_head) is none of the hosts that take part, or cannot be reached."
            )
        return desired
    if len(heads) > 1:
        raise InvalidInput(
            f"{' and '.join(heads)} are both the head of a cluster. Set ray_cluster_head to the one that is to stay."
        )
    if heads:
        return heads[0]
    # Where the head cannot be reached, its workers still know it, and a second one would tear the cluster apart.
    found = (_WORKER.fullmatch(descriptions[host]) for host in hosts if host in descriptions)
    lost = next((match["head"] for match in found if match and match["head"] in hosts), "")
    if lost and lost not in descriptions:
        raise InvalidInput(
            f"The head of the cluster, {lost}, cannot be reached or failed before. Nothing was changed. Make it reachable, or set "
            "ray_cluster_head to a host that is to be the head of a new cluster."
        )
    if not create:
        raise InvalidInput("No host has the head of the cluster. Run the role ray_cluster there first.")
    return next((host for host in hosts if host in descriptions), hosts[0] if hosts else "")


def start_command(
    python: str, address: str, head_address: str, ports: Ports, arguments: t.Iterable[t.Any] = ()
) -> list[str]:
    """Return the command that runs Ray on a host and ends when Ray does."""
    first, last = ports.workers
    if address == head_address:
        role = ["--head", f"--port={ports.gcs}", "--dashboard-host=127.0.0.1", f"--dashboard-port={ports.dashboard}"]
        role += ["--include-dashboard=true", f"--{_CLIENT}={ports.client}"]
    else:
        role = [f"--address={_systemd.joined(head_address, ports.gcs)}"]
    return [
        python,
        "-m",
        "ray.scripts.scripts",
        "start",
        "--block",
        "--disable-usage-stats",
        *role,
        f"--node-ip-address={address}",
        *(f"--{name}={port}" for name, port in ports.services.items()),
        f"--min-worker-port={first}",
        f"--max-worker-port={last}",
        *(str(each) for each in arguments),
    ]


def firewall_rules(table: str, addresses: t.Iterable[str], ports: Ports) -> list[str]:
    """Return lines for nft that let only the hosts of a cluster, and each host itself, reach the ports of Ray.

    Whoever reaches these ports can run programs. The table is replaced as a whole, so there is no moment without rules.

    Raises:
        InvalidInput: an address is none.
    """
    try:
        parsed = sorted({ipaddress.ip_address(each) for each in addresses}, key=lambda each: (each.version, each))
    except ValueError as error:
        raise InvalidInput(f"{error}. Set ray_cluster_address to the host's private address.") from None
    families: list[tuple[str, list[str]]] = [
        (family, [str(each) for each in parsed if each.version == version])
        for family, version in (("ip", 4), ("ip6", 6))
    ]
    listed = ", ".join(str(port) for port in sorted(ports.single))
    return [
        # A table that is not there cannot be deleted.
        f"table inet {table}",
        f"delete table inet {table}",
        f"table inet {table} {{",
        "  chain input {",
        "    type filter hook input priority -5; policy accept;",
        f"    tcp dport != {{ {listed}, {ports.workers[0]}-{ports.workers[1]} }} accept",
        '    iif "lo" accept',
        *(f"    {family} saddr {{ {', '.join(found)} }} accept" for family, found in families if found),
        # Of a connection that the host began towards such a port elsewhere, the own port is another.
        "    drop",
        "  }",
        "}",
    ]


class Members(t.NamedTuple):
    """What a cluster has of its hosts.

    Attributes:
        missing: hosts that are to be in it and are not
        left: `host` and `address` of those in it that are not to be; the host is empty where the inventory knows none
    """

    missing: tuple[str, ...]
    left: tuple[dict[str, str], ...]


def members_of(
    nodes: t.Iterable[t.Mapping[str, t.Any]],
    hosts: t.Mapping[str, str],
    others: t.Mapping[str, str],
    members: t.Collection[str] = (),
) -> Members:
    """Compare the nodes of a cluster with its hosts.

    Args:
        nodes: as the head lists them, with `address` and `state`
        hosts: of the cluster that take part, by their addresses
        others: hosts of the inventory, by their addresses
        members: all hosts of the cluster; one that cannot be reached at the moment has not left
    """
    alive = {str(node["address"]) for node in nodes if node["state"] == "ALIVE"}
    return Members(
        tuple(host for address, host in hosts.items() if address not in alive),
        tuple(
            {"host": others.get(address, ""), "address": address}
            for address in sorted(alive)
            if address not in hosts and others.get(address) not in members
        ),
    )


class JobPlan(t.NamedTuple):
    """What has to be done for a job.

    Attributes:
        id: of its submission
        action: `submit` it, `follow` it while it runs, or `keep` it, which has succeeded
        stop: submissions of it that run and are not the desired one
    """

    id: str
    action: str
    stop: tuple[str, ...]


def job_plan(jobs: t.Iterable[t.Mapping[str, t.Any]], name: str, inputs: t.Any, state: str = "started") -> JobPlan:
    """Return what has to be done for a job. Its submissions are `NAME-HASH-NUMBER`.

    The hash is of everything that makes one version of the job another, and the number counts how often that version was run.

    Args:
        jobs: what the cluster knows, with `submission_id` and `status`
        inputs: what tells one version from another
        state: `started`, `restarted` or `stopped`
    """
    version = f"{name}-{hashlib.sha256(json.dumps(inputs, sort_keys=True, default=str).encode()).hexdigest()[:12]}"
    own = re.compile(rf"(?P<version>{re.escape(name)}-[0-9a-f]{{12}})-(?P<number>\d+)")
    found = [(match, str(job.get("status"))) for job in jobs if (match := own.fullmatch(str(job.get("submission_id"))))]
    runs = sorted((int(match["number"]), match[0], status) for match, status in found if match["version"] == version)
    running = [match[0] for match, status in found if status in _RUNNING]
    if state == "stopped":
        return JobPlan(runs[-1][1] if runs else f"{version}-1", "keep", tuple(running))
    if runs and state == "started":
        _number, last, status = runs[-1]
        if status in _RUNNING or status == "SUCCEEDED":
            others = tuple(each for each in running if each != last)
            return JobPlan(last, "follow" if status in _RUNNING else "keep", others)
    return JobPlan(f"{version}-{runs[-1][0] + 1 if runs else 1}", "submit", tuple(running))


def entrypoint(command: t.Iterable[t.Any], folder: str) -> str:
    """Return the line of a shell that runs a job's command in a folder."""
    return f"cd {shlex.quote(folder)} && exec {shlex.join(str(word) for word in command)}"


class JobProblem(t.NamedTuple):
    """Why a job failed.

    Attributes:
        error: the line that says why
        lines: those around it
    """

    error: str
    lines: tuple[str, ...]


def job_problem(log: t.Sequence[str]) -> JobProblem:
    """Return why a job failed, from what its driver printed.

    Of an error on a worker the driver prints the worker's traceback in its own, whose last line is the error itself.
    """
    part = _job.Part("", True, True, False, None, tuple(log), ())
    failure = _job.first_failure([part])
    if failure is None:
        return JobProblem("it printed nothing", ())
    error, lines = failure.error, failure.lines
    if _REMOTE.search(error):
        position = max(number for number, line in enumerate(log) if line.strip() == error)
        ends = [number for number in range(position, len(log)) if _EXCEPTION.match(log[number])]
        error, lines = log[ends[-1]].strip(), _job.around(log, ends[-1])
    return JobProblem(error, lines)
