# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An entire account by one playbook."""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

import pytest
from lambda_cloud_simulator.testing import Simulator
from support.runner import ROOT, ansible
from support.samples import OTHER_PUBLIC_KEY, PUBLIC_KEY_LINE, SSH_RULE

ACCOUNT: dict[str, t.Any] = {
    "account_ssh_keys": [{"name": "laptop", "public_key": PUBLIC_KEY_LINE}],
    "account_file_systems": [{"name": "scratch", "region": "us-east-1", "force_destroy": True}],
    "account_firewall_rulesets": [
        {
            "name": "web",
            "region": "us-east-1",
            "rules": [SSH_RULE, {**SSH_RULE, "port_range": 443, "description": "web"}],
        },
        {"name": "global", "rules": [SSH_RULE]},
    ],
    "account_machines": [
        {
            "name": ["train-[1:2]"],
            "instance_type": ["gpu_1x_a10"],
            "ssh_key": "laptop",
            "file_systems": ["scratch"],
            "firewall_rulesets": ["web"],
            "tags": {"project": "vision"},
        }
    ],
    "account_machine_options": {"wait_interval": 0.1, "same_region": True},
}


@pytest.fixture
def run(environment: dict[str, str], tmp_path: Path) -> t.Callable[..., str]:
    (tmp_path / "account.json").write_text(json.dumps(ACCOUNT))

    def run(*arguments: str) -> str:
        command = ["ansible-playbook", "playbooks/account.yml", "-e", f"@{tmp_path / 'account.json'}", *arguments]
        return ansible(command, environment).stdout

    return run


def test_from_empty_to_complete_and_back(simulator: Simulator, run: t.Callable[..., str]) -> None:
    kept = simulator.seed_instance("bystander")
    assert "1.50 US dollars per hour (0.00 before)" in run()
    state = simulator.state()
    assert set(simulator.live()) == {"bystander", "train-1", "train-2"}
    assert {row["region"]["name"] for row in simulator.live().values()} == {"us-east-1"}
    assert [key["name"] for key in state["ssh_keys"]] == ["laptop"]
    assert {row["name"] for row in state["file_systems"]} == {"scratch", "datasets", "checkpoints"}
    assert [len(row["rules"]) for row in state["firewall_rulesets"]] == [2]
    assert len(state["firewall_rules"]) == 1
    simulator.forget_requests()

    assert "changed=0" in run()
    assert simulator.operations() == [
        "list_ssh_keys",
        "list_file_systems",
        "list_firewall_rulesets",
        "get_firewall_ruleset",
        "list_instances",
        "list_firewall_rulesets",
        "list_instances",
    ]

    assert "which saves 1.50 US dollars per hour" in run("-e", "account_state=absent")
    state = simulator.state()
    assert {name: row["id"] for name, row in simulator.live().items()} == {"bystander": kept}
    assert state["ssh_keys"] == []
    assert state["firewall_rulesets"] == []
    assert {row["name"] for row in state["file_systems"]} == {"datasets", "checkpoints"}

    assert "changed=0" in run("-e", "account_state=absent")


def test_check_mode_tells_what_emptying_the_account_does(simulator: Simulator, run: t.Callable[..., str]) -> None:
    run()
    before = simulator.state()
    predicted = run("-e", "account_state=absent", "--check")
    assert "would be terminated" in predicted
    state = simulator.state()
    for kind in ("instances", "ssh_keys", "firewall_rulesets", "file_systems"):
        assert [row["id"] for row in state[kind]] == [row["id"] for row in before[kind]]
    changed = re.compile(r"changed=\d+")
    assert changed.findall(predicted) == changed.findall(run("-e", "account_state=absent"))


def test_files_of_keys_lie_where_the_user_is(simulator: Simulator, environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "laptop.pub").write_text(PUBLIC_KEY_LINE)
    keys = [
        {"name": "laptop", "public_key_file": "laptop.pub"},
        {"name": "new", "private_key_path": "new"},
        {"name": "plain", "public_key": OTHER_PUBLIC_KEY},
    ]
    (tmp_path / "account.json").write_text(json.dumps({"account_ssh_keys": keys}))
    ansible(["ansible-playbook", "lambdal.cloud.account", "-e", "@account.json"], environment, cwd=tmp_path)
    assert sorted(key["name"] for key in simulator.state()["ssh_keys"]) == ["laptop", "new", "plain"]
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o600
    assert not list((ROOT / "playbooks").glob("new*"))


def test_what_ended_instances_may_have_written_is_not_deleted_without_force(
    simulator: Simulator, environment: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "account.json"
    path.write_text(json.dumps({**ACCOUNT, "account_file_systems": [{"name": "scratch", "region": "us-east-1"}]}))
    command = ["ansible-playbook", "playbooks/account.yml", "-e", f"@{path}"]
    ansible(command, environment)
    done = ansible([*command, "-e", "account_state=absent"], environment, succeed=False)
    assert "'scratch'" in done.stdout
    assert "Deleting it needs force_destroy: true" in done.stdout
    assert simulator.live() == {}
    assert "scratch" in {row["name"] for row in simulator.state()["file_systems"]}


def test_a_state_that_is_none_is_refused(environment: dict[str, str]) -> None:
    command = ["ansible-playbook", "playbooks/account.yml", "-e", "account_state=gone"]
    assert "account_state is present or absent" in ansible(command, environment, succeed=False).stdout


def test_no_variables_are_no_work(simulator: Simulator, environment: dict[str, str]) -> None:
    assert "changed=0" in ansible(["ansible-playbook", "playbooks/account.yml"], environment).stdout
    assert simulator.operations() == []


def test_the_header_tells_the_options_that_count() -> None:
    text = (ROOT / "playbooks" / "account.yml").read_text()
    header, _rest = text.split("\n\n", 1)
    told = re.split(r"\n# (account_\w+) +", header)
    kinds = {
        "account_ssh_keys": "key",
        "account_file_systems": "file_system",
        "account_firewall_rulesets": "firewall_ruleset",
    }
    for name, sentence in zip(told[1::2], told[2::2], strict=True):
        if name in kinds:
            tasks = re.findall(rf"lambda_(?:ssh_)?{kinds[name]}:\n(.*?)\n +loop:", text, re.DOTALL)
            assert len(tasks) == 2
            for option in re.findall(r"\baccount_(?:key|file_system|ruleset)\.(\w+)", "".join(tasks)):
                assert re.search(rf"\b{option}\b", sentence), (name, option)
    (known,) = re.findall(r"account_known_options:\n +\[([^]]*)\]", text)
    for option in (*re.split(r",\s+", known), *re.findall(r"options\.(\w+)", text)):
        assert re.search(rf"\b{option}\b", told[-3] + told[-1] + header), option
