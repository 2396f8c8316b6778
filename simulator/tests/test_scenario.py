# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenario files."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from simulator_support import COMMAND, Api, serving, until

SCENARIO = """
instance_types:
  gpu_1x_a10: {price_cents_per_hour: 99}
  gpu_8x_b200_sxm6: null
  gpu_1x_new: {description: 1x New (12 GB), gpu_description: New (12 GB), price_cents_per_hour: 10, vcpus: 2,
    memory_gib: 4, storage_gib: 8, gpus: 1, boot: 5}
regions:
  moon-1: Sea of Tranquillity
  us-south-2: null
capacity:
  gpu_1x_a10: {us-east-1: 1}
capacity_changes:
  - {after: 4000, capacity: {gpu_1x_new: {moon-1: 2}}}
  - {after: 5000, capacity: {gpu_1x_a10: {us-east-1: 0}}}
ssh_keys:
  - {name: laptop}
  - {name: twin}
  - {name: twin}
file_systems:
  - {name: crater, region: moon-1, bytes_used: 5}
instances:
  - {name: old, instance_type: gpu_1x_a10, region: us-east-1, ssh_key_names: [laptop], firewall_ruleset_names: [web]}
  - {name: null, status: unhealthy}
firewall_rules:
  - {protocol: tcp, port_range: [22, 22], source_network: 192.0.2.1/32}
firewall_rulesets:
  - {name: web, region: us-east-1, rules: [{protocol: tcp, port_range: [80, 80]}]}
faults:
  - {kind: status, operation: list_regions, status: 503}
fates:
  - {fate: never-boots, name: stuck}
quirks: {prices_as_strings: true}
"""


def test_a_scenario(tmp_path: Path) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_text(SCENARIO)
    with serving(tmp_path, "--scenario", str(path), "--time-scale", "1000", "--boot-time", "1") as api:
        for _ in range(2):
            _check(api)
            api.reset()


def _check(api: Api) -> None:
    types = api.get("/instance-types")

    def regions(name: str) -> list[str]:
        return [region["name"] for region in api.get("/instance-types")[name]["regions_with_capacity_available"]]

    assert "gpu_8x_b200_sxm6" not in types
    assert types["gpu_1x_a10"]["instance_type"]["price_cents_per_hour"] == "99"
    assert types["gpu_1x_a10"]["instance_type"]["specs"]["vcpus"] == 30
    assert regions("gpu_1x_a10") == ["us-east-1"]
    assert regions("gpu_1x_new") == []
    assert api.ask("GET", "/regions").status_code == 503
    names = {region["name"] for region in api.get("/regions")}
    assert "moon-1" in names
    assert "us-south-2" not in names
    assert [key["name"] for key in api.get("/ssh-keys")] == ["laptop", "twin", "twin"]
    assert [(row["name"], row["bytes_used"]) for row in api.get("/file-systems")] == [("crater", 5)]
    assert [(row.get("name"), row["status"]) for row in api.get("/instances")] == [
        ("old", "active"),
        (None, "unhealthy"),
    ]
    assert api.get("/firewall-rules")[0]["source_network"] == "192.0.2.1/32"
    (ruleset,) = api.get("/firewall-rulesets")
    assert ruleset["instance_ids"] == [api.get("/instances")[0]["id"]]
    until(lambda: regions("gpu_1x_new") == ["moon-1"])
    until(lambda: regions("gpu_1x_a10") == [])
    stuck = api.launch(name="stuck", instance_type_name="gpu_1x_new", region_name="moon-1")
    other = api.launch(name="other", instance_type_name="gpu_1x_new", region_name="moon-1")
    api.until(other, "active")
    assert api.instance(stuck)["status"] == "booting"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("capacity: {gpu_1x_a10: {mars-1: 1}}", "there is no region mars-1"),
        ("instances: [{instance_type: gpu_none}]", "there is no instance type gpu_none"),
        ("colour: blue", "colour"),
        ("instance_types: {gpu_1x_a10: {colour: blue}}", "instance_types.gpu_1x_a10.colour"),
        ("instance_types: {gpu_new: {gpus: 1}}", "instance_types.gpu_new"),
        ("faults: [{kind: earthquake}]", "faults.0.kind"),
        ("- a", "must hold keys and values"),
        ("a: [", "is not YAML"),
        (None, "cannot be read"),
    ],
)
def test_one_that_makes_no_sense_is_told_in_a_sentence(tmp_path: Path, text: str | None, told: str) -> None:
    path = tmp_path / "scenario.yaml"
    if text is not None:
        path.write_text(text)
    done = subprocess.run([*COMMAND, "serve", "--scenario", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_an_empty_one_is_the_default(tmp_path: Path) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_text("# nothing\n")
    with serving(tmp_path, "--scenario", str(path)) as api:
        assert len(api.get("/instance-types")) == 21
