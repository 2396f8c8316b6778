# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running modules and playbooks as Ansible does, against a simulator."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import typing as t
from pathlib import Path

from support.simulator import KEY, Simulator

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / ".build"
CALLBACKS = ROOT / "tests" / "support" / "callback"
PACKAGE = "ansible_collections.lambdal.cloud.plugins.modules"


class Outcome:
    """What a module printed, and what it had to say beside."""

    def __init__(self, result: dict[str, t.Any], output: str) -> None:
        self.result = result
        self.output = output

    def __getitem__(self, name: str) -> t.Any:
        return self.result[name]

    @property
    def failed(self) -> bool:
        return bool(self.result.get("failed"))

    @property
    def changed(self) -> bool:
        assert not self.failed, self.result["msg"]
        return bool(self.result["changed"])


class Modules:
    """Runs a module in one of two ways.

    In the way `process` it is a process of its own, with its arguments on standard input, as Ansible's wrapper starts it.
    In the way `direct` it is the one task of a playbook, which runs it in Ansible's own process.
    """

    def __init__(self, simulator: Simulator, environment: dict[str, str], way: str = "process") -> None:
        self._simulator = simulator
        self._environment = environment
        self._way = way
        # What was asked for and what came of it, so that the two ways can be compared.
        self.story: list[tuple[str, bool, dict[str, t.Any]]] = []

    def on(self, simulator: Simulator) -> Modules:
        """The same against another simulator."""
        other = Modules(simulator, self._environment, self._way)
        other.story = self.story
        return other

    def start(self, module: str, check: bool = False, **options: t.Any) -> subprocess.Popen[str]:
        """A module that runs, for tests that do something meanwhile."""
        connection = {
            "api_key": KEY,
            "api_url": self._simulator.api_url,
            "request_interval": 0,
            "launch_interval": 0,
        }
        if self._way == "direct":
            return self._start_task(module, check, {**connection, **options})
        control = {"_ansible_check_mode": check, "_ansible_diff": True}
        process = subprocess.Popen(
            [sys.executable, "-m", f"{PACKAGE}.{module}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self._environment,
        )
        assert process.stdin
        process.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": {**connection, **options, **control}}))
        process.stdin.close()
        # communicate() would flush what is closed.
        process.stdin = None
        return process

    def _start_task(self, module: str, check: bool, options: dict[str, t.Any]) -> subprocess.Popen[str]:
        folder = Path(tempfile.mkdtemp(prefix="task-", dir=self._environment["HOME"]))
        (folder / "options.json").write_text(json.dumps(options))
        # What a lookup returns is data: options that look like a template stay as they are.
        task = {f"lambdal.cloud.{module}": "{{ lookup('ansible.builtin.file', 'options.json') | from_json }}"}
        (folder / "play.json").write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": [task]}]))
        ansible_playbook = str(Path(sys.executable).parent / "ansible-playbook")
        return subprocess.Popen(
            [ansible_playbook, str(folder / "play.json"), "--diff", *(["--check"] if check else [])],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={
                **self._environment,
                "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
                "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS),
                "ANSIBLE_STDOUT_CALLBACK": "result",
                "ANSIBLE_INJECT_FACT_VARS": "false",
                "LAMBDA_CLOUD_DIRECT": "true",
            },
        )

    def run(self, module: str, check: bool = False, **options: t.Any) -> Outcome:
        """A module's result; what it prints must be one JSON object and no stack trace."""
        process = self.start(module, check, **options)
        output, errors = process.communicate()
        assert "Traceback" not in errors + output, errors + output
        result = json.loads(output)
        # Ansible says of every task whether it changed something, and makes warnings and tracebacks its own objects.
        theirs = ("_ansible_no_log", "exception", "warnings", "deprecations")
        kept = {name: value for name, value in result.items() if name not in theirs}
        self.story.append((module, check, {"changed": False, **kept}))
        return Outcome(result, output + errors)


def module_environment(home: Path) -> dict[str, str]:
    """The environment of a user who has nothing set up."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return {**kept, "HOME": str(home), "PYTHONPATH": str(BUILD), "PYTHONDONTWRITEBYTECODE": "1"}


def ansible(
    command: t.Sequence[str], environment: dict[str, str], cwd: Path = ROOT, succeed: bool = True
) -> subprocess.CompletedProcess[str]:
    """An Ansible command with its output; fails the test unless it ends as expected."""
    done = subprocess.run(
        [str(Path(sys.executable).parent / command[0]), *command[1:]],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert (done.returncode == 0) == succeed, done.stdout + done.stderr
    return done
