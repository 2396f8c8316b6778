# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

import pytest
from ansible_collections.lambdal.cloud.plugins.plugin_utils._doctor import checks

OURS, OTHER = "ssh-ed25519 AAAAours", "ssh-ed25519 AAAAother"


def report(keys: list[dict[str, t.Any]], agent: dict[str, t.Any]) -> dict[str, dict[str, t.Any]]:
    """Return the checks of a set-up whose private key has a passphrase, by their names."""
    facts = {
        "core": "2.19.1",
        "keys": {"ssh_keys": keys},
        "ssh_key": "laptop",
        "private_key_path": "/home/me/.ssh/key",
        "private_key": {"exists": True, "mode": "0600"},
        "public_half": {"rc": 255},
        "agent": agent,
    }
    return {each["name"]: each for each in checks(facts)}


@pytest.mark.parametrize(
    ("agent", "ok"),
    [
        ({"rc": 0, "stdout": f"{OTHER} a\n{OURS} me@laptop"}, True),
        ({"rc": 0, "stdout": f"{OTHER} a"}, False),
        ({"rc": 1, "stdout": "The agent has no identities."}, False),
        ({"rc": 2, "stdout": ""}, False),
    ],
)
def test_the_agent_has_to_hold_the_key_of_the_account(agent: dict[str, t.Any], ok: bool) -> None:
    found = report([{"id": "1", "name": "laptop", "public_key": f"{OURS} me"}], agent)["passphrase"]
    assert found["ok"] == ok
    assert ok or "run ssh-add /home/me/.ssh/key" in found["text"]


def test_without_the_key_in_the_account_any_key_of_the_agent_may_be_it() -> None:
    assert report([], {"rc": 0, "stdout": OTHER})["passphrase"]["ok"]
    assert not report([], {"rc": 1, "stdout": "The agent has no identities."})["passphrase"]["ok"]


def test_two_keys_of_one_name_are_told_with_their_ids() -> None:
    rows = [{"id": each, "name": "laptop", "public_key": OURS} for each in ("one", "two")]
    found = report(rows, {"rc": 2})["ssh key"]
    assert not found["ok"]
    assert "one, two" in found["text"]
