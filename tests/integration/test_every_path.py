# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task promises holds on every path: without waiting, while another task works, for absent and restarted."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from lambda_cloud_simulator.testing import Simulator
from support.runner import Modules, module_environment
from support.samples import INSTANCE

# Lists lag by 500 simulated seconds, which are half a second.
OPTIONS = {**INSTANCE, "wait_interval": 0.05, "outcome_timeout": 5}


@pytest.fixture
def modules(simulator: Simulator, home: Path, mode: str) -> Modules:
    # What happens at the same time is not the same story twice.
    return Modules(simulator, module_environment(home), mode)


@pytest.fixture(autouse=True)
def _laptop(simulator: Simulator) -> None:
    simulator.seed_ssh_key("laptop")


def test_a_launch_that_nobody_waits_for_is_not_repeated_while_lists_lag(simulator: Simulator, modules: Modules) -> None:
    simulator.add_fate("late-listing", times=2, after=500)
    first = modules.run("lambda_instance", name=["a"], wait=False, **OPTIONS)
    second = modules.run("lambda_instance", name=["a"], wait=False, **OPTIONS)
    assert (first.changed, second.changed) == (True, False)
    assert simulator.operations().count("launch") == 1
    assert first["instances"][0]["id"] == second["instances"][0]["id"] == simulator.live()["a"]["id"]


def test_what_was_just_launched_is_terminated_although_lists_lag(simulator: Simulator, modules: Modules) -> None:
    simulator.add_fate("late-listing", after=500)
    modules.run("lambda_instance", name=["a"], wait=False, **OPTIONS)
    assert modules.run("lambda_instance", name=["a"], state="absent", wait=False).changed
    assert simulator.live() == {}


def test_a_launch_that_failed_half_way_is_listed_before_the_next_task(simulator: Simulator, modules: Modules) -> None:
    simulator.set_capacity(gpu_1x_a10={"us-east-1": 1})
    simulator.add_fate("late-listing", name="a", after=500)
    failed = modules.run("lambda_instance", name=["a", "b"], **OPTIONS)
    assert failed.failed
    again = modules.run("lambda_instance", name=["a"], **OPTIONS)
    assert not again.changed
    assert simulator.operations().count("launch") == 2  # the second was refused


@pytest.mark.parametrize("state", ["absent", "restarted"])
def test_a_task_waits_for_the_one_that_launches_the_same_name(
    simulator: Simulator, modules: Modules, state: str
) -> None:
    simulator.set_capacity(gpu_1x_a10={"us-east-1": 0})
    launching = modules.start("lambda_instance", name=["a"], capacity_timeout=60, **OPTIONS)
    until = time.monotonic() + 60
    while "list_instance_types" not in simulator.operations():
        assert time.monotonic() < until
        time.sleep(0.01)
    other = modules.start("lambda_instance", name=["a"], state=state, wait_interval=0.05)
    simulator.set_capacity(gpu_1x_a10={"us-east-1": 1})
    launched = json.loads(launching.communicate()[0])
    done = json.loads(other.communicate()[0])
    assert launched["changed"]
    assert done["changed"], "it looked before the other task had launched"
    assert list(simulator.live()) == ([] if state == "absent" else ["a"])


def test_a_replacement_that_nobody_waits_for_has_a_deadline(simulator: Simulator, modules: Modules) -> None:
    simulator.seed_instance("a", instance_type="gpu_1x_a6000", ssh_key_names=["laptop"])
    # Terminating takes minutes of simulated time; the task gives it a tenth of a second.
    done = modules.run(
        "lambda_instance", name=["a"], wait=False, on_drift="replace", **{**OPTIONS, "wait_timeout": 0.01}
    )
    assert done.failed
    assert "0.01 s" in done["msg"]
