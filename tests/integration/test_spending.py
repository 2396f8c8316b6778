# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Spending caps: what they refuse is never launched, and nothing is terminated for it."""

from __future__ import annotations

import json
import time
import typing as t

import pytest
from lambda_cloud_simulator.testing import Simulator
from support.runner import Modules
from support.samples import LAUNCH


@pytest.fixture(params=["1.10.0", "1.5.3"])
def cloud(request: pytest.FixtureRequest, simulator: Simulator, oldest: Simulator) -> Simulator:
    """Return a simulator of each version of the API, with the key of the samples."""
    cloud = oldest if request.param == "1.5.3" else simulator
    cloud.seed_ssh_key("laptop")
    return cloud


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(
    ("cap", "sums"),
    [
        (
            {"max_hourly_cost_cents": 224},
            "max_hourly_cost_cents is 224 US cents per hour: the task's 1 live instances cost 75, and m-2, m-3 "
            "(2 x gpu_1x_a10 at 75) would add 150, 225 together.",
        ),
        (
            {"account_max_hourly_cost_cents": 299},
            "account_max_hourly_cost_cents is 299 US cents per hour: the account's 2 live instances cost 150, and m-2, m-3",
        ),
        ({"max_instances": 2}, "max_instances is 2: the task has 1 live instances and would launch 2 more (m-2, m-3)"),
    ],
)
def test_nothing_is_launched_beyond_a_cap(
    cloud: Simulator, modules: Modules, cap: dict[str, int], sums: str, check: bool
) -> None:
    cloud.seed_instance("m-1")
    cloud.seed_instance("theirs")
    done = modules.on(cloud).run("lambda_instance", check=check, name=["m-[1:3]"], **cap, **LAUNCH)
    assert done.failed
    assert sums in done["msg"]
    assert set(cloud.live()) == {"m-1", "theirs"}
    assert "launch" not in cloud.operations()
    # With room for just these, they are launched.
    (name, value), more = next(iter(cap.items())), 1
    done = modules.on(cloud).run("lambda_instance", check=check, name=["m-[1:3]"], **{name: value + more}, **LAUNCH)
    assert done.changed
    assert done["hourly_cost_cents"] == {"before": 75, "after": 225}
    assert len(cloud.live()) == (2 if check else 4)


def test_a_task_that_launches_nothing_does_not_fail(cloud: Simulator, modules: Modules) -> None:
    cloud.seed_instance("m-1")
    caps = {"max_hourly_cost_cents": 1, "account_max_hourly_cost_cents": 1, "max_instances": 0}
    assert not modules.on(cloud).run("lambda_instance", name=["m-1"], **caps, **LAUNCH).changed
    assert cloud.operations() == ["list_instances"]


def test_each_launch_is_checked_again(cloud: Simulator, modules: Modules) -> None:
    # The first choice has room for one, and what the second would go to is too dear.
    cloud.set_capacity(gpu_1x_a10={"us-east-1": 2}, gpu_1x_a100_sxm4={"us-east-1": 2})
    cloud.add_fault("no-capacity", "launch", times=1)
    options = {**LAUNCH, "instance_type": ["gpu_1x_a10", "gpu_1x_a100_sxm4"]}
    done = modules.on(cloud).run("lambda_instance", name=["a"], max_hourly_cost_cents=100, **options)
    assert done.failed
    assert "a (1 x gpu_1x_a100_sxm4 at" in done["msg"]
    assert cloud.live() == {}
    assert cloud.operations() == ["list_instances", "list_instance_types", "launch"]


def test_a_cap_on_the_account_costs_one_request_for_each_launch(cloud: Simulator, modules: Modules) -> None:
    done = modules.on(cloud).run("lambda_instance", name=["a", "b"], account_max_hourly_cost_cents=150, **LAUNCH)
    assert done.changed
    looks = ["list_instances", "launch"] * 2
    assert cloud.operations() == ["list_instances", "list_instance_types", *looks, "list_instances"]


def test_what_others_launch_meanwhile_counts(cloud: Simulator, modules: Modules) -> None:
    cloud.add_fault("hold", "launch", when="after")
    process = modules.on(cloud).start(
        "lambda_instance", name=["a", "b"], account_max_hourly_cost_cents=200, **{**LAUNCH, "on_partial": "terminate"}
    )
    while "a" not in cloud.live():
        assert process.poll() is None
        time.sleep(0.02)
    cloud.seed_instance("theirs")
    cloud.clear_faults()
    output, _errors = process.communicate()
    done = json.loads(output)
    assert (
        "Launched 1 of 2 instances. account_max_hourly_cost_cents is 200 US cents per hour: the account's 2 live"
        in done["msg"]
    )
    assert set(cloud.live()) == {"theirs"}
    assert cloud.operations().count("launch") == 1


@pytest.mark.parametrize(("order", "fits"), [("terminate_first", True), ("launch_first", False)])
def test_a_replacement_counts_beside_what_bills_at_the_time(
    cloud: Simulator, modules: Modules, order: str, fits: bool
) -> None:
    old = cloud.seed_instance("a", instance_type="gpu_1x_a100_sxm4")
    price = cloud.live()["a"]["instance_type"]["price_cents_per_hour"]
    options: dict[str, t.Any] = {"on_drift": "replace", "replace_order": order, **LAUNCH}
    done = modules.on(cloud).run("lambda_instance", name=["a"], max_hourly_cost_cents=price, **options)
    if fits:
        assert done.changed
        assert cloud.live()["a"]["instance_type"]["name"] == "gpu_1x_a10"
    else:
        assert f"live instances cost {price}, and a (1 x gpu_1x_a10 at 75) would add 75" in done["msg"]
        assert cloud.live()["a"]["id"] == old
        assert not {"launch", "terminate"} & set(cloud.operations())


def test_nothing_is_terminated_for_a_replacement_that_a_cap_refuses(cloud: Simulator, modules: Modules) -> None:
    old = cloud.seed_instance("a", instance_type="gpu_1x_a10", region="us-west-1")
    cloud.seed_instance("theirs")
    options: dict[str, t.Any] = {**LAUNCH, "on_drift": "replace"}
    done = modules.on(cloud).run("lambda_instance", name=["a"], account_max_hourly_cost_cents=149, **options)
    assert "account_max_hourly_cost_cents is 149" in done["msg"]
    assert cloud.live()["a"]["id"] == old
    assert not {"launch", "terminate"} & set(cloud.operations())
