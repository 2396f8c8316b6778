# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many processes under one account's rate limit. What is asserted is that nothing fails or is refused, not how long it takes;
tests/benchmarks measures that."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from support.runner import Modules, module_environment
from support.simulator import Simulator, running_simulator

# Simulated seconds in a real one: the service's intervals of 1 and 12 seconds pass as much faster.
SCALE = 5
PACE: dict[str, t.Any] = {"request_interval": 1 / SCALE, "launch_interval": 12 / SCALE}


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Simulator]:
    with running_simulator(
        tmp_path_factory.mktemp("strict"), "--rate-limit", "--boot-time", "0", "--time-scale", str(SCALE)
    ) as simulator:
        yield simulator


@pytest.fixture
def paced(strict: Simulator, tmp_path: Path) -> Modules:
    strict.reset()
    return Modules(strict, module_environment(tmp_path))


def test_fifty_processes_are_never_refused(strict: Simulator, paced: Modules) -> None:
    running = [paced.start("lambda_instance_info", **PACE) for _ in range(50)]
    results = [json.loads(process.communicate()[0]) for process in running]
    assert [result.get("msg") for result in results if result.get("failed")] == []
    assert [request["status"] for request in strict.requests()] == [200] * 50


def test_sixteen_machines_are_launched_without_a_refusal(strict: Simulator, paced: Modules) -> None:
    strict.seed_key("laptop")
    done = paced.run(
        "lambda_instance",
        name=["m-[01:16]"],
        instance_type=["gpu_1x_a10"],
        region=["us-east-1"],
        ssh_key="laptop",
        wait_interval=1,
        **PACE,
    )
    assert not done.failed
    assert strict.operations() == ["list_instances", *["launch"] * 16, "list_instances"]
    assert {request["status"] for request in strict.requests()} == {200}


def test_whoever_is_not_paced_is_refused_and_gets_through_all_the_same(strict: Simulator, paced: Modules) -> None:
    running = [paced.start("lambda_instance_info") for _ in range(5)]
    assert not [1 for process in running if json.loads(process.communicate()[0]).get("failed")]
    assert {request["status"] for request in strict.requests()} == {200, 429}


def test_a_turn_beyond_the_deadline_fails_the_task_and_launches_nothing(strict: Simulator, paced: Modules) -> None:
    strict.seed_key("laptop")
    machine = {"instance_type": ["gpu_1x_a10"], "region": ["us-east-1"], "ssh_key": "laptop", "wait_interval": 0.2}
    done = paced.run("lambda_instance", name=["a", "b"], wait_timeout=2, **machine, **{**PACE, "launch_interval": 60})
    assert done.failed
    assert "next free turn is 60 s away" in done["msg"]
    assert list(strict.live()) == ["a"]
    assert done["launched"][0]["id"] in done["msg"]
