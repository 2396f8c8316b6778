# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What users start a simulator with in their own tests."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
import requests
from simulator_support import until

from lambda_cloud_simulator.testing import API_KEY, SimulatorError, running_simulator

PROJECT = """
import pytest

@pytest.mark.parametrize("turn", [1, 2])
def test_it_is_empty_each_time(lambda_cloud, turn):
    assert lambda_cloud.live() == {}
    assert lambda_cloud.operations() == []
    lambda_cloud.seed_ssh_key("laptop")
    launch = {"region_name": "us-east-1", "instance_type_name": "gpu_1x_a10", "ssh_key_names": ["laptop"], "name": "a"}
    lambda_cloud.call_api("POST", "/instance-operations/launch", launch)
    assert lambda_cloud.live()["a"]["status"] == "active"
"""
OPTIONS = """
import pytest

@pytest.fixture(scope="session")
def lambda_cloud_options():
    return ["--api-version", "1.5.3"]
"""


def is_gone(url: str) -> bool:
    """Return whether nothing answers at an address."""
    try:
        requests.get(url, timeout=5)
    except requests.ConnectionError:
        return True
    return False


def test_it_is_there_and_then_gone() -> None:
    with running_simulator("--boot-time", "0") as simulator:
        assert simulator.state()["api_version"] == "1.10.0"
        assert requests.get(f"{simulator.api_url}/instances", auth=(API_KEY, ""), timeout=5).json() == {"data": []}
        assert simulator.environment(launch_interval=0.5) == {
            "LAMBDA_API_KEY": API_KEY,
            "LAMBDA_API_URL": f"{simulator.url}/api/v1",
            "LAMBDA_REQUEST_INTERVAL": "0",
            "LAMBDA_LAUNCH_INTERVAL": "0.5",
        }
    assert is_gone(simulator.url)


def test_it_is_gone_after_a_failure(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), running_simulator(folder=tmp_path) as simulator:
        raise ZeroDivisionError
    assert is_gone(simulator.url)
    assert simulator.api_url in (tmp_path / "simulator.log").read_text()


def test_it_does_not_outlive_who_started_it(tmp_path: Path) -> None:
    program = f"""
import os, signal
from pathlib import Path
from lambda_cloud_simulator.testing import running_simulator

with running_simulator("--hosts", "local", "--ssh-port", "0", folder=Path({str(tmp_path)!r})):
    os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", program], check=False)
    assert done.returncode == -signal.SIGKILL
    url = json.loads((tmp_path / "ready.json").read_text())["url"]
    until(lambda: is_gone(url), 20)


def test_a_start_that_fails_is_told_whole(tmp_path: Path) -> None:
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text("fliesystems: []\n")
    with pytest.raises(SimulatorError, match=r"(?s)did not start: exit code 1.*fliesystems"):
        running_simulator("--scenario", str(scenario)).__enter__()


def test_a_start_that_takes_too_long_is_told() -> None:
    with pytest.raises(SimulatorError, match="not ready in 0 seconds"):
        running_simulator(start_seconds=0).__enter__()


def test_an_end_that_is_not_in_order_is_told() -> None:
    with pytest.raises(SimulatorError, match="ended with exit code -9"), running_simulator() as simulator:
        os.kill(simulator.pid, signal.SIGKILL)


def test_all_can_be_seeded_and_is_gone_after_a_reset() -> None:
    with running_simulator("--time-scale", "1000") as simulator:
        beginning = simulator.state()
        simulator.seed_ssh_key("laptop")
        simulator.seed_file_system("data", bytes_used=7)
        simulator.seed_ruleset("web")
        instance_id = simulator.seed_instance("a", file_system_names=["data"], firewall_ruleset_names=["web"])
        simulator.seed_instance("b", status="terminating")
        simulator.set_capacity(gpu_1x_a10={"us-east-1": 5})
        simulator.set_quirks(prices_as_strings=True)
        simulator.set_status("inactive")
        simulator.add_fault("status", "launch", times=2, status=503)
        simulator.add_fate("unhealthy", "a*", after=5)
        simulator.apply_fate(instance_id, "unhealthy")
        state = simulator.state()
        assert {name: row["status"] for name, row in simulator.live().items()} == {"a": "unhealthy"}
        assert [key["name"] for key in state["ssh_keys"]] == ["laptop"]
        assert [row["bytes_used"] for row in state["file_systems"] if row["name"] == "data"] == [7]
        assert [row["instance_ids"] for row in state["firewall_rulesets"]] == [[instance_id]]
        assert state["capacity"]["gpu_1x_a10"]["us-east-1"] == 5
        assert state["quirks"]["prices_as_strings"]
        assert state["status"] == "inactive"
        assert [(fault["kind"], fault["times"], fault["status"]) for fault in state["faults"]] == [("status", 2, 503)]
        assert [(fate["fate"], fate["name"], fate["after"]) for fate in state["fates"]] == [("unhealthy", "a*", 5)]
        simulator.clear_faults()
        simulator.clear_fates()
        assert (simulator.state()["faults"], simulator.state()["fates"]) == ([], [])
        simulator.reset()
        after = simulator.state()
        for moving in ("now", "date", "file_systems"):
            assert bool(beginning.pop(moving)) == bool(after.pop(moving))
        assert after == beginning


def test_requests_are_logged_and_refusals_are_told() -> None:
    with running_simulator() as simulator:
        requests.get(f"{simulator.api_url}/regions", auth=(API_KEY, ""), timeout=5)
        assert simulator.operations() == ["list_regions"]
        assert [row["status"] for row in simulator.requests()] == [200]
        with pytest.raises(SimulatorError, match=r"GET .*/instances/none: 404 .*object-does-not-exist"):
            simulator.call_api("GET", "/instances/none")
        simulator.forget_requests()
        assert simulator.requests() == []
        with pytest.raises(SimulatorError, match="422"):
            simulator.set_capacity(gpu_1x_a10={"nowhere": 1})
        for _ in range(2):
            simulator.seed_instance("twin")
        with pytest.raises(SimulatorError, match="not unique"):
            simulator.live()
    with pytest.raises(SimulatorError, match="GET"):
        simulator.state()


def test_a_proxy_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert urllib.request.getproxies()["http"] == "http://127.0.0.1:9"
    with running_simulator() as simulator:
        assert simulator.live() == {}


@pytest.mark.parametrize("module", ["testing", "cli"])
def test_it_takes_no_pytest(module: str) -> None:
    script = f"import sys; sys.modules['pytest'] = None; import lambda_cloud_simulator.{module}"
    subprocess.run([sys.executable, "-c", script], check=True)


def pytest_in(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


def test_the_fixture_needs_no_setting_up(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(PROJECT)
    done = pytest_in(tmp_path)
    assert "2 passed" in done.stdout, done.stdout + done.stderr


def test_the_fixture_takes_other_options(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(OPTIONS)
    (tmp_path / "test_mine.py").write_text(
        "def test_version(lambda_cloud):\n    assert lambda_cloud.state()['api_version'] == '1.5.3'\n"
    )
    done = pytest_in(tmp_path)
    assert "1 passed" in done.stdout, done.stdout + done.stderr
