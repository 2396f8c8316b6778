# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks that ensure the same names at the same time make each of them once."""

from __future__ import annotations

import collections
import json
import subprocess
import typing as t
from pathlib import Path

import pytest
from support.runner import Modules, ansible, module_environment
from support.simulator import Simulator

PUBLIC = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAaTM9EBVJ7WcVcV5nUJPwJ6gYzJ3nOVkqzQwVvWfJbx"

MACHINE = {"instance_type": "gpu_1x_a10", "region": "us-east-1", "ssh_key": "laptop", "wait_interval": 0.1}

Result = dict[str, t.Any]


def finish(process: subprocess.Popen[str]) -> Result:
    output, errors = process.communicate(timeout=60)
    assert "Traceback" not in output + errors, output + errors
    return t.cast(Result, json.loads(output))


def together(modules: Modules, module: str, *tasks: dict[str, t.Any]) -> list[Result]:
    """What tasks of one module say that run at the same time."""
    processes = [modules.start(module, **task) for task in tasks]
    return [finish(process) for process in processes]


@pytest.fixture
def modules(simulator: Simulator, home: Path, way: str) -> Modules:
    # What happens at the same time is not the same story twice.
    return Modules(simulator, module_environment(home), way)


@pytest.fixture
def slow_lists(simulator: Simulator) -> t.Callable[[str], None]:
    """Makes lists take so long that whoever asks while another does would be told the same."""

    def slow(operation: str) -> None:
        simulator.fault("delay", operation=operation, times=3, seconds=0.7, when="after")

    return slow


def test_machines(simulator: Simulator, modules: Modules, slow_lists: t.Callable[[str], None]) -> None:
    simulator.seed_key("laptop")
    slow_lists("list_instances")
    task = {"name": "train-[1:2]", **MACHINE}
    results = together(modules, "lambda_instance", task, task, task)
    assert sorted(result["changed"] for result in results) == [False, False, True]
    assert set(simulator.live()) == {"train-1", "train-2"}
    assert len({json.dumps([row["id"] for row in result["instances"]]) for result in results}) == 1
    # The one that launches also polls once.
    assert collections.Counter(simulator.operations()) == {"list_instances": 4, "launch": 2}


def test_machines_of_which_only_some_are_the_same(
    simulator: Simulator, modules: Modules, slow_lists: t.Callable[[str], None]
) -> None:
    simulator.seed_key("laptop")
    slow_lists("list_instances")
    names = [["a", "b", "c"], ["d", "c", "b"], ["e"]]
    results = together(modules, "lambda_instance", *({"name": each, **MACHINE} for each in names))
    assert sorted(simulator.live()) == ["a", "b", "c", "d", "e"]
    assert all(result["changed"] for result in results)
    assert simulator.operations().count("launch") == 5


@pytest.mark.parametrize(
    ("module", "listing", "table", "task"),
    [
        ("lambda_ssh_key", "list_ssh_keys", "ssh_keys", {"public_key": PUBLIC}),
        ("lambda_file_system", "list_file_systems", "file_systems", {"region": "us-east-1"}),
        (
            "lambda_firewall_ruleset",
            "list_firewall_rulesets",
            "firewall_rulesets",
            {"region": "us-east-1", "rules": []},
        ),
    ],
)
def test_what_else_has_a_name(
    simulator: Simulator,
    modules: Modules,
    slow_lists: t.Callable[[str], None],
    module: str,
    listing: str,
    table: str,
    task: dict[str, t.Any],
) -> None:
    before = len(simulator.state()[table])
    slow_lists(listing)
    results = together(modules, module, *[{"name": "shared", **task}] * 3)
    assert sorted(result["changed"] for result in results) == [False, False, True]
    assert len(simulator.state()[table]) == before + 1


def test_hosts_of_a_play(
    simulator: Simulator, environment: dict[str, str], slow_lists: t.Callable[[str], None], tmp_path: Path
) -> None:
    simulator.seed_key("laptop")
    slow_lists("list_instances")
    task = {"lambdal.cloud.lambda_instance": {"name": "head", **MACHINE}}
    python = {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    play = {"hosts": "all", "connection": "local", "gather_facts": False, "vars": python, "tasks": [task]}
    (tmp_path / "play.yml").write_text(json.dumps([play]))
    done = ansible(["ansible-playbook", "-i", "a,b,c,", str(tmp_path / "play.yml")], environment)
    assert done.stdout.count("changed=1") == 1
    assert list(simulator.live()) == ["head"]


def launching(simulator: Simulator, modules: Modules, seconds: float) -> subprocess.Popen[str]:
    """A task that has launched a machine, and does not hear of it for so long."""
    simulator.seed_key("laptop")
    simulator.fault("delay", operation="launch", seconds=seconds, when="after")
    process = modules.start("lambda_instance", name="head", **MACHINE)
    while "launch" not in simulator.operations():
        assert process.poll() is None
    return process


def test_who_has_no_time_to_wait_says_whom_it_waited_for(simulator: Simulator, modules: Modules) -> None:
    first = launching(simulator, modules, seconds=3)
    result = modules.run("lambda_instance", name=["head", "other"], wait_timeout=0.5, **MACHINE)
    assert result.failed
    assert "After 0.5 s another task still ensures the instance 'head'. Nothing was done." in result["msg"]
    # What is only tried out, what is something else and what is to go does not wait.
    assert modules.run("lambda_instance", check=True, name="head", wait_timeout=0.5, **MACHINE)["launched"] == []
    assert modules.run("lambda_instance", name="third", **MACHINE).changed
    assert finish(first)["changed"]
    assert set(simulator.live()) == {"head", "third"}


def test_who_dies_holds_nothing(simulator: Simulator, modules: Modules) -> None:
    first = launching(simulator, modules, seconds=30)
    first.kill()
    first.communicate()
    # The launch took effect, and is found.
    assert not modules.run("lambda_instance", name="head", **MACHINE).changed
    assert list(simulator.live()) == ["head"]


def test_another_controller_is_noticed(simulator: Simulator, tmp_path: Path) -> None:
    """No lock reaches another machine, so that both launch. Nobody may call that a success and go."""
    simulator.seed_key("laptop")
    simulator.fault("delay", operation="list_instances", times=2, seconds=1, when="after")
    processes = []
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        modules = Modules(simulator, module_environment(tmp_path / name))
        processes.append(modules.start("lambda_instance", name="head", **MACHINE, wait=name == "here"))
    results = [finish(process) for process in processes]
    state = [row for row in simulator.state()["instances"] if row["status"] == "active"]
    assert [row["name"] for row in state] == ["head", "head"]
    noticed = [result for result in results if result.get("failed")]
    assert noticed
    for result in noticed:
        assert "Another instance named 'head' appeared while this task launched one" in result["msg"]
        assert all(row["id"] in result["msg"] for row in state)
        assert len(result["launched"]) == 1


def test_without_a_folder_for_locks_it_goes_on_with_a_warning(simulator: Simulator, home: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    environment = {**module_environment(home), "XDG_CACHE_HOME": str(tmp_path / "file")}
    result = Modules(simulator, environment).run("lambda_ssh_key", name="laptop", public_key=PUBLIC)
    assert result.changed
    assert "Other tasks that ensure the same names at the same time are not waited for" in result.output
