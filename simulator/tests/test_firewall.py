# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Firewall rules and rulesets."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
from simulator_support import LAUNCH, Api, serving, until

INVALID = (400, "global/invalid-parameters")
MISSING = (404, "global/object-does-not-exist")
RULE: dict[str, t.Any] = {
    "protocol": "tcp",
    "port_range": [443, 443],
    "source_network": "192.0.2.0/24",
    "description": "web",
}


def test_the_default_lets_ssh_and_ping_in(api: Api) -> None:
    rules = api.get("/firewall-rules")
    assert {rule["protocol"] for rule in rules} == {"icmp", "tcp"}
    assert next(rule for rule in rules if rule["protocol"] == "tcp")["port_range"] == [22, 22]
    assert "port_range" not in next(rule for rule in rules if rule["protocol"] == "icmp")


def test_putting_replaces_all(api: Api) -> None:
    assert api.ask("PUT", "/firewall-rules", {"data": [RULE]}).json() == {"data": [RULE]}
    assert api.get("/firewall-rules") == [RULE]
    assert api.get("/firewall-rulesets/global")["rules"] == [RULE]
    assert api.ask("PUT", "/firewall-rules", {"data": []}).json() == {"data": []}


def test_a_source_without_a_mask_means_itself(api: Api) -> None:
    answer = api.ask("PUT", "/firewall-rules", {"data": [{**RULE, "source_network": "192.0.2.7"}]})
    assert answer.json()["data"][0]["source_network"] == "192.0.2.7/32"


@pytest.mark.parametrize(
    "change",
    [
        {"protocol": "icmp"},
        {"protocol": "sctp"},
        {"port_range": None},
        {"port_range": [1]},
        {"port_range": [0, 1]},
        {"port_range": [2, 1]},
        {"port_range": [1, 65536]},
        {"source_network": "here"},
        {"source_network": "::/0"},
        {"description": "a" * 129},
    ],
)
def test_bad_rules(api: Api, change: dict[str, t.Any]) -> None:
    before = api.get("/firewall-rules")
    assert api.refused("PUT", "/firewall-rules", {"data": [{**RULE, **change}]}) == INVALID
    assert api.get("/firewall-rules") == before


@pytest.mark.parametrize("protocol", ["tcp", "udp", "all"])
def test_ports_are_required(api: Api, protocol: str) -> None:
    rule = {**RULE, "protocol": protocol}
    assert api.ask("PUT", "/firewall-rules", {"data": [rule]}).status_code == 200
    del rule["port_range"]
    assert api.refused("PUT", "/firewall-rules", {"data": [rule]}) == INVALID


def test_twenty_rules_at_most(api: Api) -> None:
    assert api.ask("PUT", "/firewall-rules", {"data": [RULE] * 20}).status_code == 200
    assert api.refused("PUT", "/firewall-rules", {"data": [RULE] * 21}) == INVALID
    body = {"name": "a", "region": "us-east-1", "rules": [RULE] * 21}
    assert api.refused("POST", "/firewall-rulesets", body) == INVALID


def test_a_ruleset_from_beginning_to_end(api: Api) -> None:
    api.key()
    made = api.post("/firewall-rulesets", name="web", region="us-east-1", rules=[RULE])
    assert made["region"]["name"] == "us-east-1"
    assert made["instance_ids"] == []
    path = f"/firewall-rulesets/{made['id']}"
    assert api.get(path) == made
    assert api.get("/firewall-rulesets") == [made]
    assert api.ask("PATCH", path, {"name": "site"}).json()["data"] == {**made, "name": "site"}
    assert api.ask("PATCH", path, {"rules": []}).json()["data"] == {**made, "name": "site", "rules": []}
    instance_id = api.launch(firewall_rulesets=[{"id": made["id"]}])
    assert api.instance(instance_id)["firewall_rulesets"] == [{"id": made["id"]}]
    assert api.get(path)["instance_ids"] == [instance_id]
    assert api.refused("DELETE", path) == (400, "firewall-rulesets/firewall-ruleset-in-use")
    api.post("/instance-operations/terminate", instance_ids=[instance_id])
    until(lambda: api.ask("DELETE", path).status_code == 200)
    for method, body in (("GET", None), ("PATCH", {}), ("DELETE", None)):
        assert api.refused(method, path, body) == MISSING


def test_the_global_ruleset(api: Api) -> None:
    answer = api.ask("PATCH", "/firewall-rulesets/global", {"rules": [RULE]})
    assert answer.json()["data"] == {"id": "global", "name": "Global", "rules": [RULE]}
    assert api.get("/firewall-rules") == [RULE]
    assert api.ask("PATCH", "/firewall-rulesets/global", {}).json()["data"]["rules"] == [RULE]
    assert api.refused("DELETE", "/firewall-rulesets/global") == INVALID
    assert api.get("/firewall-rulesets") == []


def test_a_launch_with_a_ruleset_of_another_region(api: Api) -> None:
    api.key()
    there = api.post("/firewall-rulesets", name="web", region="us-west-1", rules=[])
    for ruleset, refusal in ((there["id"], INVALID), ("none", MISSING)):
        body = {**LAUNCH, "firewall_rulesets": [{"id": ruleset}]}
        assert api.refused("POST", "/instance-operations/launch", body) == refusal


def test_a_quota(tmp_path: Path) -> None:
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text("quotas: {firewall_rulesets: 0}\n")
    with serving(tmp_path, "--scenario", str(scenario)) as api:
        body = {"name": "a", "region": "us-east-1", "rules": []}
        assert api.refused("POST", "/firewall-rulesets", body) == (400, "global/quota-exceeded")
