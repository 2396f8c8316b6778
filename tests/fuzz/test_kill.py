# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A task killed at any moment: the next one finishes the work, and launches nothing twice."""

from __future__ import annotations

import random
import time
import typing as t
from pathlib import Path

import pytest
from lambda_cloud_simulator.testing import Simulator, running_simulator
from support.runner import Modules, module_environment
from support.samples import INSTANCE

RUNS = 30

OPTIONS: dict[str, t.Any] = {"name": ["m-[1:8]"], **INSTANCE, "wait_interval": 0.05}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Simulator]:
    with running_simulator(
        "--boot-time", "100", "--time-scale", "1000", folder=tmp_path_factory.mktemp("kill")
    ) as simulator:
        yield simulator


@pytest.mark.parametrize("seed", range(RUNS))
def test_a_killed_task_leaves_no_duplicate(cloud: Simulator, tmp_path: Path, seed: int) -> None:
    cloud.reset()
    cloud.seed_ssh_key("laptop")
    modules = Modules(cloud, module_environment(tmp_path))
    chance = random.Random(seed)
    # Every answer takes its time, so that most kills strike between a request and its answer.
    cloud.add_fault("delay", times=40, seconds=0.05, when=chance.choice(["before", "after"]))
    state = chance.choice(["present", "present", "absent"])
    if state == "absent":
        for number in range(1, 9):
            cloud.seed_instance(f"m-{number}")
    process = modules.start("lambda_instance", **{**OPTIONS, "state": state})
    time.sleep(chance.uniform(0.2, 1.2))
    process.kill()
    process.wait()
    cloud.clear_faults()
    done = modules.run("lambda_instance", **{**OPTIONS, "state": state})
    assert not done.failed, f"seed {seed}: {done['msg']}"
    assert sorted(cloud.live()) == ([f"m-{number}" for number in range(1, 9)] if state == "present" else [])
