# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A running simulator, seen from outside."""

from __future__ import annotations

import contextlib
import os
import sys
import time
import typing as t
from pathlib import Path

import requests

from lambda_cloud_simulator.testing import API_KEY, Simulator, running_simulator

USER_AGENT = {"User-Agent": "simulator-tests"}


class Api(Simulator):
    """A client of the control address, and of the API as tests of the API need it: with responses of every kind."""

    def __init__(self, url: str, api_key: str, pid: int) -> None:
        super().__init__(url, api_key, pid)
        self.session = requests.Session()
        self.session.headers.update({**USER_AGENT, "Authorization": f"Bearer {api_key}"})

    def ask(self, method: str, path: str, body: t.Any = None, **rest: t.Any) -> requests.Response:
        """Send a request to the API and return the response, whatever it is."""
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
        """Return the status and the code of an error, which the response must be."""
        answer = self.ask(method, path, body)
        assert answer.status_code >= 400, answer.text
        assert set(answer.json()["error"]) == {"code", "message", "suggestion"}
        return answer.status_code, answer.json()["error"]["code"]

    def key(self, name: str = "laptop") -> t.Any:
        """Add an SSH key that launches can name."""
        return self.post("/ssh-keys", name=name)

    def launch(self, **changes: t.Any) -> str:
        """Launch an instance and return its id."""
        return str(self.post("/instance-operations/launch", **{**LAUNCH, **changes})["instance_ids"][0])

    def instance(self, instance_id: str) -> t.Any:
        return self.get(f"/instances/{instance_id}")

    def until(self, instance_id: str, status: str, seconds: float = 10) -> t.Any:
        """Wait until an instance has a status, and return it."""
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
def serving(folder: Path, *options: str, api_key: str = API_KEY) -> t.Iterator[Api]:
    """Run a simulator that must not print a traceback."""
    with running_simulator(*options, api_key=api_key, folder=folder) as simulator:
        yield Api(simulator.url, api_key, simulator.pid)
    printed = (folder / "simulator.log").read_text()
    assert "Traceback" not in printed, printed


COMMAND = [sys.executable, "-m", "lambda_cloud_simulator.cli"]


def resident_kib(pid: int) -> int:
    """Return the memory of a process in KiB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024
