# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ordered faults, as a client meets them."""

from __future__ import annotations

import time
import typing as t
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from simulator_support import LAUNCH, Api, until


@pytest.fixture(autouse=True)
def _key(any_api: Api) -> None:
    any_api.key()


def launch(api: Api) -> requests.Response:
    return api.ask("POST", "/instance-operations/launch", LAUNCH)


def launched(api: Api) -> int:
    return len(api.state()["instances"])


@pytest.mark.parametrize(("when", "executed"), [("before", 0), ("after", 1)])
def test_a_dropped_connection(any_api: Api, when: str, executed: int) -> None:
    any_api.add_fault("drop", "launch", when=when)
    with pytest.raises(requests.ConnectionError):
        launch(any_api)
    assert launched(any_api) == executed
    assert any_api.requests()[-1]["status"] == "dropped"
    assert launch(any_api).status_code == 200


@pytest.mark.parametrize(("when", "executed"), [("before", 0), ("after", 1)])
@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_server_error(any_api: Api, when: str, executed: int, status: int) -> None:
    any_api.add_fault("status", "launch", when=when, status=status)
    answer = launch(any_api)
    assert answer.status_code == status
    kind = "application/json" if status == 500 else "text/html"
    assert answer.headers["content-type"].startswith(kind)
    assert launched(any_api) == executed


def test_an_error_of_the_provider(any_api: Api) -> None:
    any_api.add_fault("status", "list_instances", status=503, code="provider/internal-unavailable")
    assert any_api.refused("GET", "/instances") == (503, "provider/internal-unavailable")


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_slow_answer(any_api: Api, when: str) -> None:
    any_api.add_fault("delay", "launch", when=when, seconds=0.4)
    with pytest.raises(requests.Timeout):
        any_api.ask("POST", "/instance-operations/launch", LAUNCH, timeout=0.2)
    # Whether the request takes effect is a matter of when, not whether the client waits.
    assert launched(any_api) == (when == "after")
    time.sleep(0.4)
    assert launched(any_api) == 1
    any_api.add_fault("delay", "list_instances", when=when, seconds=0.2)
    begin = time.monotonic()
    assert any_api.get("/instances")
    assert time.monotonic() - begin >= 0.2


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_request_that_is_held(any_api: Api, when: str) -> None:
    any_api.add_fault("hold", "launch", when=when)
    with ThreadPoolExecutor() as pool:
        held = pool.submit(any_api.ask, "POST", "/instance-operations/launch", LAUNCH)
        until(lambda: any_api.state()["faults"] == [] and launched(any_api) == (when == "after"), 60)
        # Others go on.
        assert [key["name"] for key in any_api.get("/ssh-keys")] == ["laptop"]
        assert not held.done()
        any_api.clear_faults()
        assert held.result().status_code == 200
    assert launched(any_api) == 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_requests_that_wait_for_one_another(any_api: Api, when: str) -> None:
    any_api.add_fault("together", "list_instances", times=2, when=when)
    with ThreadPoolExecutor() as pool:
        first = pool.submit(any_api.get, "/instances")
        until(lambda: any_api.state()["faults"][0]["times"] == 1, 60)
        assert launch(any_api).status_code == 200
        assert not first.done()
        second = any_api.get("/instances")
    assert len(second) == 1
    assert len(first.result()) == (when == "before")


def test_a_reset_lets_go_what_is_held(any_api: Api) -> None:
    any_api.add_fault("hold", "list_instances")
    with ThreadPoolExecutor() as pool:
        held = pool.submit(any_api.get, "/instances")
        until(lambda: any_api.state()["faults"] == [], 60)
        any_api.reset()
        assert held.result() == []


def test_a_truncated_answer(any_api: Api) -> None:
    any_api.add_fault("truncate", "launch")
    answer = launch(any_api)
    assert answer.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        answer.json()
    assert answer.text.startswith('{"data"')
    assert launched(any_api) == 1


def test_garbage(any_api: Api) -> None:
    any_api.add_fault("garbage", "list_instances")
    answer = any_api.ask("GET", "/instances")
    assert answer.status_code == 200
    assert "<html>" in answer.text


def test_refused_for_coming_too_often(any_api: Api) -> None:
    for form in ("header", "body", "html"):
        any_api.add_fault("rate-limit", "launch", form=form, retry_after=3)
    first, second, third = launch(any_api), launch(any_api), launch(any_api)
    assert {answer.status_code for answer in (first, second, third)} == {429}
    assert first.headers["retry-after"] == "3"
    assert second.json()["retry_after"] == 3
    assert "retry-after" not in second.headers
    assert third.headers["content-type"].startswith("text/html")
    assert launched(any_api) == 0


@pytest.mark.parametrize(("kind", "status"), [("edge-1010", 403), ("edge-1015", 429)])
def test_the_edge_in_the_way(any_api: Api, kind: str, status: int) -> None:
    any_api.add_fault(kind)
    answer = any_api.ask("GET", "/ssh-keys")
    assert (answer.status_code, answer.text) == (status, f"error code: {kind[-4:]}")


def test_a_redirect(any_api: Api) -> None:
    any_api.add_fault("redirect", "launch", location="https://elsewhere.example/api/v1")
    answer = launch(any_api)
    assert (answer.status_code, answer.headers["location"]) == (301, "https://elsewhere.example/api/v1")
    assert launched(any_api) == 0


def test_faults_come_in_order_and_as_often_as_asked_for(any_api: Api) -> None:
    any_api.add_fault("status", "list_ssh_keys", status=503, times=2)
    any_api.add_fault("status", "list_ssh_keys", status=502)
    any_api.add_fault("status", None, status=504)
    assert [fault["times"] for fault in any_api.control("GET", "/faults")["faults"]] == [2, 1, 1]
    assert [any_api.ask("GET", "/ssh-keys").status_code for _ in range(5)] == [503, 503, 502, 504, 200]
    assert any_api.control("GET", "/faults") == {"faults": []}


def test_faults_can_be_taken_back(any_api: Api) -> None:
    any_api.add_fault("status")
    any_api.clear_faults()
    assert any_api.ask("GET", "/instances").status_code == 200


@pytest.mark.parametrize(
    "body", [{"kind": "earthquake"}, {"kind": "drop", "operation": "launhc"}, {"kind": "drop", "x": 1}]
)
def test_an_order_that_makes_no_sense_is_refused(any_api: Api, body: dict[str, t.Any]) -> None:
    assert requests.post(f"{any_api.url}/_simulator/faults", json=body, timeout=10).status_code == 422


def test_a_wrong_key_uses_no_fault_up(any_api: Api) -> None:
    any_api.add_fault("status", status=503)
    assert any_api.ask("GET", "/instances", headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert any_api.ask("GET", "/instances").status_code == 503
