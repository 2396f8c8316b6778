# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

import pytest
from lambda_cloud_simulator.testing import Simulator
from support.runner import Modules

SSH = {"protocol": "TCP", "port_range": "22", "source_network": "0.0.0.0/0", "description": "SSH"}
WEB = {"protocol": "tcp", "port_range": "8000-8080", "source_network": "198.51.100.7"}
RULESET: dict[str, t.Any] = {"name": "office", "region": "us-east-1", "rules": [SSH, WEB]}


def stored(simulator: Simulator) -> list[dict[str, t.Any]]:
    return t.cast("list[dict[str, t.Any]]", simulator.state()["firewall_rulesets"])


def test_check_create_and_create_again(simulator: Simulator, modules: Modules) -> None:
    predicted = modules.run("lambda_firewall_ruleset", check=True, **RULESET)
    assert predicted.changed
    assert stored(simulator) == []
    simulator.forget_requests()
    done = modules.run("lambda_firewall_ruleset", **RULESET)
    assert done.changed
    assert simulator.operations() == ["list_firewall_rulesets", "create_firewall_ruleset"]
    assert predicted["firewall_ruleset"].keys() == done["firewall_ruleset"].keys()
    assert predicted["firewall_ruleset"]["rules"] == done["firewall_ruleset"]["rules"]
    (ruleset,) = stored(simulator)
    assert [(rule["protocol"], rule["port_range"], rule["source_network"]) for rule in ruleset["rules"]] == [
        ("tcp", [22, 22], "0.0.0.0/0"),
        ("tcp", [8000, 8080], "198.51.100.7/32"),
    ]
    simulator.forget_requests()
    again = modules.run("lambda_firewall_ruleset", **{**RULESET, "rules": [{**WEB, "port_range": [8000, 8080]}, SSH]})
    assert not again.changed
    assert simulator.operations() == ["list_firewall_rulesets"]
    assert not modules.run("lambda_firewall_ruleset", name="office", region="us-east-1").changed


@pytest.mark.parametrize("check", [True, False])
def test_rules_are_changed_by_one_write(simulator: Simulator, modules: Modules, check: bool) -> None:
    modules.run("lambda_firewall_ruleset", **RULESET)
    simulator.forget_requests()
    done = modules.run("lambda_firewall_ruleset", check=check, **{**RULESET, "rules": [SSH]})
    assert done.changed
    assert simulator.operations() == ["list_firewall_rulesets", *([] if check else ["update_firewall_ruleset"])]
    assert len(done["diff"]["before"]["rules"]) == 2
    assert len(done["diff"]["after"]["rules"]) == 1
    assert len(stored(simulator)[0]["rules"]) == (2 if check else 1)


def test_rules_are_added_without_purging(simulator: Simulator, modules: Modules) -> None:
    modules.run("lambda_firewall_ruleset", **{**RULESET, "rules": [SSH]})
    assert modules.run("lambda_firewall_ruleset", **{**RULESET, "rules": [WEB]}, purge_rules=False).changed
    assert len(stored(simulator)[0]["rules"]) == 2
    assert not modules.run("lambda_firewall_ruleset", **{**RULESET, "rules": [WEB]}, purge_rules=False).changed


@pytest.mark.parametrize("source", ["0.0.0.0", "127.0.0.1", "10.0.0.5", "1.2.3.4/0"])
def test_a_rule_that_lets_nobody_in_by_ssh_is_no_way_in(simulator: Simulator, modules: Modules, source: str) -> None:
    modules.run("lambda_firewall_ruleset", **RULESET)
    refused = modules.run("lambda_firewall_ruleset", **{**RULESET, "rules": [{**SSH, "source_network": source}]})
    assert refused.failed
    assert "reach" in refused["msg"] or "which is more than" in refused["msg"]
    assert len(stored(simulator)[0]["rules"]) == 2


@pytest.mark.parametrize("check", [True, False])
def test_nobody_is_locked_out_by_mistake(simulator: Simulator, modules: Modules, check: bool) -> None:
    modules.run("lambda_firewall_ruleset", **RULESET)
    refused = modules.run("lambda_firewall_ruleset", check=check, **{**RULESET, "rules": [WEB]})
    assert refused.failed
    assert "tcp 22 from 0.0.0.0/0 would go" in refused["msg"]
    assert len(stored(simulator)[0]["rules"]) == 2
    done = modules.run("lambda_firewall_ruleset", **{**RULESET, "rules": [WEB]}, allow_ssh_lockout=True)
    assert done.changed
    assert [rule["port_range"] for rule in stored(simulator)[0]["rules"]] == [[8000, 8080]]


def test_the_global_ruleset_can_only_be_changed(simulator: Simulator, modules: Modules) -> None:
    done = modules.run("lambda_firewall_ruleset", name="global", rules=[SSH])
    assert done.changed
    assert len(done["diff"]["before"]["rules"]) == 2
    assert [rule["description"] for rule in simulator.state()["firewall_rules"]] == ["SSH"]
    assert simulator.operations() == ["get_firewall_ruleset", "update_firewall_ruleset"]
    assert not modules.run("lambda_firewall_ruleset", name="global", rules=[SSH]).changed
    locked = modules.run("lambda_firewall_ruleset", name="global", rules=[])
    assert "Nobody could reach" in locked["msg"]
    assert "always there" in modules.run("lambda_firewall_ruleset", name="global", state="absent")["msg"]
    assert "leave region out" in modules.run("lambda_firewall_ruleset", name="global", region="us-east-1")["msg"]


def test_one_name_in_two_regions(simulator: Simulator, modules: Modules) -> None:
    for region in ("us-east-1", "us-west-1"):
        assert modules.run("lambda_firewall_ruleset", **{**RULESET, "region": region}).changed
    several = modules.run("lambda_firewall_ruleset", name="office", state="absent")
    assert "2 firewall rulesets are named 'office', in us-east-1" in several["msg"]
    assert modules.run("lambda_firewall_ruleset", name="office", region="us-west-1", state="absent").changed
    assert [row["region"]["name"] for row in stored(simulator)] == ["us-east-1"]
    assert not modules.run("lambda_firewall_ruleset", name="office", region="us-west-1", state="absent").changed


@pytest.mark.parametrize("check", [True, False])
def test_one_in_use_is_not_deleted_and_its_users_are_told(simulator: Simulator, modules: Modules, check: bool) -> None:
    modules.run("lambda_firewall_ruleset", **RULESET)
    instance_id = simulator.seed_instance("train-01", firewall_ruleset_names=["office"])
    done = modules.run("lambda_firewall_ruleset", check=check, name="office", state="absent")
    assert done.failed
    assert f"is in use by train-01 (id {instance_id})" in done["msg"]
    assert len(stored(simulator)) == 1
    # Only check mode takes somebody's word for it.
    options = {"name": "office", "state": "absent", "assume_terminated": [instance_id]}
    assert modules.run("lambda_firewall_ruleset", check=check, **options).failed != check
    simulator.seed_instance("train-02", firewall_ruleset_names=["office"])
    done = modules.run("lambda_firewall_ruleset", check=check, **options)
    assert f"is in use by {'' if check else f'train-01 (id {instance_id}), '}train-02" in done["msg"]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("operation", ["create", "update", "delete"])
def test_a_lost_answer_leaves_what_was_asked_for(
    simulator: Simulator, modules: Modules, operation: str, when: str
) -> None:
    if operation != "create":
        modules.run("lambda_firewall_ruleset", **RULESET)
    simulator.add_fault("drop", f"{operation}_firewall_ruleset", when=when)
    options = {**RULESET, "rules": [SSH], "state": "absent" if operation == "delete" else "present"}
    assert modules.run("lambda_firewall_ruleset", outcome_timeout=0.2, **options).changed
    assert [len(row["rules"]) for row in stored(simulator)] == ([] if operation == "delete" else [1])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": ""}, "a ruleset's has 1 to 64"),
        ({"region": None}, "creating it needs region"),
        ({"region": "mars-1"}, "region"),
        ({"rules": [{**SSH, "port_range": "ssh"}]}, "port_range 'ssh' is neither"),
        ({"rules": [{**SSH, "port_range": str(port)} for port in range(1, 22)]}, "at most 20 rules"),
    ],
)
def test_bad_input_gets_one_clear_sentence(
    simulator: Simulator, modules: Modules, options: dict[str, t.Any], message: str
) -> None:
    done = modules.run("lambda_firewall_ruleset", **{**RULESET, **options})
    assert done.failed
    assert message in done["msg"]
    assert stored(simulator) == []


def test_a_region_without_a_firewall_is_warned_of(simulator: Simulator, modules: Modules) -> None:
    done = modules.run("lambda_firewall_ruleset", **{**RULESET, "region": "us-south-1"})
    assert "us-south-1 has no firewall" in str(done["warnings"])


@pytest.mark.parametrize("name", ["office", "global"])
@pytest.mark.parametrize("state", ["present", "absent"])
def test_an_api_of_1_5_3_is_said_to_lack_it(oldest: Simulator, modules: Modules, name: str, state: str) -> None:
    region = None if name == "global" else "us-east-1"
    done = modules.on(oldest).run(
        "lambda_firewall_ruleset", **{**RULESET, "name": name, "region": region, "state": state}
    )
    assert done.failed
    assert "that needs version 1.10.0 of the API" in done["msg"]
    assert len(oldest.requests()) == 1
