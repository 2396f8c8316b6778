# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running modules and playbooks as Ansible does, against a simulator."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import tempfile
import typing as t
from pathlib import Path

from lambda_cloud_simulator.testing import Simulator, running_simulator
from support.warm import Running, start

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / ".build"
CALLBACKS = ROOT / "tests" / "support" / "callback"
PACKAGE = "ansible_collections.lambdal.cloud.plugins.modules"
# Those that talk to the API
MODULE_NAMES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("lambda_*.py"))

# The modes of running a module, each with what LAMBDA_CLOUD_DIRECT is set to for it.
MODES = {"direct": "true", "process": "false"}
# A simulator's rate limit is off unless a test is about it.
UNPACED = {"LAMBDA_REQUEST_INTERVAL": "0", "LAMBDA_LAUNCH_INTERVAL": "0"}

# Options of a simulator in which instances boot at once, and whatever takes its time takes a thousandth of it.
AT_ONCE = ("--boot-time", "0", "--time-scale", "1000")
# The accounts that the main job is tested with: the default one, and the service as people saw it in 2026, where a boot of
# three minutes takes three seconds here.
LIVE_2026 = ROOT / "simulator" / "scenarios" / "live-2026.yml"
SCENARIOS: dict[str, tuple[str, ...]] = {
    "default": AT_ONCE,
    "live-2026": ("--scenario", str(LIVE_2026), "--time-scale", "60", "--seed", "1"),
}


class Outcome:
    """The result of a module, with everything that it printed."""

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
    """Runs modules in one of two modes.

    In the mode `process` a module is a process of its own, with its arguments on standard input, as Ansible's wrapper
    starts it. In the mode `direct` it is the one task of a playbook, which runs it in Ansible's own process.
    """

    def __init__(self, simulator: Simulator, environment: dict[str, str], mode: str = "process") -> None:
        self._simulator = simulator
        self._environment = environment
        self._mode = mode
        # Each module with its result, so that the two modes can be compared.
        self.history: list[tuple[str, bool, dict[str, t.Any]]] = []

    def on(self, simulator: Simulator) -> Modules:
        """Return the same for another simulator."""
        other = Modules(simulator, self._environment, self._mode)
        other.history = self.history
        return other

    def start(self, module: str, check: bool = False, **options: t.Any) -> subprocess.Popen[str] | Running:
        """Start a module, for tests that do something meanwhile."""
        connection = {
            "api_key": self._simulator.api_key,
            "api_url": self._simulator.api_url,
            "request_interval": 0,
            "launch_interval": 0,
        }
        if self._mode == "direct":
            return self._start_task(module, check, {**connection, **options})
        control = {"_ansible_check_mode": check, "_ansible_diff": True}
        arguments = {"ANSIBLE_MODULE_ARGS": {**connection, **options, **control}}
        command = ["python", "-m", f"{PACKAGE}.{module}"]
        return start(command, self._environment, Path.cwd(), json.dumps(arguments))

    def _start_task(self, module: str, check: bool, options: dict[str, t.Any]) -> subprocess.Popen[str] | Running:
        folder = Path(tempfile.mkdtemp(prefix="task-", dir=self._environment["HOME"]))
        (folder / "options.json").write_text(json.dumps(options))
        # What a lookup returns is data: options that look like a template stay as they are.
        task = {f"lambdal.cloud.{module}": "{{ lookup('ansible.builtin.file', 'options.json') | from_json }}"}
        (folder / "play.json").write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": [task]}]))
        return start(
            ["ansible-playbook", str(folder / "play.json"), "--diff", *(["--check"] if check else [])],
            {
                **self._environment,
                "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
                "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS),
                "ANSIBLE_STDOUT_CALLBACK": "result",
                # The result is all that is printed, so no other callback than one that is skipped.
                "ANSIBLE_CALLBACKS_ENABLED": "ansible.builtin.minimal",
                "ANSIBLE_INJECT_FACT_VARS": "false",
                "LAMBDA_CLOUD_DIRECT": "true",
            },
            Path.cwd(),
        )

    def run(self, module: str, check: bool = False, **options: t.Any) -> Outcome:
        """Run a module and return its result; what it prints must be one JSON object and no stack trace."""
        process = self.start(module, check, **options)
        output, errors = process.communicate()
        assert "Traceback" not in errors + output, errors + output
        result, output, errors = controlled(json.loads(output), output, errors)
        # Ansible says of every task whether it changed something, and makes warnings and tracebacks its own objects.
        theirs = ("_ansible_no_log", "exception", "warnings", "deprecations")
        kept = {name: value for name, value in result.items() if name not in theirs}
        self.history.append((module, check, {"changed": False, **kept}))
        return Outcome(result, output + errors)


def controlled(result: dict[str, t.Any], output: str, errors: str) -> tuple[dict[str, t.Any], str, str]:
    """Return a module's result, output and errors as the controller shows them.

    Since ansible-core 2.22 a module hands its secrets over in its result; the controller takes them out of it and masks them in
    everything (`ansible._internal._task`, `ansible.module_utils.secrets`).
    """
    if secrets := result.pop("_ansible_new_secrets", None):
        output = json.dumps(result)
        for secret in secrets:
            output, errors = (text.replace(secret, "$REDACTED$") for text in (output, errors))
        result = json.loads(output)
    return result, output, errors


def module_environment(home: Path) -> dict[str, str]:
    """Return the environment of a user who has nothing set up."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return {**kept, "HOME": str(home), "PYTHONPATH": str(BUILD), "PYTHONDONTWRITEBYTECODE": "1"}


def ansible_environment(simulator: Simulator, home: Path, mode: str = "direct") -> dict[str, str]:
    """Return the environment of Ansible commands that talk to a simulator."""
    return {
        **module_environment(home),
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "LAMBDA_CLOUD_DIRECT": MODES[mode],
        **simulator.environment(),
    }


def ssh_environment(port: int) -> dict[str, str]:
    """Return what Ansible needs to know of a simulator's hosts, which all listen on one port."""
    return {
        "ANSIBLE_REMOTE_PORT": str(port),
        # A socket's path has a hundred characters or so, which the folders of tests alone may take.
        "ANSIBLE_SSH_ARGS": "-C -o ControlMaster=no",
    }


@contextlib.contextmanager
def simulator_with_hosts(
    folder: Path, ssh_port: int, *arguments: str, options: t.Sequence[str] = AT_ONCE
) -> t.Iterator[Simulator]:
    """Run a simulator whose instances answer SSH on one port of this system."""
    hosts = ("--hosts", "local", "--ssh-port", str(ssh_port))
    with running_simulator(*options, *hosts, *arguments, folder=folder) as simulator:
        yield simulator


def ansible(
    command: t.Sequence[str], environment: dict[str, str], cwd: Path = ROOT, succeed: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run an Ansible command and return it with its output; fail the test unless it ends as expected."""
    process = start(command, environment, cwd)
    try:
        output, errors = process.communicate(timeout=600)
    except BaseException:
        process.kill()
        raise
    done = subprocess.CompletedProcess(process.args, process.returncode or 0, output, errors)
    assert (done.returncode == 0) == succeed, done.stdout + done.stderr
    return done
