# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import ApiError
from ansible_collections.lambdal.cloud.plugins.module_utils._events.changes import Selection
from ansible_collections.lambdal.cloud.plugins.module_utils._events.watcher import WATCHED, AccountWatcher
from ansible_collections.lambdal.cloud.tests.support.samples import instance_row, offer_row
from hypothesis import given
from hypothesis import strategies as st

ALL = Selection()
TYPES, REGIONS = ("gpu_1x_a10", "gpu_8x_a100"), ("us-east-1", "us-west-1", "europe-central-1")
STATUSES = ("booting", "active", "unhealthy", "terminating", "terminated", "preempted")

Places = frozenset[tuple[str, str]]
places = st.frozensets(st.tuples(st.sampled_from(TYPES), st.sampled_from(REGIONS)))


def offers(there: Places) -> dict[str, t.Any]:
    return {name: offer_row(name, 75, *(region for kind, region in sorted(there) if kind == name)) for name in TYPES}


class Account:
    """Answers of the API, one after the other; an exception is a snapshot that is lost."""

    def __init__(self, instance_types: t.Iterable[t.Any] = (), instances: t.Iterable[t.Any] = ()) -> None:
        self._answers = {"types": iter(instance_types), "instances": iter(instances)}
        self.asked: list[str] = []

    def _next(self, what: str) -> t.Any:
        self.asked.append(what)
        answer = next(self._answers[what])
        if isinstance(answer, Exception):
            raise answer
        return answer

    def list_instance_types(self) -> t.Any:
        return self._next("types")

    def list_instances(self) -> t.Any:
        return self._next("instances")


def polls(account: Account, watched: t.Collection[str], number: int, kept: t.Any = None, **rest: t.Any) -> list[t.Any]:
    """Return the events of each poll. State goes through JSON before each, as over a restart."""
    polled = []
    for _each in range(number):
        watch = AccountWatcher(
            t.cast("t.Any", account), watched, rest.get("selection", ALL), rest.get("threshold"), kept
        )
        polled.append(watch.poll())
        kept = json.loads(json.dumps(watch.snapshots))
    return polled


LOST = ApiError("list", status=500, code="global/unknown", message="Out of order")


@given(st.lists(places | st.none(), max_size=8))
def test_every_change_of_capacity_is_told_once(snapshots: list[Places | None]) -> None:
    account = Account([LOST if snapshot is None else offers(snapshot) for snapshot in snapshots])
    before: Places | None = None
    for snapshot, events in zip(snapshots, polls(account, ["capacity"], len(snapshots)), strict=True):
        reported = [(each["event"], each["instance_type"], each["region"]) for each in events if "region" in each]
        if snapshot is None:
            assert [each["event"] for each in events] == ["api_failed"]
            continue
        expected = {("capacity_appeared", *place) for place in snapshot - (before or frozenset())}
        expected |= {("capacity_gone", *place) for place in (before or frozenset()) - snapshot}
        assert len(reported) == len(set(reported))
        assert set(reported) == expected
        assert all(each["first_look"] == (before is None) for each in events if "region" in each)
        before = snapshot


fleets = st.dictionaries(st.sampled_from("abc"), st.sampled_from([*STATUSES, None]))


@given(st.lists(fleets | st.none(), max_size=8))
def test_every_change_of_an_instance_is_told_once(snapshots: list[dict[str, str | None] | None]) -> None:
    rows = [
        LOST if snapshot is None else [instance_row(id, status) for id, status in snapshot.items()]
        for snapshot in snapshots
    ]
    known: dict[str, str | None] = {}
    for snapshot, events in zip(snapshots, polls(Account(instances=rows), ["instances"], len(snapshots)), strict=True):
        reported = sorted((each["event"], each["id"]) for each in events if "id" in each)
        if snapshot is None:
            assert reported == []
            continue
        now = {id: known.get(id) if status is None else status for id, status in snapshot.items()}
        expected = [
            (f"instance_{status}", id)
            for id, status in now.items()
            if status in ("active", "unhealthy", "preempted") and known.get(id) != status
        ]
        expected += [
            ("instance_gone", id)
            for id, status in known.items()
            if status != "terminated"
            and (id not in now or now[id] == "terminated")
            # One that was never told to be in any state is not there to be gone.
            and not (status is None and id in now)
        ]
        assert reported == sorted(expected)
        known = now


@given(st.lists(fleets, min_size=1, max_size=6))
def test_nothing_is_told_of_what_stays(snapshots: list[dict[str, str | None]]) -> None:
    rows = [
        [instance_row(id, status) for id, status in snapshot.items()] for snapshot in snapshots for _each in range(2)
    ]
    polled = polls(Account([offers(frozenset())] * len(rows), rows), WATCHED, len(rows))
    assert all(events == [] for events in polled[1::2])


def test_a_lost_look_is_an_event_each_time_and_no_instance_is_gone() -> None:
    account = Account(instances=[[instance_row()], LOST, LOST, [instance_row()], []])
    polled = polls(account, ["instances"], 5)
    assert [[each["event"] for each in events] for events in polled] == [
        ["instance_active"],
        ["api_failed"],
        ["api_failed"],
        ["api_recovered"],
        ["instance_gone"],
    ]
    assert polled[2][0] == {
        "event": "api_failed",
        "first_look": False,
        "operation": "list_instances",
        "code": "global/unknown",
        "message": "Could not list: Out of order. (global/unknown, HTTP 500)",
        "suggestion": None,
        "status": 500,
        "temporary": True,
        "failures": 2,
    }
    assert polled[3][0]["failures"] == 2


def test_a_poll_asks_once_for_each_list() -> None:
    for watched, asked in (
        (["capacity"], ["types"]),
        (["instances"], ["instances"]),
        (["cost"], ["instances"]),
        (["instances", "cost"], ["instances"]),
        (WATCHED, ["types", "instances"]),
    ):
        account = Account([{}], [[]])
        polls(account, watched, 1)
        assert account.asked == asked


def test_one_list_that_fails_does_not_keep_the_other_back() -> None:
    polled = polls(Account([LOST], [[instance_row()]]), ["capacity", "instances"], 1)
    assert [each["event"] for each in polled[0]] == ["api_failed", "instance_active"]


@pytest.mark.parametrize(
    "field", ["name", "ip", "region", "instance_type", "tags", "jupyter_token", "ssh_key_names", "file_system_names"]
)
def test_a_field_left_out_changes_nothing(field: str) -> None:
    whole = instance_row(tags=[{"key": "project", "value": "vision"}], ip="198.51.100.2", ssh_key_names=["laptop"])
    part = {name: value for name, value in whole.items() if name != field}
    selection = Selection(["train-*"], ["gpu_1x_a10"], ["us-east-1"], {"project": "vision"})
    polled = polls(
        Account(instances=[[whole], [part], [{**part, "status": "unhealthy"}], []]),
        ["instances", "cost"],
        4,
        selection=selection,
    )
    assert [[each["event"] for each in events] for events in polled] == [
        ["instance_active", "cost_changed"],
        [],
        ["instance_unhealthy"],
        ["instance_gone", "cost_changed"],
    ]
    assert polled[2][0]["region"] == "us-east-1"


def test_an_instance_that_cannot_be_read_is_not_gone() -> None:
    polled = polls(Account(instances=[[instance_row()], [instance_row(tags=["x"])]]), ["instances"], 2)
    assert [each["event"] for each in polled[1]] == ["api_failed"]


def test_who_is_renamed_out_of_the_selection_is_not_gone() -> None:
    rows = [[instance_row()], [instance_row(name="mine")], []]
    polled = polls(Account(instances=rows), ["instances"], 3, selection=Selection(names=["train-[1:9]"]))
    assert [[each["event"] for each in events] for events in polled] == [["instance_active"], [], []]


@pytest.mark.parametrize(
    "bad", ["{{ lookup('pipe', 'id') }}", "#jinja2:variable_start_string:'[['\n[[ lookup('pipe', 'id') }}", "{% x %}"]
)
def test_no_event_holds_a_secret_and_no_text_is_a_template(bad: str) -> None:
    row = instance_row(
        name=bad, tags=[{"key": bad, "value": "x"}, {"key": "a", "value": bad}], ssh_key_names=[bad, "k"]
    )
    watch = AccountWatcher(t.cast("t.Any", Account(instances=[[row]])), WATCHED[1:], ALL)
    events = watch.poll()
    assert "tok-secret" not in json.dumps([events, watch.snapshots])
    assert "lookup" not in json.dumps(events)
    assert "{%" not in json.dumps(events)
    assert events[0]["name"] is None
    assert events[0]["tags"] == {"a": None}
    assert events[0]["ssh_key_names"] == ["k"]


def test_the_cost_is_told_when_it_changes_and_when_it_passes_the_threshold() -> None:
    one, two = instance_row("1"), instance_row("2")
    rows = [[one], [one, two], [one, two], [one, {**two, "status": "terminating"}]]
    polled = polls(Account(instances=rows), ["cost"], 4, threshold=100)
    assert [[each["event"] for each in events] for events in polled] == [
        ["cost_changed"],
        ["cost_changed", "cost_above_threshold"],
        [],
        ["cost_changed", "cost_within_threshold"],
    ]
    assert polled[1][1] == {
        "event": "cost_above_threshold",
        "first_look": False,
        "hourly_cost_cents": 150,
        "previous_hourly_cost_cents": 75,
        "instances": 2,
        "instances_without_price": 0,
        "threshold_cents": 100,
    }
