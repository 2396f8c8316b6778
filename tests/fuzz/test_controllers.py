# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two to five controllers with homes of their own launch the same names, while requests fail, lists lag and tasks are killed.

When all have ended, no name has two instances whose tasks came to their end. When each killed one has run again, and one in
any case, there is one instance a name, and nothing of anybody else was terminated. The seeds are those from LAMBDA_FUZZ_SEED
(0) on, LAMBDA_CONTROLLER_RUNS (12) of them.
"""

from __future__ import annotations

import collections
import json
import multiprocessing
import os
import random
import time
import typing as t
from pathlib import Path

import pytest
from ansible_collections.lambdal.cloud.plugins.module_utils._client.account_file import AccountFile
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import LambdaCloudError
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.context import InstanceContext
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.pending import PendingLaunches
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.present import ensure_present
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.report import InstanceReport
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.spec import InstanceSpec, Policy
from fuzz.fast_client import SCALE, Trouble, open_api, run_no_command, waits
from lambda_cloud_simulator.testing import API_KEY, Simulator, running_simulator

FIRST = int(os.environ.get("LAMBDA_FUZZ_SEED", "0"))
RUNS = int(os.environ.get("LAMBDA_CONTROLLER_RUNS", "12"))
BLOCKS = 2

NAMES = ["m-1", "m-2"]
TYPES = ["gpu_1x_a10", "gpu_1x_a100_sxm4"]
# Seconds of the client. The simulator's clock runs at ten times that.
LONGEST_LAG = 20.0
BOOT = 40.0
# Real seconds in which a launch that was sent arrives, also on a busy machine. Whoever sent it may be gone by then.
IN_FLIGHT = 3.0

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Simulator]:
    arguments = ["--boot-time", f"{BOOT * 10:g}", "--time-scale", f"{SCALE * 10:g}"]
    with running_simulator(*arguments, folder=tmp_path_factory.mktemp("controllers")) as simulator:
        yield simulator


class Notes(PendingLaunches):
    """The notes of a controller, with a list of all instances that it ever knew for its own."""

    def __init__(self, home: Path, api_url: str) -> None:
        super().__init__(AccountFile("launches", API_KEY, api_url, str(home / "state")), IN_FLIGHT)
        self._ids = home / "ids"

    def identify(self, launch_id: str, instance_id: str) -> None:
        with self._ids.open("a") as file:
            file.write(f"{instance_id}\n")
        super().identify(launch_id, instance_id)


class Controller:
    """A controller with a home of its own, which runs one task at a time in a process that can be killed."""

    def __init__(self, cloud: Simulator, home: Path, chance: random.Random) -> None:
        self._cloud = cloud
        self._home = home
        home.mkdir()
        self.names = chance.sample(NAMES, chance.randint(1, len(NAMES)))
        self.type = TYPES[chance.random() < 0.15]
        self.wait = chance.random() < 0.8
        self.killed = False
        self._result = home / "result"
        self.terminated: set[str] = set()

    def start(self, pause: float = 0.0) -> None:
        self._result.unlink(missing_ok=True)
        self._process = multiprocessing.get_context("fork").Process(target=self._run, args=(pause,))
        self._process.start()

    def kill(self) -> None:
        self._process.kill()
        self._process.join()
        self.killed = not self._result.exists()

    def result(self) -> dict[str, t.Any]:
        """Wait for the end, and return `launched`, `terminated` and `error`."""
        self._process.join()
        if not self._result.exists():
            return {"launched": [], "terminated": [], "error": "killed"}
        result = t.cast("dict[str, t.Any]", json.loads(self._result.read_text()))
        self.terminated.update(result["terminated"])
        return result

    def launched(self) -> set[str]:
        """Return the IDs of all instances that its tasks launched, as far as they came to know."""
        path = self._home / "ids"
        return set(path.read_text().split()) if path.exists() else set()

    def _run(self, pause: float) -> None:
        time.sleep(pause)
        report = InstanceReport(lambda warning: None)
        error = None
        context = InstanceContext(
            open_api(self._cloud),
            waits(),
            check_mode=False,
            run_command=run_no_command,
            report=report,
            wait=self.wait,
            policy=Policy(on_drift="warn"),
            pending=Notes(self._home, self._cloud.api_url),
        )
        specs = [InstanceSpec(name, (self.type,), "laptop", ("us-east-1",)) for name in self.names]
        try:
            ensure_present(context, specs)
        except LambdaCloudError as failure:
            error = str(failure)
        result = report.result(show_jupyter=False)
        done: dict[str, t.Any] = {key: [row["id"] for row in result[key]] for key in ("launched", "terminated")}
        unfinished = self._result.with_suffix(".new")
        unfinished.write_text(json.dumps({**done, "error": error}))
        unfinished.rename(self._result)


@pytest.mark.parametrize("block", range(BLOCKS))
def test_controllers_under_fire(cloud: Simulator, tmp_path: Path, block: int) -> None:
    collided = [run(cloud, tmp_path / str(seed), seed) for seed in range(FIRST + block, FIRST + RUNS, BLOCKS)]
    print(f"In {sum(collided)} of {len(collided)} runs, a controller gave way to another.")


def run(cloud: Simulator, folder: Path, seed: int) -> bool:
    """Run some controllers at once, and then again those that were killed. Returns whether any terminated its own."""
    folder.mkdir()
    cloud.reset()
    cloud.seed_ssh_key("laptop")
    cloud.set_capacity(**{name: {"us-east-1": 50} for name in TYPES})
    trouble = Trouble(seed)
    chance = trouble.random
    foreign = {cloud.seed_instance("bystander"), cloud.seed_instance("theirs", tags={"lambdal-cloud-launch": "0"})}
    if chance.random() < 0.7:
        # Also so long that one is listed after another that was launched later
        for _each in range(3):
            cloud.add_fate("late-listing", after=chance.uniform(0, LONGEST_LAG * 10))
    faults = trouble.order(cloud, ["list_instances", "launch", "terminate"], 3) if chance.random() < 0.6 else []
    controllers = [Controller(cloud, folder / f"home-{number}", chance) for number in range(chance.randint(2, 5))]
    for each in controllers:
        each.start(pause=chance.uniform(0, 0.15))
    for each in controllers:
        if chance.random() < 0.2:
            time.sleep(chance.uniform(0, 0.2))
            each.kill()
    results = [each.result() for each in controllers]
    story = [
        (each.names, each.type, each.wait, each.killed, result)
        for each, result in zip(controllers, results, strict=True)
    ]
    said = f"seed {seed}: {story}; {faults}"
    cloud.clear_faults()
    cloud.clear_fates()
    # Nothing is on its way any more, and all that there is is listed.
    killed = [each for each in controllers if each.killed]
    time.sleep(LONGEST_LAG / SCALE + (0.5 if killed else 0))

    doubled = [name for name, count in names_of(cloud).items() if count > 1]
    all_wait = all(each.wait for each in controllers)
    if all_wait and not any(result["error"] for result in results):
        assert not doubled, said
    for each in controllers if doubled else (killed or controllers[:1]):
        each.names, each.wait = NAMES, True
        each.start()
        results.append(each.result())
    said = f"{said}; again: {results[len(controllers) :]}"
    there = names_of(cloud)
    if all_wait or max(there.values()) == 1:
        assert results[-1]["error"] is None, said
        assert there == dict.fromkeys(NAMES, 1), said
    else:
        # What tasks that did not wait have seen through is nobody's to terminate.
        assert "live instances are named" in results[-1]["error"], said
    assert foreign <= {row["id"] for row in cloud.state()["instances"] if row["status"] == "active"}, said
    for each in controllers:
        others = set().union(*(other.launched() for other in controllers if other is not each))
        assert not each.terminated & others, said
    return any(each.terminated for each in controllers)


def names_of(cloud: Simulator) -> collections.Counter[str]:
    """Count the live instances of each name."""
    live = [row["name"] for row in cloud.state()["instances"] if row["status"] in ("booting", "active")]
    return collections.Counter(name for name in live if name in NAMES)
