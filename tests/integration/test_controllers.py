# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Controllers that share nothing launch the same name: one instance stays, and each ends only what it launched."""

from __future__ import annotations

import json
import subprocess
import time
import typing as t
from pathlib import Path

import pytest
from lambda_cloud_simulator.testing import Simulator
from support.runner import Modules, module_environment
from support.samples import LAUNCH

# Launch tags that come before and after any that a task makes
FIRST, LAST = "0" * 31 + "-", "g" * 32


def controller(simulator: Simulator, folder: Path, name: str) -> Modules:
    """Return the modules of a controller with a home of its own."""
    (folder / name).mkdir(exist_ok=True)
    return Modules(simulator, module_environment(folder / name))


def launched_by_another(simulator: Simulator, tag: str | None, **fields: t.Any) -> str:
    """Add an instance as another controller's task launches it, which has ended or been killed since."""
    tags = {"lambdal-cloud-launch": tag} if tag else {}
    return simulator.seed_instance("head", ssh_key_names=["laptop"], tags=tags, **fields)


def waiting(simulator: Simulator, modules: Modules, **options: t.Any) -> tuple[subprocess.Popen[str], str]:
    """Start a task that has launched an instance and waits for it, and return it with the ID of the instance."""
    simulator.seed_ssh_key("laptop")
    simulator.add_fate("never-boots", "head")
    process = modules.start("lambda_instance", name="head", **{**LAUNCH, **options})
    while "launch" not in simulator.operations() or simulator.operations()[-1] != "list_instances":
        assert process.poll() is None
        time.sleep(0.01)
    return process, simulator.live()["head"]["id"]


def finish(process: subprocess.Popen[str]) -> dict[str, t.Any]:
    output, errors = process.communicate(timeout=120)
    assert "Traceback" not in output + errors, output + errors
    return t.cast("dict[str, t.Any]", json.loads(output))


def terminated_ids(simulator: Simulator) -> list[str]:
    bodies = [each["body"] for each in simulator.requests() if each["operation"] == "terminate"]
    return [instance_id for body in bodies for instance_id in body["instance_ids"]]


def live_ids(simulator: Simulator) -> set[str]:
    return {row["id"] for row in simulator.state()["instances"] if row["status"] in ("booting", "active")}


@pytest.mark.parametrize("wait", [True, False])
def test_two_at_the_same_moment(simulator: Simulator, tmp_path: Path, wait: bool) -> None:
    simulator.seed_ssh_key("laptop")
    bystander = simulator.seed_instance("bystander")
    # Both look before either launches, and are told that they may launch.
    simulator.add_fault("together", operation="list_instances", times=2, when="after")
    options = {**LAUNCH, "wait": wait, "outcome_timeout": 2}
    tasks = [
        controller(simulator, tmp_path, name).start("lambda_instance", name="head", **options)
        for name in ("here", "there")
    ]
    results = [finish(task) for task in tasks]
    assert not [result["msg"] for result in results if result.get("failed")]
    stays = simulator.live()["head"]["id"]
    assert live_ids(simulator) == {bystander, stays}
    launched = {row["id"] for result in results for row in result["launched"]}
    assert stays in launched
    assert set(terminated_ids(simulator)) == launched - {stays}
    # Whoever saw both names the one that stays. One that had ended before still does, since it is its own.
    assert [[row["id"] for row in result["instances"]] for result in results] == [[stays], [stays]]


@pytest.mark.parametrize("tag", [FIRST, LAST], ids=["the other stays by its tag", "the other's launcher has ended"])
def test_a_task_goes_on_with_the_one_that_stays(simulator: Simulator, tmp_path: Path, tag: str) -> None:
    process, own = waiting(simulator, controller(simulator, tmp_path, "here"))
    other = launched_by_another(simulator, tag)
    result = finish(process)
    assert live_ids(simulator) == {other}
    assert terminated_ids(simulator) == [own]
    assert not result.get("failed"), result
    assert [row["id"] for row in result["instances"]] == [other]
    assert [row["id"] for row in result["launched"]] == [row["id"] for row in result["terminated"]] == [own]
    assert result["hourly_cost_cents"] == {"before": 0, "after": 75}
    assert f"the one that this task launched was terminated ({own})" in str(result["warnings"])
    # Right before it terminated its own, it looked once more.
    operations = simulator.operations()
    assert operations[: operations.index("terminate")][-2:] == ["list_instances", "list_instances"]


def test_the_one_that_stays_has_to_fit(simulator: Simulator, tmp_path: Path) -> None:
    process, own = waiting(simulator, controller(simulator, tmp_path, "here"))
    other = launched_by_another(simulator, FIRST, instance_type="gpu_1x_a100")
    result = finish(process)
    assert result["failed"]
    assert "instance_type is gpu_1x_a100, not gpu_1x_a10" in result["msg"]
    assert live_ids(simulator) == {other}
    assert terminated_ids(simulator) == [own]


@pytest.mark.parametrize("version", ["1.10.0", "1.5.3"])
def test_what_no_launcher_can_end_is_left_to_the_user(
    simulator: Simulator, oldest: Simulator, tmp_path: Path, version: str
) -> None:
    """An instance without a launch tag is somebody's own, and version 1.5.3 shows no tags."""
    cloud = oldest if version == "1.5.3" else simulator
    process, own = waiting(cloud, controller(cloud, tmp_path, "here"))
    other = launched_by_another(cloud, None)
    result = finish(process)
    assert result["failed"]
    assert "Another instance named 'head' appeared while this task launched one" in result["msg"]
    assert own in result["msg"]
    assert other in result["msg"]
    assert live_ids(cloud) == {own, other}
    assert terminated_ids(cloud) == []


def test_the_next_run_ends_what_a_killed_task_left(simulator: Simulator, tmp_path: Path) -> None:
    process, own = waiting(simulator, controller(simulator, tmp_path, "here"))
    process.kill()
    process.communicate()
    other = launched_by_another(simulator, FIRST)
    # Neither is of this controller, which waits for a while and then touches neither.
    there = controller(simulator, tmp_path, "there").run("lambda_instance", name="head", **LAUNCH)
    assert there.failed
    assert "2 live instances are named 'head'" in there["msg"]
    assert terminated_ids(simulator) == []
    simulator.forget_requests()
    again = controller(simulator, tmp_path, "here").run("lambda_instance", name="head", **LAUNCH)
    assert [row["id"] for row in again["instances"]] == [other]
    assert [row["id"] for row in again["terminated"]] == [own]
    assert live_ids(simulator) == {other}
    looks = ["list_instances"] * 3
    assert simulator.operations() == [*looks, "terminate", "list_instances", "list_instances"]


def test_a_killed_replacement_is_not_taken_for_a_second_launch(simulator: Simulator, tmp_path: Path) -> None:
    """With launch_first, two of one name are meant until the old one goes."""
    old = launched_by_another(simulator, LAST, instance_type="gpu_1x_a100")
    replacing = {"on_drift": "replace", "replace_order": "launch_first"}
    simulator.seed_ssh_key("laptop")
    simulator.add_fate("never-boots", "head")
    here = controller(simulator, tmp_path, "here")
    process = here.start("lambda_instance", name="head", **LAUNCH, **replacing)
    while "launch" not in simulator.operations():
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.communicate()
    both = live_ids(simulator)
    result = here.run("lambda_instance", name="head", **LAUNCH, **replacing)
    assert result.failed
    assert "2 live instances are named 'head'" in result["msg"]
    assert live_ids(simulator) == both > {old}
