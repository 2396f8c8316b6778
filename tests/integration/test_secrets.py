# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A hunt for secrets in every place where a run leaves something."""

from __future__ import annotations

import contextlib
import fcntl
import importlib
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import typing as t
from pathlib import Path

import pytest
import requests
import yaml
from ansible_collections.lambdal.cloud.plugins.module_utils._module.argspec import CONNECTION_SPEC
from lambda_cloud_simulator.testing import API_KEY, Simulator, running_simulator
from support.runner import AT_ONCE, MODES, MODULE_NAMES, PACKAGE, ROOT, ansible, ansible_environment

USER_DATA = "#!/bin/sh\necho marked-user-data-93f1\n"

PLAY: list[dict[str, t.Any]] = [
    {
        "hosts": "localhost",
        # Ansible's own facts hold the whole environment, LAMBDA_API_KEY and all; that is not ours to mend.
        "gather_facts": False,
        "module_defaults": {"lambdal.cloud.lambda_instance": {"wait_interval": 0.1}},
        "tasks": [
            {
                "lambdal.cloud.lambda_ssh_key": {
                    "name": "made",
                    "private_key_path": "{{ key_path }}",
                    "api_key": API_KEY,
                }
            },
            {
                "lambdal.cloud.lambda_instance": {
                    "name": "a",
                    "instance_type": "gpu_1x_a10",
                    "region": "us-east-1",
                    "ssh_key": "made",
                    "user_data": USER_DATA,
                    "api_key": API_KEY,
                },
                "register": "launched",
            },
            {"ansible.builtin.set_fact": {"kept": "{{ launched }}", "cacheable": True}},
            {"ansible.builtin.debug": {"var": "launched"}},
            {"lambdal.cloud.lambda_instance_info": {}, "register": "found"},
            {"ansible.builtin.debug": {"var": "found"}},
            # A failure tells what it was given, too.
            {
                "lambdal.cloud.lambda_instance": {
                    "name": "b",
                    "instance_type": "gpu_1x_a10",
                    "region": "nowhere",
                    "ssh_key": "made",
                    "user_data": USER_DATA,
                    "api_key": API_KEY,
                },
                "ignore_errors": True,
            },
        ],
    },
    {"hosts": "lambda_cloud", "gather_facts": False, "tasks": [{"ansible.builtin.debug": {"var": "vars"}}]},
]


@contextlib.contextmanager
def watched_processes() -> t.Iterator[set[str]]:
    """Yield every command line that is to be seen on this machine meanwhile."""
    seen: set[str] = set()
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.002):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                with contextlib.suppress(OSError):
                    seen.add(path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


@contextlib.contextmanager
def captured_syslog() -> t.Iterator[list[str] | None]:
    """Yield what is written to the system's log meanwhile, where there is no log and we may be it."""
    if os.getuid() != 0:
        yield None
        return
    with (
        (Path(tempfile.gettempdir()) / "tests-that-are-the-log.lock").open("w") as lock,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log,
    ):
        # Another run of these tests would be the log that is there already.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if Path("/dev/log").exists():
            yield None
            return
        lines: list[str] = []
        log.bind("/dev/log")
        Path("/dev/log").chmod(0o666)
        log.settimeout(0.1)
        over = threading.Event()

        def receive() -> None:
            while not over.is_set():
                with contextlib.suppress(TimeoutError):
                    lines.append(log.recv(1 << 20).decode("utf-8", "replace"))

        thread = threading.Thread(target=receive)
        thread.start()
        try:
            yield lines
        finally:
            over.set()
            thread.join()
            Path("/dev/log").unlink()


def texts(folder: Path) -> str:
    """Return the contents of every file below a folder."""
    return "\n".join(path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def ran(simulator: Simulator, environment: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """Every place where a loud run left something, by its name."""
    path = tmp_path / "private"
    (tmp_path / "play.yml").write_text(json.dumps(PLAY))
    (tmp_path / "lambda.yml").write_text((ROOT / "playbooks" / "lambda.yml").read_text())
    environment |= {
        "ANSIBLE_CACHE_PLUGIN": "ansible.builtin.jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(tmp_path / "facts"),
        "ANSIBLE_INVENTORY_CACHE": "true",
        "ANSIBLE_INVENTORY_CACHE_PLUGIN": "ansible.builtin.jsonfile",
        "ANSIBLE_INVENTORY_CACHE_CONNECTION": str(tmp_path / "inventory"),
        "ANSIBLE_LOG_PATH": str(tmp_path / "log"),
        # The rate limit's file is one of the places.
        "LAMBDA_REQUEST_INTERVAL": "0.01",
    }
    simulator.seed_instance("seeded")
    with watched_processes() as processes, captured_syslog() as syslog:
        command = [
            "ansible-playbook",
            "-vvvv",
            "--diff",
            "-i",
            str(tmp_path / "lambda.yml"),
            str(tmp_path / "play.yml"),
        ]
        done = ansible([*command, "-e", f"key_path={path}"], environment)
        listed = ansible(["ansible-inventory", "-i", str(tmp_path / "lambda.yml"), "--list"], environment)
    return {
        "output": done.stdout + done.stderr + listed.stdout + listed.stderr,
        "log": (tmp_path / "log").read_text(),
        "facts": texts(tmp_path / "facts"),
        "inventory cache": texts(tmp_path / "inventory"),
        "home": texts(tmp_path / "home"),
        "processes": "\n".join(processes),
        **({} if syslog is None else {"syslog": "\n".join(syslog)}),
        "request log": json.dumps(simulator.requests()),
    }


def test_no_secret_is_left_anywhere(ran: dict[str, str], simulator: Simulator, tmp_path: Path) -> None:
    answer = requests.get(f"{simulator.api_url}/instances", auth=(API_KEY, ""), timeout=10).json()["data"]
    tokens = [row["jupyter_token"] for row in answer if row.get("jupyter_token")]
    assert len(tokens) == 2
    private = [line for line in (tmp_path / "private").read_text().splitlines() if not line.startswith("-----")]
    secrets = {
        "Jupyter token": tokens,
        "private key": private,
        "user data": ["marked-user-data-93f1"],
    }
    # The hunt looks where something is to be found.
    assert "lambda_name" in ran["inventory cache"] or "seeded" in ran["inventory cache"]
    assert "kept" in ran["facts"]
    assert "ansible-playbook" in ran["processes"]
    if "syslog" in ran:
        assert "lambda_instance" in ran["syslog"]
    assert re.search(r"pace-\w+", "\n".join(str(path) for path in (tmp_path / "home").rglob("*")))
    for place, text in ran.items():
        for kind, values in secrets.items():
            for value in values:
                assert value not in text, f"the {kind} is in the {place}"
        assert API_KEY not in text, f"the API key is in the {place}"


MARKED_KEY = f"-----BEGIN OPENSSH PRIVATE KEY-----\n{'marked-private-93f1' * 3}\n-----END OPENSSH PRIVATE KEY-----\n"

# Secrets that were given as what they are not: refused while options are read, before a request, and by the service.
MISTAKES: dict[str, dict[str, t.Any]] = {
    "a private key as the public one": {"lambda_ssh_key": {"name": "a", "public_key": MARKED_KEY}},
    "beside an option that excludes it": {
        "lambda_ssh_key": {"name": "a", "public_key": MARKED_KEY, "public_key_file": "/nowhere"}
    },
    "beside an unknown option": {"lambda_ssh_key": {"name": "a", "public_key": MARKED_KEY, "publik": 1}},
    "in a list": {"lambda_instance": {"name": ["a", MARKED_KEY], "state": "absent"}},
    "in a mapping": {
        "lambda_instance": {"name": "a", "instance_type": "gpu_1x_a10", "ssh_key": "k", "tags": {"note": MARKED_KEY}}
    },
    "an API key as a name": {"lambda_instance_info": {"name": "secret_marked-private-93f1.0a1b"}},
    "a password in the address": {
        "lambda_region_info": {"api_url": "https://me:marked-private-93f1@127.0.0.1:9/api/v1"}
    },
}


@pytest.mark.parametrize("check", [[], ["--check", "--diff"]], ids=["run", "check"])
@pytest.mark.parametrize("direct", ["true", "false"])
def test_what_was_given_by_mistake_is_not_repeated(
    simulator: Simulator, tmp_path: Path, direct: str, check: list[str]
) -> None:
    tasks = [
        {f"lambdal.cloud.{module}": "{{ options }}", "vars": {"options": options}, "ignore_errors": True, "name": name}
        for name, mistake in MISTAKES.items()
        for module, options in mistake.items()
    ]
    # As a file of variables has them: what stands in a task itself, Ansible shows before any module sees it.
    for number, task in enumerate(tasks):
        (tmp_path / f"{number}.json").write_text(json.dumps(task.pop("vars")["options"]))
        (module,) = [key for key in task if key.startswith("lambdal.")]
        task[module] = f"{{{{ lookup('ansible.builtin.file', '{number}.json') | from_json }}}}"
    (tmp_path / "play.json").write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    done = ansible(
        ["ansible-playbook", str(tmp_path / "play.json"), "-vvv", *check],
        {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_INJECT_INVOCATION": "true",
            "LAMBDA_API_KEY": simulator.api_key,
            "LAMBDA_API_URL": simulator.api_url,
            "LAMBDA_CLOUD_DIRECT": direct,
            "LAMBDA_REQUEST_INTERVAL": "0",
        },
    )
    assert "PLAY RECAP" in done.stdout
    assert "marked-private" not in done.stdout + done.stderr


MARKED_API_KEY = "secret_marked-key-93f1.0a1b"
MARKS = ("marked-private-93f1", "marked-key-93f1")
# Where a run through ansible-runner leaves something
PLACES = ("output", "events", "artifacts", "log", "home", "processes", "request log")


def every_option() -> t.Iterator[tuple[str, dict[str, t.Any]]]:
    """Yield each module with options of which one has a secret that it is not meant for, or is meant for."""
    for module in MODULE_NAMES:
        documentation = yaml.safe_load(importlib.import_module(f"{PACKAGE}.{module}").DOCUMENTATION)
        # All modules take the options of the connection by the same code.
        connection = CONNECTION_SPEC if module == "lambda_region_info" else ()
        for option in (*documentation.get("options", {}), *connection):
            for secret in (MARKED_KEY, MARKED_API_KEY):
                yield module, {"retry_timeout": 0, "request_timeout": 5, option: secret}
    for form in (MARKED_API_KEY, f"https://me:{MARKED_API_KEY}@127.0.0.1:9/api/v1", {"a": [MARKED_KEY]}):
        yield "lambda_region_info", {"api_url": form, "retry_timeout": 0}


@pytest.fixture(scope="module", params=MODES)
def hunted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Every place where a job of ansible-runner left something, in which each option of each module has a secret."""
    folder = tmp_path_factory.mktemp("job")
    (folder / "project").mkdir()
    home = folder / "home"
    home.mkdir()
    tasks = []
    for number, (module, options) in enumerate(every_option()):
        (folder / "project" / f"{number}.json").write_text(json.dumps(options))
        read = f"{{{{ lookup('ansible.builtin.file', '{number}.json') | from_json }}}}"
        tasks.append({f"lambdal.cloud.{module}": read, "ignore_errors": True})
    if request.param != "direct":
        # A process for each of them would take minutes, and masks by the same code.
        tasks = tasks[:: len(tasks) // 12]
    play = {"hosts": "localhost", "gather_facts": False, "tasks": tasks}
    (folder / "project" / "play.yml").write_text(json.dumps([play]))
    options = "playbook='play.yml', ident='job', cmdline='--diff -vvvv'"
    job = f"import ansible_runner, sys\nansible_runner.run(private_data_dir=sys.argv[1], {options})\n"
    with running_simulator(*AT_ONCE, folder=tmp_path_factory.mktemp("account")) as simulator:
        # So that a process is there to be looked at while it waits.
        simulator.add_fault("delay", seconds=0.2, times=5)
        environment = {
            **ansible_environment(simulator, home, request.param),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "ANSIBLE_LOG_PATH": str(folder / "log"),
            "ANSIBLE_INJECT_INVOCATION": "true",
        }
        with watched_processes() as processes:
            done = subprocess.run(
                [sys.executable, "-c", job, str(folder)],
                env=environment,
                check=False,
                capture_output=True,
                text=True,
                timeout=900,
            )
        asked = json.dumps(simulator.requests())
    assert "PLAY RECAP" in done.stdout, done.stdout[-2000:] + done.stderr[-2000:]
    # Each was judged, and most were refused.
    assert done.stdout.count("fatal: [localhost]") > len(tasks) / 2
    return {
        "output": done.stdout + done.stderr,
        "events": texts(folder / "artifacts" / "job" / "job_events"),
        "artifacts": texts(folder / "artifacts"),
        "log": (folder / "log").read_text(),
        "home": texts(home),
        "processes": "\n".join(processes),
        "request log": asked,
    }


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
def test_no_option_tells_a_secret(hunted: dict[str, str], place: str) -> None:
    # A secret given as a name or a path to compare with is sent as one, to the account of whoever wrote it.
    marks = MARKS if place != "request log" else ("marked-private-93f1",)
    found = {
        mark: hunted[place][max(0, at - 300) : at + 100] for mark in marks if (at := hunted[place].find(mark)) >= 0
    }
    assert not found, f"in the {place}: {found}"
