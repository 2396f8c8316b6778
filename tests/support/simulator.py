# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A running simulator, as a test sees it: its addresses, its state, its request log and its faults."""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import requests

KEY = "test-key-1f0c"


class Simulator:
    """Talks to the control address of a simulator. Every method raises for an answer that is not a success."""

    def __init__(self, url: str, api_url: str, pid: int) -> None:
        self.url = url
        self.api_url = api_url
        self.pid = pid
        self._session = requests.Session()

    def _control(self, method: str, path: str, body: t.Any = None) -> t.Any:
        response = self._session.request(method, f"{self.url}/_simulator{path}", json=body, timeout=30)
        assert response.ok, f"{method} {path}: {response.status_code} {response.text}"
        return response.json() if response.content else None

    def reset(self) -> None:
        self._control("POST", "/reset")

    def state(self) -> dict[str, t.Any]:
        return t.cast("dict[str, t.Any]", self._control("GET", "/state"))

    def requests(self) -> list[dict[str, t.Any]]:
        return t.cast("list[dict[str, t.Any]]", self._control("GET", "/requests")["requests"])

    def forget_requests(self) -> None:
        self._control("DELETE", "/requests")

    def operations(self) -> list[str]:
        """The operations called since the log was emptied, in order."""
        return [request["operation"] for request in self.requests()]

    def fault(self, kind: str, operation: str | None = None, times: int = 1, **rest: t.Any) -> None:
        self._control("POST", "/faults", {"kind": kind, "operation": operation, "times": times, **rest})

    def clear_faults(self) -> None:
        self._control("DELETE", "/faults")

    def fate(self, fate: str, name: str | None = None, times: int = 1, **rest: t.Any) -> None:
        self._control("POST", "/fates", {"fate": fate, "name": name, "times": times, **rest})

    def capacity(self, **types: dict[str, int]) -> None:
        self._control("PUT", "/capacity", types)

    def seed_instance(self, name: str | None, **rest: t.Any) -> str:
        body = {"name": name, "instance_type": "gpu_1x_a10", "region": "us-east-1", "status": "active", **rest}
        return str(self._control("POST", "/instances", body)["id"])

    def seed_key(self, name: str, public_key: str | None = None) -> str:
        return str(self._control("POST", "/ssh-keys", {"name": name, "public_key": public_key})["id"])

    def api(self, method: str, path: str, body: t.Any = None) -> t.Any:
        """What the API itself answers, without a trace in the request log."""
        response = self._session.request(
            method, f"{self.api_url}{path}", json=body, timeout=30, headers={"Authorization": f"Bearer {KEY}"}
        )
        assert response.ok, f"{method} {path}: {response.status_code} {response.text}"
        self.forget_requests()
        return response.json()["data"]

    def seed_ruleset(self, name: str, region: str = "us-east-1") -> str:
        rule = {"protocol": "tcp", "port_range": [22, 22], "source_network": "0.0.0.0/0", "description": "SSH"}
        return str(self.api("POST", "/firewall-rulesets", {"name": name, "region": region, "rules": [rule]})["id"])

    def fate_now(self, instance_id: str, fate: str) -> None:
        self._control("POST", f"/instances/{instance_id}/fate", {"fate": fate})

    def quirks(self, **quirks: t.Any) -> None:
        """Until the next reset."""
        self._control("PUT", "/quirks", quirks)

    def live(self) -> dict[str, dict[str, t.Any]]:
        """The machines that are not on their way out, by name; fails when two share one."""
        rows = [row for row in self.state()["instances"] if row["status"] not in ("terminating", "terminated")]
        by_name = {row["name"]: row for row in rows}
        assert len(by_name) == len(rows), f"names are not unique: {[row['name'] for row in rows]}"
        return by_name


@contextlib.contextmanager
def running_simulator(folder: Path, *arguments: str) -> t.Iterator[Simulator]:
    """A simulator of its own on a free port, gone afterwards."""
    ready = folder / "ready.json"
    program = Path(sys.executable).parent / "lambda-cloud-simulator"
    command = [
        str(program if program.exists() else shutil.which("lambda-cloud-simulator")),
        "serve",
        *("--port", "0", "--api-key", KEY, "--ready-file", str(ready)),
        *arguments,
    ]
    with (folder / "simulator.log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            # The first machines of all wait for a root file system, which takes a minute or two to build.
            until = time.monotonic() + 300
            while not ready.exists():
                assert process.poll() is None, (folder / "simulator.log").read_text()
                assert time.monotonic() < until, "the simulator did not get ready"
                time.sleep(0.05)
            address = json.loads(ready.read_text())
            yield Simulator(address["url"], address["api_url"], address["pid"])
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)
