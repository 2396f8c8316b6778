# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each change that a task waits for is shown at once, without -v and where the output is piped, unless told otherwise."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import pytest
from lambda_cloud_simulator.testing import Simulator
from support.runner import ROOT, ansible
from support.samples import INSTANCE

TASK = {**INSTANCE, "wait_interval": 0.05}


@pytest.fixture(autouse=True)
def _key(laptop: None) -> None:
    """Add the key that instances are launched with."""


def write_play(folder: Path, *tasks: dict[str, t.Any]) -> Path:
    path = folder / "play.json"
    path.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": list(tasks)}]))
    return path


class Piped:
    """A playbook whose output and errors go into one pipe."""

    def __init__(self, play: Path, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [str(Path(sys.executable).parent / "ansible-playbook"), str(play)],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []

    def until(self, text: str) -> str:
        """Return the next line that has a text, as soon as it is printed."""
        assert self._process.stdout
        for line in self._process.stdout:
            self.lines.append(line)
            if text in line:
                return line
        raise AssertionError(f"{text!r} not in: {''.join(self.lines)}")

    def end(self) -> int:
        """Read the rest, and return how it ended."""
        assert self._process.stdout
        self.lines += self._process.stdout
        return self._process.wait()


def test_each_change_is_told_while_the_rest_is_waited_for(
    simulator: Simulator, environment: dict[str, str], tmp_path: Path
) -> None:
    simulator.add_fate("never-boots", "b")
    play = Piped(write_play(tmp_path, {"lambdal.cloud.lambda_instance": {**TASK, "name": ["a", "b"]}}), environment)
    launched = play.until("Launched a (id ")
    assert launched.endswith(": gpu_1x_a10 in us-east-1. It is booting.\n")
    assert [line for line in play.lines if line.startswith("TASK [")]
    play.until("Launched b (id ")
    play.until("s  a is active and has the address ")
    simulator.apply_fate(simulator.live()["b"]["id"], "unhealthy")
    play.until("s  b is unhealthy.")
    assert play.end() != 0


@pytest.mark.parametrize("mode", ["direct"], indirect=True)
def test_lack_of_capacity_is_told_once_with_the_price(
    simulator: Simulator, environment: dict[str, str], tmp_path: Path
) -> None:
    simulator.set_capacity(gpu_1x_a10={"us-east-1": 0})
    options = {**TASK, "name": "a", "instance_type": ["gpu_1x_a10", "gpu_1x_a100"], "capacity_timeout": 30}
    play = Piped(write_play(tmp_path, {"lambdal.cloud.lambda_instance": options}), environment)
    line = play.until("There is no capacity for 'a' now: gpu_1x_a10 or gpu_1x_a100 in us-east-1. ")
    assert "Looking at 75 to 129 US cents per hour for " in line
    while simulator.operations().count("list_instance_types") < 4:
        time.sleep(0.05)
    simulator.set_capacity(gpu_1x_a10={"us-east-1": 1})
    play.until("Launched a (id ")
    assert play.end() == 0
    assert sum("Looking at" in line for line in play.lines) == 1


def test_one_option_keeps_it_quiet(simulator: Simulator, environment: dict[str, str], tmp_path: Path) -> None:
    ways = {
        "a": {"vars": {"lambda_cloud_progress": False}},
        "b": {"environment": {"LAMBDA_CLOUD_PROGRESS": "no"}},
        "c": {"no_log": True},
    }
    tasks = [{"lambdal.cloud.lambda_instance": {**TASK, "name": name}, **way} for name, way in ways.items()]
    done = ansible(["ansible-playbook", str(write_play(tmp_path, *tasks))], environment)
    assert set(simulator.live()) == set(ways)
    assert "Launched" not in done.stdout + done.stderr
    environment = {**environment, "LAMBDA_CLOUD_PROGRESS": "false"}
    ended = {"name": "a", "state": "absent", "wait_interval": 0.05}
    command = ["ansible-playbook", str(write_play(tmp_path, {"lambdal.cloud.lambda_instance": ended}))]
    assert " terminat" not in ansible(command, environment).stderr


@pytest.mark.parametrize("mode", ["direct"], indirect=True)
def test_a_name_cannot_write_on_the_terminal(simulator: Simulator, environment: dict[str, str], tmp_path: Path) -> None:
    ended = {"id": [simulator.seed_instance("\x1bcred")], "state": "absent", "wait_interval": 0.05}
    command = ["ansible-playbook", str(write_play(tmp_path, {"lambdal.cloud.lambda_instance": ended}))]
    done = ansible(command, environment)
    assert "s  \\x1bcred is terminat" in done.stderr
    assert "\x1b" not in done.stderr


@pytest.mark.parametrize("mode", ["direct"], indirect=True)
def test_an_api_that_does_not_answer_is_told_at_once(environment: dict[str, str], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
    options = {"api_url": f"http://{address}", "retry_timeout": 2}
    play = Piped(write_play(tmp_path, {"lambdal.cloud.lambda_instance_info": options}), environment)
    line = play.until("s  Could not list the instances: ")
    assert (
        f"no connection to {address}: Connection refused; check api_url and the network. Retrying for up to 2 s."
        in line
    )
    assert play.end() != 0
    assert sum("Retrying" in line for line in play.lines) == 1
    (tmp_path / "lambda.yml").write_text(
        f"plugin: lambdal.cloud.lambda_cloud\nretry_timeout: 2\napi_url: http://{address}\n"
    )
    command = ["ansible-inventory", "-i", str(tmp_path / "lambda.yml"), "--list"]
    assert (
        "Connection refused" in ansible(command, environment, succeed=False).stderr.partition("Retrying for up to")[0]
    )
