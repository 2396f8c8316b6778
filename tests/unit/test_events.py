# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import typing as t

import pytest
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import ApiError, InvalidInput, TransportError
from ansible_collections.lambdal.cloud.plugins.module_utils._event_watch import WATCHED, Watch
from ansible_collections.lambdal.cloud.plugins.module_utils._events import (
    Selection,
    capacity_events,
    cost_events,
    instance_events,
    look_at_capacity,
    look_at_cost,
    look_at_instances,
)
from hypothesis import given
from hypothesis import strategies as st

ALL = Selection()
TYPES, REGIONS = ("gpu_1x_a10", "gpu_8x_a100"), ("us-east-1", "us-west-1", "europe-central-1")
STATUSES = ("booting", "active", "unhealthy", "terminating", "terminated", "preempted")

Places = frozenset[tuple[str, str]]
places = st.frozensets(st.tuples(st.sampled_from(TYPES), st.sampled_from(REGIONS)))


def offers(there: Places, price: t.Any = 75) -> dict[str, t.Any]:
    return {
        name: {
            "instance_type": {"name": name, "price_cents_per_hour": price, "specs": {"gpus": 1}},
            "regions_with_capacity_available": [{"name": region} for kind, region in sorted(there) if kind == name],
        }
        for name in TYPES
    }


def instance(id: str = "1", status: str | None = "active", **rest: t.Any) -> dict[str, t.Any]:
    return {
        "id": id,
        "name": f"train-{id}",
        "status": status,
        "region": {"name": "us-east-1"},
        "instance_type": {"name": "gpu_1x_a10", "price_cents_per_hour": 75},
        "jupyter_token": "tok-secret",
        "jupyter_url": "https://x/?token=tok-secret",
        **rest,
    }


class Account:
    """Answers of the API, one after the other; an exception is a look that is lost."""

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
    """The events of each poll. State goes through JSON before each, as over a restart."""
    told = []
    for _each in range(number):
        watch = Watch(t.cast("t.Any", account), watched, rest.get("selection", ALL), rest.get("threshold"), kept)
        told.append(watch.poll())
        kept = json.loads(json.dumps(watch.looks))
    return told


LOST = ApiError("list", status=500, code="global/unknown", message="Out of order")


@given(st.lists(places | st.none(), max_size=8))
def test_every_change_of_capacity_is_told_once(looks: list[Places | None]) -> None:
    account = Account([LOST if look is None else offers(look) for look in looks])
    before: Places | None = None
    for look, events in zip(looks, polls(account, ["capacity"], len(looks)), strict=True):
        told = [(each["event"], each["instance_type"], each["region"]) for each in events if "region" in each]
        if look is None:
            assert [each["event"] for each in events] == ["api_failed"]
            continue
        expected = {("capacity_appeared", *place) for place in look - (before or frozenset())}
        expected |= {("capacity_gone", *place) for place in (before or frozenset()) - look}
        assert len(told) == len(set(told))
        assert set(told) == expected
        assert all(each["first_look"] == (before is None) for each in events if "region" in each)
        before = look


fleets = st.dictionaries(st.sampled_from("abc"), st.sampled_from([*STATUSES, None]))


@given(st.lists(fleets | st.none(), max_size=8))
def test_every_change_of_an_instance_is_told_once(looks: list[dict[str, str | None] | None]) -> None:
    rows = [LOST if look is None else [instance(id, status) for id, status in look.items()] for look in looks]
    known: dict[str, str | None] = {}
    for look, events in zip(looks, polls(Account(instances=rows), ["instances"], len(looks)), strict=True):
        told = sorted((each["event"], each["id"]) for each in events if "id" in each)
        if look is None:
            assert told == []
            continue
        now = {id: known.get(id) if status is None else status for id, status in look.items()}
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
        assert told == sorted(expected)
        known = now


@given(st.lists(fleets, min_size=1, max_size=6))
def test_nothing_is_told_of_what_stays(looks: list[dict[str, str | None]]) -> None:
    rows = [[instance(id, status) for id, status in look.items()] for look in looks for _each in range(2)]
    told = polls(Account([offers(frozenset())] * len(rows), rows), WATCHED, len(rows))
    assert all(events == [] for events in told[1::2])


def test_a_lost_look_is_an_event_each_time_and_no_machine_is_gone() -> None:
    account = Account(instances=[[instance()], LOST, LOST, [instance()], []])
    told = polls(account, ["instances"], 5)
    assert [[each["event"] for each in events] for events in told] == [
        ["instance_active"],
        ["api_failed"],
        ["api_failed"],
        ["api_recovered"],
        ["instance_gone"],
    ]
    assert told[2][0] == {
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
    assert told[3][0]["failures"] == 2


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
    told = polls(Account([LOST], [[instance()]]), ["capacity", "instances"], 1)
    assert [each["event"] for each in told[0]] == ["api_failed", "instance_active"]


@pytest.mark.parametrize(
    "field", ["name", "ip", "region", "instance_type", "tags", "jupyter_token", "ssh_key_names", "file_system_names"]
)
def test_a_field_left_out_changes_nothing(field: str) -> None:
    whole = instance(tags=[{"key": "project", "value": "vision"}], ip="198.51.100.2", ssh_key_names=["laptop"])
    part = {name: value for name, value in whole.items() if name != field}
    selection = Selection(["train-*"], ["gpu_1x_a10"], ["us-east-1"], {"project": "vision"})
    told = polls(
        Account(instances=[[whole], [part], [{**part, "status": "unhealthy"}], []]),
        ["instances", "cost"],
        4,
        selection=selection,
    )
    assert [[each["event"] for each in events] for events in told] == [
        ["instance_active", "cost_changed"],
        [],
        ["instance_unhealthy"],
        ["instance_gone", "cost_changed"],
    ]
    assert told[2][0]["region"] == "us-east-1"


def test_the_least_that_the_api_tells_is_enough() -> None:
    look = look_at_instances([{"id": "1", "status": "active"}], None)
    (event,) = instance_events(None, look, ALL)
    assert event["name"] is None
    assert event["tags"] == {}
    assert look_at_cost(look, None)["instances_without_price"] == 1


@pytest.mark.parametrize("offer", [None, [], {}, {"regions_with_capacity_available": None}, {"instance_type": {}}])
def test_capacity_that_cannot_be_read_has_not_gone(offer: t.Any) -> None:
    with pytest.raises(TransportError):
        look_at_capacity({"gpu_1x_a10": offer})


def test_an_instance_that_cannot_be_read_is_not_gone() -> None:
    told = polls(Account(instances=[[instance()], [instance(tags=["x"])]]), ["instances"], 2)
    assert [each["event"] for each in told[1]] == ["api_failed"]


def test_who_is_renamed_out_of_the_selection_is_not_gone() -> None:
    rows = [[instance()], [instance(name="mine")], []]
    told = polls(Account(instances=rows), ["instances"], 3, selection=Selection(names=["train-[1:9]"]))
    assert [[each["event"] for each in events] for events in told] == [["instance_active"], [], []]


def test_a_broken_range_is_refused() -> None:
    with pytest.raises(InvalidInput):
        Selection(names=["train-[1"]).of_instances([])


@pytest.mark.parametrize(
    "bad", ["{{ lookup('pipe', 'id') }}", "#jinja2:variable_start_string:'[['\n[[ lookup('pipe', 'id') }}", "{% x %}"]
)
def test_no_event_holds_a_secret_and_no_text_is_a_template(bad: str) -> None:
    row = instance(name=bad, tags=[{"key": bad, "value": "x"}, {"key": "a", "value": bad}], ssh_key_names=[bad, "k"])
    watch = Watch(t.cast("t.Any", Account(instances=[[row]])), WATCHED[1:], ALL)
    events = watch.poll()
    assert "tok-secret" not in json.dumps([events, watch.looks])
    assert "lookup" not in json.dumps(events)
    assert "{%" not in json.dumps(events)
    assert events[0]["name"] is None
    assert events[0]["tags"] == {"a": None}
    assert events[0]["ssh_key_names"] == ["k"]


def test_the_cost_is_told_when_it_changes_and_when_it_passes_the_threshold() -> None:
    one, two = instance("1"), instance("2")
    rows = [[one], [one, two], [one, two], [one, {**two, "status": "terminating"}]]
    told = polls(Account(instances=rows), ["cost"], 4, threshold=100)
    assert [[each["event"] for each in events] for events in told] == [
        ["cost_changed"],
        ["cost_changed", "cost_above_threshold"],
        [],
        ["cost_changed", "cost_within_threshold"],
    ]
    assert told[1][1] == {
        "event": "cost_above_threshold",
        "first_look": False,
        "hourly_cost_cents": 150,
        "previous_hourly_cost_cents": 75,
        "instances": 2,
        "instances_without_price": 0,
        "threshold_cents": 100,
    }


@given(st.lists(st.integers(0, 5), max_size=8), st.integers(0, 400) | st.none())
def test_above_and_within_take_turns(counts: list[int], threshold: int | None) -> None:
    before, above = None, False
    for count in counts:
        look = look_at_cost(look_at_instances([instance(str(each)) for each in range(count)], None), threshold)
        for event in cost_events(before, look):
            if event["event"] == "cost_changed":
                assert event["previous_hourly_cost_cents"] != event["hourly_cost_cents"]
            else:
                above = not above
                assert event["event"] == ("cost_above_threshold" if above else "cost_within_threshold")
        assert above == (threshold is not None and count * 75 > threshold)
        before = look


def test_a_price_may_be_a_text() -> None:
    look = look_at_capacity(offers(frozenset({("gpu_1x_a10", "us-east-1")}), "75"))
    assert capacity_events(None, look, ALL)[0]["price_cents_per_hour"] == 75
