# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Responses in the shapes that were seen live, which the client has to understand and the simulator to give."""

from __future__ import annotations

import json
import time
import typing as t
from pathlib import Path

import pytest
import requests
import yaml
from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import architecture, is_reserved
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import ApiError, TransportError, UnsupportedByServer
from lambda_cloud_simulator.testing import Simulator
from support.peer import client_of, shape
from support.server import canned_server

LIVE: list[dict[str, t.Any]] = yaml.safe_load((Path(__file__).parent / "live.yml").read_text())
EVERY = pytest.mark.parametrize("peer", LIVE, ids=[each["name"] for each in LIVE])
IDS = {"file_system": "398578a2336b49079e74043f0bd2cfe8", "key": "ddf9a910ceb744a0bb95242cbba6cb50"}
LAUNCH = {"region_name": "us-east-1", "instance_type_name": "gpu_1x_a10", "ssh_key_names": ["laptop"]}


def launch(simulator: Simulator, **more: t.Any) -> str:
    return str(simulator.call_api("POST", "/instance-operations/launch", {**LAUNCH, **more})["instance_ids"][0])


def booting_with_address(simulator: Simulator) -> dict[str, str]:
    simulator.set_quirks(terminate_available_after=10_000)
    simulator.seed_ssh_key("laptop")
    launch(simulator, name="train-1", tags=[{"key": "project", "value": "vision"}])
    until = time.monotonic() + 30
    while "ip" not in simulator.call_api("GET", "/instances")[0]:
        assert time.monotonic() < until, "it got no address"
        time.sleep(0.05)
    return {}


def reserved(simulator: Simulator) -> dict[str, str]:
    simulator.seed_instance("bought", is_reserved=True)
    return {}


def terminating_with_file_system(simulator: Simulator) -> dict[str, str]:
    simulator.seed_instance("gone", status="terminating", file_system_names=["datasets"])
    rows = simulator.call_api("GET", "/file-systems")
    return {"file_system": next(row["id"] for row in rows if row["name"] == "datasets")}


def key_in_use(simulator: Simulator) -> dict[str, str]:
    key = simulator.seed_ssh_key("laptop")
    simulator.seed_instance("train-1", ssh_key_names=["laptop"])
    return {"key": key}


ARRANGE: dict[str, t.Callable[[Simulator], dict[str, str]]] = {
    "nothing": lambda simulator: {},
    **{each.__name__: each for each in (booting_with_address, reserved, terminating_with_file_system, key_in_use)},
}


@EVERY
def test_the_simulator_responds_alike(simulator: Simulator, peer: dict[str, t.Any]) -> None:
    ids = ARRANGE[peer["arrange"]](simulator)
    request = peer["request"]
    headers = {
        "User-Agent": "peer-tests",
        **request.get("headers", {"Authorization": f"Bearer {simulator.api_key}"}),
    }
    url = simulator.api_url + request["path"].format(**ids)
    response = requests.request(request["method"], url, json=request.get("body"), headers=headers, timeout=10)
    assert response.status_code == peer["status"]
    if "text" in peer:
        assert response.text == peer["text"]
        return
    body = response.json()
    if "error" in peer["body"]:
        assert shape(body) == shape(peer["body"])
        same = ("code", "message") if peer.get("words") else ("code",)
        assert {field: body["error"][field] for field in same} == {
            field: peer["body"]["error"][field] for field in same
        }
        return
    theirs, ours = peer["body"]["data"], body["data"]
    if isinstance(theirs, dict):
        # By name
        assert {name: shape(ours[name]) for name in theirs} == {name: shape(row) for name, row in theirs.items()}
        told = {name: row["instance_type"]["architecture"] for name, row in theirs.items()}
        assert {name: ours[name]["instance_type"]["architecture"] for name in theirs} == told
    else:
        assert [shape(row) for row in ours[:1]] == [shape(row) for row in theirs[:1]]
        # What is particular about the first, such as its status, is so here as well.
        particular = {"status", "is_in_use", "is_reserved", "actions"} & set(theirs[0])
        assert {field: availability(ours[0][field]) for field in particular} == {
            field: availability(theirs[0][field]) for field in particular
        }


def availability(value: t.Any) -> t.Any:
    """Return which actions are available and why not, without words; any other value as it is."""
    if not isinstance(value, dict):
        return value
    return {name: (each["available"], each.get("reason_code")) for name, each in value.items()}


@EVERY
def test_the_client_understands(peer: dict[str, t.Any]) -> None:
    client = peer["client"]
    text = peer["text"] if "text" in peer else json.dumps(peer["body"])
    arguments = [each.format(**IDS) for each in client.get("arguments", ())]
    with canned_server((peer["status"], {}, text.encode())) as server:
        call = getattr(client_of(server), client["method"])
        if peer["status"] == 200:
            assert call(*arguments) == peer["body"]["data"]
            return
        with pytest.raises((ApiError, TransportError, UnsupportedByServer)) as caught:
            call(*arguments)
    error = caught.value
    if client.get("unsupported"):
        assert isinstance(error, UnsupportedByServer)
    elif client.get("edge"):
        assert isinstance(error, TransportError)
        assert "1010" in str(error)
        assert not error.temporary
    else:
        assert isinstance(error, ApiError)
        assert error.failure()["code"] == client["code"]
        assert peer["body"]["error"]["message"] in str(error)


def test_the_client_reads_what_is_new_in_them() -> None:
    bodies = {peer["arrange"]: peer["body"]["data"] for peer in LIVE if peer["status"] == 200}
    (booting,), (bought,) = bodies["booting_with_address"], bodies["reserved"]
    assert (booting["status"], is_reserved(booting)) == ("booting", False)
    assert (bought["status"], is_reserved(bought)) == ("active", True)
    assert architecture(booting["instance_type"]) == "x86_64"
    assert architecture({"name": "gpu_1x_gh200"}) == architecture({"name": "gpu_4x_gb200"}) == "arm64"
    assert architecture({"name": "gpu_1x_gh200", "architecture": "x86_64"}) == "x86_64"
