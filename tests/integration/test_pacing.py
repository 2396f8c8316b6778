# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many processes under one account's rate limit. What is asserted is that nothing fails and what is refused, not how long
it takes; tests/benchmarks measures that."""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.runner import Modules, module_environment
from support.simulator import Simulator, running_simulator


@dataclass(frozen=True)
class Strict:
    """A simulator with the rate limit on, `scale` times as fast as the service, and modules that are paced for it."""

    simulator: Simulator
    modules: Modules
    scale: int

    def pace(self, request_interval: float = 1, launch_interval: float = 12) -> dict[str, t.Any]:
        return {"request_interval": request_interval / self.scale, "launch_interval": launch_interval / self.scale}


@pytest.fixture(params=["process", pytest.param("direct", marks=pytest.mark.slow)])
def module_way(request: pytest.FixtureRequest) -> str:
    """In which way a test runs modules; what they say depends on time, so it is not compared."""
    return str(request.param)


@pytest.fixture
def strict(request: pytest.FixtureRequest, tmp_path: Path, module_way: str) -> t.Iterator[Strict]:
    scale = request.param
    arguments = ["--rate-limit", "--boot-time", "0", "--time-scale", str(scale)]
    with running_simulator(tmp_path, *arguments) as simulator:
        yield Strict(simulator, Modules(simulator, module_environment(tmp_path), module_way), scale)


real_time = pytest.mark.parametrize("strict", [1], indirect=True)
fast = pytest.mark.parametrize("strict", [20], indirect=True)


def check_many(strict: Strict, processes: int) -> None:
    running = [strict.modules.start("lambda_instance_info", **strict.pace()) for _each in range(processes)]
    results = [json.loads(process.communicate()[0]) for process in running]
    assert [result.get("msg") for result in results if result.get("failed")] == []
    answers = [request["status"] for request in strict.simulator.requests()]
    assert answers.count(200) == processes
    # Between a process's turn and its request a busy machine may hold it up; without turns nearly all are refused.
    assert len(answers) - processes <= processes // 5


@real_time
def test_ten_processes_are_not_refused(strict: Strict) -> None:
    check_many(strict, 10)


@pytest.mark.slow
@real_time
def test_fifty_processes_are_not_refused(strict: Strict) -> None:
    check_many(strict, 50)


@fast
def test_sixteen_machines_are_launched_without_a_refusal(strict: Strict) -> None:
    strict.simulator.seed_key("laptop")
    done = strict.modules.run(
        "lambda_instance",
        name=["m-[01:16]"],
        instance_type=["gpu_1x_a10"],
        region=["us-east-1"],
        ssh_key="laptop",
        wait_interval=1,
        # A twentieth of a second is little more than a busy machine's jitter, so half as much again is kept.
        **strict.pace(launch_interval=18, request_interval=3),
    )
    assert not done.failed
    assert strict.simulator.operations() == ["list_instances", *["launch"] * 16, "list_instances"]
    assert {request["status"] for request in strict.simulator.requests()} == {200}


@real_time
def test_whoever_is_not_paced_is_refused_and_gets_through_all_the_same(strict: Strict) -> None:
    running = [strict.modules.start("lambda_instance_info") for _each in range(5)]
    assert not [1 for process in running if json.loads(process.communicate()[0]).get("failed")]
    assert {request["status"] for request in strict.simulator.requests()} == {200, 429}


def test_a_turn_beyond_the_deadline_fails_the_task_and_launches_nothing(simulator: Simulator, modules: Modules) -> None:
    # A simulator without limits: a refused launch would take a turn as well.
    simulator.seed_key("laptop")
    machine = {"instance_type": ["gpu_1x_a10"], "region": ["us-east-1"], "ssh_key": "laptop", "wait_interval": 0.2}
    done = modules.run("lambda_instance", name=["a", "b"], wait_timeout=5, launch_interval=60, **machine)
    assert done.failed
    assert re.search(r"next free turn is (60|5\d) s away", done["msg"])
    assert list(simulator.live()) == ["a"]
    assert done["launched"][0]["id"] in done["msg"]
