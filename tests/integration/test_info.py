# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules that only read: their filters, their requests, and what they keep to themselves."""

from __future__ import annotations

import typing as t

import pytest
from lambda_cloud_simulator.testing import Simulator
from support.runner import Modules

NEWER = [
    "lambda_audit_event_info",
    "lambda_firewall_ruleset_info",
    "lambda_image_info",
    "lambda_region_info",
]
OLDEST = ["lambda_file_system_info", "lambda_instance_info", "lambda_instance_type_info", "lambda_ssh_key_info"]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("module", [*NEWER, *OLDEST])
def test_each_costs_one_request(simulator: Simulator, modules: Modules, module: str, check: bool) -> None:
    assert not modules.run(module, check=check).changed
    assert len(simulator.operations()) == 1


@pytest.mark.parametrize("module", NEWER)
def test_what_1_5_3_lacks_is_told(oldest: Simulator, modules: Modules, module: str) -> None:
    done = modules.on(oldest).run(module)
    assert done.failed
    assert "needs version 1.10.0 of the API, and the server offers an older one" in done["msg"]


@pytest.mark.parametrize("module", OLDEST)
def test_what_1_5_3_has_works(oldest: Simulator, modules: Modules, module: str) -> None:
    assert not modules.on(oldest).run(module).changed


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ["train-1", "train-2", "eval", None]),
        ({"name": ["train-[1:9]"]}, ["train-1", "train-2"]),
        ({"name": ["*-2", "eval"]}, ["train-2", "eval"]),
        ({"status": ["unhealthy"]}, ["eval"]),
        ({"region": ["us-west-1"]}, ["train-2"]),
        ({"instance_type": ["gpu_1x_a100"]}, ["eval"]),
        ({"tags": {"project": "vision"}}, ["train-1"]),
        ({"tags": {"project": "*"}}, ["train-1", "train-2"]),
        ({"tags": {"project": "*", "year": "2026"}}, ["train-2"]),
        ({"name": ["train-*"], "region": ["us-east-1"]}, ["train-1"]),
        ({"name": ["nobody"]}, []),
    ],
)
def test_instances(simulator: Simulator, modules: Modules, options: dict[str, t.Any], expected: list[t.Any]) -> None:
    simulator.seed_instance("train-1", tags={"project": "vision"})
    simulator.seed_instance("train-2", region="us-west-1", tags={"project": "speech", "year": "2026"})
    simulator.seed_instance("eval", instance_type="gpu_1x_a100", status="unhealthy")
    simulator.seed_instance(None)
    done = modules.run("lambda_instance_info", **options)
    assert [row["name"] for row in done["instances"]] == expected
    assert "jupyter" not in done.output.replace("show_jupyter", "")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"gpu_model": ["a10"], "available": True}, ["gpu_1x_a10"]),
        ({"gpu_model": ["H100", "B200"], "max_gpus": 1}, ["gpu_1x_h100_pcie", "gpu_1x_h100_sxm5"]),
        ({"min_gpu_memory_gb": 96}, ["gpu_1x_gh200", "gpu_8x_b200_sxm6"]),
        ({"min_gpus": 8, "max_price_cents_per_hour": 1100}, ["gpu_8x_v100", "gpu_8x_v100_n", "gpu_8x_a100"]),
        ({"region": ["asia-south-1"]}, ["gpu_1x_a100_sxm4"]),
        ({"name": ["*_general"]}, ["cpu_4x_general"]),
        ({"name": ["cpu_*", "gpu_8x_v100", "gpu_1x_a10"]}, ["cpu_4x_general", "gpu_1x_a10", "gpu_8x_v100"]),
        (
            {"name": ["cpu_*", "gpu_8x_v100", "gpu_1x_a10"], "sort": "price_per_gpu"},
            ["gpu_8x_v100", "gpu_1x_a10", "cpu_4x_general"],
        ),
    ],
)
def test_instance_types(modules: Modules, options: dict[str, t.Any], expected: list[str]) -> None:
    assert [row["name"] for row in modules.run("lambda_instance_type_info", **options)["instance_types"]] == expected


@pytest.mark.parametrize("told", [True, False])
def test_types_have_an_architecture(simulator: Simulator, oldest: Simulator, modules: Modules, told: bool) -> None:
    simulator.set_quirks(without_architecture=not told)
    for each in (simulator, oldest):
        rows = modules.on(each).run("lambda_instance_type_info")["instance_types"]
        assert {row["name"] for row in rows if row["architecture"] == "arm64"} == {"gpu_1x_gh200"}
        assert {row["architecture"] for row in rows} == {"x86_64", "arm64"}


def test_images(simulator: Simulator, modules: Modules) -> None:
    every = modules.run("lambda_image_info")["images"]
    assert len(every) == len(simulator.call_api("GET", "/images"))
    options = {"family": ["lambda-stack-24-04"], "region": ["us-east-1"], "architecture": "x86_64"}
    some = modules.run("lambda_image_info", **options)["images"]
    assert [row["version"] for row in some] == ["24.4.2", "24.4.1"]
    newest = modules.run("lambda_image_info", newest_only=True, **options)["images"]
    assert [row["version"] for row in newest] == ["24.4.2"]
    # One id stands in ten regions, and the others have another one of the same name.
    same = modules.run("lambda_image_info", id=[newest[0]["id"]])["images"]
    assert len({row["region"]["name"] for row in same}) == len(same) == 10
    others = {row["id"] for row in every if row["name"] == newest[0]["name"]} - {newest[0]["id"]}
    assert len(others) == 3
    assert modules.run("lambda_image_info", id=[newest[0]["id"]], region=["us-east-1"])["images"] == newest


def test_regions(modules: Modules) -> None:
    names = [row["name"] for row in modules.run("lambda_region_info", name=["us-west-[1:2]", "me-*"])["regions"]]
    assert names == ["us-west-1", "us-west-2", "me-west-1"]


def test_firewall_rulesets(simulator: Simulator, modules: Modules) -> None:
    simulator.seed_ruleset("a")
    simulator.seed_ruleset("b", "us-west-1")
    found = modules.run("lambda_firewall_ruleset_info", region=["us-west-1"], include_global=True)
    assert [row["name"] for row in found["firewall_rulesets"]][1:] == ["b"]
    assert found["firewall_rulesets"][0]["id"] == "global"
    assert simulator.operations() == ["list_firewall_rulesets", "get_firewall_ruleset"]


def test_keys_and_file_systems(simulator: Simulator, modules: Modules) -> None:
    key_id = simulator.seed_ssh_key("laptop")
    simulator.seed_ssh_key("ci")
    assert [row["name"] for row in modules.run("lambda_ssh_key_info", id=[key_id])["ssh_keys"]] == ["laptop"]
    found = modules.run("lambda_file_system_info", region=["us-west-1"], name=["*"])["file_systems"]
    assert [row["name"] for row in found] == ["checkpoints"]


def test_audit_events_follow_the_pages(simulator: Simulator, modules: Modules) -> None:
    simulator.set_quirks(audit_page_size=3)
    for number in range(7):
        simulator.call_api("POST", "/ssh-keys", {"name": f"key-{number}"})
    simulator.seed_ruleset("a")
    every = modules.run("lambda_audit_event_info", resource_type="cloud.ssh_key")
    assert len(every["events"]) == 7
    assert not every["truncated"]
    assert simulator.operations() == ["list_audit_events"] * 3
    assert len({event["event_id"] for event in every["events"]}) == 7
    simulator.forget_requests()
    some = modules.run("lambda_audit_event_info", resource_type="cloud.ssh_key", max_events=4)
    assert some["truncated"]
    assert some["events"] == every["events"][:4]
    assert simulator.operations() == ["list_audit_events"] * 2
    none = modules.run("lambda_audit_event_info", start="2000-01-01T00:00:00Z", end="2000-01-02T00:00:00Z")
    assert none["events"] == []
    assert "at least 1" in modules.run("lambda_audit_event_info", max_events=0)["msg"]
    assert "start" in modules.run("lambda_audit_event_info", start="yesterday")["msg"]


def test_what_is_terminating_costs_nothing(simulator: Simulator, modules: Modules) -> None:
    simulator.seed_instance("a")
    simulator.seed_instance("going", status="terminating")
    listed = modules.run("lambda_instance_info")
    assert len(listed["instances"]) == 2
    assert listed["hourly_cost_cents"] == 75
