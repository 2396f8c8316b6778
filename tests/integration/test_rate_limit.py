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
from lambda_cloud_simulator.testing import Simulator, running_simulator
from support.runner import Modules, module_environment
from support.samples import INSTANCE


@dataclass(frozen=True)
class Strict:
    """A simulator with the rate limit on, `scale` times as fast as the service, and modules with intervals for it."""

    simulator: Simulator
    modules: Modules
    scale: int

    def intervals(self) -> dict[str, t.Any]:
        return {"request_interval": 1 / self.scale, "launch_interval": 12 / self.scale}


@pytest.fixture(params=["process", pytest.param("direct", marks=pytest.mark.slow)])
def module_mode(request: pytest.FixtureRequest) -> str:
    """Return the mode in which a test runs modules; what they say depends on time, so it is not compared."""
    return str(request.param)


@pytest.fixture
def strict(request: pytest.FixtureRequest, tmp_path: Path, module_mode: str) -> t.Iterator[Strict]:
    scale = request.param
    arguments = ["--rate-limit", "strict", "--latency", "30:50", "--boot-time", "0", "--time-scale", str(scale)]
    with running_simulator(*arguments, folder=tmp_path) as simulator:
        yield Strict(simulator, Modules(simulator, module_environment(tmp_path), module_mode), scale)


real_time = pytest.mark.parametrize("strict", [1], indirect=True)
fast = pytest.mark.parametrize("strict", [20], indirect=True)


def check_many(strict: Strict, processes: int) -> list[int]:
    running = [strict.modules.start("lambda_instance_info", **strict.intervals()) for _each in range(processes)]
    results = [json.loads(process.communicate()[0]) for process in running]
    assert [result.get("msg") for result in results if result.get("failed")] == []
    statuses = [request["status"] for request in strict.simulator.requests()]
    print(f"{statuses.count(429)} of {len(statuses)} requests were refused")
    assert statuses.count(200) == processes
    return statuses


@real_time
def test_ten_processes_are_not_refused(strict: Strict) -> None:
    assert check_many(strict, 10) == [200] * 10


@pytest.mark.slow
@real_time
def test_fifty_processes_get_through(strict: Strict) -> None:
    # That none is refused holds in the simulated time of test_pacing.py; a busy system may hold one up on its way.
    check_many(strict, 50)


@fast
def test_sixteen_instances_are_launched_without_a_refusal(strict: Strict) -> None:
    strict.simulator.seed_ssh_key("laptop")
    done = strict.modules.run(
        "lambda_instance",
        name=["m-[01:16]"],
        instance_type=["gpu_1x_a10"],
        region=["us-east-1"],
        ssh_key="laptop",
        wait_interval=1,
        **strict.intervals(),
    )
    assert not done.failed
    assert strict.simulator.operations() == ["list_instances", *["launch"] * 16, "list_instances"]
    assert {request["status"] for request in strict.simulator.requests()} == {200}


@real_time
def test_whoever_is_not_paced_is_refused_and_gets_through_all_the_same(strict: Strict) -> None:
    running = [strict.modules.start("lambda_instance_info") for _each in range(5)]
    assert not [1 for process in running if json.loads(process.communicate()[0]).get("failed")]
    assert {request["status"] for request in strict.simulator.requests()} == {200, 429}


def test_a_slot_beyond_the_deadline_fails_the_task_and_launches_nothing(simulator: Simulator, modules: Modules) -> None:
    # A simulator without limits: a refused launch would take a slot as well.
    simulator.seed_ssh_key("laptop")
    options = {**INSTANCE, "wait_interval": 0.2}
    done = modules.run("lambda_instance", name=["a", "b"], wait_timeout=5, launch_interval=60, **options)
    assert done.failed
    assert re.search(r"next free slot is (60|5\d) s away", done["msg"])
    assert list(simulator.live()) == ["a"]
    assert done["launched"][0]["id"] in done["msg"]
