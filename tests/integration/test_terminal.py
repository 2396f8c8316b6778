# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API returns writes nothing on a person's terminal, and is what it is in results, variables and events."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import runpy
import typing as t
from pathlib import Path

import pytest
from lambda_cloud_simulator.testing import Simulator
from support.inventory import Inventory
from support.runner import BUILD, MODULE_NAMES, ansible
from support.samples import LAUNCH, WAIT
from support.server import canned_server

# A reset of the terminal, a bell, bold letters for terminals of eight bits, and text from right to left
HOSTILE = "\x1bcred\x07\x9b1m\u202eder"
ESCAPED = r"\x1bcred\x07\x9b1m\u202eder"
# Fails with what the name says
SAYS_IT = "undefined_variable | mandatory(msg=lambda_name)"
EVENT_SOURCE = "extensions/eda/plugins/event_source/lambda_cloud.py"
INFO_MODULES = [name for name in MODULE_NAMES if name.endswith("_info")]

Task = dict[str, t.Any]


def obeyed(text: str) -> list[str]:
    """Return the lines in which a terminal would find more than text."""
    return [line for line in text.splitlines() if not line.replace("\t", "").isprintable()]


class Runs:
    """Runs tasks, playbooks and roles against an account whose names are hostile."""

    def __init__(self, simulator: Simulator, environment: dict[str, str], folder: Path) -> None:
        self.simulator = simulator
        self.environment = environment
        self.folder = folder

    def play(self, *tasks: Task, arguments: t.Sequence[str] = (), succeed: bool = True) -> str:
        """Return the output and errors of a play."""
        path = self.folder / "play.json"
        path.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": list(tasks)}]))
        return self.command("ansible-playbook", str(path), *arguments, succeed=succeed)

    def command(self, *command: str, succeed: bool = True) -> str:
        done = ansible(command, self.environment, succeed=succeed)
        assert "Traceback" not in done.stdout + done.stderr
        return done.stdout + done.stderr


@pytest.fixture
def runs(simulator: Simulator, environment: dict[str, str], tmp_path: Path) -> Runs:
    simulator.seed_ssh_key("laptop")
    return Runs(simulator, environment, tmp_path)


def instance(**options: t.Any) -> Task:
    return {"lambdal.cloud.lambda_instance": {**WAIT, **options}}


def test_data_stays_what_the_api_said(runs: Runs) -> None:
    identity = runs.simulator.seed_instance(HOSTILE, tags={"note": HOSTILE})
    written = runs.folder / "found.json"
    runs.play(
        {"lambdal.cloud.lambda_instance_info": {}, "register": "found"},
        {"ansible.builtin.copy": {"content": "{{ found.instances | to_json }}", "dest": str(written)}},
    )
    (row,) = json.loads(written.read_text())
    assert (row["id"], row["name"], row["tags"]) == (identity, HOSTILE, [{"key": "note", "value": HOSTILE}])


def test_progress(runs: Runs) -> None:
    ended = [runs.simulator.seed_instance(HOSTILE), runs.simulator.seed_instance("other")]
    output = runs.play(instance(id=ended, state="absent"))
    assert f" s  {ESCAPED} is terminat" in output
    assert not obeyed(output)


def test_a_failure_of_a_module(runs: Runs) -> None:
    for _each in range(2):
        runs.simulator.seed_instance(HOSTILE)
    output = runs.play(instance(name=[HOSTILE], state="absent"), succeed=False)
    (told,) = [line for line in output.splitlines() if line.startswith("[ERROR]")]
    assert ESCAPED in told
    assert not obeyed(told)
    # Beside it the result has fields with what the API said, of which Ansible escapes what JSON does.
    (shown,) = re.findall(r'"msg": "(?:[^"\\]|\\.)*"', output)
    assert not obeyed(shown)


def test_a_filter_that_refuses_what_it_is_given(runs: Runs) -> None:
    # Ansible would show the cause of an error as it is.
    rows = [{"name": HOSTILE, "count": 2.5}]
    told = runs.play(
        {"ansible.builtin.debug": {"msg": "{{ rows | lambdal.cloud.fleet_entries }}"}, "vars": {"rows": rows}},
        succeed=False,
    )
    assert f"This is not so for {ESCAPED}." in told
    assert obeyed(told) == []


def test_an_error_of_the_api(runs: Runs) -> None:
    error = {"code": f"global/{HOSTILE}", "message": HOSTILE, "suggestion": f"Do {HOSTILE}"}
    fields = {"field_errors": {HOSTILE: {"code": "x", "message": HOSTILE}}}
    body = json.dumps({"error": error, **fields}).encode()
    with canned_server((400, {"Content-Type": "application/json"}, body)) as server:
        runs.environment["LAMBDA_API_URL"] = f"http://127.0.0.1:{server.port}"
        modules = {
            name: {"lambdal.cloud." + name: {}, "register": name, "ignore_errors": True} for name in INFO_MODULES
        }
        written = runs.folder / "failure.json"
        copy = {"content": "{{ lambda_region_info.failure | to_json }}", "dest": str(written)}
        output = runs.play(*modules.values(), {"ansible.builtin.copy": copy})
        refused = Inventory(runs.folder, runs.environment).refused()
    told = [line for line in output.splitlines() if line.startswith("[ERROR]")]
    assert len(told) == len(modules)
    assert all(line.count(ESCAPED) == len((*error, *fields)) + 1 for line in told), told
    assert not obeyed("\n".join(told))
    assert json.loads(written.read_text())["message"] == HOSTILE
    assert ESCAPED in refused
    assert not obeyed(refused)


def test_a_warning_and_a_diff(runs: Runs) -> None:
    runs.simulator.seed_ssh_key(HOSTILE)
    runs.simulator.seed_instance(HOSTILE, ssh_key_names=[HOSTILE])
    # Ansible shows the diff of what changes something alone.
    options = {**LAUNCH, "name": [HOSTILE, "a"], "on_drift": "warn"}
    output = runs.play(instance(**options), arguments=["--diff", "--check"])
    warnings = [line for line in output.splitlines() if line.startswith("[WARNING]")]
    assert sum(line.count(ESCAPED) for line in warnings) == 2
    assert re.search(rf"--- .*{re.escape(ESCAPED)} \(id .*which is left as it is", output), output
    assert not obeyed(output)


@pytest.mark.parametrize(
    "options",
    [
        {"hostnames": ["name"]},
        {"compose": {"x": SAYS_IT}},
        {"strict": True, "compose": {"x": SAYS_IT}},
        {"groups": {"x": SAYS_IT}},
        {"strict": True, "groups": {"x": SAYS_IT}},
        {"strict": True, "keyed_groups": [{"key": SAYS_IT}]},
        {"filters": [{"include": SAYS_IT}]},
        {"filters": [{"exclude": SAYS_IT}]},
    ],
    ids=str,
)
def test_the_inventory(runs: Runs, options: dict[str, t.Any]) -> None:
    runs.simulator.seed_instance(HOSTILE)
    inventory = Inventory(runs.folder, runs.environment)
    fails = "strict" in options or "exclude" in str(options)
    told = inventory.refused(**options) if fails else inventory.told(**options)[1]
    assert ESCAPED in told
    assert not obeyed(told)
    assert HOSTILE not in told


def test_the_billing_callback(runs: Runs) -> None:
    identity = runs.simulator.seed_instance(HOSTILE)
    output = runs.play(instance(id=[identity], state="absent"))
    (line,) = [line for line in output.splitlines() if "This run terminated" in line]
    assert line == f"This run terminated 1 instance: {ESCAPED} (id {identity}, gpu_1x_a10, 0.75 US dollars per hour)."


@pytest.mark.parametrize(("playbook", "times"), [("status", 2), ("launch", 2), ("reap", 2)])
def test_the_playbooks(runs: Runs, playbook: str, times: int) -> None:
    tags = {"owner": HOSTILE, "lambdal-cloud-fleet": "f", "lambdal-cloud-born": "1"}
    runs.simulator.seed_instance(HOSTILE, tags=tags)
    runs.simulator.seed_instance(HOSTILE, is_reserved=True)
    variables = {
        "fleet_name": "f",
        "fleet_ssh_key": "laptop",
        "fleet_machines": [{"name": "a", "instance_type": "gpu_1x_a10", "region": "us-east-1"}],
        "fleet_wait_interval": 0.05,
        "reaper_names": [HOSTILE],
        "reaper_max_age_seconds": 1,
    }
    arguments = ("-e", json.dumps(variables), "--limit", "localhost")
    output = runs.command("ansible-playbook", f"playbooks/{playbook}.yml", *arguments)
    assert output.count(ESCAPED.replace("\\", "\\\\")) >= times, output
    assert not obeyed(output)


@pytest.mark.parametrize("mode", ["direct"], indirect=True)
def test_the_event_sources_log(runs: Runs, caplog: pytest.LogCaptureFixture) -> None:
    body = json.dumps({"error": {"code": "x/y", "message": HOSTILE, "suggestion": HOSTILE}}).encode()
    source = BUILD / "ansible_collections" / "lambdal" / "cloud" / EVENT_SOURCE
    caplog.set_level(logging.DEBUG)
    with canned_server((500, {"Content-Type": "application/json"}, body)) as server:
        arguments = {
            "api_key": "k",
            "api_url": f"http://127.0.0.1:{server.port}",
            "request_interval": 0,
            "retry_timeout": 1,
            "state_path": str(runs.folder / "state"),
        }
        queue: asyncio.Queue[t.Any] = asyncio.Queue()

        async def one_event() -> t.Any:
            task = asyncio.create_task(runpy.run_path(str(source))["main"](queue, arguments))
            event = await asyncio.wait_for(queue.get(), 60)
            task.cancel()
            return event

        event = asyncio.run(one_event())
    assert not obeyed(json.dumps(event, ensure_ascii=False))
    said = [record.getMessage() for record in caplog.records]
    assert sum(ESCAPED in each for each in said) >= 2
    assert not [each for each in said if obeyed(each)]


@pytest.mark.parametrize("mode", ["direct"], indirect=True)
def test_no_name_is_a_path(runs: Runs) -> None:
    name = "../../marked"
    for each in (name, "a"):
        runs.simulator.seed_instance(each, tags={"marked-a": name})
    runs.simulator.seed_ssh_key(name)
    config = Inventory(runs.folder, {**runs.environment, "LAMBDA_REQUEST_INTERVAL": "0.01"})
    config.told(keyed_groups=[{"key": "lambda_tags | map(attribute='value') | first"}], cache=False)
    variables = {
        "ssh_config_present": "{{ account.instances }}",
        "ssh_config_file": str(runs.folder / "home" / "mine.conf"),
    }
    runs.play(
        {"lambdal.cloud.lambda_instance_info": {}, "register": "account"},
        instance(**{**LAUNCH, "name": [f"{name}-new"]}),
        {"lambdal.cloud.lambda_file_system": {"name": name, "region": "us-east-1"}, "ignore_errors": True},
        {"lambdal.cloud.lambda_ssh_key": {"name": name, "state": "absent"}},
        {"ansible.builtin.include_role": {"name": "lambdal.cloud.ssh_config"}, "vars": variables},
        instance(name=[name, f"{name}-new"], state="absent"),
    )
    assert (runs.folder / "home" / "mine.conf").exists()
    for folder in (runs.folder, runs.folder.parent):
        assert not [path for path in folder.rglob("*") if "marked" in path.name]
