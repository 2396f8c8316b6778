# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many accounts in one configuration of the inventory plugin."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

import pytest
from lambda_cloud_simulator.testing import Simulator
from support.inventory import Inventory, hosts_of


@pytest.fixture
def accounts(simulator: Simulator, oldest: Simulator) -> list[dict[str, t.Any]]:
    """Return two accounts, each with an instance `train-1`."""
    simulator.seed_instance("train-1", ip="198.18.0.1")
    oldest.seed_instance("train-1", ip="198.18.1.1")
    return [
        {"name": name, "api_key": account.api_key, "api_url": account.api_url}
        for name, account in (("team-a", simulator), ("team_b", oldest))
    ]


def addresses(listed: t.Mapping[str, t.Any], group: str) -> list[str]:
    return [hosts_of(listed)[host]["ansible_host"] for host in listed.get(group, {}).get("hosts", [])]


def test_each_account_is_a_group_with_one_request(
    simulator: Simulator, oldest: Simulator, inventory: Inventory, accounts: list[dict[str, t.Any]]
) -> None:
    del inventory.environment["LAMBDA_API_KEY"]
    listed, warnings = inventory.told(accounts=accounts, compose={"team": "lambda_account"})
    assert addresses(listed, "team_a") == ["198.18.0.1"]
    assert addresses(listed, "team_b") == ["198.18.1.1"]
    assert {each["team"] for each in hosts_of(listed).values()} == {"team-a", "team_b"}
    # Neither takes the place of the other.
    assert all(host == f"train-1-{each['lambda_id']}" for host, each in hosts_of(listed).items())
    assert warnings.count("is reserved or not unique") == 2
    assert simulator.operations() == oldest.operations() == ["list_instances"]


def test_two_keys_of_an_account_make_one_host_in_two_groups(
    simulator: Simulator, inventory: Inventory, accounts: list[dict[str, t.Any]]
) -> None:
    listed = inventory.list(accounts=[accounts[0], {**accounts[0], "name": "again"}])
    assert listed["team_a"]["hosts"] == listed["again"]["hosts"] == ["train-1"]


def test_errors_are_told_by_account(inventory: Inventory, accounts: list[dict[str, t.Any]]) -> None:
    for account in accounts:
        account["api_key"] = "wrong-key"
    told = inventory.refused(accounts=accounts)
    assert "Account team-a: Could not list the instances" in told
    assert "Account team_b: Could not list the instances" in told
    assert "wrong-key" not in told


def test_a_skipped_account_keeps_its_hosts_however_old(
    simulator: Simulator, oldest: Simulator, inventory: Inventory, accounts: list[dict[str, t.Any]], tmp_path: Path
) -> None:
    options = {
        "accounts": accounts,
        "on_account_error": "skip",
        "retry_timeout": 0,
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": str(tmp_path / "cache"),
    }

    def age() -> None:
        for file in (tmp_path / "cache").iterdir():
            os.utime(file, (0, 0))

    inventory.told(**options)
    age()
    simulator.seed_instance("late", ip="198.18.0.2")
    oldest.seed_instance("later", ip="198.18.1.2")
    oldest.add_fault("status", "list_instances", times=50, status=503)
    for arguments in ((), ("--flush-cache",)):
        listed, warnings = inventory.told(*arguments, **options)
        assert addresses(listed, "team_a") == ["198.18.0.1", "198.18.0.2"]
        assert addresses(listed, "team_b") == ["198.18.1.1"]
        assert "Account team_b: Could not list the instances" in warnings
        assert "The account is skipped; its 1 instances come from the cache" in warnings
    assert not any(
        account["api_key"] in file.read_text() for file in (tmp_path / "cache").iterdir() for account in accounts
    )
    age()
    oldest.clear_faults()
    listed, _warnings = inventory.told(**options)
    assert addresses(listed, "team_b") == ["198.18.1.1", "198.18.1.2"]


def test_a_skipped_account_without_a_cache_has_no_host(
    oldest: Simulator, inventory: Inventory, accounts: list[dict[str, t.Any]]
) -> None:
    oldest.add_fault("status", "list_instances", times=50, status=503)
    listed, warnings = inventory.told(accounts=accounts, on_account_error="skip", retry_timeout=0)
    assert list(hosts_of(listed)) == ["train-1"]
    assert "none of its hosts is known" in warnings


@pytest.mark.parametrize(
    ("accounts", "message"),
    [
        ([{"name": "a"}], "accounts[0] needs api_key."),
        ([{"api_key": "k"}], "accounts[0] needs name."),
        ([{"name": "a", "api_key": "k", "url": "x"}], "accounts[0] has no field 'url'"),
        ([{"name": "a", "api_key": "k"}, {"name": "a", "api_key": "l"}], "accounts: the name 'a' is given 2 times."),
        (["a"], "accounts[0] must be a dictionary"),
    ],
)
def test_what_is_no_account_is_refused(
    simulator: Simulator, inventory: Inventory, accounts: t.Any, message: str
) -> None:
    assert message in inventory.refused(accounts=accounts)
    assert simulator.operations() == []
