# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ends a play, the user knows every ID that exists because of it: a line on standard error outlives the task."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import pytest
from lambda_cloud_simulator.testing import Simulator, running_simulator
from support.runner import MODES, ROOT, UNPACED
from support.samples import INSTANCE

SIGNALS = ["SIGINT", *(pytest.param(name, marks=pytest.mark.slow) for name in ("SIGTERM", "SIGHUP", "SIGKILL"))]
PATIENCE = 60.0
UNDER_WAY = "waiting for the response to the request under way"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Simulator]:
    folder = tmp_path_factory.mktemp("interrupts")
    with running_simulator("--boot-time", "100000", folder=folder) as simulator:
        yield simulator


@pytest.fixture(autouse=True)
def _fresh(cloud: Simulator) -> None:
    cloud.reset()
    cloud.seed_ssh_key("laptop")


class Play:
    """A playbook of one task, in a session of its own, whose standard error is a file that outlives it."""

    def __init__(
        self, cloud: Simulator, folder: Path, mode: str, module: str, options: dict[str, t.Any], **task: t.Any
    ):
        self._errors = folder / "stderr"
        (folder / "play.json").write_text(
            json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": [{module: options, **task}]}])
        )
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "LAMBDA_API_KEY": cloud.api_key,
            "LAMBDA_API_URL": cloud.api_url,
            "LAMBDA_CLOUD_DIRECT": MODES[mode],
            **UNPACED,
        }
        with self._errors.open("w") as errors, (folder / "stdout").open("w") as output:
            self._process = subprocess.Popen(
                [str(Path(sys.executable).parent / "ansible-playbook"), str(folder / "play.json")],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                start_new_session=True,
            )

    def stop(self, name: str) -> None:
        """Send the controller a signal, as a terminal, AWX or a supervisor does, and wait until it has ended."""
        self.signal(name)
        self.wait()

    def signal(self, name: str) -> None:
        """Send the controller a signal."""
        os.kill(self._process.pid, getattr(signal, name))

    def wait(self) -> None:
        """Wait until the controller has ended, and not with success."""
        assert self._process.wait(PATIENCE) != 0

    def told(self, *parts: str) -> str:
        """Wait until standard error has a line with all of these, which may be after the controller's end."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            for line in self._errors.read_text().splitlines():
                if all(part in line for part in parts):
                    return line
            time.sleep(0.05)
        raise AssertionError(f"{parts} not in: {self._errors.read_text()}")


def until(holds: t.Callable[[], t.Any]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "it never held"
        time.sleep(0.05)


def launch(cloud: Simulator, folder: Path, mode: str, names: list[str], **task: t.Any) -> Play:
    return Play(cloud, folder, mode, "lambdal.cloud.lambda_instance", {"name": names, **INSTANCE}, **task)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", SIGNALS)
def test_what_was_launched_is_told(cloud: Simulator, tmp_path: Path, mode: str, name: str) -> None:
    play = launch(cloud, tmp_path, mode, ["a", "b"])
    until(lambda: len(cloud.live()) == 2 and cloud.operations().count("list_instances") > 1)
    play.stop(name)
    ids = [row["id"] for row in cloud.live().values()]
    line = play.told("Launched by this task and billing at 150 US cents per hour", *ids)
    assert "state: absent" in line
    sent = len(cloud.requests())
    time.sleep(1)
    assert len(cloud.requests()) == sent, "nobody goes on behind the user's back"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", SIGNALS)
def test_a_launch_under_way_is_waited_for(cloud: Simulator, tmp_path: Path, mode: str, name: str) -> None:
    cloud.add_fault("hold", operation="launch", when="after")
    play = launch(cloud, tmp_path, mode, ["a", "b"])
    until(cloud.live)
    play.signal(name)
    play.told(UNDER_WAY)
    cloud.clear_faults()
    play.wait()
    line = play.told("Launched by this task", cloud.live()["a"]["id"])
    assert "'b'" not in line
    assert list(cloud.live()) == ["a"]


@pytest.mark.parametrize("mode", MODES)
def test_a_lost_launch_is_told_as_uncertain(cloud: Simulator, tmp_path: Path, mode: str) -> None:
    cloud.add_fault("drop", operation="launch", when="before")
    play = launch(cloud, tmp_path, mode, ["a"])
    until(lambda: cloud.operations().count("list_instances") > 2)
    play.stop("SIGINT")
    play.told("The launch of 'a' (gpu_1x_a10 in", "was broken off before its response")


@pytest.mark.parametrize("mode", MODES)
def test_a_termination_under_way_is_waited_for(cloud: Simulator, tmp_path: Path, mode: str) -> None:
    instance_id = cloud.seed_instance("a")
    cloud.add_fault("hold", operation="terminate", when="after")
    play = Play(cloud, tmp_path, mode, "lambdal.cloud.lambda_instance", {"name": ["a"], "state": "absent"})
    until(lambda: not cloud.live())
    play.signal("SIGTERM")
    play.told(UNDER_WAY)
    cloud.clear_faults()
    play.wait()
    play.told(f"Terminated by this task: a (id {instance_id})")


def created(cloud: Simulator) -> list[str]:
    return [row["id"] for row in cloud.state()["file_systems"] if row["name"] == "data"]


@pytest.mark.parametrize("mode", MODES)
def test_other_resources_are_told_as_well(cloud: Simulator, tmp_path: Path, mode: str) -> None:
    cloud.add_fault("hold", operation="create_file_system", when="after")
    options = {"name": "data", "region": "us-east-1"}
    play = Play(cloud, tmp_path, mode, "lambdal.cloud.lambda_file_system", options)
    until(lambda: created(cloud))
    play.signal("SIGINT")
    play.told(UNDER_WAY)
    cloud.clear_faults()
    play.wait()
    play.told(f"created the file system 'data' (id {created(cloud)[0]})")


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_a_timeout_tells_what_was_launched(cloud: Simulator, tmp_path: Path, mode: str) -> None:
    play = launch(cloud, tmp_path, mode, ["a"], timeout=15)
    until(cloud.live)
    instance_id = cloud.live()["a"]["id"]
    if mode == "process":
        play.told("Launched by this task", instance_id)
        sent = len(cloud.requests())
        time.sleep(1)
        assert len(cloud.requests()) == sent, "the module ended with its task"
    else:
        until(lambda: "PLAY RECAP" in (tmp_path / "stdout").read_text())
        said = re.sub(r"\s+", " ", (tmp_path / "stdout").read_text() + (tmp_path / "stderr").read_text())
        assert "Timed out after 15 second(s)" in said
        assert instance_id in said


def test_ansible_runner_shows_the_line(cloud: Simulator, tmp_path: Path) -> None:
    """A cancelled job keeps the line in its events, as AWX shows them."""
    for part in ("project", "env"):
        (tmp_path / part).mkdir()
    task = {"lambdal.cloud.lambda_instance": {"name": ["a"], **INSTANCE}}
    (tmp_path / "project" / "play.yml").write_text(
        json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": [task]}])
    )
    variables = {
        "LAMBDA_API_KEY": cloud.api_key,
        "LAMBDA_API_URL": cloud.api_url,
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        **UNPACED,
    }
    (tmp_path / "env" / "envvars").write_text(json.dumps(variables))
    script = (
        "import ansible_runner, os, sys\n"
        "stop = lambda: os.path.exists(sys.argv[1] + '/stop')\n"
        "done = ansible_runner.run(private_data_dir=sys.argv[1], playbook='play.yml', ident='job', cancel_callback=stop)\n"
        "print('STATUS', done.status)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        env={"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    until(lambda: cloud.live() and cloud.operations().count("list_instances") > 1)
    (tmp_path / "stop").touch()
    output, _errors = process.communicate(timeout=PATIENCE)
    assert "STATUS canceled" in output
    stdout = (tmp_path / "artifacts" / "job" / "stdout").read_text()
    assert cloud.live()["a"]["id"] in re.sub(r"\s", "", stdout)
