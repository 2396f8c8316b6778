# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A hunt for secrets in every place where a run leaves something."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import socket
import tempfile
import threading
import typing as t
from pathlib import Path

import pytest
import requests
from lambda_cloud_simulator.testing import API_KEY, Simulator
from support.runner import ROOT, ansible

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
