# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Expressions that fail never select other instances without a word."""

from __future__ import annotations

import json
import typing as t

import pytest
from lambda_cloud_simulator.testing import Simulator
from support.inventory import Inventory, hosts_of
from support.runner import ansible


@pytest.fixture
def fleet(simulator: Simulator) -> None:
    simulator.seed_instance("prod", tags={"stage": "production"})
    simulator.seed_instance("untagged")


STAGE = "(lambda_tags | items2dict).stage == 'production'"


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize(
    ("expression", "host"),
    [
        (STAGE, "untagged"),
        ("{{ lambda_name == 'prod' }}", "prod"),
        ("nmae == 'prod'", "prod"),
        ("lambda_name +", "prod"),
    ],
)
def test_an_exclude_that_fails_is_an_error_that_names_the_host(
    inventory: Inventory, expression: str, host: str
) -> None:
    told = inventory.refused(filters=[{"exclude": expression}])
    assert f"Could not evaluate '{expression}' of filters (exclude) for {host} (id" in told


@pytest.mark.usefixtures("fleet")
def test_a_default_counts_for_what_cannot_be_evaluated_unless_strict(inventory: Inventory) -> None:
    filters: list[dict[str, t.Any]] = [{"exclude": STAGE, "default": False}]
    assert list(inventory.hosts(filters=filters)) == ["untagged"]
    assert list(inventory.hosts(filters=filters, strict=False)) == ["untagged"]
    filters[0]["default"] = True
    assert inventory.hosts(filters=filters) == {}
    assert "for untagged (id" in inventory.refused(filters=filters, strict=True)


@pytest.mark.usefixtures("fleet")
def test_an_include_that_fails_leaves_the_host_out_with_a_warning(inventory: Inventory) -> None:
    listed, warnings = inventory.told(filters=[{"include": STAGE}, {"include": True}])
    assert list(hosts_of(listed)) == ["prod"]
    assert f'filters: include "{STAGE}"' in warnings or f"filters: include '{STAGE}'" in warnings
    assert "could not be evaluated for untagged (id" in warnings


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize("strict", [True, False])
def test_the_first_name_that_there_is_counts(inventory: Inventory, strict: bool) -> None:
    listed, warnings = inventory.told(hostnames=["(lambda_tags | items2dict).stage", "name"], strict=strict)
    assert sorted(hosts_of(listed)) == ["production", "untagged"]
    # One host had it.
    assert not warnings


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"keyed_groups": [{"key": "region.name"}]},
            "keyed_groups: 'region.name' could not be evaluated for any host",
        ),
        ({"groups": {"x": "region.name == 'a'"}}, "groups: 'region.name == 'a'' could not be evaluated for any host"),
        ({"compose": {"x": "region"}}, "compose: 'region' could not be evaluated for any host"),
        ({"hostnames": ["region.name", "name"]}, "hostnames: 'region.name' could not be evaluated for any host"),
    ],
)
def test_what_fails_for_every_host_is_told_once_with_the_right_name(
    inventory: Inventory, options: dict[str, t.Any], message: str
) -> None:
    listed, warnings = inventory.told(**options)
    assert sorted(hosts_of(listed)) == ["prod", "untagged"]
    assert message in warnings
    assert warnings.count("WARNING") == 1
    assert "Did you mean lambda_region?" in warnings


@pytest.mark.usefixtures("fleet")
def test_what_fails_for_some_hosts_is_not_told(inventory: Inventory) -> None:
    stage = "(lambda_tags | items2dict).stage"
    listed = inventory.list(keyed_groups=[{"key": stage, "prefix": "stage"}], compose={"stage": stage})
    assert listed["stage_production"]["hosts"] == ["prod"]
    assert hosts_of(listed)["prod"]["stage"] == "production"
    assert "stage" not in hosts_of(listed)["untagged"]


@pytest.mark.usefixtures("fleet")
def test_a_template_of_another_source_has_the_value_of_each_host(inventory: Inventory) -> None:
    folder = inventory.folder / "sources"
    folder.mkdir()
    site = "{{ lambda_name }}"
    (folder / "b.yml").write_text(
        json.dumps({"all": {"hosts": {name: {"site": site} for name in ("prod", "untagged")}}})
    )
    expressions = {"groups": {"big": "site == 'prod'"}, "keyed_groups": [{"key": "site", "prefix": "of"}]}
    for name, options in {"a": {}, "c": expressions}.items():
        config = {"plugin": "lambdal.cloud.lambda_cloud", **options}
        (folder / f"{name}.lambda.yml").write_text(json.dumps(config))
    done = ansible(["ansible-inventory", "-i", str(folder), "--list"], inventory.environment)
    listed = json.loads(done.stdout)
    assert listed["big"]["hosts"] == listed["of_prod"]["hosts"] == ["prod"]
    assert listed["of_untagged"]["hosts"] == ["untagged"]
