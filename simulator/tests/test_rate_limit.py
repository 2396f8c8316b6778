# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The limit on requests, which counts them when they arrive, and the network before it."""

from __future__ import annotations

import asyncio
import json
import typing as t
from pathlib import Path

import httpx
import pytest
from simulator_support import LAUNCH, Api, serving

from lambda_cloud_simulator import cli
from lambda_cloud_simulator.account.clock import Clock
from lambda_cloud_simulator.account.scenario import load
from lambda_cloud_simulator.asgi import application
from lambda_cloud_simulator.hosts.none import NoHosts
from lambda_cloud_simulator.middleware.latency import Latency
from lambda_cloud_simulator.middleware.rate_limit import RateLimit
from lambda_cloud_simulator.simulator import SimulatorState


class SetClock(Clock):
    """A clock that stands still until it is set."""

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__(scale)
        self.time = 100.0

    def now(self) -> float:
        return self.time

    async def pass_by(self, seconds: float) -> None:
        """Let so many real seconds pass."""
        self.time += seconds * self.scale


def accepted(rule: str, arrivals: t.Iterable[float], operation: str = "list_instances") -> list[bool]:
    """Return which of the requests that arrive at these seconds are accepted."""
    clock = SetClock()
    limit = RateLimit(clock, ["header"], rule)
    answers = []
    for clock.time in arrivals:
        answers.append(limit.check(operation) is None)
    return answers


@pytest.mark.parametrize("rule", ["strict", "window"])
def test_a_request_is_accepted_from_one_second_after_the_last_accepted_one(rule: str) -> None:
    assert accepted(rule, [0, 0.999, 1, 1.5, 1.999, 2]) == [True, False, True, False, False, True]


def test_what_is_refused_does_not_count() -> None:
    assert accepted("strict", [0, *(0.1 * number for number in range(1, 10)), 1]) == [True, *[False] * 9, True]


def test_nobody_saves_up_requests() -> None:
    assert accepted("strict", [0, 60, 60.9, 61]) == [True, True, False, True]


def test_a_strict_limit_accepts_a_launch_from_twelve_seconds_after_the_last_accepted_one() -> None:
    assert accepted("strict", [0, 11.999, 12, 23.9, 24], "launch") == [True, False, True, False, True]


def test_a_window_has_five_launches_in_any_minute() -> None:
    times = [0, 1, 2, 3, 4, 5, 59.9, 60, 60.9, 61, 62]
    taken = [True, True, True, True, True, False, False, True, False, True, True]
    assert accepted("window", times, "launch") == taken


def test_a_launch_counts_as_a_request_and_the_other_way_round() -> None:
    clock = SetClock()
    limit = RateLimit(clock, ["header"])
    assert limit.check("launch") is None
    assert limit.check("list_instances") is not None
    clock.time += 11.5
    assert limit.check("list_instances") is None
    clock.time += 0.5
    assert limit.check("launch") is not None
    clock.time += 0.5
    assert limit.check("launch") is None
    assert limit.state() == {"request": 1.0, "launch": 12.0, "refused": 2}


def test_every_form_says_how_long_to_wait_in_real_seconds() -> None:
    clock = SetClock(scale=4)
    limit = RateLimit(clock, ["header", "body", "html"])
    assert limit.check("launch") is None
    header, body, page = (limit.check("launch") for _ in range(3))
    assert header is not None
    assert body is not None
    assert page is not None
    assert {each.status_code for each in (header, body, page)} == {429}
    assert header.headers["retry-after"] == "3"
    assert json.loads(bytes(body.body))["retry_after"] == 3
    assert b"<html>" in page.body


async def _send_at(clock: SetClock, latency: Latency, seconds: t.Iterable[float]) -> tuple[list[int], list[float]]:
    """Send a request at each time. Returns the statuses, and the times of the responses."""
    state = SimulatorState(load(), clock, NoHosts(), keys=["k"], rate_rule="strict", latency=latency)
    transport = httpx.ASGITransport(application(state))
    headers = {"Authorization": "Bearer k", "User-Agent": "tests"}
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers) as client:
        statuses, times = [], []
        for clock.time in seconds:
            statuses.append((await client.get("/api/v1/instances")).status_code)
            times.append(clock.time)
    return statuses, times


def test_a_request_is_counted_when_it_arrives_and_the_answer_is_under_way_as_well() -> None:
    clock = SetClock()
    ways = iter([0.15, 0.05, 0.05, 0.15])

    class Uneven(Latency):
        async def travel(self) -> None:
            await clock.pass_by(next(ways))

    # Sent exactly a second apart, and the second one is quicker.
    statuses, times = asyncio.run(_send_at(clock, Uneven(), [0, 1]))
    assert statuses == [200, 429]
    assert times == pytest.approx([0.2, 1.2])


def test_a_latency_varies_by_the_percent_that_it_is_told_and_not_with_the_time_scale() -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    latency = Latency(*Latency.parse("100:50"), seed=1, sleep=sleep)

    async def travel(times: int) -> None:
        for _ in range(times):
            await latency.travel()

    asyncio.run(travel(1000))
    assert 0.05 <= min(waited) < 0.06 < 0.14 < max(waited) <= 0.15
    assert sum(waited) / len(waited) == pytest.approx(0.1, rel=0.05)
    waited.clear()
    latency = Latency(*Latency.parse("20"), sleep=sleep)
    asyncio.run(travel(3))
    assert waited == [0.02] * 3


@pytest.mark.parametrize("text", ["", "fast", "-1", "100:", "100:-1", "100:101", "inf", "nan", "1:nan"])
def test_a_latency_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        Latency.parse(text)


@pytest.fixture
def limited(tmp_path: Path) -> t.Iterator[Api]:
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text("ssh_keys: [{name: laptop}]\n")
    # A simulated second takes a hundred real ones, so that a test sees one request accepted.
    with serving(tmp_path, "--rate-limit", "--time-scale", "0.01", "--scenario", str(scenario)) as api:
        yield api


def test_the_control_address_knows_no_limit(limited: Api) -> None:
    statuses = [limited.ask("GET", "/instances").status_code for _ in range(5)]
    assert statuses == [200, *[429] * 4]
    # Each raises for a refusal.
    states = [limited.state() for _ in range(5)]
    assert {state["rate_limit"]["refused"] for state in states} == {4}
    assert limited.ask("POST", "/instance-operations/launch", LAUNCH).status_code == 429
    assert limited.state()["instances"] == []


def test_without_the_option_there_is_none(api: Api) -> None:
    assert {api.ask("GET", "/instances").status_code for _ in range(20)} == {200}
    assert api.state()["rate_limit"] is None


def test_the_forms_can_be_chosen(limited: Api) -> None:
    limited.set_quirks(rate_limit_forms=["html"])
    limited.ask("GET", "/instances")
    for _ in range(3):
        assert "<html>" in limited.ask("GET", "/instances").text


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        ([], None),
        (["--rate-limit"], "strict"),
        (["--rate-limit", "--seed", "1"], "strict"),
        (["--rate-limit", "window"], "window"),
    ],
)
def test_the_rule_is_strict_unless_it_is_chosen(arguments: list[str], rule: str | None) -> None:
    assert cli.parser().parse_args(["serve", *arguments]).rate_limit == rule
