# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line, and how it ends."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
from pathlib import Path

import pytest
import requests
from simulator_support import COMMAND, serving, until


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=30, check=False)


def test_help_names_every_option() -> None:
    told = run("serve", "--help").stdout
    options = (
        "host port api-key api-version time-scale boot-time hosts ssh-port seed rate-limit latency scenario ready-file"
    )
    for option in options.split():
        assert f"--{option} " in told or f"--{option}]" in told


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["serve", "--time-scale", "0"],
        ["serve", "--time-scale", "fast"],
        ["serve", "--boot-time", "-1"],
        ["serve", "--api-version", "2"],
        ["serve", "--hosts", "cloud"],
        ["serve", "--rate-limit", "kind"],
        ["serve", "--latency", "100:150"],
    ],
)
def test_bad_arguments_are_told(arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_port_in_use_is_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run("serve", "--port", str(taken.getsockname()[1]))
    assert done.returncode > 0
    assert "address already in use" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_ready_file_and_the_line(tmp_path: Path) -> None:
    with serving(tmp_path) as api:
        told = json.loads((tmp_path / "ready.json").read_text())
        assert told == {"url": api.url, "api_url": f"{api.url}/api/v1", "pid": api.pid}
        assert told["api_url"] in (tmp_path / "simulator.log").read_text()
        assert requests.get(f"{told['url']}/healthz", timeout=5).ok


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_at_once_with_requests_under_way(tmp_path: Path, number: signal.Signals) -> None:
    ready = tmp_path / "ready.json"
    process = subprocess.Popen(
        [*COMMAND, "serve", "--port", "0", "--ready-file", str(ready)], stdout=subprocess.DEVNULL
    )
    until(ready.exists, 20)
    url = json.loads(ready.read_text())["url"]
    requests.post(f"{url}/_simulator/faults", json={"kind": "delay", "seconds": 60}, timeout=5)
    idle = requests.Session()
    idle.get(f"{url}/healthz", timeout=5)
    with pytest.raises(requests.Timeout):
        requests.get(f"{url}/api/v1/instances", auth=("simulator", ""), timeout=0.3)
    process.send_signal(number)
    # The delayed answer would take a minute.
    assert process.wait(timeout=20) == 0


def test_what_a_file_says_writes_nothing_on_the_terminal(tmp_path: Path) -> None:
    scenario = tmp_path / "a.yml"
    scenario.write_text('quotas: {"\\e]0;x\\a\\u202e": 1}\ninstances: [{name: a, status: "\\ered"}]\n')
    for path in (scenario, tmp_path / "\x1bcred.yml"):
        done = run("serve", "--scenario", str(path))
        assert done.returncode != 0
        assert r"\x1b" in done.stderr
        assert [line for line in done.stderr.splitlines() if not line.isprintable()] == []
