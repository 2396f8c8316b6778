# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random faults strike any request; nothing is ever launched twice, left behind, or lost from sight.

The seeds are those from LAMBDA_CAMPAIGN_SEED (0) on, LAMBDA_CAMPAIGN_RUNS (500) of them; a failure names its own.
"""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

import pytest
from ansible_collections.lambdal.cloud.plugins.module_utils._absent import ensure_absent
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import LambdaCloudError
from ansible_collections.lambdal.cloud.plugins.module_utils._file_systems import FILE_SYSTEM, WantedFileSystem
from ansible_collections.lambdal.cloud.plugins.module_utils._present import ensure_present
from ansible_collections.lambdal.cloud.plugins.module_utils._public_key import parse_public_key
from ansible_collections.lambdal.cloud.plugins.module_utils._report import InstanceReport
from ansible_collections.lambdal.cloud.plugins.module_utils._ssh_keys import KeyRing
from ansible_collections.lambdal.cloud.plugins.module_utils._wanted import Wanted
from ansible_collections.lambdal.cloud.plugins.module_utils._wanted_key import WantedKey
from ansible_collections.lambdal.cloud.plugins.module_utils._work import Means, Work
from campaign.fast_client import Trouble, open_api, patience
from support.simulator import Simulator, running_simulator

FIRST = int(os.environ.get("LAMBDA_CAMPAIGN_SEED", "0"))
RUNS = int(os.environ.get("LAMBDA_CAMPAIGN_RUNS", "500"))
SEEDS = range(FIRST, FIRST + RUNS)

RUN_7 = WantedFileSystem("run-7", "us-east-1")

PUBLIC = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAaTM9EBVJ7WcVcV5nUJPwJ6gYzJ3nOVkqzQwVvWfJbx"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Simulator]:
    with running_simulator(
        tmp_path_factory.mktemp("campaign"), "--boot-time", "30", "--time-scale", "1000", "--seed", "1"
    ) as simulator:
        yield simulator


class Run:
    """One task on machines, with what it reported."""

    def __init__(self, simulator: Simulator) -> None:
        self.report = InstanceReport(lambda warning: None)
        self.error: LambdaCloudError | None = None
        self._simulator = simulator

    def _do(self, ensure: t.Callable[[Work], None]) -> Run:
        try:
            ensure(Work(open_api(self._simulator), patience(), report=self.report))
        except LambdaCloudError as error:
            self.error = error
        return self

    def present(self, names: t.Sequence[str]) -> Run:
        machines = [Wanted(name, ("gpu_1x_a10",), "laptop", ("us-east-1",)) for name in names]
        return self._do(lambda work: ensure_present(work, machines))

    def absent(self, names: t.Sequence[str]) -> Run:
        return self._do(lambda work: ensure_absent(work, names, ()))

    def told(self) -> set[str]:
        """The ids that a user learns of, whether the task failed or not."""
        return {row["id"] for row in self.report.result(show_jupyter=False)["instances"]}


def begin(cloud: Simulator, seed: int) -> Trouble:
    cloud.reset()
    cloud.seed_key("laptop")
    return Trouble(seed)


def context(seed: int, told: list[str], run: Run | None = None) -> str:
    return f"seed {seed}; faults: {', '.join(told)}; error: {run.error if run else None}"


@pytest.mark.parametrize("block", range(10))
def test_ensuring_machines_under_fire(cloud: Simulator, block: int) -> None:
    failed = 0
    for seed in SEEDS[block::10]:
        trouble = begin(cloud, seed)
        names = [f"m-{number}" for number in range(trouble.random.randint(1, 8))]
        there = trouble.random.sample(names, trouble.random.randint(0, len(names) - 1))
        before = {cloud.seed_instance(name) for name in there} | {cloud.seed_instance("bystander")}
        if trouble.random.random() < 0.2:
            # Listed up to 20 client seconds after the launch, which is less than a lost launch is looked for.
            cloud.fate("late-listing", times=2, after=trouble.random.uniform(1, 200))
        told = trouble.order(cloud, ["list_instances", "launch", "launch"], most=6)
        run = Run(cloud).present(names)
        live = {row["id"] for row in cloud.live().values()}
        assert before <= live, context(seed, told, run)
        # Whoever reads the result, of a failure too, knows every machine that exists because of it.
        assert live - before == {row["id"] for row in run.report.result(False)["launched"]}, context(seed, told, run)
        failed += run.error is not None
        cloud.clear_faults()
        again = Run(cloud).present(names)
        assert again.error is None, context(seed, told, again)
        assert sorted(cloud.live()) == sorted([*names, "bystander"]), context(seed, told, run)
        assert run.error is not None or not again.report.result(False)["changed"], context(seed, told, run)
    print(f"seeds {SEEDS[block]} to {SEEDS[-1]} by 10: {failed} of {len(SEEDS[block::10])} tasks failed, all converged")


@pytest.mark.parametrize("block", range(4))
def test_terminating_machines_under_fire(cloud: Simulator, block: int) -> None:
    for seed in SEEDS[block::20]:
        trouble = begin(cloud, seed)
        names = [f"m-{number}" for number in range(trouble.random.randint(1, 8))]
        for name in [*names, "bystander"]:
            cloud.seed_instance(name)
        told = trouble.order(cloud, ["list_instances", "terminate", "terminate"], most=5)
        run = Run(cloud).absent(names)
        left = set(cloud.live()) - {"bystander"}
        # A task that says it succeeded has ended them all; one that failed has not hidden what it ended.
        assert run.error is not None or not left, context(seed, told, run)
        cloud.clear_faults()
        again = Run(cloud).absent(names)
        assert again.error is None, context(seed, told, again)
        assert list(cloud.live()) == ["bystander"], context(seed, told, run)


@pytest.mark.parametrize("generate", [True, False])
def test_ssh_keys_under_fire(cloud: Simulator, tmp_path: Path, generate: bool) -> None:
    for seed in SEEDS[generate::10]:
        trouble = begin(cloud, seed)
        path = tmp_path / f"key-{seed}"
        wanted = WantedKey("ci", None if generate else parse_public_key(PUBLIC))
        told = trouble.order(cloud, ["list_ssh_keys", "add_ssh_key", "add_ssh_key", "delete_ssh_key"], most=5)

        def ensure(wanted: WantedKey = wanted, path: Path = path) -> LambdaCloudError | None:
            ring = KeyRing(open_api(cloud), patience(None), check_mode=False)
            try:
                ring.ensure_present(wanted, str(path) if wanted.public_key is None else None)
            except LambdaCloudError as failure:
                return failure
            return None

        def keys() -> list[str]:
            return [key["name"] for key in cloud.state()["ssh_keys"] if key["name"] != "laptop"]

        error = ensure()
        if error is None:
            assert keys() == ["ci"], context(seed, told)
            assert not generate or path.read_text().startswith("-----BEGIN"), context(seed, told)
        cloud.clear_faults()
        if error is not None and generate and keys():
            # Its private half is lost, which the task has said together with the key's id.
            lost = next(key["id"] for key in cloud.state()["ssh_keys"] if key["name"] == "ci")
            assert lost in str(error), f"{context(seed, told)}; {error}"
            KeyRing(open_api(cloud), patience(None), check_mode=False).ensure_absent("ci")
        assert ensure() is None, context(seed, told)
        assert keys() == ["ci"], context(seed, told)


def test_file_systems_under_fire(cloud: Simulator) -> None:
    for seed in SEEDS[::10]:
        trouble = begin(cloud, seed)
        told = trouble.order(
            cloud, ["list_file_systems", "create_file_system", "create_file_system", "delete_file_system"], most=5
        )
        means = Means(open_api(cloud), patience(), check_mode=False)

        def attempt(change: t.Callable[[], object]) -> LambdaCloudError | None:
            try:
                change()
            except LambdaCloudError as failure:
                return failure
            return None

        def count() -> int:
            return len([row for row in cloud.state()["file_systems"] if row["name"] == "run-7"])

        def create(means: Means = means) -> object:
            return FILE_SYSTEM.ensure_present(means, RUN_7)

        def delete(means: Means = means) -> object:
            return FILE_SYSTEM.ensure_absent(means, RUN_7)

        assert attempt(create) is not None or count() == 1, context(seed, told)
        cloud.clear_faults()
        assert attempt(create) is None, context(seed, told)
        assert count() == 1, context(seed, told)
        told = trouble.order(cloud, ["list_file_systems", "delete_file_system"], most=4)
        assert attempt(delete) is not None or count() == 0, context(seed, told)
        cloud.clear_faults()
        assert attempt(delete) is None, context(seed, told)
        assert count() == 0, context(seed, told)
