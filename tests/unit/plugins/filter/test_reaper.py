# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters that decide which instances the reaper terminates."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.lambdal.cloud.plugins.filter.name_list import name_list
from ansible_collections.lambdal.cloud.plugins.filter.reaper_candidates import reaper_candidates
from ansible_collections.lambdal.cloud.plugins.filter.reaper_due import reaper_due
from ansible_collections.lambdal.cloud.plugins.filter.reaper_rows import reaper_rows
from ansible_collections.lambdal.cloud.plugins.filter.reaper_terminations import reaper_terminations
from hypothesis import given
from hypothesis import strategies as st

NOW = 1_800_000_000


def instance(identity: str = "7f", price: int | None = 100, **rest: t.Any) -> dict[str, t.Any]:
    tags = rest.pop("tags", {})
    return {
        "id": identity,
        "name": f"train-{identity}",
        "ip": "192.0.2.1",
        "status": "active",
        "instance_type": {"name": "gpu_1x_a10", "price_cents_per_hour": price},
        "tags": [{"key": key, "value": value} for key, value in tags.items()],
        **rest,
    }


def find(*account: dict[str, t.Any], **options: t.Any) -> list[dict[str, t.Any]]:
    return reaper_candidates(list(account), now=NOW, birth_tag="born", **options)


def reasons(*account: dict[str, t.Any], **options: t.Any) -> dict[str, list[str]]:
    return {row["id"]: row["reasons"] for row in find(*account, **options)}


@pytest.mark.parametrize(
    ("idle", "found"), [(3600, True), (3599, False), (None, False), (3600.5, True), ("3600", False), (True, False)]
)
def test_only_a_measured_idleness_counts(idle: t.Any, found: bool) -> None:
    observations = {"7f": {"idle_seconds": idle, "age_seconds": 9999}}
    assert bool(find(instance(), observations=observations, idle_seconds=3600)) == found


def test_what_was_not_observed_is_not_idle() -> None:
    assert find(instance(), idle_seconds=1) == []
    assert find(instance(), observations={"8": {"idle_seconds": 9999}}, idle_seconds=1) == []


def test_what_is_busy_is_not_idle() -> None:
    observations = {"7f": {"idle_seconds": 9999, "busy": ["torchrun-train.service runs"]}}
    assert find(instance(), observations=observations, idle_seconds=1) == []
    _heading, row = reaper_rows([instance()], [], observations)
    assert row[-1] == "stays, busy: torchrun-train.service runs"


@pytest.mark.parametrize(
    ("value", "kept"), [("true", True), ("", True), ("until Friday", True), ("False", False), ("0", False)]
)
def test_a_tag_keeps_an_instance_whatever_limit_it_exceeds(value: str, kept: bool) -> None:
    tags = {"owner": "me", "born": "1", "lambdal-cloud-keep": value, "lambdal-cloud-expires": "2026-11-26T18:00:00Z"}
    account = instance(tags=tags)
    limits = {"max_age_seconds": 1, "idle_seconds": 1, "budget_cents": 1, "owner_tags": {"owner": "me"}}
    found = find(account, observations={"7f": {"idle_seconds": 99}}, **limits)
    assert len(found[0]["reasons"]) == 4
    assert (found[0]["kept"], found[0]["own"]) == (kept, not kept)
    due = reaper_due(found, True, True)
    assert bool(due) is not kept
    assert bool(reaper_terminations([{**found[0], "due": True}])["terminate"]) is not kept
    headings, row = reaper_rows([account], found)
    outcome = row[headings.index("OUTCOME")]
    assert outcome.startswith("stays, kept by its tag: " if kept else "stays, found: ")


def test_no_limit_finds_nothing() -> None:
    observations = {"7f": {"idle_seconds": 99999, "age_seconds": 99999}}
    assert find(instance(), observations=observations) == []


@pytest.mark.parametrize(
    ("tag", "observed", "age"),
    [
        (str(NOW - 60), None, 60),
        (str(NOW - 60), 100, 100),
        (str(NOW - 100), 60, 100),
        (str(NOW + 60), 10, 10),
        ("yesterday", 10, 10),
        ("", 10, 10),
        (f"{NOW - 60}\n", 10, 10),
    ],
)
def test_the_age_is_what_tag_and_host_prove(tag: str, observed: int | None, age: int) -> None:
    observations = {} if observed is None else {"7f": {"age_seconds": observed}}
    account = instance(tags={"born": tag})
    (found,) = find(account, observations=observations, max_age_seconds=age)
    assert (found["age_seconds"], found["reasons"]) == (age, [f"{age} seconds old"])
    assert find(account, observations=observations, max_age_seconds=age + 1) == []


def test_a_budget_is_age_times_price() -> None:
    two_hours = {"7f": {"age_seconds": 7200}}
    (found,) = find(instance(price=129), observations=two_hours, budget_cents="258")
    assert (found["cost_cents"], found["price_cents_per_hour"], found["reasons"]) == (
        258,
        129,
        ["cost 2.58 US dollars"],
    )
    assert find(instance(price=129), observations=two_hours, budget_cents=259) == []
    assert find(instance(price=None), observations=two_hours, budget_cents=1) == []


def test_every_reason_is_given() -> None:
    observations = {"7f": {"idle_seconds": 3600, "age_seconds": 7200}}
    assert reasons(instance(), observations=observations, idle_seconds=1, max_age_seconds=1, budget_cents=1) == {
        "7f": ["idle for 3600 seconds", "7200 seconds old", "cost 2.00 US dollars"]
    }


@pytest.mark.parametrize("status", ["terminating", "terminated"])
def test_what_is_gone_is_no_candidate(status: str) -> None:
    assert find(instance(status=status, tags={"born": "1"}), max_age_seconds=1) == []


@pytest.mark.parametrize(
    ("tags", "owner_tags", "owner_names", "own"),
    [
        ({"owner": "me"}, {"owner": "me"}, [], True),
        ({"owner": "me", "team": "a"}, {"owner": "me", "team": "a"}, [], True),
        ({"owner": "me"}, {"owner": "me", "team": "a"}, [], False),
        ({"owner": "you"}, {"owner": "me"}, [], False),
        ({}, {"owner": "me"}, [], False),
        ({"owner": "1"}, {"owner": 1}, [], False),
        ({"owner": "me"}, {}, [], False),
        ({}, {}, ["train-7f"], True),
        ({}, {}, "other, train-7f", True),
        ({}, {}, "train-7", False),
        ({}, {}, "train-7f0", False),
        ({"owner": "you"}, {"owner": "me"}, ["train-7f"], True),
    ],
)
def test_all_tags_or_an_exact_name_tell_the_owner(
    tags: dict[str, str], owner_tags: dict[str, t.Any], owner_names: t.Any, own: bool
) -> None:
    account = instance(tags={**tags, "born": "1"})
    (found,) = find(account, max_age_seconds=1, owner_tags=owner_tags, owner_names=owner_names)
    assert found["own"] == own


def test_an_instance_without_a_name_has_no_owner_by_name() -> None:
    for name in (None, ""):
        (found,) = find(instance(name=name, tags={"born": "1"}), max_age_seconds=1, owner_names=["", "None", None])
        assert not found["own"]


def test_the_time_is_this_hosts_by_default() -> None:
    (found,) = reaper_candidates([instance(tags={"born": "1000000000"})], max_age_seconds=1, birth_tag="born")
    assert found["age_seconds"] > 700_000_000


def test_a_limit_that_is_no_number_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="idle_seconds must be a whole number, not 'long'"):
        find(instance(), idle_seconds="long")


def hook(row: dict[str, t.Any], **result: t.Any) -> dict[str, t.Any]:
    return {"ansible_loop_var": "candidate", "candidate": row, **result}


def test_without_a_hook_all_of_the_owners_are_terminated() -> None:
    found = [{"id": "1", "own": True}, {"id": "2", "own": False}]
    assert reaper_terminations(found) == {"terminate": [found[0]], "spare": []}
    assert reaper_terminations([]) == {"terminate": [], "spare": []}


def test_a_hook_that_did_not_succeed_spares_its_instance() -> None:
    found = [{"id": str(number), "own": number < 6} for number in range(1, 7)]
    hooks = [
        hook(found[0], rc=0),
        hook(found[1], rc=1),
        hook(found[2], msg="No such file"),
        hook(found[3], skipped=True),
        # Somebody else's is never terminated, whatever its hook says.
        hook(found[5], rc=0),
    ]
    choice = reaper_terminations(found, hooks)
    assert choice["terminate"] == [found[0]]
    assert {row["id"]: row["failure"] for row in choice["spare"]} == {
        "2": "it ended with 1",
        "3": "No such file",
        "4": "it did not run",
        "5": "it did not run",
    }


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([0, 1, None]))))
def test_each_of_the_owners_is_either_terminated_or_spared(drawn: list[tuple[bool, int | None]]) -> None:
    found = [{"id": str(number), "own": own} for number, (own, _rc) in enumerate(drawn)]
    hooks = [hook(row, rc=rc) for row, (_own, rc) in zip(found, drawn, strict=True) if rc is not None]
    choice = reaper_terminations(found, hooks)
    terminated, spared = ([row["id"] for row in choice[each]] for each in ("terminate", "spare"))
    assert sorted(terminated + spared) == sorted(row["id"] for row in found if row["own"])
    assert all(drawn[int(identity)] == (True, 0) for identity in terminated)


def test_the_table_tells_what_became_of_each() -> None:
    account = [
        instance("1", tags={"born": str(NOW - 60), "owner": "me"}),
        instance("2", tags={"born": str(NOW - 60), "owner": "me"}),
        instance("3", tags={"born": str(NOW - 60)}),
        instance("4", price=None, name=None, ip=None),
        instance("5", status="terminated"),
    ]
    observations = {"4": {"idle_seconds": 5, "age_seconds": 9}}
    found = find(*account, observations=observations, max_age_seconds=60, owner_tags={"owner": "me"})
    heading, *table = reaper_rows(account, found, observations, terminated=[account[0]])
    assert heading == ["NAME", "ID", "TYPE", "ADDRESS", "IDLE", "AGE", "USD/HOUR", "OUTCOME"]
    assert table == [
        ["train-1", "1", "gpu_1x_a10", "192.0.2.1", None, "60 s", "1.00", "terminated: 60 seconds old"],
        ["train-2", "2", "gpu_1x_a10", "192.0.2.1", None, "60 s", "1.00", "stays, found: 60 seconds old"],
        ["train-3", "3", "gpu_1x_a10", "192.0.2.1", None, "60 s", "1.00", "stays, not yours: 60 seconds old"],
        [None, "4", "gpu_1x_a10", None, "5 s", "9 s", "unknown", "stays"],
    ]
    (_heading, first, *_rest) = reaper_rows(account, found, observations, terminated=[account[0]], check_mode=True)
    assert first[-1] == "would be terminated: 60 seconds old"


@pytest.mark.parametrize(
    ("given_as", "names"),
    [
        (None, []),
        ("", []),
        (" , ", []),
        ("t, train-1", ["t", "train-1"]),
        ("t\r\nmy notebook\n", ["t", "my notebook"]),
        (["t", " train-1 ", "", None, 7], ["t", "train-1", "7"]),
    ],
)
def test_names_are_a_list_or_text(given_as: t.Any, names: list[str]) -> None:
    assert name_list(given_as) == names


@pytest.mark.parametrize("names", [7, {"a": 1}])
def test_what_is_no_names_is_refused(names: t.Any) -> None:
    with pytest.raises(AnsibleFilterError, match="Names must be a list"):
        name_list(names)


@pytest.mark.parametrize("hooks", [None, []])
def test_a_reserved_instance_is_found_and_never_terminated(hooks: list[t.Any] | None) -> None:
    account = [instance("7f", is_reserved=True, tags={"born": "1"}), instance("8", tags={"born": "1"})]
    found = find(*account, max_age_seconds=1, owner_names=["train-7f", "train-8"])
    assert {row["id"]: (row["own"], row["reserved"]) for row in found} == {"7f": (False, True), "8": (True, False)}
    # Not even if a report says that it is the owner's.
    found = [{**row, "own": True} for row in found]
    chosen = reaper_terminations(found, hooks)
    assert [row["id"] for row in chosen["terminate"] + chosen["spare"]] == ["8"]
    headings, reserved, hired = reaper_rows(account, found, {}, terminated=[{"id": "8"}])
    assert reserved[headings.index("USD/HOUR")] == "1.00 (reserved)"
    assert reserved[-1].startswith("stays, reserved: ")
    assert hired[-1].startswith("terminated: ")


# 2027-01-15T08:00:00Z is NOW.
@pytest.mark.parametrize(
    ("tag", "extensions", "expected"),
    [
        ("2027-01-15T08:00:00Z", {}, ["expired at 2027-01-15T08:00:00Z"]),
        ("2027-01-15T08:00:01Z", {}, None),
        ("soon", {}, None),
        ("2027-01-15T07:00:00Z", {"7f": "30m"}, ["expired at 2027-01-15T07:30:00Z"]),
        ("2027-01-15T07:00:00Z", {"train-7f": "2h"}, None),
        ("2027-01-15T07:00:00Z", {"7f": "2027-01-16T00:00:00Z"}, None),
        ("2027-01-15T09:00:00Z", {"7f": "2027-01-15T07:59:59Z"}, ["expired at 2027-01-15T07:59:59Z"]),
        ("2027-01-15T07:00:00Z", {"other": "2h"}, ["expired at 2027-01-15T07:00:00Z"]),
    ],
)
def test_an_instance_expires_by_its_tag_and_its_extension(
    tag: str, extensions: dict[str, str], expected: list[str] | None
) -> None:
    row = instance(tags={"lambdal-cloud-expires": tag})
    assert reasons(row, extensions=extensions).get("7f") == expected


def test_an_extension_that_cannot_be_meant_is_refused() -> None:
    row = instance(tags={"lambdal-cloud-expires": "2027-01-15T07:00:00Z"})
    with pytest.raises(AnsibleFilterError, match="An extension must be a duration"):
        find(row, extensions={"7f": "a while"})


def test_what_is_due_is_the_owners_or_expired() -> None:
    tags = {"lambdal-cloud-expires": "2027-01-15T07:00:00Z"}
    found = find(
        instance("1", tags=tags),
        instance("2", tags={"born": "1", "owner": "me"}),
        instance("3", tags={"born": "1"}),
        max_age_seconds=10,
        owner_tags={"owner": "me"},
    )

    def due(*options: bool) -> list[str]:
        return [row["id"] for row in reaper_terminations(reaper_due(found, *options))["terminate"]]

    assert due(False, False) == []
    assert due(True, False) == ["2"]
    assert due(False, True) == ["1"]
    assert due(True, True) == ["1", "2"]


def test_the_table_tells_when_instances_expire() -> None:
    rows = [instance("1", tags={"lambdal-cloud-expires": "2027-01-15T07:00:00Z"}), instance("2")]
    assert [row[-1] for row in reaper_rows(rows, [], {})] == ["EXPIRES", "2027-01-15T07:00:00Z", None]
    assert reaper_rows(rows[1:], [], {})[0][-1] == "OUTCOME"
