# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control address: log, state, seeds, reset."""

from __future__ import annotations

import pytest
import requests
from simulator_support import LAUNCH, Api


def test_the_log(any_api: Api) -> None:
    any_api.key()
    any_api.ask("GET", "/instances?a=b")
    any_api.ask("GET", "/nowhere")
    any_api.ask("GET", "/ssh-keys", headers={"Authorization": "Bearer wrong"})
    rows = any_api.requests()
    assert [(row["method"], row["path"], row["operation"], row["status"]) for row in rows] == [
        ("POST", "/api/v1/ssh-keys", "add_ssh_key", 200),
        ("GET", "/api/v1/instances", "list_instances", 200),
        ("GET", "/api/v1/nowhere", None, 404),
        ("GET", "/api/v1/ssh-keys", "list_ssh_keys", 401),
    ]
    assert rows[0]["body"] == {"name": "laptop"}
    assert rows[1]["query"] == {"a": "b"}
    assert rows[0]["time"] < rows[1]["time"]
    any_api.forget_requests()
    assert any_api.requests() == []


def test_every_operation_has_its_name(api: Api) -> None:
    paths = {
        "list_instance_types": ("GET", "/instance-types"),
        "list_instances": ("GET", "/instances"),
        "get_instance": ("GET", "/instances/a"),
        "rename_instance": ("POST", "/instances/a"),
        "launch": ("POST", "/instance-operations/launch"),
        "terminate": ("POST", "/instance-operations/terminate"),
        "restart": ("POST", "/instance-operations/restart"),
        "list_ssh_keys": ("GET", "/ssh-keys"),
        "add_ssh_key": ("POST", "/ssh-keys"),
        "delete_ssh_key": ("DELETE", "/ssh-keys/a"),
        "list_file_systems": ("GET", "/file-systems"),
        "create_file_system": ("POST", "/filesystems"),
        "delete_file_system": ("DELETE", "/filesystems/a"),
        "list_images": ("GET", "/images"),
        "list_regions": ("GET", "/regions"),
        "list_firewall_rules": ("GET", "/firewall-rules"),
        "set_firewall_rules": ("PUT", "/firewall-rules"),
        "list_firewall_rulesets": ("GET", "/firewall-rulesets"),
        "create_firewall_ruleset": ("POST", "/firewall-rulesets"),
        "get_firewall_ruleset": ("GET", "/firewall-rulesets/a"),
        "update_firewall_ruleset": ("PATCH", "/firewall-rulesets/a"),
        "delete_firewall_ruleset": ("DELETE", "/firewall-rulesets/a"),
        "list_audit_events": ("GET", "/audit-events"),
    }
    for operation, (method, path) in paths.items():
        # Ordered for each by its name, so that a name that is not known would be refused.
        api.add_fault("status", operation, status=503)
        assert api.ask(method, path).status_code == 503
    assert [row["operation"] for row in api.requests()] == list(paths)
    assert api.ask("GET", "/firewall-rulesets/global").status_code == 200
    assert api.requests()[-1]["operation"] == "get_firewall_ruleset"


def test_secrets_are_not_told(api: Api) -> None:
    key = api.key()
    api.control("POST", "/instances", {"status": "active"})
    api.launch(user_data="#!/bin/sh\necho hush")
    told = requests.get(f"{api.url}/_simulator/requests", timeout=10).text
    told += requests.get(f"{api.url}/_simulator/state", timeout=10).text
    assert "hush" not in told
    assert "(masked)" in told
    assert key["private_key"].splitlines()[2] not in told
    for row in api.get("/instances"):
        if "jupyter_token" in row:
            assert row["jupyter_token"] not in told


def test_the_state(api: Api) -> None:
    api.key()
    api.launch(name="a")
    state = api.state()
    (row,) = state["instances"]
    assert (row["name"], row["status"], row["region"]["name"]) == ("a", "booting", "us-east-1")
    assert row["instance_type"]["price_cents_per_hour"] == 75
    assert row["cost_cents"] == pytest.approx(row["age_seconds"] / 3600 * 75)
    assert [key["name"] for key in state["ssh_keys"]] == ["laptop"]
    assert state["capacity"]["gpu_1x_a10"]["us-east-1"] == 49
    assert state["api_version"] == "1.10.0"


def test_reset(any_api: Api) -> None:
    before = {field: any_api.state()[field] for field in ("capacity", "ssh_keys", "instances", "quirks")}
    any_api.key()
    any_api.launch()
    any_api.add_fault("drop")
    any_api.add_fate("unhealthy")
    any_api.set_quirks(prices_as_strings=True)
    any_api.set_status("inactive")
    any_api.control("PUT", "/capacity", {"gpu_1x_a10": {"us-east-1": 0}})
    any_api.reset()
    state = any_api.state()
    assert {field: state[field] for field in before} == before
    assert (state["faults"], state["fates"], state["status"]) == ([], [], "active")
    assert any_api.requests() == []
    any_api.key()
    any_api.launch()


def test_seeds_bypass_every_rule(any_api: Api) -> None:
    any_api.control("POST", "/ssh-keys", {"name": "k" * 100})
    seed = {"instance_type": "gpu_8x_h100_sxm5", "region": "us-east-1", "ssh_key_names": ["k" * 100], "name": "n" * 100}
    for status in ("booting", "active", "unhealthy", "terminating", "terminated"):
        any_api.control("POST", "/instances", {**seed, "status": status})
    rows = any_api.get("/instances")
    assert [row["status"] for row in rows] == ["booting", "active", "unhealthy", "terminating", "terminated"]
    assert {row["name"] for row in rows} == {"n" * 100}
    assert rows[1]["ip"]
    for body in ({"instance_type": "none"}, {"region": "none"}, {"status": "none"}, {"colour": "blue"}):
        assert requests.post(f"{any_api.url}/_simulator/instances", json=body, timeout=10).status_code == 422


def test_capacity_is_merged(any_api: Api) -> None:
    before = any_api.state()["capacity"]
    any_api.control("PUT", "/capacity", {"gpu_1x_a10": {"us-east-1": 3}})
    assert any_api.state()["capacity"] == {**before, "gpu_1x_a10": {**before["gpu_1x_a10"], "us-east-1": 3}}
    for body in ({"none": {"us-east-1": 1}}, {"gpu_1x_a10": {"none": 1}}, {"gpu_1x_a10": {"us-east-1": -1}}):
        assert requests.put(f"{any_api.url}/_simulator/capacity", json=body, timeout=10).status_code == 422


def test_a_seed_repeats_ids(any_api: Api) -> None:
    def ids() -> list[str]:
        any_api.reset()
        any_api.control("POST", "/ssh-keys", {"name": "laptop", "public_key": "ssh-ed25519 AAAA"})
        return [any_api.post("/instance-operations/launch", **LAUNCH)["instance_ids"][0] for _ in range(3)]

    assert ids() == ids()
