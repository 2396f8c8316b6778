# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A running simulator, seen from outside: by HTTP and as a process."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import requests

KEY = "simulator"
USER_AGENT = {"User-Agent": "simulator-tests"}


class Api:
    """A client of the API and of the control address."""

    def __init__(self, url: str, pid: int) -> None:
        self.url = url
        self.pid = pid
        self.session = requests.Session()
        self.session.headers.update({**USER_AGENT, "Authorization": f"Bearer {KEY}"})

    def ask(self, method: str, path: str, body: t.Any = None, **rest: t.Any) -> requests.Response:
        """An answer, whatever it is."""
        rest.setdefault("timeout", 30)
        return self.session.request(method, f"{self.url}/api/v1{path}", json=body, allow_redirects=False, **rest)

    def get(self, path: str) -> t.Any:
        return self._data(self.ask("GET", path))

    def post(self, path: str, **body: t.Any) -> t.Any:
        return self._data(self.ask("POST", path, body))

    def delete(self, path: str) -> t.Any:
        return self._data(self.ask("DELETE", path))

    @staticmethod
    def _data(answer: requests.Response) -> t.Any:
        assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
        return answer.json()["data"]

    def refused(self, method: str, path: str, body: t.Any = None) -> tuple[int, str]:
        """Status and code of a refusal."""
        answer = self.ask(method, path, body)
        assert answer.status_code >= 400, answer.text
        assert set(answer.json()["error"]) == {"code", "message", "suggestion"}
        return answer.status_code, answer.json()["error"]["code"]

    def control(self, method: str, path: str, body: t.Any = None) -> t.Any:
        """An order to the simulator, which must succeed."""
        answer = requests.request(method, f"{self.url}/_simulator{path}", json=body, timeout=30)
        assert answer.ok, f"{answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def fault(self, kind: str, operation: str | None = None, **rest: t.Any) -> None:
        self.control("POST", "/faults", {"kind": kind, "operation": operation, **rest})

    def fate(self, kind: str, **rest: t.Any) -> None:
        self.control("POST", "/fates", {"fate": kind, **rest})

    def quirks(self, **quirks: t.Any) -> None:
        self.control("PUT", "/quirks", quirks)

    def state(self) -> t.Any:
        return self.control("GET", "/state")

    def log(self) -> list[dict[str, t.Any]]:
        rows: list[dict[str, t.Any]] = self.control("GET", "/requests")["requests"]
        return rows

    def key(self, name: str = "laptop") -> t.Any:
        """An SSH key that launches can name."""
        return self.post("/ssh-keys", name=name)

    def launch(self, **changes: t.Any) -> str:
        """An instance's id."""
        return str(self.post("/instance-operations/launch", **{**LAUNCH, **changes})["instance_ids"][0])

    def instance(self, instance_id: str) -> t.Any:
        return self.get(f"/instances/{instance_id}")

    def until(self, instance_id: str, status: str, seconds: float = 10) -> t.Any:
        """An instance, once it has a status."""
        last: list[t.Any] = []

        def reached() -> bool:
            last[:] = [self.instance(instance_id)]
            return bool(last[0]["status"] == status)

        until(reached, seconds)
        return last[0]


LAUNCH: dict[str, t.Any] = {
    "region_name": "us-east-1",
    "instance_type_name": "gpu_1x_a10",
    "ssh_key_names": ["laptop"],
}


def until(condition: t.Callable[[], bool], seconds: float = 10) -> None:
    """Wait for something to be true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.02)


@contextlib.contextmanager
def serving(folder: Path, *arguments: str) -> t.Iterator[Api]:
    """A simulator in a process of its own; it must end well."""
    ready = folder / "ready.json"
    ready.unlink(missing_ok=True)
    with (folder / "output").open("w+") as output:
        process = subprocess.Popen(
            [*COMMAND, "serve", "--port", "0", "--ready-file", str(ready), *arguments],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            until(lambda: ready.exists() or process.poll() is not None, 30)
            assert process.poll() is None, (folder / "output").read_text()
            yield Api(json.loads(ready.read_text())["url"], process.pid)
            process.terminate()
            process.wait(timeout=5)
        finally:
            process.kill()
            process.wait()
    told = (folder / "output").read_text()
    assert process.returncode == 0, told
    assert "Traceback" not in told, told


COMMAND = [sys.executable, "-m", "lambda_cloud_simulator.cli"]


def resident_kib(pid: int) -> int:
    """Memory of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024
