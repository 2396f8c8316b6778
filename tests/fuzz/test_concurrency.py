# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks of one user at once, killed at any moment, while requests fail, lists lag and somebody renames instances.

Whatever happens, no name is launched twice, every ID is known to somebody, no private half of a key is lost, and nothing of
anybody else is touched. The seeds are those from LAMBDA_FUZZ_SEED (0) on, LAMBDA_CONCURRENCY_RUNS (60) of them.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import random
import time
import typing as t
from pathlib import Path

import pytest
from ansible_collections.lambdal.cloud.plugins.module_utils._client.account_file import AccountFile
from ansible_collections.lambdal.cloud.plugins.module_utils._context import Context
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import LambdaCloudError
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.context import InstanceContext
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.pending import PendingLaunches
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.present import ensure_present
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.report import InstanceReport
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.spec import InstanceSpec, Policy
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.terminate import ensure_absent
from ansible_collections.lambdal.cloud.plugins.module_utils._module.name_lock import NameLock
from ansible_collections.lambdal.cloud.plugins.module_utils._resources.firewall_rule import Rule
from ansible_collections.lambdal.cloud.plugins.module_utils._resources.firewall_ruleset import (
    FirewallRulesetSpec,
    FirewallRulesetType,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._resources.key_pair import read_public_half
from ansible_collections.lambdal.cloud.plugins.module_utils._resources.public_key import parse_public_key
from ansible_collections.lambdal.cloud.plugins.module_utils._resources.ssh_key import SshKeySpec, SshKeyType
from fuzz.fast_client import SCALE, Trouble, open_api, run_no_command, waits
from lambda_cloud_simulator.testing import API_KEY, Simulator, SimulatorError, running_simulator

FIRST = int(os.environ.get("LAMBDA_FUZZ_SEED", "0"))
RUNS = int(os.environ.get("LAMBDA_CONCURRENCY_RUNS", "60"))
BLOCKS = 4

NAMES = ["m-1", "m-2", "m-3"]
TYPES = ["gpu_1x_a10", "gpu_1x_a100_sxm4"]
RULES = [Rule("tcp", (22, 22), "0.0.0.0/0"), Rule("tcp", (8080, 8080), "192.0.2.0/24")]
# Seconds of the client for which a launch may stay out of the list; less than outcome_timeout, as is promised.
LONGEST_LAG = 20.0
# Real seconds in which a launch that was sent arrives, also on a busy machine. Whoever sent it may be gone by then.
IN_FLIGHT = 3.0

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Simulator]:
    arguments = ["--boot-time", "30", "--time-scale", "1000"]
    with running_simulator(*arguments, folder=tmp_path_factory.mktemp("concurrency")) as simulator:
        yield simulator


class Task:
    """A task in a process of its own, which writes its result when it has ended, and can be killed before."""

    def __init__(self, cloud: Simulator, folder: Path, number: int, job: dict[str, t.Any]) -> None:
        self.job = job
        self.killed = False
        self._cloud = cloud
        self._folder = folder
        self._path = folder / f"result-{number}"
        self._process = multiprocessing.get_context("fork").Process(target=self._run)
        self._process.start()

    def kill(self) -> None:
        self._process.kill()
        self._process.join()
        self.killed = not self._path.exists()

    def result(self) -> dict[str, t.Any]:
        """Wait for the end, and return `launched` and `error`."""
        self._process.join()
        return t.cast("dict[str, t.Any]", json.loads(self._path.read_text())) if self._path.exists() else {}

    def _run(self) -> None:
        report = InstanceReport(lambda warning: None)
        error = None
        try:
            self._do(report)
        except LambdaCloudError as failure:
            error = str(failure)
        result = {"launched": report.launched_ids(), "error": error, "note": report.billing_note()}
        unfinished = self._path.with_suffix(".new")
        unfinished.write_text(json.dumps(result))
        unfinished.rename(self._path)

    def _do(self, report: InstanceReport) -> None:
        settings, api, job = waits(), open_api(self._cloud), self.job
        with self._lock(job["kind"], job["names"]):
            if job["kind"] == "key":
                path = str(self._folder / job["names"][0])
                context = Context(api, settings, False, run_no_command)
                SshKeyType(context).ensure_present(SshKeySpec(job["names"][0], private_key_path=path))
            elif job["kind"] == "ruleset":
                spec = FirewallRulesetSpec(job["names"][0], "us-east-1", tuple(RULES))
                FirewallRulesetType(Context(api, settings, False, run_no_command)).ensure_present(spec)
            else:
                context = InstanceContext(
                    api,
                    settings,
                    check_mode=False,
                    run_command=run_no_command,
                    report=report,
                    wait=job["wait"],
                    policy=Policy(on_drift="replace", on_failed="replace"),
                    pending=PendingLaunches(self._file("launches"), IN_FLIGHT),
                )
                if job["state"] == "absent":
                    ensure_absent(context, job["names"], ())
                else:
                    specs = [InstanceSpec(name, (job["type"],), "laptop", ("us-east-1",)) for name in job["names"]]
                    ensure_present(context, specs)

    def _lock(self, kind: str, names: t.Sequence[str]) -> contextlib.AbstractContextManager[None]:
        return NameLock(self._file("claims"), waits(), lambda warning: None).hold(kind, names)

    def _file(self, purpose: str) -> AccountFile:
        return AccountFile(purpose, API_KEY, self._cloud.api_url, str(self._folder / "state"))


def a_job(chance: random.Random) -> dict[str, t.Any]:
    kind = chance.choice(["instance"] * 6 + ["key", "ruleset"])
    if kind != "instance":
        return {"kind": kind, "names": [f"the-{kind}"]}
    return {
        "kind": kind,
        "names": chance.sample(NAMES, chance.randint(1, len(NAMES))),
        "state": chance.choice(["present", "present", "present", "absent"]),
        "wait": chance.random() < 0.6,
        "type": chance.choice(TYPES),
    }


LAST = {"kind": "instance", "state": "present", "wait": True}


@pytest.mark.parametrize("block", range(BLOCKS))
def test_tasks_at_once_under_fire(cloud: Simulator, tmp_path: Path, block: int) -> None:
    for seed in range(FIRST + block, FIRST + RUNS, BLOCKS):
        folder = tmp_path / str(seed)
        folder.mkdir()
        run(cloud, folder, seed)


def run(cloud: Simulator, folder: Path, seed: int) -> None:
    cloud.reset()
    cloud.seed_ssh_key("laptop")
    cloud.set_capacity(**{name: {"us-east-1": 50} for name in TYPES})
    trouble = Trouble(seed)
    chance = trouble.random
    foreign = {cloud.seed_instance("bystander"), cloud.seed_instance("theirs")}
    known = foreign | {cloud.seed_instance(name) for name in NAMES if chance.random() < 0.3}
    if chance.random() < 0.5:
        # Simulated seconds pass ten times as fast as those of the client.
        cloud.add_fate("late-listing", times=3, after=chance.uniform(1, LONGEST_LAG * 10))
    faults = trouble.order(
        cloud, ["list_instances", "launch", "terminate", "add_ssh_key", "create_firewall_ruleset"], 4
    )
    tasks = [Task(cloud, folder, number, a_job(chance)) for number in range(chance.randint(2, 4))]
    if chance.random() < 0.3:
        time.sleep(chance.uniform(0, 0.1))
        rename_one(cloud, chance)
    for task in tasks:
        if chance.random() < 0.4:
            time.sleep(chance.uniform(0, 0.1))
            task.kill()
    results = [task.result() for task in tasks]
    told = " ".join(f"{result.get('error')} {result.get('note')}" for result in results)
    said = f"seed {seed}; {[(task.job, task.killed) for task in tasks]}; {faults}; {told}"
    cloud.clear_faults()
    time.sleep(LONGEST_LAG / SCALE)

    live = live_rows(cloud)
    assert foreign <= {row["id"] for row in live}, said
    for name in NAMES:
        assert [row["name"] for row in live].count(name) <= 1, said
    if not any(task.killed for task in tasks):
        launched = {each for result in results for each in result["launched"]}
        unnamed = {row["id"] for row in live} - known - launched
        assert not [each for each in unnamed if each not in told], said
    for name in NAMES:
        # What there is stays, and what is missing is launched: nothing hinders the next run.
        there = [row["instance_type"]["name"] for row in live if row["name"] == name]
        last = {**LAST, "names": [name], "type": there[0] if there else TYPES[0]}
        done = Task(cloud, folder, 9, last).result()
        assert done["error"] is None, f"{said}; {done['error']}"
        assert bool(done["launched"]) == (not there), said
    assert sorted(row["name"] for row in live_rows(cloud) if row["name"] in NAMES) == NAMES, said
    check_key(cloud, folder, said)
    assert [row["name"] for row in cloud.state()["firewall_rulesets"]].count("the-ruleset") <= 1, said


def live_rows(cloud: Simulator) -> list[dict[str, t.Any]]:
    return [row for row in cloud.state()["instances"] if row["status"] in ("booting", "active")]


def rename_one(cloud: Simulator, chance: random.Random) -> None:
    """Rename an instance, as somebody does in the console."""
    found = [row["id"] for row in live_rows(cloud) if row["name"] in NAMES]
    if found:
        with contextlib.suppress(SimulatorError):  # a task may just have terminated it
            cloud.call_api("POST", f"/instances/{chance.choice(found)}", {"name": "renamed"})


def check_key(cloud: Simulator, folder: Path, said: str) -> None:
    """A key that is in the account has its private half on disk."""
    keys = [row for row in cloud.state()["ssh_keys"] if row["name"] == "the-key"]
    assert len(keys) <= 1, said
    for key in keys:
        half = read_public_half(str(folder / "the-key"))
        assert half, said
        assert half.material == parse_public_key(key["public_key"]).material, said
