# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SSH keys."""

from __future__ import annotations

import subprocess
from pathlib import Path

from simulator_support import LAUNCH, Api


def test_a_generated_key_is_one_that_ssh_reads(any_api: Api, tmp_path: Path) -> None:
    key = any_api.post("/ssh-keys", name="made")
    file = tmp_path / "key"
    file.touch(0o600)
    file.write_text(key["private_key"])
    public = subprocess.run(["ssh-keygen", "-y", "-f", file], capture_output=True, text=True, check=True).stdout
    assert public.split()[:2] == key["public_key"].split()[:2]
    assert any_api.get("/ssh-keys") == [{"id": key["id"], "name": "made", "public_key": key["public_key"]}]


def test_a_key_of_ones_own(any_api: Api, tmp_path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-N", "", "-C", "me@here", "-f", tmp_path / "k"], check=True)
    public = (tmp_path / "k.pub").read_text()
    key = any_api.post("/ssh-keys", name="mine", public_key=public)
    assert key["public_key"] == public.strip()
    assert "private_key" not in key


def test_bad_keys(any_api: Api) -> None:
    invalid = (400, "global/invalid-parameters")
    assert any_api.refused("POST", "/ssh-keys", {"name": "a", "public_key": "ssh-rsa nonsense"}) == invalid
    assert any_api.refused("POST", "/ssh-keys", {"name": "a" * 65}) == invalid
    assert any_api.refused("POST", "/ssh-keys", {"name": "a", "public_key": "a" * 4097}) == invalid
    assert any_api.refused("POST", "/ssh-keys", {"name": "a", "public_key": None}) == invalid
    any_api.key("once")
    answer = any_api.ask("POST", "/ssh-keys", {"name": "once"})
    assert answer.status_code == 400
    assert "name must be unique" in answer.json()["error"]["message"]


def test_deleting(api: Api, old_api: Api) -> None:
    for each in (api, old_api):
        key = each.key()
        each.delete(f"/ssh-keys/{key['id']}")
        assert each.get("/ssh-keys") == []
    # The older description has no 404 for this operation, and its own code for a key in use.
    assert api.refused("DELETE", "/ssh-keys/none") == (404, "global/not-found")
    assert old_api.refused("DELETE", "/ssh-keys/none") == (400, "global/object-does-not-exist")
    used = old_api.key()
    old_api.launch()
    assert old_api.refused("DELETE", f"/ssh-keys/{used['id']}") == (400, "ssh-keys/key-in-use")


def test_two_keys_with_one_name_fail_the_launch(any_api: Api) -> None:
    for _ in range(2):
        any_api.control("POST", "/ssh-keys", {"name": "laptop"})
    assert [key["name"] for key in any_api.get("/ssh-keys")] == ["laptop", "laptop"]
    assert any_api.refused("POST", "/instance-operations/launch", LAUNCH) == (500, "global/unknown")
