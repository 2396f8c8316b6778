# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
import stat
import subprocess
import time
import typing as t
from pathlib import Path

import pytest
from lambda_cloud_simulator.testing import Simulator
from support.runner import Modules, module_environment
from support.samples import OTHER_PUBLIC_KEY, PUBLIC_KEY


def names(simulator: Simulator) -> list[str]:
    return [key["name"] for key in simulator.state()["ssh_keys"]]


def test_add_check_and_add_again(simulator: Simulator, modules: Modules) -> None:
    options = {"name": "laptop", "public_key": PUBLIC_KEY + " me@laptop"}
    predicted = modules.run("lambda_ssh_key", check=True, **options)
    assert names(simulator) == []
    real = modules.run("lambda_ssh_key", **options)
    assert names(simulator) == ["laptop"]
    again = modules.run("lambda_ssh_key", **options)
    assert [predicted.changed, real.changed, again.changed] == [True, True, False]
    assert predicted["ssh_key"].keys() == real["ssh_key"].keys() == again["ssh_key"].keys()
    assert simulator.operations() == ["list_ssh_keys", "list_ssh_keys", "add_ssh_key", "list_ssh_keys"]


def test_the_comment_is_not_compared_but_the_key_is(simulator: Simulator, modules: Modules) -> None:
    simulator.seed_ssh_key("laptop", PUBLIC_KEY + " old@host")
    assert not modules.run("lambda_ssh_key", name="laptop", public_key=PUBLIC_KEY + " new@host").changed
    done = modules.run("lambda_ssh_key", name="laptop", public_key=OTHER_PUBLIC_KEY)
    assert done.failed
    assert "other key material" in done["msg"]
    assert simulator.state()["ssh_keys"][0]["public_key"].startswith(PUBLIC_KEY)


def test_a_public_key_from_a_file(simulator: Simulator, modules: Modules, tmp_path: Path) -> None:
    (tmp_path / "key.pub").write_text(PUBLIC_KEY + " me\n")
    assert modules.run("lambda_ssh_key", name="laptop", public_key_file=str(tmp_path / "key.pub")).changed
    assert simulator.state()["ssh_keys"][0]["public_key"].startswith(PUBLIC_KEY)


@pytest.mark.parametrize("source", ["controller", "service"])
def test_a_generated_key_is_kept_private_and_works(
    simulator: Simulator, modules: Modules, tmp_path: Path, source: str
) -> None:
    path = tmp_path / "ci"
    old = os.umask(0)
    try:
        done = modules.run("lambda_ssh_key", name="ci", private_key_path=str(path), key_source=source)
    finally:
        os.umask(old)
    sent = next(each["body"] for each in simulator.requests() if each["operation"] == "add_ssh_key")
    assert ("public_key" in sent) == (source == "controller")
    assert "PRIVATE KEY" not in str(sent)
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
    for path, message in ((tmp_path / "there", "is not overwritten"), (tmp_path / "no" / "folder", "no folder")):
        for check in (True, False):
            done = modules.run("lambda_ssh_key", check=check, name="ci", private_key_path=str(path))
            assert message in done["msg"]
    assert (tmp_path / "there").read_text() == "precious"
    assert "add_ssh_key" not in simulator.operations()


def test_a_key_whose_private_half_is_missing_is_no_success(
    simulator: Simulator, modules: Modules, tmp_path: Path
) -> None:
    simulator.seed_ssh_key("ci", PUBLIC_KEY)
    done = modules.run("lambda_ssh_key", name="ci", private_key_path=str(tmp_path / "lost"))
    assert done.failed
    assert "shows a private key only once" in done["msg"]


@pytest.mark.parametrize("source", ["controller", "service", None])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_leaves_exactly_one_key(
    simulator: Simulator, modules: Modules, tmp_path: Path, source: str | None, when: str
) -> None:
    simulator.add_fault("drop", "add_ssh_key", when=when)
    path = tmp_path / "ci"
    options = {"private_key_path": str(path), "key_source": source} if source else {"public_key": PUBLIC_KEY}
    done = modules.run("lambda_ssh_key", name="ci", outcome_timeout=0.2, **options)
    assert done.changed
    assert names(simulator) == ["ci"]
    if source:
        # The key in the account is the one whose private half was written, not the one that was lost.
        public = subprocess.run(["ssh-keygen", "-y", "-f", path], capture_output=True, text=True, check=True).stdout
        assert public.split()[:2] == simulator.state()["ssh_keys"][0]["public_key"].split()[:2]


def test_absent_deletes_once(simulator: Simulator, modules: Modules) -> None:
    simulator.seed_ssh_key("laptop", PUBLIC_KEY)
    simulator.seed_ssh_key("laptop2", OTHER_PUBLIC_KEY)
    runs = [
        modules.run("lambda_ssh_key", check=check, name="laptop", state="absent").changed
        for check in (True, False, False)
    ]
    assert runs == [True, True, False]
    assert names(simulator) == ["laptop2"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_delete_whose_answer_was_lost_deletes(simulator: Simulator, modules: Modules, when: str) -> None:
    simulator.seed_ssh_key("laptop", PUBLIC_KEY)
    simulator.add_fault("drop", "delete_ssh_key", when=when)
    assert modules.run("lambda_ssh_key", name="laptop", state="absent", outcome_timeout=0.2).changed
    assert names(simulator) == []


def test_two_keys_of_one_name_are_told_apart_by_id(simulator: Simulator, modules: Modules) -> None:
    ids = [simulator.seed_ssh_key("twin", PUBLIC_KEY), simulator.seed_ssh_key("twin", OTHER_PUBLIC_KEY)]
    for state in ("present", "absent"):
        done = modules.run("lambda_ssh_key", name="twin", state=state, public_key=PUBLIC_KEY)
        assert done.failed
        assert all(key_id in done["msg"] for key_id in ids)
    assert len(names(simulator)) == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "x" * 65, "public_key": PUBLIC_KEY}, "65 characters"),
        ({"name": "a", "public_key": "nonsense"}, "none of the forms"),
        ({"name": "a", "public_key": "-----BEGIN OPENSSH PRIVATE KEY-----\nabc"}, "This is a private key"),
        ({"name": "a", "public_key_file": "/nonexistent.pub"}, "public_key_file /nonexistent.pub cannot be read"),
        ({"name": "a"}, "Give public_key or public_key_file, or private_key_path"),
    ],
)
def test_bad_input_gets_one_clear_sentence(
    simulator: Simulator, modules: Modules, options: dict[str, t.Any], message: str
) -> None:
    done = modules.run("lambda_ssh_key", **options)
    assert message in done["msg"]
    assert names(simulator) == []


def test_another_key_under_the_name_is_replaced_only_if_told(simulator: Simulator, modules: Modules) -> None:
    old = simulator.seed_ssh_key("laptop", PUBLIC_KEY)
    refused = modules.run("lambda_ssh_key", name="laptop", public_key=OTHER_PUBLIC_KEY)
    assert refused.failed
    assert "on_mismatch: replace" in refused["msg"]
    options = {"name": "laptop", "public_key": OTHER_PUBLIC_KEY, "on_mismatch": "replace"}
    assert modules.run("lambda_ssh_key", check=True, **options).changed
    assert [key["id"] for key in simulator.state()["ssh_keys"]] == [old]
    simulator.forget_requests()
    done = modules.run("lambda_ssh_key", **options)
    assert done.changed
    assert names(simulator) == ["laptop"]
    assert simulator.state()["ssh_keys"][0]["public_key"].split()[:2] == OTHER_PUBLIC_KEY.split()[:2]
    # Nothing is written before it is known that no instance uses the key, and no key is added under another name.
    assert simulator.operations() == ["list_ssh_keys", "list_instances", "delete_ssh_key", "add_ssh_key"]
    assert done["diff"]["before"]["ssh_keys"][0]["id"] == old
    assert not modules.run("lambda_ssh_key", **options).changed


REPLACE: dict[str, t.Any] = {"name": "laptop", "public_key": OTHER_PUBLIC_KEY, "on_mismatch": "replace"}


def refuse_key(simulator: Simulator, operation: str, **more: t.Any) -> None:
    simulator.add_fault("status", operation, status=400, code="global/quota-exceeded", **more)


def test_a_new_key_that_is_refused_makes_room_for_the_old_one(simulator: Simulator, modules: Modules) -> None:
    simulator.seed_ssh_key("laptop", PUBLIC_KEY)
    refuse_key(simulator, "delete_ssh_key")
    assert modules.run("lambda_ssh_key", **REPLACE)["failure"]["code"] == "global/quota-exceeded"
    refuse_key(simulator, "add_ssh_key")
    done = modules.run("lambda_ssh_key", **REPLACE)
    assert done["failure"]["code"] == "global/quota-exceeded"
    assert "The old key 'laptop' was added again." in done["msg"]
    assert [(key["name"], key["public_key"]) for key in simulator.state()["ssh_keys"]] == [("laptop", PUBLIC_KEY)]
    refuse_key(simulator, "add_ssh_key", times=2)
    done = modules.run("lambda_ssh_key", **REPLACE)
    assert "adding it again failed too" in done["msg"]
    assert f"Its public half is {PUBLIC_KEY}" in done["msg"]
    assert names(simulator) == []
    assert modules.run("lambda_ssh_key", **REPLACE).changed
    assert names(simulator) == ["laptop"]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("operation", ["delete_ssh_key", "add_ssh_key"])
def test_a_replacement_survives_a_lost_answer(
    simulator: Simulator, modules: Modules, operation: str, when: str
) -> None:
    simulator.seed_ssh_key("laptop", PUBLIC_KEY)
    simulator.add_fault("drop", operation, when=when)
    assert modules.run("lambda_ssh_key", outcome_timeout=0.2, **REPLACE).changed
    assert [(key["name"], key["public_key"]) for key in simulator.state()["ssh_keys"]] == [("laptop", OTHER_PUBLIC_KEY)]


def test_nobody_knows_whether_the_new_key_was_added(simulator: Simulator, modules: Modules) -> None:
    old = simulator.seed_ssh_key("laptop", PUBLIC_KEY)
    simulator.add_fault("drop", "add_ssh_key", times=9)
    done = modules.run("lambda_ssh_key", outcome_timeout=0.1, **REPLACE)
    assert "The old key 'laptop' was deleted. Run the same task again" in done["msg"]
    assert old not in str(simulator.state()["ssh_keys"])
    simulator.clear_faults()
    assert modules.run("lambda_ssh_key", **REPLACE).changed
    assert names(simulator) == ["laptop"]


@pytest.mark.parametrize("check", [True, False])
def test_a_key_that_an_instance_uses_is_not_replaced(simulator: Simulator, modules: Modules, check: bool) -> None:
    old = simulator.seed_ssh_key("laptop", PUBLIC_KEY)
    simulator.seed_instance("train-01", ssh_key_names=["laptop"])
    simulator.seed_instance("gone", ssh_key_names=["laptop"], status="terminating")
    done = modules.run("lambda_ssh_key", check=check, **REPLACE)
    assert "is in use by train-01 (id" in done["msg"]
    assert "gone" not in done["msg"]
    assert "It was not replaced, and nothing was changed." in done["msg"]
    assert done["failure"]["code"] == "ssh-keys/key-in-use"
    assert simulator.operations() == ["list_ssh_keys", "list_instances"]
    assert [key["id"] for key in simulator.state()["ssh_keys"]] == [old]


def test_a_key_that_is_used_meanwhile_is_not_replaced(simulator: Simulator, modules: Modules) -> None:
    old = simulator.seed_ssh_key("laptop", PUBLIC_KEY)
    simulator.set_quirks(key_in_use_code="global/invalid-parameters")
    simulator.call_api("GET", "/instances")
    simulator.seed_instance("train-01", ssh_key_names=["laptop"])
    # The list is one from before the launch.
    simulator.add_fault("stale", "list_instances")
    done = modules.run("lambda_ssh_key", **REPLACE)
    assert "Key is currently in use, cannot delete" in done["msg"]
    assert [key["id"] for key in simulator.state()["ssh_keys"]] == [old]
    assert "add_ssh_key" not in simulator.operations()


@pytest.mark.parametrize("check", [True, False])
def test_the_same_key_under_another_name_is_used(simulator: Simulator, modules: Modules, check: bool) -> None:
    key_id = simulator.seed_ssh_key("old-name", PUBLIC_KEY)
    done = modules.run("lambda_ssh_key", check=check, name="laptop", public_key=PUBLIC_KEY)
    assert not done.changed
    assert (done["ssh_key"]["id"], done["ssh_key"]["name"]) == (key_id, "old-name")
    assert "in the account already, as 'old-name'" in str(done["warnings"])
    allowed = modules.run(
        "lambda_ssh_key", check=check, name="laptop", public_key=PUBLIC_KEY, allow_duplicate_material=True
    )
    assert allowed.changed
    assert names(simulator) == (["old-name"] if check else ["old-name", "laptop"])


def test_keys_of_one_name_are_cleaned_up(simulator: Simulator, modules: Modules) -> None:
    simulator.seed_ssh_key("twin", OTHER_PUBLIC_KEY)
    kept = simulator.seed_ssh_key("twin", PUBLIC_KEY)
    predicted = modules.run("lambda_ssh_key", check=True, name="twin", public_key=PUBLIC_KEY, deduplicate=True)
    assert predicted.changed
    assert len(names(simulator)) == 2
    done = modules.run("lambda_ssh_key", name="twin", public_key=PUBLIC_KEY, deduplicate=True)
    assert predicted["diff"] == done["diff"]
    assert [key["id"] for key in simulator.state()["ssh_keys"]] == [kept]
    assert not modules.run("lambda_ssh_key", name="twin", public_key=PUBLIC_KEY, deduplicate=True).changed


def test_none_of_several_is_the_one_given(simulator: Simulator, modules: Modules) -> None:
    for _each in range(2):
        simulator.seed_ssh_key("twin", OTHER_PUBLIC_KEY)
    refused = modules.run("lambda_ssh_key", name="twin", public_key=PUBLIC_KEY, deduplicate=True)
    assert "is the one given" in refused["msg"]
    assert len(names(simulator)) == 2
    done = modules.run("lambda_ssh_key", name="twin", public_key=PUBLIC_KEY, deduplicate=True, on_mismatch="replace")
    assert done.changed
    assert [key["public_key"] for key in simulator.state()["ssh_keys"]] == [PUBLIC_KEY]


def test_absent_by_id_or_all_of_a_name(simulator: Simulator, modules: Modules) -> None:
    ids = [simulator.seed_ssh_key("twin") for _each in range(3)]
    wrong = modules.run("lambda_ssh_key", id=ids[0], name="other", state="absent")
    assert "disagree" in wrong["msg"]
    assert modules.run("lambda_ssh_key", id=ids[0], state="absent").changed
    assert not modules.run("lambda_ssh_key", id=ids[0], state="absent").changed
    assert [key["id"] for key in simulator.state()["ssh_keys"]] == ids[1:]
    assert modules.run("lambda_ssh_key", name="twin", state="absent", deduplicate=True).changed
    assert names(simulator) == []


@pytest.mark.parametrize("code", ["ssh-keys/key-in-use", "global/invalid-parameters"])
def test_a_key_in_use_is_told(simulator: Simulator, oldest: Simulator, modules: Modules, code: str) -> None:
    for one in (simulator, oldest):
        one.set_quirks(key_in_use_code=code)
        one.seed_ssh_key("laptop")
        user = one.seed_instance("train-01", ssh_key_names=["laptop"])
        for check in (True, False):
            options = {"name": "laptop", "state": "absent", "assume_terminated": [user]}
            assert modules.on(one).run("lambda_ssh_key", check=check, **options).failed != check
            one.forget_requests()
            refused = modules.on(one).run("lambda_ssh_key", check=check, name="laptop", state="absent")
            assert refused["failure"]["code"] == ("ssh-keys/key-in-use" if check else code)
            assert "in use by train-01 (id" in refused["msg"]
            assert ("Key is currently in use, cannot delete" in refused["msg"]) is not check
            assert one.operations() == ["list_ssh_keys", "list_instances", *([] if check else ["delete_ssh_key"])]
        assert names(one) == ["laptop"]


def test_a_key_that_the_service_deletes_although_it_is_in_use(simulator: Simulator, modules: Modules) -> None:
    simulator.set_quirks(keys_in_use="deleted")
    simulator.seed_ssh_key("laptop")
    simulator.seed_instance("train-01", ssh_key_names=["laptop"])
    done = modules.run("lambda_ssh_key", name="laptop", state="absent")
    assert done.changed
    assert "was deleted. It was in use by train-01 (id" in str(done["warnings"])
    assert names(simulator) == []


def test_a_refusal_that_has_nothing_to_do_with_use_is_passed_on(simulator: Simulator, modules: Modules) -> None:
    simulator.seed_ssh_key("laptop")
    refuse_key(simulator, "delete_ssh_key")
    done = modules.run("lambda_ssh_key", name="laptop", state="absent")
    assert done["failure"]["code"] == "global/quota-exceeded"
    assert "in use" not in done["msg"]


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
    simulator.seed_ssh_key("laptop")
    assert not modules.run("lambda_ssh_key", name="laptop").changed
    assert simulator.operations() == ["list_ssh_keys", "list_ssh_keys"]


def public_half(path: Path) -> list[str]:
    """Return type and material of the public half, as OpenSSH tells it."""
    done = subprocess.run(["ssh-keygen", "-y", "-f", path], capture_output=True, text=True, check=True)
    return done.stdout.split()[:2]


def make_key(path: Path, *options: str) -> list[str]:
    """Make a pair with OpenSSH, and return its public half."""
    subprocess.run(["ssh-keygen", "-q", "-N", "", "-f", path, *options], check=True)
    return public_half(path)


@pytest.mark.parametrize("options", [("-t", "ed25519"), ("-t", "rsa", "-b", "2048"), ("-t", "rsa", "-m", "PEM")])
def test_a_private_key_that_is_there_is_used_and_stays(
    simulator: Simulator, modules: Modules, tmp_path: Path, options: tuple[str, ...]
) -> None:
    public = make_key(tmp_path / "mine", *options)
    before = (tmp_path / "mine").read_bytes()
    runs = [
        modules.run("lambda_ssh_key", check=check, name="ci", private_key_path=str(tmp_path / "mine"))
        for check in (True, False, False)
    ]
    assert [run.changed for run in runs] == [True, True, False]
    (key,) = simulator.state()["ssh_keys"]
    assert key["public_key"].split()[:2] == public
    assert (tmp_path / "mine").read_bytes() == before


def test_a_refused_key_is_added_by_the_next_run(simulator: Simulator, modules: Modules, tmp_path: Path) -> None:
    path = tmp_path / "ci"
    simulator.add_fault("status", "add_ssh_key", status=400, code="global/quota-exceeded")
    assert modules.run("lambda_ssh_key", name="ci", private_key_path=str(path)).failed
    written = path.read_bytes()
    assert modules.run("lambda_ssh_key", name="ci", private_key_path=str(path)).changed
    assert path.read_bytes() == written
    assert simulator.state()["ssh_keys"][0]["public_key"].split()[:2] == public_half(path)


def test_another_key_in_the_file_is_no_success(simulator: Simulator, modules: Modules, tmp_path: Path) -> None:
    simulator.seed_ssh_key("ci", PUBLIC_KEY)
    make_key(tmp_path / "mine", "-t", "ed25519")
    done = modules.run("lambda_ssh_key", name="ci", private_key_path=str(tmp_path / "mine"))
    assert done.failed
    assert "is another than the one in" in done["msg"]


def test_deduplicating_keeps_the_key_whose_private_half_is_there(
    simulator: Simulator, modules: Modules, tmp_path: Path
) -> None:
    public = " ".join(make_key(tmp_path / "mine", "-t", "ed25519"))
    simulator.seed_ssh_key("twin", OTHER_PUBLIC_KEY)
    mine = simulator.seed_ssh_key("twin", public)
    done = modules.run("lambda_ssh_key", name="twin", private_key_path=str(tmp_path / "mine"), deduplicate=True)
    assert done.changed
    assert [key["id"] for key in simulator.state()["ssh_keys"]] == [mine]


def kill_while_generating(simulator: Simulator, modules: Modules, when: str, **options: t.Any) -> None:
    """Kill a task that has asked the service for a pair, whose request has no effect or whose response is on its way."""
    fault = {"kind": "drop"} if when == "before" else {"kind": "delay", "seconds": 60}
    simulator.add_fault(operation="add_ssh_key", when=when, **fault)
    process = modules.start("lambda_ssh_key", **{**options, "outcome_timeout": 60})
    while "add_ssh_key" not in simulator.operations():
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.communicate()
    simulator.clear_faults()


def holds_private_half(simulator: Simulator, path: Path) -> bool:
    public = subprocess.run(["ssh-keygen", "-y", "-f", path], capture_output=True, text=True, check=True).stdout
    (key,) = simulator.state()["ssh_keys"]
    return bool(public.split()[:2] == key["public_key"].split()[:2])


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("overwrite", [False, True])
def test_the_next_run_starts_over_where_the_service_generated_for_a_task_that_was_killed(
    simulator: Simulator, home: Path, when: str, overwrite: bool
) -> None:
    modules, path = Modules(simulator, module_environment(home)), home / "ci"
    if overwrite:
        path.write_text("old")
    options = {"name": "ci", "private_key_path": str(path), "key_source": "service", "overwrite_private_key": overwrite}
    kill_while_generating(simulator, modules, when, **options)
    left = simulator.state()["ssh_keys"]
    assert len(left) == (when == "after")
    predicted = modules.run("lambda_ssh_key", check=True, outcome_timeout=0.2, **options)
    assert predicted.changed
    assert simulator.state()["ssh_keys"] == left
    done = modules.run("lambda_ssh_key", outcome_timeout=0.2, **options)
    assert done.changed
    assert done["private_key_path"] == str(path)
    assert ("another pair was generated" in done.output) == (when == "after")
    assert holds_private_half(simulator, path)
    assert [each.name for each in home.iterdir() if "generating" in each.name] == []
    if not overwrite:
        assert not modules.run("lambda_ssh_key", **options).changed


def test_a_request_on_its_way_when_the_task_was_killed_is_waited_for(simulator: Simulator, home: Path) -> None:
    modules, path = Modules(simulator, module_environment(home)), home / "ci"
    options = {"name": "ci", "private_key_path": str(path), "key_source": "service"}
    kill_while_generating(simulator, modules, "before", **options)
    process = modules.start("lambda_ssh_key", outcome_timeout=60, **options)
    # It looks for what the killed task asked for, which has its effect only now.
    while simulator.operations().count("list_ssh_keys") < 4:
        assert process.poll() is None
        time.sleep(0.01)
    late = simulator.seed_ssh_key("ci", PUBLIC_KEY)
    output, _errors = process.communicate()
    assert json.loads(output)["changed"]
    assert [row["id"] for row in simulator.state()["ssh_keys"]] != [late]
    assert holds_private_half(simulator, path)


@pytest.mark.parametrize("protected", ["in use", "without a mark"])
def test_another_key_is_not_taken_for_a_lost_one(simulator: Simulator, home: Path, protected: str) -> None:
    modules, path = Modules(simulator, module_environment(home)), home / "ci"
    options = {"name": "ci", "private_key_path": str(path), "key_source": "service"}
    if protected == "in use":
        kill_while_generating(simulator, modules, "before", **options)
    theirs = simulator.seed_ssh_key("ci", PUBLIC_KEY)
    simulator.seed_instance("theirs", ssh_key_names=["ci"])
    done = modules.run("lambda_ssh_key", outcome_timeout=0.2, **options)
    assert done.failed
    assert ("is in use by theirs" if protected == "in use" else "shows a private key only once") in done["msg"]
    assert [row["id"] for row in simulator.state()["ssh_keys"]] == [theirs]
    assert not path.exists()
