# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any fleet wanted of any account: trying it out predicts the run, the run converges, and nothing else is touched.

LAMBDA_FLEETS (2000) fleets, each of them tried out, ensured, and ensured again.
"""

from __future__ import annotations

import os
import typing as t
from dataclasses import dataclass, replace

import pytest
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import LambdaCloudError
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.context import InstanceContext
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.present import ensure_present
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.report import InstanceReport
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.spec import InstanceSpec, Policy
from fuzz.fast_client import open_api, run_no_command, waits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lambda_cloud_simulator.testing import Simulator, running_simulator

FLEETS = int(os.environ.get("LAMBDA_FLEETS", "2000"))

TYPES = ["gpu_1x_a10", "gpu_1x_a100_sxm4", "cpu_4x_general"]
REGIONS = ["us-east-1", "us-west-1", "us-west-2"]
NAMES = ["a", "b", "c", "d"]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Simulator]:
    arguments = ["--boot-time", "0", "--time-scale", "100000"]
    with running_simulator(*arguments, folder=tmp_path_factory.mktemp("fleets")) as simulator:
        yield simulator


@dataclass(frozen=True)
class Seen:
    """The outcome of a task."""

    error: str | None
    result: dict[str, t.Any]

    def predictable(self) -> dict[str, t.Any]:
        """Return what check mode has to predict: everything but what only the service knows."""
        live = [row for row in self.result["instances"] if row["status"] not in ("terminating", "terminated")]
        certain = {
            "failed": self.error is not None,
            "changed": self.result["changed"],
            "terminated": self.result["terminated"],
            "drift": self.result["drift"],
            "launched": [row["name"] for row in self.result["launched"]],
            "instances": [(row["name"], row["status"]) for row in live],
        }
        # The first of several replacements frees a place that the next may take.
        if len(self.result["terminated"]) > 1:
            return certain
        places = [(row["region"]["name"], row["instance_type"]["name"]) for row in live]
        return {**certain, "cost": self.result["hourly_cost_cents"], "places": places}


def ensure(cloud: Simulator, fleet: list[InstanceSpec], policy: Policy, check_mode: bool) -> Seen:
    report = InstanceReport(lambda warning: None)
    error = None
    try:
        context = InstanceContext(open_api(cloud), waits(), check_mode, run_no_command, report=report, policy=policy)
        ensure_present(context, fleet)
    except LambdaCloudError as failure:
        error = str(failure)
    return Seen(error, report.result(show_jupyter=False))


existing_machines = st.lists(
    st.fixed_dictionaries(
        {
            # More often one instance a name than two.
            "name": st.none() | st.sampled_from([*NAMES, "e", "aa", "a-1"]),
            "status": st.sampled_from(["active"] * 5 + ["unhealthy", "preempted", "terminating", "terminated"]),
            "instance_type": st.sampled_from(TYPES),
            "region": st.sampled_from(REGIONS),
        }
    ),
    max_size=5,
    unique_by=lambda row: (row["name"], row["status"] == "active"),
)

fleets = st.lists(
    st.builds(
        InstanceSpec,
        name=st.sampled_from(NAMES),
        instance_types=st.lists(st.sampled_from(TYPES), min_size=1, unique=True).map(tuple),
        ssh_key=st.just("laptop"),
        regions=st.lists(st.sampled_from(REGIONS), max_size=2, unique=True).map(tuple),
        max_price_cents_per_hour=st.sampled_from([None, None, 50, 100]),
        tags=st.sampled_from([None, None, {"project": "vision"}]),
    ),
    unique_by=lambda wanted: wanted.name,
    max_size=4,
)

policies = st.builds(
    Policy,
    prefer=st.sampled_from(["type", "region", "price"]),
    same_region=st.booleans(),
    on_partial=st.sampled_from(["keep", "terminate"]),
    on_failed=st.sampled_from(["keep", "terminate", "replace"]),
    on_drift=st.sampled_from(["fail", "warn", "ignore", "replace"]),
)

# Where the catalogue has some beside.
ELSEWHERE = ["asia-south-1", "europe-central-1"]

# None, or more than anybody asks for: how much there is the service does not tell.
capacities = st.fixed_dictionaries(
    {name: st.fixed_dictionaries({region: st.sampled_from([0, 50]) for region in REGIONS}) for name in TYPES}
)


@settings(max_examples=FLEETS, deadline=None, suppress_health_check=list(HealthCheck))
@given(existing_machines, fleets, policies, capacities)
def test_any_fleet_of_any_account(
    cloud: Simulator,
    existing: list[dict[str, t.Any]],
    fleet: list[InstanceSpec],
    policy: Policy,
    capacity: dict[str, dict[str, int]],
) -> None:
    cloud.reset()
    cloud.seed_ssh_key("laptop")
    cloud.set_capacity(**{name: {**dict.fromkeys(ELSEWHERE, 0), **regions} for name, regions in capacity.items()})
    seeded = {cloud.seed_instance(ssh_key_names=["laptop"], **row): row for row in existing}
    names = {wanted.name for wanted in fleet}
    before = instances_of(cloud)

    predicted = ensure(cloud, fleet, policy, check_mode=True)
    assert instances_of(cloud) == before
    done = ensure(cloud, fleet, policy, check_mode=False)
    assert predicted.predictable() == done.predictable(), (predicted.error, done.error)

    after = instances_of(cloud)
    others = {instance_id: row["status"] for instance_id, row in seeded.items() if row["name"] not in names}
    assert {instance_id: after[instance_id]["status"] for instance_id in others} == others
    launched = {row["id"] for row in done.result["launched"]}
    assert after.keys() - before.keys() == launched
    if done.error is not None:
        return

    live = [row["name"] for row in after.values() if row["status"] not in ("terminating", "terminated")]
    assert all(live.count(name) == 1 for name in names)
    cloud.forget_requests()
    # What was put up with, or warned of, the first time is so the second time.
    again = ensure(cloud, fleet, replace(policy, same_region=False), check_mode=False)
    assert again.error is None
    assert not again.result["changed"]
    assert cloud.operations() == (["list_instances"] if fleet else [])
    assert instances_of(cloud) == after


def instances_of(cloud: Simulator) -> dict[str, dict[str, t.Any]]:
    """What there is, by id, but for what passing time alone changes."""
    fields = ("name", "status", "region", "instance_type", "ssh_key_names", "tags")
    return {row["id"]: {field: row.get(field) for field in fields} for row in cloud.state()["instances"]}
