# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The limit on requests, which scales with time."""

from __future__ import annotations

import time
import typing as t
from pathlib import Path

import pytest
import requests
from simulator_support import LAUNCH, Api, serving


@pytest.fixture
def limited(tmp_path: Path) -> t.Iterator[Api]:
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text("ssh_keys: [{name: laptop}]\n")
    # A second takes 0.5 real ones, twelve take 6.
    with serving(tmp_path, "--rate-limit", "--time-scale", "2", "--scenario", str(scenario)) as api:
        yield api


def test_one_request_a_second_and_one_launch_in_twelve(limited: Api) -> None:
    assert limited.ask("GET", "/instances").status_code == 200
    refused = [limited.ask("GET", "/instances") for _ in range(3)]
    assert [answer.status_code for answer in refused] == [429] * 3
    assert 0 < float(refused[0].headers["retry-after"]) <= 0.5
    assert 0 < refused[1].json()["retry_after"] <= 0.5
    assert "<html>" in refused[2].text
    time.sleep(0.5)
    begin = time.monotonic()
    assert launch(limited).status_code == 200
    time.sleep(0.55)
    assert limited.ask("GET", "/instances").status_code == 200
    time.sleep(0.55)
    answer = launch(limited)
    assert answer.status_code == 429
    time.sleep(max(0.0, begin + 6 - time.monotonic()))
    assert launch(limited).status_code == 200
    assert len(limited.state()["instances"]) == 2


def launch(api: Api) -> requests.Response:
    return api.ask("POST", "/instance-operations/launch", LAUNCH)


def test_who_comes_at_the_right_pace_is_never_refused(limited: Api) -> None:
    for _ in range(8):
        assert limited.ask("GET", "/instances").status_code == 200
        time.sleep(0.5)


def test_the_control_address_knows_no_limit(limited: Api) -> None:
    for _ in range(5):
        limited.ask("GET", "/instances")
    assert limited.state()["rate_limit"]["refused"] == 4


def test_without_the_option_there_is_none(api: Api) -> None:
    assert {api.ask("GET", "/instances").status_code for _ in range(20)} == {200}
    assert api.state()["rate_limit"] is None


def test_the_forms_can_be_chosen(limited: Api) -> None:
    limited.quirks(rate_limit_forms=["html"])
    limited.ask("GET", "/instances")
    for _ in range(3):
        assert "<html>" in limited.ask("GET", "/instances").text
