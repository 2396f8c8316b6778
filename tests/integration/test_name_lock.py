# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks that ensure the same names at the same time make each of them once."""

from __future__ import annotations

import collections
import json
import subprocess
import time
import typing as t
from pathlib import Path

import pytest
from lambda_cloud_simulator.testing import Simulator
from support.runner import Modules, ansible, module_environment
from support.samples import INSTANCE, PUBLIC_KEY

OPTIONS = {**INSTANCE, "wait_interval": 0.1}

Result = dict[str, t.Any]


def finish(process: subprocess.Popen[str]) -> Result:
    output, errors = process.communicate(timeout=60)
    assert "Traceback" not in output + errors, output + errors
    return t.cast(Result, json.loads(output))


def together(modules: Modules, module: str, *tasks: dict[str, t.Any]) -> list[Result]:
    """Return the results of tasks of one module that run at the same time."""
    processes = [modules.start(module, **task) for task in tasks]
    return [finish(process) for process in processes]


@pytest.fixture
def modules(simulator: Simulator, home: Path, mode: str) -> Modules:
    # What happens at the same time is not the same story twice.
    return Modules(simulator, module_environment(home), mode)


@pytest.fixture
def slow_lists(simulator: Simulator) -> t.Callable[[str], None]:
    """Return a function that makes a list so slow that tasks which ask at the same time get the same answer."""

    def slow(operation: str) -> None:
        simulator.add_fault("delay", operation=operation, times=3, seconds=0.7, when="after")

    return slow


def test_instances(simulator: Simulator, modules: Modules, slow_lists: t.Callable[[str], None]) -> None:
    simulator.seed_ssh_key("laptop")
    slow_lists("list_instances")
    task = {"name": "train-[1:2]", **OPTIONS}
    results = together(modules, "lambda_instance", task, task, task)
    assert sorted(result["changed"] for result in results) == [False, False, True]
    assert set(simulator.live()) == {"train-1", "train-2"}
    assert len({json.dumps([row["id"] for row in result["instances"]]) for result in results}) == 1
    # The one that launches also polls once.
    assert collections.Counter(simulator.operations()) == {"list_instances": 4, "launch": 2}


def test_instances_of_which_only_some_are_the_same(
    simulator: Simulator, modules: Modules, slow_lists: t.Callable[[str], None]
) -> None:
    simulator.seed_ssh_key("laptop")
    slow_lists("list_instances")
    names = [["a", "b", "c"], ["d", "c", "b"], ["e"]]
    results = together(modules, "lambda_instance", *({"name": each, **OPTIONS} for each in names))
    assert sorted(simulator.live()) == ["a", "b", "c", "d", "e"]
    assert all(result["changed"] for result in results)
    assert simulator.operations().count("launch") == 5


@pytest.mark.parametrize(
    ("module", "listing", "table", "task"),
    [
        ("lambda_ssh_key", "list_ssh_keys", "ssh_keys", {"public_key": PUBLIC_KEY}),
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
    simulator.seed_ssh_key("laptop")
    slow_lists("list_instances")
    task = {"lambdal.cloud.lambda_instance": {"name": "head", **OPTIONS}}
    python = {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    play = {"hosts": "all", "connection": "local", "gather_facts": False, "vars": python, "tasks": [task]}
    (tmp_path / "play.yml").write_text(json.dumps([play]))
    done = ansible(["ansible-playbook", "-i", "a,b,c,", str(tmp_path / "play.yml")], environment)
    assert done.stdout.count("changed=1") == 1
    assert list(simulator.live()) == ["head"]


def launching(simulator: Simulator, modules: Modules) -> subprocess.Popen[str]:
    """Start a task that has launched an instance, and does not hear of it until faults are cleared."""
    simulator.seed_ssh_key("laptop")
    simulator.add_fault("hold", operation="launch", when="after")
    process = modules.start("lambda_instance", name="head", **OPTIONS)
    while not simulator.live():
        assert process.poll() is None
        time.sleep(0.02)
    return process


def test_who_has_no_time_to_wait_says_whom_it_waited_for(simulator: Simulator, modules: Modules) -> None:
    first = launching(simulator, modules)
    result = modules.run("lambda_instance", name=["head", "other"], wait_timeout=0.5, **OPTIONS)
    assert result.failed
    assert "After 0.5 s, another task is still ensuring the instance 'head'. Nothing was changed." in result["msg"]
    # What is only tried out, what is something else and what is to go does not wait.
    assert modules.run("lambda_instance", check=True, name="head", wait_timeout=0.5, **OPTIONS)["launched"] == []
    assert modules.run("lambda_instance", name="third", **OPTIONS).changed
    simulator.clear_faults()
    assert finish(first)["changed"]
    assert set(simulator.live()) == {"head", "third"}


def test_who_dies_holds_nothing(simulator: Simulator, modules: Modules) -> None:
    first = launching(simulator, modules)
    first.kill()
    first.communicate()
    # The launch took effect, and is found.
    assert not modules.run("lambda_instance", name="head", **OPTIONS).changed
    assert list(simulator.live()) == ["head"]


def test_without_a_folder_for_locks_it_goes_on_with_a_warning(simulator: Simulator, home: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    environment = {**module_environment(home), "XDG_CACHE_HOME": str(tmp_path / "file")}
    result = Modules(simulator, environment).run("lambda_ssh_key", name="laptop", public_key=PUBLIC_KEY)
    assert result.changed
    assert "Could not lock the names against other tasks that ensure the same ones at the same time" in result.output
