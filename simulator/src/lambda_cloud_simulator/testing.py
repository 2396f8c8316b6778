# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start a simulator for tests and control it.

    from lambda_cloud_simulator.testing import running_simulator

    with running_simulator("--boot-time", "0") as simulator:
        simulator.seed_ssh_key("laptop")
        subprocess.run(["ansible-playbook", "launch.yml"], env={**os.environ, **simulator.environment()}, check=True)
        assert set(simulator.live()) == {"train"}

With pytest, the fixture `lambda_cloud` is such a simulator, back at its beginning before each test. This module needs
nothing but Python.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
import typing as t
import urllib.error
import urllib.request
from pathlib import Path

from .api_keys import KEY_VARIABLE

API_KEY = "test-key-1f0c"
"""The API key that a simulator accepts unless it was started with another."""

_GONE = ("terminating", "terminated")
# The first instances with `--hosts machine` wait for a root file system, which takes a minute or two to build.
_START_SECONDS = 300.0
_STOP_SECONDS = 30.0
_ANSWER_SECONDS = 30.0

Json = dict[str, t.Any]


class SimulatorError(Exception):
    """A simulator did not start, did not end well, or refused a request; the message says why."""


class Simulator:
    """A client of a running simulator: of its control address, and of its API.

    Every method that sends a request raises SimulatorError when the response is not a success.

    Attributes:
        url: its address, where the operator's page is.
        api_url: the address of its API, as Ansible's `LAMBDA_API_URL` takes it.
        api_key: a key that the API accepts.
        pid: its process id.
    """

    def __init__(self, url: str, api_key: str, pid: int) -> None:
        self.url = url
        self.api_url = f"{url}/api/v1"
        self.api_key = api_key
        self.pid = pid
        # The simulator is on this system, so no proxy leads to it.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def environment(self, request_interval: float = 0.0, launch_interval: float = 0.0) -> dict[str, str]:
        """Return the environment variables that let Ansible talk to this simulator.

        Args:
            request_interval: seconds between requests; a simulator without `--rate-limit` needs none.
            launch_interval: seconds between launches.
        """
        return {
            "LAMBDA_API_KEY": self.api_key,
            "LAMBDA_API_URL": self.api_url,
            "LAMBDA_REQUEST_INTERVAL": f"{request_interval:g}",
            "LAMBDA_LAUNCH_INTERVAL": f"{launch_interval:g}",
        }

    # -- what there is -------------------------------------------------------------------------------------------------

    def state(self) -> Json:
        """Return everything that the account holds, without secrets. Costs are in US cents, times in simulated seconds.

        The keys are `instances`, `ssh_keys`, `file_systems`, `firewall_rules`, `firewall_rulesets`, `capacity`,
        `quirks`, `rate_limit`, `faults`, `fates`, `status`, `api_version`, `now` and `date`.
        """
        return t.cast(Json, self.control("GET", "/state"))

    def live(self) -> dict[str, Json]:
        """Return the instances that are neither terminating nor terminated, by their names.

        Raises:
            SimulatorError: two of them share a name.
        """
        rows = [row for row in self.state()["instances"] if row["status"] not in _GONE]
        by_name = {row["name"]: row for row in rows}
        if len(by_name) < len(rows):
            raise SimulatorError(f"Names are not unique: {[row['name'] for row in rows]}")
        return by_name

    def requests(self) -> list[Json]:
        """Return the requests that came to the API since the log was emptied, oldest first, 5,000 at most.

        Each has `method`, `path`, `operation`, `query`, `body` with secrets masked, `time` and `status`.
        """
        return t.cast("list[Json]", self.control("GET", "/requests")["requests"])

    def operations(self) -> list[str]:
        """Return the operations that were requested since the log was emptied, oldest first."""
        return [request["operation"] for request in self.requests()]

    def forget_requests(self) -> None:
        """Empty the log of requests."""
        self.control("DELETE", "/requests")

    def reset(self) -> None:
        """Go back to the beginning: to what the scenario says, without faults, fates and logged requests."""
        self.control("POST", "/reset")

    # -- what is to be there -------------------------------------------------------------------------------------------

    def seed_instance(self, name: str | None, **fields: t.Any) -> str:
        """Add an instance that nobody launched, and return its id.

        Args:
            name: its name, which others may have as well, or None.
            **fields: as in a scenario's `instances`; by default an active `gpu_1x_a10` in `us-east-1`.
        """
        return str(self.control("POST", "/instances", {"name": name, **fields})["id"])

    def seed_ssh_key(self, name: str, public_key: str | None = None) -> str:
        """Add an SSH key, which may share its name with another, and return its id.

        Args:
            name: its name.
            public_key: the public key on one line; by default one is made.
        """
        return str(self.control("POST", "/ssh-keys", {"name": name, "public_key": public_key})["id"])

    def seed_file_system(self, name: str, region: str = "us-east-1", bytes_used: int = 0) -> str:
        """Add a file system, and return its id."""
        body = {"name": name, "region": region, "bytes_used": bytes_used}
        return str(self.control("POST", "/file-systems", body)["id"])

    def seed_ruleset(self, name: str, region: str = "us-east-1", rules: t.Sequence[Json] | None = None) -> str:
        """Add a firewall ruleset, and return its id.

        Args:
            name: its name.
            region: its region.
            rules: as the API takes them; by default one that allows SSH from anywhere.
        """
        if rules is None:
            ssh = {"protocol": "tcp", "port_range": [22, 22], "source_network": "0.0.0.0/0", "description": "SSH"}
            rules = [ssh]
        body = {"name": name, "region": region, "rules": list(rules)}
        return str(self.call_api("POST", "/firewall-rulesets", body)["id"])

    def set_capacity(self, **types: t.Mapping[str, int]) -> None:
        """Set how many instances can be had; what is not named stays.

        Args:
            **types: instance type -> region -> how many, as in `set_capacity(gpu_1x_a10={"us-east-1": 0})`.
        """
        self.control("PUT", "/capacity", types)

    def open_capacity(self, seconds: float, after: float = 0.0, **types: t.Mapping[str, int]) -> None:
        """Let instances be had for a window of time; afterwards there are as many as before it.

        Args:
            seconds: how long the window is open, in simulated seconds.
            after: when it opens, in simulated seconds from now.
            **types: instance type -> region -> how many, as for `set_capacity`.
        """
        self.control("POST", "/capacity-changes", {"after": after, "lasts": seconds, "capacity": types})

    def set_status(self, status: str) -> None:
        """Make the account `active`, `inactive`, or one with an `invalid-address`, until the next reset."""
        self.control("PUT", "/status", {"status": status})

    def set_quirks(self, **quirks: t.Any) -> None:
        """Give the service these quirks, and the default for all others, until the next reset."""
        self.control("PUT", "/quirks", quirks)

    # -- what goes wrong -----------------------------------------------------------------------------------------------

    def add_fault(self, kind: str, operation: str | None = None, times: int = 1, **fields: t.Any) -> None:
        """Let a fault strike the next requests.

        Args:
            kind: what happens, as `drop`, `status`, `delay` or `rate-limit`; the README lists all.
            operation: which requests it strikes, as `launch`; by default any.
            times: how many of them.
            **fields: more of the fault, as `status=503` or `when="after"`; times are in real seconds.
        """
        self.control("POST", "/faults", {"kind": kind, "operation": operation, "times": times, **fields})

    def clear_faults(self) -> None:
        """Forget the faults that have not struck yet, and let the requests go on that a `hold` holds."""
        self.control("DELETE", "/faults")

    def add_fate(self, fate: str, name: str | None = None, times: int = 1, **fields: t.Any) -> None:
        """Let a fate meet the next launches.

        Args:
            fate: what happens, as `unhealthy`, `never-boots` or `gpu-broken`; the README lists all.
            name: a glob for the names of the instances that it meets; by default any.
            times: how many of them.
            **fields: more of the fate: `after`, in simulated seconds.
        """
        self.control("POST", "/fates", {"fate": fate, "name": name, "times": times, **fields})

    def clear_fates(self) -> None:
        """Forget the fates that have not met an instance yet."""
        self.control("DELETE", "/fates")

    def apply_fate(self, instance_id: str, fate: str, after: float = 0.0) -> None:
        """Let a fate meet an instance that exists, in this many simulated seconds."""
        self.control("POST", f"/instances/{instance_id}/fate", {"fate": fate, "after": after})

    # -- requests ------------------------------------------------------------------------------------------------------

    def call_api(self, method: str, path: str, body: t.Any = None) -> t.Any:
        """Send a request to the API and return the response's `data`. It empties the log of requests.

        Args:
            method: the HTTP method.
            path: the path below the API's address, as `/instances`.
            body: what to send as JSON, if anything.
        """
        data = self._send(method, f"{self.api_url}{path}", body, {"Authorization": f"Bearer {self.api_key}"})["data"]
        self.forget_requests()
        return data

    def control(self, method: str, path: str, body: t.Any = None) -> t.Any:
        """Send a request to the control address and return the response's JSON, or None where it has none.

        Args:
            method: the HTTP method.
            path: the path below the control address, as `/state`.
            body: what to send as JSON, if anything.
        """
        return self._send(method, f"{self.url}/_simulator{path}", body, {})

    def _send(self, method: str, url: str, body: t.Any, headers: t.Mapping[str, str]) -> t.Any:
        # The service refuses the User-Agent that urllib has by itself.
        headers = {"User-Agent": "lambda-cloud-simulator-testing", "Content-Type": "application/json", **headers}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data=data, headers=dict(headers), method=method)
        try:
            with self._opener.open(request, timeout=_ANSWER_SECONDS) as response:
                content = response.read()
        except urllib.error.HTTPError as error:
            with error:
                text = error.read().decode(errors="replace")
            raise SimulatorError(f"{method} {url}: {error.code} {text}") from None
        except OSError as error:
            raise SimulatorError(f"{method} {url}: {error}") from error
        return json.loads(content) if content else None


@contextlib.contextmanager
def running_simulator(
    *options: str, api_key: str = API_KEY, folder: Path | None = None, start_seconds: float = _START_SECONDS
) -> t.Iterator[Simulator]:
    """Run a simulator in a process of its own, on a free port, as long as the context lasts.

    Args:
        *options: of `lambda-cloud-simulator serve`, as on its command line.
        api_key: a key to accept.
        folder: where what it prints is kept, as `simulator.log`; by default it is kept nowhere.
        start_seconds: how long it may take to be ready, in real seconds.

    Yields:
        A client of it.

    Raises:
        SimulatorError: it did not get ready, or did not end well; the message holds all that it printed.
    """
    with contextlib.ExitStack() as stack:
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lambda-simulator-test-")))
        ready, log = folder / "ready.json", folder / "simulator.log"
        ready.unlink(missing_ok=True)
        # -P: what lies in the current folder must not stand in for a module.
        command = [sys.executable, "-P", "-m", "lambda_cloud_simulator.cli", "serve"]
        command += ["--port", "0", "--ready-file", str(ready), "--until-input-ends", *options]
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                # This process holds the other end, so that the simulator does not outlive it.
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Every user of the system sees command lines.
                env={**os.environ, KEY_VARIABLE: api_key},
            )
        try:
            _wait_until_ready(process, ready, log, start_seconds)
            yield Simulator(json.loads(ready.read_text("utf-8"))["url"], api_key, process.pid)
        except BaseException:
            _stop(process)
            raise
        code = _stop(process)
        if code != 0:
            raise SimulatorError(f"The simulator ended with exit code {code}.\n{_text(log)}")


def _wait_until_ready(process: subprocess.Popen[bytes], ready: Path, log: Path, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not ready.exists():
        if process.poll() is not None:
            raise SimulatorError(f"The simulator did not start: exit code {process.returncode}.\n{_text(log)}")
        if time.monotonic() > deadline:
            raise SimulatorError(f"The simulator was not ready in {seconds:g} seconds.\n{_text(log)}")
        time.sleep(0.05)


def _stop(process: subprocess.Popen[bytes]) -> int:
    """Stop a process in order, or by force if it takes too long, and return its exit code."""
    with process:
        process.terminate()
        try:
            return process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()


def _text(log: Path) -> str:
    return log.read_text("utf-8", errors="replace")
