# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import stat
import subprocess
import typing as t
from pathlib import Path

import pytest
from support.runner import Modules
from support.simulator import Simulator

PUBLIC = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAaTM9EBVJ7WcVcV5nUJPwJ6gYzJ3nOVkqzQwVvWfJbx"
OTHER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICN7lJwsONkwrdsSnQsu1ydUkIuIg5oOC7Eslvmtt60T"


def names(simulator: Simulator) -> list[str]:
    return [key["name"] for key in simulator.state()["ssh_keys"]]


def test_add_check_and_add_again(simulator: Simulator, modules: Modules) -> None:
    options = {"name": "laptop", "public_key": PUBLIC + " me@laptop"}
    predicted = modules.run("lambda_ssh_key", check=True, **options)
    assert names(simulator) == []
    real = modules.run("lambda_ssh_key", **options)
    assert names(simulator) == ["laptop"]
    again = modules.run("lambda_ssh_key", **options)
    assert [predicted.changed, real.changed, again.changed] == [True, True, False]
    assert predicted["ssh_key"].keys() == real["ssh_key"].keys() == again["ssh_key"].keys()
    assert simulator.operations() == ["list_ssh_keys", "list_ssh_keys", "add_ssh_key", "list_ssh_keys"]


def test_the_comment_is_not_compared_but_the_key_is(simulator: Simulator, modules: Modules) -> None:
    simulator.seed_key("laptop", PUBLIC + " old@host")
    assert not modules.run("lambda_ssh_key", name="laptop", public_key=PUBLIC + " new@host").changed
    done = modules.run("lambda_ssh_key", name="laptop", public_key=OTHER)
    assert done.failed
    assert "other key material" in done["msg"]
    assert simulator.state()["ssh_keys"][0]["public_key"].startswith(PUBLIC)


def test_a_public_key_from_a_file(simulator: Simulator, modules: Modules, tmp_path: Path) -> None:
    (tmp_path / "key.pub").write_text(PUBLIC + " me\n")
    assert modules.run("lambda_ssh_key", name="laptop", public_key_file=str(tmp_path / "key.pub")).changed
    assert simulator.state()["ssh_keys"][0]["public_key"].startswith(PUBLIC)


def test_a_generated_key_is_kept_private_and_works(simulator: Simulator, modules: Modules, tmp_path: Path) -> None:
    path = tmp_path / "ci"
    old = os.umask(0)
    try:
        done = modules.run("lambda_ssh_key", name="ci", private_key_path=str(path))
    finally:
        os.umask(old)
    assert done["private_key_path"] == str(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    public = subprocess.run(["ssh-keygen", "-y", "-f", path], capture_output=True, text=True, check=True).stdout
    assert public.split()[:2] == simulator.state()["ssh_keys"][0]["public_key"].split()[:2]
    assert "PRIVATE KEY" not in done.output
    assert path.read_text().splitlines()[1] not in done.output
    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == ["ci"]
    assert not modules.run("lambda_ssh_key", name="ci", private_key_path=str(path)).changed


def test_generating_in_check_mode_touches_neither_account_nor_disk(
    simulator: Simulator, modules: Modules, tmp_path: Path
) -> None:
    assert modules.run("lambda_ssh_key", check=True, name="ci", private_key_path=str(tmp_path / "ci")).changed
    assert names(simulator) == []
    assert not (tmp_path / "ci").exists()


def test_nothing_is_generated_that_could_not_be_kept(simulator: Simulator, modules: Modules, tmp_path: Path) -> None:
    (tmp_path / "there").write_text("precious")
    for path, told in ((tmp_path / "there", "is not overwritten"), (tmp_path / "no" / "folder", "no folder")):
        for check in (True, False):
            done = modules.run("lambda_ssh_key", check=check, name="ci", private_key_path=str(path))
            assert told in done["msg"]
    assert (tmp_path / "there").read_text() == "precious"
    assert "add_ssh_key" not in simulator.operations()


def test_a_key_whose_private_half_is_missing_is_no_success(
    simulator: Simulator, modules: Modules, tmp_path: Path
) -> None:
    simulator.seed_key("ci", PUBLIC)
    done = modules.run("lambda_ssh_key", name="ci", private_key_path=str(tmp_path / "lost"))
    assert done.failed
    assert "shows a private key only once" in done["msg"]


@pytest.mark.parametrize("generate", [True, False])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_leaves_exactly_one_key(
    simulator: Simulator, modules: Modules, tmp_path: Path, generate: bool, when: str
) -> None:
    simulator.fault("drop", "add_ssh_key", when=when)
    path = tmp_path / "ci"
    options: dict[str, t.Any] = {"private_key_path": str(path)} if generate else {"public_key": PUBLIC}
    done = modules.run("lambda_ssh_key", name="ci", outcome_timeout=0.2, **options)
    assert done.changed
    assert names(simulator) == ["ci"]
    if generate:
        # The key in the account is the one whose private half was written, not the one that was lost.
        public = subprocess.run(["ssh-keygen", "-y", "-f", path], capture_output=True, text=True, check=True).stdout
        assert public.split()[:2] == simulator.state()["ssh_keys"][0]["public_key"].split()[:2]


def test_absent_deletes_once(simulator: Simulator, modules: Modules) -> None:
    simulator.seed_key("laptop", PUBLIC)
    simulator.seed_key("laptop2", OTHER)
    runs = [
        modules.run("lambda_ssh_key", check=check, name="laptop", state="absent").changed
        for check in (True, False, False)
    ]
    assert runs == [True, True, False]
    assert names(simulator) == ["laptop2"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_delete_whose_answer_was_lost_deletes(simulator: Simulator, modules: Modules, when: str) -> None:
    simulator.seed_key("laptop", PUBLIC)
    simulator.fault("drop", "delete_ssh_key", when=when)
    assert modules.run("lambda_ssh_key", name="laptop", state="absent", outcome_timeout=0.2).changed
    assert names(simulator) == []


def test_two_keys_of_one_name_are_told_apart_by_id(simulator: Simulator, modules: Modules) -> None:
    ids = [simulator.seed_key("twin", PUBLIC), simulator.seed_key("twin", OTHER)]
    for state in ("present", "absent"):
        done = modules.run("lambda_ssh_key", name="twin", state=state, public_key=PUBLIC)
        assert done.failed
        assert all(key_id in done["msg"] for key_id in ids)
    assert len(names(simulator)) == 2


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"name": "x" * 65, "public_key": PUBLIC}, "65 characters"),
        ({"name": "a", "public_key": "nonsense"}, "none of the forms"),
        ({"name": "a", "public_key": "-----BEGIN OPENSSH PRIVATE KEY-----\nabc"}, "This is a private key"),
        ({"name": "a", "public_key_file": "/nonexistent.pub"}, "public_key_file /nonexistent.pub cannot be read"),
        ({"name": "a"}, "Give public_key or public_key_file, or private_key_path"),
    ],
)
def test_bad_input_gets_one_clear_sentence(
    simulator: Simulator, modules: Modules, options: dict[str, t.Any], told: str
) -> None:
    done = modules.run("lambda_ssh_key", **options)
    assert told in done["msg"]
    assert names(simulator) == []


def test_another_key_under_the_name_is_replaced_only_if_told(simulator: Simulator, modules: Modules) -> None:
    old = simulator.seed_key("laptop", PUBLIC)
    refused = modules.run("lambda_ssh_key", name="laptop", public_key=OTHER)
    assert refused.failed
    assert "on_mismatch: replace" in refused["msg"]
    options = {"name": "laptop", "public_key": OTHER, "on_mismatch": "replace"}
    assert modules.run("lambda_ssh_key", check=True, **options).changed
    assert [key["id"] for key in simulator.state()["ssh_keys"]] == [old]
    simulator.forget_requests()
    done = modules.run("lambda_ssh_key", **options)
    assert done.changed
    assert names(simulator) == ["laptop"]
    assert simulator.state()["ssh_keys"][0]["public_key"].split()[:2] == OTHER.split()[:2]
    # At no time is the account without one of the two.
    assert simulator.operations() == ["list_ssh_keys", "add_ssh_key", "delete_ssh_key", "add_ssh_key", "delete_ssh_key"]
    assert done["diff"]["before"]["ssh_keys"][0]["id"] == old
    assert not modules.run("lambda_ssh_key", **options).changed


def test_a_replacement_that_fails_half_way_leaves_the_new_key(simulator: Simulator, modules: Modules) -> None:
    simulator.seed_key("laptop", PUBLIC)
    simulator.fault("status", "delete_ssh_key", status=400, code="global/quota-exceeded")
    options = {"name": "laptop", "public_key": OTHER, "on_mismatch": "replace"}
    done = modules.run("lambda_ssh_key", **options)
    assert done.failed
    spare = next(name for name in names(simulator) if name != "laptop")
    assert f"The new key is in the account as '{spare}'" in done["msg"]
    assert done["failure"]["code"] == "global/quota-exceeded"
    again = modules.run("lambda_ssh_key", allow_duplicate_material=True, **options)
    assert again.changed
    assert sorted(names(simulator)) == sorted(["laptop", spare])


@pytest.mark.parametrize("check", [True, False])
def test_the_same_key_under_another_name_is_used(simulator: Simulator, modules: Modules, check: bool) -> None:
    key_id = simulator.seed_key("old-name", PUBLIC)
    done = modules.run("lambda_ssh_key", check=check, name="laptop", public_key=PUBLIC)
    assert not done.changed
    assert (done["ssh_key"]["id"], done["ssh_key"]["name"]) == (key_id, "old-name")
    assert "in the account already, as 'old-name'" in str(done["warnings"])
    allowed = modules.run(
        "lambda_ssh_key", check=check, name="laptop", public_key=PUBLIC, allow_duplicate_material=True
    )
    assert allowed.changed
    assert names(simulator) == (["old-name"] if check else ["old-name", "laptop"])


def test_keys_of_one_name_are_cleaned_up(simulator: Simulator, modules: Modules) -> None:
    simulator.seed_key("twin", OTHER)
    kept = simulator.seed_key("twin", PUBLIC)
    predicted = modules.run("lambda_ssh_key", check=True, name="twin", public_key=PUBLIC, deduplicate=True)
    assert predicted.changed
    assert len(names(simulator)) == 2
    done = modules.run("lambda_ssh_key", name="twin", public_key=PUBLIC, deduplicate=True)
    assert predicted["diff"] == done["diff"]
    assert [key["id"] for key in simulator.state()["ssh_keys"]] == [kept]
    assert not modules.run("lambda_ssh_key", name="twin", public_key=PUBLIC, deduplicate=True).changed


def test_none_of_several_is_the_one_given(simulator: Simulator, modules: Modules) -> None:
    for _each in range(2):
        simulator.seed_key("twin", OTHER)
    refused = modules.run("lambda_ssh_key", name="twin", public_key=PUBLIC, deduplicate=True)
    assert "is the one given" in refused["msg"]
    assert len(names(simulator)) == 2
    done = modules.run("lambda_ssh_key", name="twin", public_key=PUBLIC, deduplicate=True, on_mismatch="replace")
    assert done.changed
    assert [key["public_key"] for key in simulator.state()["ssh_keys"]] == [PUBLIC]


def test_absent_by_id_or_all_of_a_name(simulator: Simulator, modules: Modules) -> None:
    ids = [simulator.seed_key("twin") for _each in range(3)]
    wrong = modules.run("lambda_ssh_key", id=ids[0], name="other", state="absent")
    assert "disagree" in wrong["msg"]
    assert modules.run("lambda_ssh_key", id=ids[0], state="absent").changed
    assert not modules.run("lambda_ssh_key", id=ids[0], state="absent").changed
    assert [key["id"] for key in simulator.state()["ssh_keys"]] == ids[1:]
    assert modules.run("lambda_ssh_key", name="twin", state="absent", deduplicate=True).changed
    assert names(simulator) == []


def test_a_key_in_use_is_told(simulator: Simulator, oldest: Simulator, modules: Modules) -> None:
    for one in (simulator, oldest):
        one.seed_key("laptop")
        one.seed_instance("train-01", ssh_key_names=["laptop"])
    for check in (True, False):
        simulator.forget_requests()
        done = modules.run("lambda_ssh_key", check=check, name="laptop", state="absent")
        assert done.changed
        assert "in use by train-01 (id" in str(done["warnings"])
        assert simulator.operations() == ["list_ssh_keys", "list_instances", *([] if check else ["delete_ssh_key"])]
    assert names(simulator) == []
    refused = modules.on(oldest).run("lambda_ssh_key", name="laptop", state="absent")
    assert refused["failure"]["code"] == "ssh-keys/key-in-use"
    assert "It is in use by train-01 (id" in refused["msg"]
    assert names(oldest) == ["laptop"]


def test_a_private_key_is_overwritten_only_if_told(simulator: Simulator, modules: Modules, tmp_path: Path) -> None:
    path = tmp_path / "ci"
    path.write_text("old")
    options = {"name": "ci", "private_key_path": str(path), "overwrite_private_key": True}
    assert modules.run("lambda_ssh_key", check=True, **options).changed
    assert path.read_text() == "old"
    assert modules.run("lambda_ssh_key", **options).changed
    assert path.stat().st_mode & 0o777 == 0o600
    assert "PRIVATE KEY" in path.read_text()
    assert [each.name for each in tmp_path.glob(".lambda-*")] == []


def test_a_name_alone_is_enough_for_a_key_that_exists(simulator: Simulator, modules: Modules) -> None:
    missing = modules.run("lambda_ssh_key", name="laptop")
    assert "The account has no SSH key 'laptop'. Give public_key" in missing["msg"]
    simulator.seed_key("laptop")
    assert not modules.run("lambda_ssh_key", name="laptop").changed
    assert simulator.operations() == ["list_ssh_keys", "list_ssh_keys"]
