# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the README and the scenarios beside it tell is there, and the other way round."""

from __future__ import annotations

import dataclasses
import re
import shutil
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import requests
from simulator_support import LAUNCH, Api, serving

from lambda_cloud_simulator import cli
from lambda_cloud_simulator.account import fates, faults
from lambda_cloud_simulator.account.catalogue import InstanceType
from lambda_cloud_simulator.account.clock import Clock
from lambda_cloud_simulator.account.scenario import Quirks, Quotas, Scenario, load
from lambda_cloud_simulator.account.seeds import SeedFileSystem, SeedInstance, SeedKey, SeedRule, SeedRuleset
from lambda_cloud_simulator.control.routes import PREFIX, router
from lambda_cloud_simulator.hosts.none import NoHosts
from lambda_cloud_simulator.simulator import SimulatorState

FOLDER = Path(__file__).parents[1]
README = (FOLDER / "README.md").read_text()
CODE = set(re.findall(r"`([^`\n]+)`", README))


def test_every_option_is_told() -> None:
    (commands,) = (action for action in cli.parser()._actions if action.dest == "command")
    assert commands.choices
    options = {name for name in commands.choices["serve"]._option_string_actions if name.startswith("--")}
    assert options - {"--help"} == {name for name in CODE if re.fullmatch(r"--[a-z-]+", name)} - {"--format"}
    assert set(commands.choices) == {"serve", "clean"}


@pytest.mark.parametrize(
    "model", [Scenario, Quirks, Quotas, SeedInstance, SeedKey, SeedFileSystem, SeedRule, SeedRuleset, faults.Fault]
)
def test_every_key_is_told(model: t.Any) -> None:
    assert set(model.model_fields) - CODE == set()


def test_every_kind_of_trouble_is_told() -> None:
    for kinds in (faults.Kind, fates.Kind, faults.Operation):
        assert set(t.get_args(kinds)) - CODE == set()
    fields = {each.name for each in dataclasses.fields(InstanceType)} - {"name"}
    assert fields - CODE == set()


def test_every_control_call_is_told() -> None:
    simulator = SimulatorState(load(), Clock(1), NoHosts(), keys=["k"])
    told = {(method, path) for method, path in re.findall(r"`(GET|PUT|POST|DELETE) (/_simulator[^`]*)`", README)}
    both = {("GET", f"{PREFIX}/{what}") for what in ("faults", "fates")}
    both |= {("DELETE", f"{PREFIX}/{what}") for what in ("faults", "fates")}
    routes: list[t.Any] = list(router(simulator).routes)
    there = {(method, route.path) for route in routes for method in route.methods}
    assert there == (told | both) - {("GET", f"{PREFIX}/page")}


@pytest.mark.tools
@pytest.mark.skipif(not shutil.which("curl"), reason="curl, which the README uses, is not installed")
def test_its_commands_work(tmp_path: Path) -> None:
    blocks = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    with serving(tmp_path, "--boot-time", "0", api_key=cli.DEFAULT_KEY) as api:
        for block in blocks:
            script = block.replace("http://127.0.0.1:8420", api.url).replace("curl -s", "curl -s --fail-with-body")
            done = subprocess.run(["sh", "-ec", script], capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
        assert [row["name"] for row in api.state()["instances"]] == ["first"]
        assert [fault["kind"] for fault in api.state()["faults"]] == ["drop"]


def test_its_tests_pass(tmp_path: Path) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    (tmp_path / "test_mine.py").write_text(block)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "2 passed" in done.stdout, done.stdout + done.stderr


def with_scenario(tmp_path: Path, name: str, *arguments: str) -> t.Any:
    return serving(tmp_path, "--scenario", str(FOLDER / "scenarios" / name), *arguments)


def regions(api: Api, name: str) -> list[str]:
    return [region["name"] for region in api.get("/instance-types")[name]["regions_with_capacity_available"]]


def test_capacity_that_comes_and_goes(tmp_path: Path) -> None:
    with with_scenario(tmp_path, "scarce.yaml", "--time-scale", "1", "--seed", "1") as api:
        assert regions(api, "gpu_1x_h100_pcie") == []
        assert regions(api, "gpu_1x_a10") == ["us-east-1"]
        assert api.state()["quirks"]["capacity_refusals"] == 0.33
    with with_scenario(tmp_path, "scarce.yaml", "--time-scale", "100000") as api:
        assert regions(api, "gpu_1x_h100_pcie") == ["us-west-3"]
        assert api.state()["capacity"]["gpu_1x_h100_pcie"]["us-west-3"] == 1


def test_a_bad_day_of_the_network(tmp_path: Path) -> None:
    with with_scenario(tmp_path, "flaky.yaml", "--boot-time", "0", "--time-scale", "1") as api:
        with pytest.raises(requests.ConnectionError):
            api.ask("POST", "/instance-operations/launch", LAUNCH)
        assert len(api.state()["instances"]) == 1
        assert [api.ask("GET", "/instances").status_code for _each in range(3)] == [503, 503, 200]
        assert api.get("/instances") == []
        assert api.ask("GET", "/instance-types").status_code == 429


def test_gpus_that_are_not_well(tmp_path: Path) -> None:
    with with_scenario(tmp_path, "broken_gpu.yaml", "--boot-time", "0") as api:
        assert [(row["name"], row["status"]) for row in api.get("/instances")] == [("train-00", "unhealthy")]
        assert [(fate["fate"], fate["name"]) for fate in api.state()["fates"]] == [
            ("gpu-broken", "train-*"),
            ("gpu-missing", "eval-*"),
        ]
