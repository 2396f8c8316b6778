# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Watch Ray on a host, or the cluster from its head, until it is as desired or cannot become so, and print what was seen, as JSON.

Python's standard library is all it needs. `Bearer` and the token of the cluster, if it has one, are read from standard input.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import time
import typing as t
import urllib.error
import urllib.request

PROPERTIES = ("ActiveState", "SubState", "ExecMainStatus", "NRestarts")
# `ray status` imports all of Ray, which takes seconds where much else runs.
STATUS_SECONDS = 60


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["host", "cluster"])
    parser.add_argument("--timeout", type=float, required=True, help="seconds to wait")
    parser.add_argument("--interval", type=float, required=True, help="seconds between two looks")
    parser.add_argument("--unit", help="the unit of Ray on this host")
    parser.add_argument("--address", help="where its node manager is to listen")
    parser.add_argument("--port", type=int)
    parser.add_argument("--restarts", type=int, default=0, help="how often the unit may end and start again meanwhile")
    parser.add_argument("--until", choices=["joined", "alone"], help="all addresses are there, or also no others")
    parser.add_argument("--addresses", default="", help="of the hosts of the cluster, with commas between")
    parser.add_argument("--dashboard", type=int, help="port of the dashboard on loopback")
    parser.add_argument("--gcs", help="address and port where workers find the head")
    parser.add_argument("--python", help="a Python that has Ray")
    parser.add_argument("--user", help="whoever Ray runs as")
    arguments = parser.parse_args()
    if arguments.what == "host":
        print(json.dumps(watch_host(arguments)))
    else:
        print(json.dumps(watch_cluster(arguments, sys.stdin.readline().partition(" ")[2].strip())))
    return 0


def watch_host(arguments: argparse.Namespace) -> dict[str, t.Any]:
    """Look until Ray listens on this host, or has ended too often. Returns the last look.

    A unit is active before its program does anything; its node manager listens when the host is about to join.
    """
    deadline = time.monotonic() + arguments.timeout
    first: int | None = None
    code = 0
    while True:
        seen = unit(arguments.unit)
        restarts = int(seen["NRestarts"] or 0)
        first = restarts if first is None else first
        # While the unit runs again, systemd has forgotten how it ended.
        code = int(seen["ExecMainStatus"] or 0) or code
        if seen["ActiveState"] == "active" and listens(arguments.address, arguments.port):
            state = "ready"
        elif seen["ActiveState"] in ("failed", "inactive") or restarts - first > arguments.restarts:
            state = "ended"
        else:
            state = "waiting"
        left = deadline - time.monotonic()
        if state != "waiting" or left <= 0:
            return {"state": state, "exit_code": code}
        time.sleep(min(arguments.interval, left))


def watch_cluster(arguments: argparse.Namespace, token: str) -> dict[str, t.Any]:
    """Look until all hosts are in the cluster, or also no others, and then ask for its status. Returns the last look."""
    deadline = time.monotonic() + arguments.timeout
    wanted = {each for each in arguments.addresses.split(",") if each}
    nodes: list[dict[str, str]] = []
    while True:
        try:
            nodes, problem = list_nodes(arguments.dashboard, token), ""
        except (OSError, ValueError, KeyError, TypeError) as error:
            problem = f"its dashboard does not answer: {error}"
        alive = {node["address"] for node in nodes if node["state"] == "ALIVE"}
        done = not problem and wanted <= alive and (arguments.until == "joined" or alive == wanted)
        text = ""
        if done:
            text, problem = status(arguments, token)
        if done and not problem:
            return {"state": "ready", "problem": "", "nodes": nodes, "status": text.splitlines()}
        left = deadline - time.monotonic()
        if left <= 0:
            return {"state": "waiting", "problem": problem, "nodes": nodes, "status": []}
        time.sleep(min(arguments.interval, left))


def unit(name: str) -> dict[str, str]:
    """Return properties of a unit."""
    command = ["systemctl", "show", f"--property={','.join(PROPERTIES)}", name]
    shown = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True).stdout
    found = dict(line.partition("=")[::2] for line in shown.splitlines())
    return {each: found.get(each, "") for each in PROPERTIES}


def listens(address: str, port: int) -> bool:
    """Return whether somebody listens at an address."""
    try:
        socket.create_connection((address, port), timeout=5).close()
    except OSError:
        return False
    return True


def list_nodes(port: int, token: str) -> list[dict[str, str]]:
    """Return the nodes of a cluster as its head knows them.

    Raises:
        OSError: there is no answer.
        ValueError, KeyError, TypeError: it is another one than expected.
    """
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(f"http://127.0.0.1:{port}/api/v0/nodes", headers=headers)
    # Whatever proxy the host has, the dashboard is on loopback.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=30) as answer:
        rows = json.load(answer)["data"]["result"]["result"]
    return [{"address": str(row["node_ip"]), "state": str(row["state"])} for row in rows]


def status(arguments: argparse.Namespace, token: str) -> tuple[str, str]:
    """Return what `ray status` prints, and why it failed; empty if it did not. Root runs no program of Ray's user."""
    command = [arguments.python, "-m", "ray.scripts.scripts", "status", f"--address={arguments.gcs}"]
    if os.geteuid() == 0:
        command = ["runuser", "--user", arguments.user, "--", *command]
    variables = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": token} if token else {}
    try:
        done = subprocess.run(
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            env={**os.environ, **variables},
            timeout=STATUS_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return "", str(error)
    said = done.stderr.strip().splitlines() or done.stdout.strip().splitlines() or ["nothing"]
    return done.stdout.strip(), "" if done.returncode == 0 else f"ray status exited with {done.returncode}: {said[-1]}"


if __name__ == "__main__":
    sys.exit(main())
