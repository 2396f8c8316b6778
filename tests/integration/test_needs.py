# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Instance types chosen by what they have, in the modules and in the role fleet, on each version of the API."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
import yaml
from lambda_cloud_simulator.testing import Simulator, running_simulator
from support.runner import AT_ONCE, Modules, ansible
from support.samples import WAIT

OPTIONS: dict[str, t.Any] = {"ssh_key": "laptop", **WAIT}
ONE_OF_40 = {"gpus": {"min": 1, "max": 1}, "gpu_memory_gib": 40, "architecture": "x86_64"}


@pytest.fixture(params=["1.10.0", "1.5.3"])
def cloud(request: pytest.FixtureRequest, simulator: Simulator, oldest: Simulator) -> Simulator:
    """Return a simulator of each version of the API, with the key of the samples."""
    cloud = oldest if request.param == "1.5.3" else simulator
    cloud.seed_ssh_key("laptop")
    return cloud


def types(cloud: Simulator) -> dict[str, str]:
    return {name: row["instance_type"]["name"] for name, row in cloud.live().items()}


def test_the_cheapest_type_with_capacity_is_launched_and_kept(cloud: Simulator, modules: Modules) -> None:
    run = modules.on(cloud).run
    cloud.set_capacity(gpu_1x_a6000={"us-south-1": 0}, gpu_1x_a100={"us-south-1": 1}, gpu_1x_a100_sxm4={"us-east-1": 2})
    predicted = run("lambda_instance", check=True, name=["a", "b"], needs=ONE_OF_40, **OPTIONS)
    (match,) = predicted["matches"]
    assert match["instances"] == ["a", "b"]
    assert match["types"][:2] == [
        {"name": "gpu_1x_a6000", "price_cents_per_hour": 80, "regions_with_capacity_available": []},
        {"name": "gpu_1x_a100", "price_cents_per_hour": 129, "regions_with_capacity_available": ["us-south-1"]},
    ]
    assert predicted["hourly_cost_cents"] == {"before": 0, "after": 258}
    assert cloud.live() == {}
    done = run("lambda_instance", name=["a", "b"], needs=ONE_OF_40, **OPTIONS)
    assert done.changed
    assert types(cloud) == {"a": "gpu_1x_a100", "b": "gpu_1x_a100_sxm4"}
    # A cheaper type that has capacity again is no drift, and nothing is looked up for it.
    cloud.set_capacity(gpu_1x_a6000={"us-east-1": 5})
    cloud.forget_requests()
    again = run("lambda_instance", name=["a", "b"], needs=ONE_OF_40, **OPTIONS)
    assert not again.changed
    assert again["matches"] == []
    assert cloud.operations() == ["list_instances"]


def test_an_instance_that_lacks_what_is_needed_is_drift(cloud: Simulator, modules: Modules) -> None:
    run = modules.on(cloud).run
    cloud.seed_instance("a")
    done = run("lambda_instance", name=["a"], needs={"gpu_memory_gib": 40, "gpu": ["A1*"]}, **OPTIONS)
    assert "a (id " in done["msg"]
    assert "needs.gpu_memory_gib is 24, not at least 40" in done["msg"]
    warned = run("lambda_instance", name=["a"], needs={"gpu_memory_gib": 40}, on_drift="warn", **OPTIONS)
    assert [(each["field"], each["has"], each["asked"]) for each in warned["drift"]] == [
        ("needs.gpu_memory_gib", 24, "at least 40")
    ]
    assert types(cloud) == {"a": "gpu_1x_a10"}
    replaced = run("lambda_instance", name=["a"], needs={"gpu_memory_gib": 40}, on_drift="replace", **OPTIONS)
    assert replaced.changed
    assert types(cloud) == {"a": "gpu_1x_a6000"}


def test_a_price_limit_a_region_and_a_cap_still_hold(cloud: Simulator, modules: Modules) -> None:
    run = modules.on(cloud).run
    needs = {"gpus": {"min": 1, "max": 1}, "gpu": "H100"}
    done = run("lambda_instance", name=["a"], needs=needs, max_price_cents_per_hour=100, **OPTIONS)
    assert "within max_price_cents_per_hour 100: gpu_1x_h100_pcie costs 249, gpu_1x_h100_sxm5 costs 329" in done["msg"]
    done = run("lambda_instance", name=["a"], needs=needs, max_hourly_cost_cents=248, **OPTIONS)
    assert "a (1 x gpu_1x_h100_pcie at 249) would add 249" in done["msg"]
    assert cloud.live() == {}


def test_a_group_may_choose_in_the_other_way(cloud: Simulator, modules: Modules) -> None:
    groups = [{"name": ["gpu"], "needs": {"gpus": 1}}, {"name": ["cpu"]}]
    options = {"machines": groups, "instance_type": ["cpu_4x_general"], **OPTIONS}
    assert modules.on(cloud).run("lambda_instance", **options).changed
    assert types(cloud) == {"gpu": "gpu_1x_rtx6000", "cpu": "cpu_4x_general"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"needs": {"gpus": 1}, "instance_type": ["gpu_1x_a10"]}, "by its instance_type or by its needs"),
        ({"needs": {}}, "needs is empty"),
        ({"needs": {"gpus": "few"}}, "needs.gpus must be a number"),
        ({"needs": {"gpus": 64}}, "No instance type has what 'a' needs: gpus at least 64."),
        ({}, "launching it needs instance_type or needs"),
    ],
)
def test_what_cannot_be_meant_launches_nothing(
    cloud: Simulator, modules: Modules, options: dict[str, t.Any], message: str
) -> None:
    assert message in modules.on(cloud).run("lambda_instance", name=["a"], **options, **OPTIONS)["msg"]
    assert cloud.live() == {}


@pytest.mark.parametrize("option", ["needs", "matches"])
def test_types_are_listed_by_needs(cloud: Simulator, modules: Modules, option: str) -> None:
    done = modules.on(cloud).run("lambda_instance_type_info", **{option: {"gpus": 8, "gpu": ["A100", "V100"]}})
    assert [row["name"] for row in done["instance_types"]] == [
        "gpu_8x_v100",
        "gpu_8x_v100_n",
        "gpu_8x_a100",
        "gpu_8x_a100_80gb_sxm4",
    ]


def test_a_type_of_next_year_is_found(modules: Modules, tmp_path: Path) -> None:
    scenario = {
        "instance_types": {
            "gpu_1x_z9": {
                "description": "1x Z9 (512 GB SXM9)",
                "gpu_description": "Z9 (512 GB SXM9)",
                "price_cents_per_hour": 900,
                "vcpus": 99,
                "memory_gib": 999,
                "storage_gib": 9999,
                "gpus": 1,
                "boot": 1,
            }
        },
        "capacity": {"gpu_1x_z9": {"us-east-1": 1}},
        "ssh_keys": [],
    }
    (tmp_path / "next.yml").write_text(yaml.safe_dump(scenario))
    with running_simulator(*AT_ONCE, "--scenario", str(tmp_path / "next.yml"), folder=tmp_path) as cloud:
        cloud.seed_ssh_key("laptop")
        assert modules.on(cloud).run("lambda_instance", name=["a"], needs={"gpu_memory_gib": 500}, **OPTIONS).changed
        assert types(cloud) == {"a": "gpu_1x_z9"}


@pytest.mark.parametrize("check", [True, False])
def test_the_role_takes_needs(cloud: Simulator, environment: dict[str, str], tmp_path: Path, check: bool) -> None:
    variables = {
        "fleet_machines": [{"name": "train", "count": 2, "needs": {"gpus": 8, "gpu": "A100"}}],
        "fleet_ssh_key": "",
        "fleet_wait_interval": 0.1,
    }
    variables["fleet_machines"][0]["ssh_key"] = "laptop"  # type: ignore[index]
    play = {"hosts": "localhost", "gather_facts": False, "roles": ["lambdal.cloud.fleet"], "vars": variables}
    (tmp_path / "play.yml").write_text(json.dumps([play]))
    command = ["ansible-playbook", str(tmp_path / "play.yml"), *(["--check"] if check else [])]
    output = ansible(command, {**environment, "LAMBDA_API_URL": cloud.api_url}).stdout
    assert ("train-1, train-2  gpu_8x_a100            10.32" in output) == check
    assert ("2 instances would cost 20.64 US dollars per hour" in output) == check
    assert types(cloud) == ({} if check else {"train-1": "gpu_8x_a100", "train-2": "gpu_8x_a100"})
