# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which accounts the role node makes, and which go."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.lambdal.cloud.plugins.filter.account_plan import account_plan

PASSWD = "\n".join(
    f"{name}:x:{uid}:{uid}::/home/{name}:/bin/bash"
    for name, uid in {"root": 0, "backup": 34, "nobody": 65534, "ubuntu": 1000, "ada": 1001, "bob": 1002}.items()
)
RULES = "/etc/sudoers.d/90-node-{0}:{0} ALL=(ALL) NOPASSWD:ALL\n"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE"


def plan(*users: dict[str, t.Any], **more: t.Any) -> dict[str, t.Any]:
    return account_plan(list(users), "ubuntu", PASSWD, **more)


@pytest.mark.parametrize(
    "name",
    [
        "ALL",
        "a.b",
        "a b",
        "a/b",
        "../x",
        "",
        "1a",
        "-a",
        "ada\n",
        "a\nroot ALL=ALL",
        "%sudo",
        "#0",
        "é",
        "a" * 33,
        "Ada",
    ],
)
def test_a_name_that_sudoers_or_useradd_would_read_differently_is_refused(name: str) -> None:
    assert "cannot be the name of an account" in plan({"name": name})["problems"][0]


@pytest.mark.parametrize("state", ["present", "absent"])
@pytest.mark.parametrize("name", ["root", "backup", "nobody", "ubuntu"])
def test_accounts_of_the_system_and_of_ansible_are_refused(name: str, state: str) -> None:
    assert "which this role does not change" in plan({"name": name, "state": state})["problems"][0]


@pytest.mark.parametrize("key", ["nonsense", f"{KEY}\n{KEY}", f'command="x" {KEY}', f"{KEY} a\rb"])
def test_a_key_that_is_none_or_two_is_refused(key: str) -> None:
    assert "is not a public key" in plan({"name": "ada", "ssh_keys": [key]})["problems"][0]
    assert not plan({"name": "ada", "ssh_keys": [f"{KEY} a comment\n"]})["problems"]


def test_a_name_comes_once() -> None:
    assert plan({"name": "ada"}, {"name": "ada", "state": "absent"})["problems"] == ["node_users names ada twice."]


def test_only_new_accounts_are_recorded_and_sudo_is_what_ansible_means_by_true() -> None:
    found = plan({"name": "ada", "sudo": "no"}, {"name": "eve", "sudo": "yes", "ssh_keys": [f"{KEY}\n"]})
    assert (found["record_before"], found["record_after"]) == (["eve"], ["eve"])
    assert [(each["name"], each["sudo"], each["ssh_keys"]) for each in found["present"]] == [
        ("ada", False, []),
        ("eve", True, [KEY]),
    ]


def test_absent_takes_the_account_and_its_rule() -> None:
    found = plan({"name": "ada", "state": "absent"}, rules=RULES.format("ada"), record='["ada"]')
    assert found["absent"] == [{"name": "ada", "uid": 1001}]
    assert found["rules_absent"] == ["/etc/sudoers.d/90-node-ada"]
    assert found["record_after"] == []
    assert found["left"] == []
    assert plan({"name": "gone", "state": "absent"})["absent"] == []


def test_exclusive_removes_what_the_role_made_and_no_other_account() -> None:
    rules = RULES.format("ada") + RULES.format("bob")
    found = plan({"name": "eve"}, rules=rules, record='["ada", "ubuntu"]', exclusive="yes")
    assert found["absent"] == [{"name": "ada", "uid": 1001}]
    assert found["rules_absent"] == ["/etc/sudoers.d/90-node-ada", "/etc/sudoers.d/90-node-bob"]
    assert found["record_after"] == ["eve", "ubuntu"]


def test_who_keeps_access_is_named_unless_exclusive() -> None:
    # Version 1.0.0 wrote a.b's rule to the file of a_b.
    old = "/etc/sudoers.d/90-node-a_b:a.b ALL=(ALL) NOPASSWD:ALL\n"
    found = plan({"name": "eve"}, rules=RULES.format("ada") + old, record='["ada", "bob"]')
    assert found["rules_absent"] == found["absent"] == []
    assert [each.split()[0] for each in found["left"]] == ["a.b", "ada", "bob"]
    assert "90-node-a_b" in found["left"][0]


@pytest.mark.parametrize("record", ["", "no json", "{}", "[1]", '["../x"]'])
def test_what_is_no_record_counts_as_none(record: str) -> None:
    assert plan({"name": "eve"}, record=record, exclusive=True)["absent"] == []


def test_a_removed_rule_is_one_of_an_account_that_lost_sudo() -> None:
    found = plan(
        {"name": "ada", "sudo": False}, {"name": "bob", "sudo": True}, rules=RULES.format("ada") + RULES.format("bob")
    )
    assert found["rules_absent"] == ["/etc/sudoers.d/90-node-ada"]


def test_an_account_that_is_gone_from_the_host_is_forgotten() -> None:
    assert plan({"name": "eve"}, record=json.dumps(["gone"]))["record_before"] == ["eve"]


def test_what_is_no_list_of_accounts_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="a list of accounts"):
        account_plan("ada", "ubuntu", PASSWD)
