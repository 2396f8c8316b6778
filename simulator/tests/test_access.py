# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may ask, and what stands before the API."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any

import pytest
import requests
from simulator_support import Api, serving

from lambda_cloud_simulator.api_keys import DEFAULT_KEY
from lambda_cloud_simulator.middleware.guard import Guard
from lambda_cloud_simulator.testing import API_KEY

BASIC = base64.b64encode(f"{API_KEY}:".encode()).decode()


@pytest.mark.parametrize(
    "header", [f"Bearer {API_KEY}", f"bearer {API_KEY}", f"Basic {BASIC}", f"Basic {API_KEY}", f"Basic {API_KEY}:"]
)
def test_a_key_is_taken_in_every_form(any_api: Api, header: str) -> None:
    assert any_api.ask("GET", "/instances", headers={"Authorization": header}).status_code == 200


@pytest.mark.parametrize(
    "header", [None, "Bearer wrong", "Basic wrong", f"Digest {API_KEY}", "Bearer", f"Basic {BASIC}x"]
)
def test_anything_else_is_refused(any_api: Api, header: str | None) -> None:
    for method, path in (("GET", "/instances"), ("GET", "/nowhere"), ("POST", "/instance-operations/launch")):
        answer = any_api.ask(method, path, headers={"Authorization": header})  # type: ignore[dict-item]
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "global/invalid-api-key"


def test_keys_are_those_asked_for(tmp_path: Path) -> None:
    with serving(tmp_path, "--api-key", "one", "--api-key", "two") as api:
        found = {
            key: requests.get(f"{api.url}/api/v1/instances", auth=(key, ""), timeout=10).status_code
            for key in ("one", "two", API_KEY, DEFAULT_KEY)
        }
    assert found == {"one": 200, "two": 200, API_KEY: 200, DEFAULT_KEY: 401}


def test_the_edge_refuses_pythons_own_client(any_api: Api) -> None:
    answer = any_api.ask("GET", "/instances", headers={"User-Agent": "Python-urllib/3.12"})
    assert answer.status_code == 403
    assert answer.text == "error code: 1010"
    assert answer.headers["content-type"].startswith("text/plain")


def test_an_old_base_path_redirects_if_asked_for(any_api: Api) -> None:
    def ask() -> requests.Response:
        return requests.get(f"{any_api.url}/old/v1/ssh-keys?a=b", allow_redirects=False, timeout=10)

    assert ask().status_code == 404
    any_api.set_quirks(redirect_from="/old/v1")
    assert ask().status_code == 301
    assert ask().headers["location"] == "/api/v1/ssh-keys?a=b"


@pytest.mark.parametrize(("status", "code"), [("inactive", "account-inactive"), ("invalid-address", "invalid-address")])
def test_an_account_that_may_not(any_api: Api, status: str, code: str) -> None:
    any_api.set_status(status)
    body = {"region_name": "us-east-1", "instance_type_name": "gpu_1x_a10", "ssh_key_names": ["a"]}
    assert any_api.refused("POST", "/instance-operations/launch", body) == (403, f"global/{code}")
    listing = any_api.ask("GET", "/instances").status_code
    assert listing == (403 if status == "inactive" else 200)


def test_a_body_is_json_whatever_its_type(any_api: Api) -> None:
    answer = any_api.ask(
        "POST", "/ssh-keys", data='{"name": "a"}', headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert answer.json()["data"]["name"] == "a"


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '"a"', '{"name": 1}', '{"name": null}', "\xff"])
def test_a_body_that_makes_no_sense_is_refused_in_the_services_form(any_api: Api, body: str) -> None:
    answer = any_api.ask("POST", "/ssh-keys", data=body.encode("latin-1"))
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "global/invalid-parameters"


def test_an_error_names_its_field(api: Api, old_api: Api) -> None:
    body = {"region_name": "us-east-1", "instance_type_name": 7, "ssh_key_names": []}
    old = old_api.ask("POST", "/instance-operations/launch", body).json()
    assert set(old["field_errors"]) == {"instance_type_name", "ssh_key_names"}
    assert {each["code"] for each in old["field_errors"].values()} == {"global/invalid-parameters"}
    new = api.ask("POST", "/instance-operations/launch", body).json()
    assert set(new) == {"error"}
    assert "instance_type_name" in new["error"]["message"]
    assert "ssh_key_names" in new["error"]["message"]


def test_an_unknown_path_and_method(any_api: Api) -> None:
    code = any_api.refused("GET", "/nowhere")
    assert code in ((404, "global/not-found"), (404, "global/object-does-not-exist"))
    answer = any_api.ask("PUT", "/instances")
    assert answer.status_code == 405
    assert answer.headers["allow"]


def test_health_needs_no_key(any_api: Api) -> None:
    assert requests.get(f"{any_api.url}/healthz", timeout=10).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "https://["},
        {"Sec-Fetch-Site": "cross-site"},
        # A name of the other site that it makes lead here, for which a browser sends neither.
        {"Host": "elsewhere.example"},
        {"Host": "127.0.0.1.elsewhere.example:80"},
        {"Host": "localhost.elsewhere.example"},
    ],
)
def test_requests_of_other_sites_are_refused(any_api: Api, headers: dict[str, str]) -> None:
    before = any_api.state()["capacity"]
    for method, path in (("POST", "/reset"), ("GET", "/state"), ("PUT", "/capacity")):
        answer = requests.request(method, f"{any_api.url}/_simulator{path}", headers=headers, json={}, timeout=10)
        assert answer.status_code == 403
    assert any_api.state()["capacity"] == before
    key = {"Authorization": f"Bearer {any_api.key}"}
    for path in ("/api/v1/instances", "/_simulator/page", "/healthz", "/openapi.json"):
        assert requests.get(f"{any_api.url}{path}", headers={**key, **headers}, timeout=10).status_code == 403
    launch = requests.post(f"{any_api.url}/api/v1/instance-operations/launch", headers={**key, **headers}, timeout=10)
    assert launch.status_code == 403


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1", "[::1]:80", "box.localhost", "192.0.2.1"])
def test_its_own_page_and_tools_are_let_in(any_api: Api, host: str) -> None:
    for headers in ({}, {"Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}):
        answer = requests.get(f"{any_api.url}/_simulator/state", headers={"Host": host, **headers}, timeout=10)
        assert answer.status_code == 200


def test_a_name_may_be_allowed() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            seen.append(message["status"])

    seen: list[Any] = []
    guard = Guard(app, ["Simulator.internal"])
    for host in ("simulator.internal:8420", "other.internal"):
        scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"host", host.encode())]}
        asyncio.run(guard(scope, lambda: None, send))  # type: ignore[arg-type]
    assert [seen[0]["path"], seen[1]] == ["/", 403]
