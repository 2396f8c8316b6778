# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random faults strike any request; nothing is ever launched twice, left behind, or lost from sight.

The seeds are those from LAMBDA_FUZZ_SEED (0) on, LAMBDA_FUZZ_RUNS (500) of them; a failure names its own.
"""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

import pytest
from ansible_collections.lambdal.cloud.plugins.module_utils._context import Context
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import LambdaCloudError
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.context import InstanceContext
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.present import ensure_present
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.report import InstanceReport
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.spec import InstanceSpec
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.terminate import ensure_absent
from ansible_collections.lambdal.cloud.plugins.module_utils._resources.file_system import FileSystemSpec, FileSystemType
from ansible_collections.lambdal.cloud.plugins.module_utils._resources.key_pair import read_public_half
from ansible_collections.lambdal.cloud.plugins.module_utils._resources.public_key import parse_public_key
from ansible_collections.lambdal.cloud.plugins.module_utils._resources.ssh_key import SshKeySpec, SshKeyType
from fuzz.fast_client import Trouble, open_api, run_no_command, waits
from lambda_cloud_simulator.testing import Simulator, running_simulator
from support.samples import PUBLIC_KEY

FIRST = int(os.environ.get("LAMBDA_FUZZ_SEED", "0"))
RUNS = int(os.environ.get("LAMBDA_FUZZ_RUNS", "500"))
SEEDS = range(FIRST, FIRST + RUNS)

RUN_7 = FileSystemSpec("run-7", "us-east-1")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Simulator]:
    with running_simulator(
        "--boot-time", "30", "--time-scale", "1000", "--seed", "1", folder=tmp_path_factory.mktemp("faults")
    ) as simulator:
        yield simulator


class Run:
    """One task on instances, with what it reported."""

    def __init__(self, simulator: Simulator) -> None:
        self.report = InstanceReport(lambda warning: None)
        self.error: LambdaCloudError | None = None
        self._simulator = simulator

    def _do(self, ensure: t.Callable[[InstanceContext], None]) -> Run:
        try:
            ensure(InstanceContext(open_api(self._simulator), waits(), False, run_no_command, report=self.report))
        except LambdaCloudError as error:
            self.error = error
        return self

    def present(self, names: t.Sequence[str]) -> Run:
        instances = [InstanceSpec(name, ("gpu_1x_a10",), "laptop", ("us-east-1",)) for name in names]
        return self._do(lambda work: ensure_present(work, instances))

    def absent(self, names: t.Sequence[str]) -> Run:
        return self._do(lambda work: ensure_absent(work, names, ()))


def begin(cloud: Simulator, seed: int) -> Trouble:
    cloud.reset()
    cloud.seed_ssh_key("laptop")
    return Trouble(seed)


def context(seed: int, faults: list[str], run: Run | None = None) -> str:
    return f"seed {seed}; faults: {', '.join(faults)}; error: {run.error if run else None}"


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
            cloud.add_fate("late-listing", times=2, after=trouble.random.uniform(1, 200))
        faults = trouble.order(cloud, ["list_instances", "launch", "launch"], most=6)
        run = Run(cloud).present(names)
        live = {row["id"] for row in cloud.live().values()}
        assert before <= live, context(seed, faults, run)
        # Whoever reads the result, of a failure too, knows every instance that exists because of it.
        assert live - before == {row["id"] for row in run.report.result(False)["launched"]}, context(seed, faults, run)
        failed += run.error is not None
        cloud.clear_faults()
        again = Run(cloud).present(names)
        assert again.error is None, context(seed, faults, again)
        assert sorted(cloud.live()) == sorted([*names, "bystander"]), context(seed, faults, run)
        assert run.error is not None or not again.report.result(False)["changed"], context(seed, faults, run)
    print(f"seeds {SEEDS[block]} to {SEEDS[-1]} by 10: {failed} of {len(SEEDS[block::10])} tasks failed, all converged")


@pytest.mark.parametrize("block", range(4))
def test_terminating_instances_under_fire(cloud: Simulator, block: int) -> None:
    for seed in SEEDS[block::20]:
        trouble = begin(cloud, seed)
        names = [f"m-{number}" for number in range(trouble.random.randint(1, 8))]
        for name in [*names, "bystander"]:
            cloud.seed_instance(name)
        faults = trouble.order(cloud, ["list_instances", "terminate", "terminate"], most=5)
        run = Run(cloud).absent(names)
        left = set(cloud.live()) - {"bystander"}
        # A task that says it succeeded has ended them all; one that failed has not hidden what it ended.
        assert run.error is not None or not left, context(seed, faults, run)
        cloud.clear_faults()
        again = Run(cloud).absent(names)
        assert again.error is None, context(seed, faults, again)
        assert list(cloud.live()) == ["bystander"], context(seed, faults, run)


@pytest.mark.parametrize("source", ["controller", "service", "given"])
def test_ssh_keys_under_fire(cloud: Simulator, tmp_path: Path, source: str) -> None:
    for seed in SEEDS[len(source) % 3 :: 10]:
        trouble = begin(cloud, seed)
        path = tmp_path / f"key-{seed}"
        generated = SshKeySpec("ci", private_key_path=str(path), generate_by_service=source == "service")
        spec = SshKeySpec("ci", parse_public_key(PUBLIC_KEY)) if source == "given" else generated
        faults = trouble.order(cloud, ["list_ssh_keys", "add_ssh_key", "add_ssh_key", "delete_ssh_key"], most=5)

        def ensure(spec: SshKeySpec = spec) -> LambdaCloudError | None:
            try:
                SshKeyType(Context(open_api(cloud), waits(None), False, run_no_command)).ensure_present(spec)
            except LambdaCloudError as failure:
                return failure
            return None

        def keys() -> list[str]:
            return [key["name"] for key in cloud.state()["ssh_keys"] if key["name"] != "laptop"]

        error = ensure()
        if error is None:
            assert keys() == ["ci"], context(seed, faults)
            assert source == "given" or path.read_text().startswith("-----BEGIN"), context(seed, faults)
        cloud.clear_faults()
        if error is not None and source == "controller" and keys():
            # Whatever became of the request, the private half is there.
            added = next(key for key in cloud.state()["ssh_keys"] if key["name"] == "ci")
            half = read_public_half(str(path))
            assert half, context(seed, faults)
            assert half.material == parse_public_key(added["public_key"]).material, context(seed, faults)
        if error is not None and source == "service" and keys():
            # Its private half is lost, which the task has said together with the key's id.
            lost = next(key["id"] for key in cloud.state()["ssh_keys"] if key["name"] == "ci")
            assert lost in str(error), f"{context(seed, faults)}; {error}"
            SshKeyType(Context(open_api(cloud), waits(None), False, run_no_command)).ensure_absent(SshKeySpec("ci"))
        assert ensure() is None, context(seed, faults)
        assert keys() == ["ci"], context(seed, faults)


def test_file_systems_under_fire(cloud: Simulator) -> None:
    for seed in SEEDS[::10]:
        trouble = begin(cloud, seed)
        faults = trouble.order(
            cloud, ["list_file_systems", "create_file_system", "create_file_system", "delete_file_system"], most=5
        )
        file_systems = FileSystemType(Context(open_api(cloud), waits(), False, run_no_command))

        def attempt(change: t.Callable[[], object]) -> LambdaCloudError | None:
            try:
                change()
            except LambdaCloudError as failure:
                return failure
            return None

        def count() -> int:
            return len([row for row in cloud.state()["file_systems"] if row["name"] == "run-7"])

        def create(file_systems: FileSystemType = file_systems) -> object:
            return file_systems.ensure_present(RUN_7)

        def delete(file_systems: FileSystemType = file_systems) -> object:
            return file_systems.ensure_absent(RUN_7)

        assert attempt(create) is not None or count() == 1, context(seed, faults)
        cloud.clear_faults()
        assert attempt(create) is None, context(seed, faults)
        assert count() == 1, context(seed, faults)
        faults = trouble.order(cloud, ["list_file_systems", "delete_file_system"], most=4)
        assert attempt(delete) is not None or count() == 0, context(seed, faults)
        cloud.clear_faults()
        assert attempt(delete) is None, context(seed, faults)
        assert count() == 0, context(seed, faults)
