# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters for fleets: entries, membership, costs and labels."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.lambdal.cloud.plugins.filter.cost_change import cost_change
from ansible_collections.lambdal.cloud.plugins.filter.dollars import dollars
from ansible_collections.lambdal.cloud.plugins.filter.fleet_ending import fleet_ending
from ansible_collections.lambdal.cloud.plugins.filter.fleet_entries import fleet_entries
from ansible_collections.lambdal.cloud.plugins.filter.fleet_notes import fleet_notes
from ansible_collections.lambdal.cloud.plugins.filter.fleet_stats import fleet_stats
from ansible_collections.lambdal.cloud.plugins.filter.fleet_status import fleet_status
from ansible_collections.lambdal.cloud.plugins.filter.hourly_cost import hourly_cost
from ansible_collections.lambdal.cloud.plugins.filter.instance_labels import instance_labels
from ansible_collections.lambdal.cloud.plugins.filter.reserved_note import reserved_note
from ansible_collections.lambdal.cloud.plugins.module_utils._names import expand_names
from hypothesis import given
from hypothesis import strategies as st

TAG = "lambdal-cloud-fleet"


def instance(identity: str, name: str | None = None, fleet: str | None = None, **rest: t.Any) -> dict[str, t.Any]:
    """Return an instance as version 1.10.0 of the API has it."""
    tags = [] if fleet is None else [{"key": TAG, "value": fleet}]
    return {"id": identity, "name": name, "status": "active", "tags": tags, "actions": {}, **rest}


def old(identity: str, name: str) -> dict[str, t.Any]:
    """Return an instance as version 1.5.3 of the API has it, without tags."""
    return {"id": identity, "name": name, "status": "active"}


def priced(identity: str, cents: int | None) -> dict[str, t.Any]:
    return {"id": identity, "name": identity, "instance_type": {"price_cents_per_hour": cents}}


def ids(rows: list[dict[str, t.Any]]) -> list[str]:
    return [row["id"] for row in rows]


def test_a_count_is_a_range() -> None:
    entries = [{"name": "train", "count": 3, "region": "us-east-1"}, {"name": ["a", "b"]}]
    assert fleet_entries(entries) == [{"name": ["train-[1:3]"], "region": "us-east-1"}, {"name": ["a", "b"]}]
    assert entries[0]["count"] == 3, "the input is left as it is"


def test_names_may_stand_one_on_each_line() -> None:
    entries = [{"name": "train-1\r\nmy notebook\n"}, {"name": "head\n"}, {"name": "train\n", "count": 2}]
    assert fleet_entries(entries) == [
        {"name": ["train-1", "my notebook"]},
        {"name": ["head"]},
        {"name": ["train-[1:2]"]},
    ]


@given(st.integers(1, 200))
def test_a_count_is_so_many_names(count: int) -> None:
    (entry,) = fleet_entries([{"name": "train", "count": count}])
    assert expand_names(entry["name"]) == [f"train-{number}" for number in range(1, count + 1)]


@pytest.mark.parametrize("count", [0, "0", "00"])
def test_a_count_of_nothing_is_no_entry(count: t.Any) -> None:
    assert fleet_entries([{"name": "train", "count": count}, {"name": "head"}]) == [{"name": "head"}]


@pytest.mark.parametrize(
    "entry",
    [
        {"name": "train-[1:2]", "count": 3},
        {"name": ["a", "b"], "count": 3},
        {"name": "a\nb", "count": 3},
        {"name": "train", "count": "many"},
        {"name": "train", "count": "3\n"},
        {"name": "train", "count": -1},
        {"name": "train", "count": 1.5},
        {"name": "train", "count": None},
        {"name": "", "count": 1},
        {"count": 1},
    ],
)
def test_a_count_that_is_no_range_is_refused(entry: dict[str, t.Any]) -> None:
    with pytest.raises(AnsibleFilterError, match="A count is a whole number beside one plain name"):
        fleet_entries([{"name": "head"}, entry])


def test_the_fleet_is_a_tag() -> None:
    entries = [{"name": "a"}, {"name": "b", "tags": {"part": "b", TAG: "other"}}, {"name": "c", "tags": None}]
    assert [entry["tags"] for entry in fleet_entries(entries, "vision")] == [
        {TAG: "vision"},
        {"part": "b", TAG: "vision"},
        {TAG: "vision"},
    ]
    assert fleet_entries([{"name": "a"}], "") == [{"name": "a"}]


def test_the_tag_alone_decides_who_belongs_to_a_fleet() -> None:
    account = [
        instance("1", "train-1", "vision"),
        instance("2", "train-2", "vision"),
        instance("3", "train-3"),
        instance("4", "train-4", "other"),
        instance("5", "train-5", "vision", status="terminating"),
        instance("6", None, "vision", status="unhealthy"),
        instance("7", "train-7", tags=None),
    ]
    status = fleet_status(account, "vision", desired=[account[0]], names=["train-[1:9]"])
    assert status["has_tags"]
    assert ids(status["members"]) == ["1", "2", "6"]
    assert ids(status["surplus"]) == ["2", "6"]
    assert status["adopted"] == status["foreign"] == []


def test_without_a_name_no_instance_belongs_to_a_fleet() -> None:
    account = [instance("1", "train-1", ""), instance("2", "train-2", "vision")]
    status = fleet_status(account, "", desired=account, names=["train-[1:9]"])
    assert [status[each] for each in ("members", "surplus", "adopted", "foreign")] == [[], [], [], []]


def test_without_tags_the_names_decide() -> None:
    account = [old("1", "train-1"), old("2", "train-2"), old("3", "train-10"), old("4", "train")]
    status = fleet_status(account, "vision", desired=[account[0]], names=["train-[1:4]"])
    assert not status["has_tags"]
    assert ids(status["members"]) == ["1", "2"]
    assert ids(status["surplus"]) == ["2"]
    assert fleet_status(account, "vision", desired=[account[0]])["surplus"] == []
    assert fleet_status(account, "vision", desired=[], names="train-1, train")["members"] == [account[0], account[3]]
    with pytest.raises(AnsibleFilterError, match="bracket"):
        fleet_status(account, "vision", names=["train-[1"])


def test_desired_instances_of_others_are_told_apart() -> None:
    desired = [
        instance("1", "train-1", "vision"),
        instance("2", "train-2"),
        instance("3", "train-3", "other"),
        instance("4", "train-4"),
        # Check mode predicts one without an id.
        {"id": None, "name": "train-5", "status": None, "tags": None},
    ]
    status = fleet_status(desired[:4], "vision", desired=desired, launched=[desired[3]])
    assert ids(status["adopted"]) == ["2", "3"]
    assert ids(status["foreign"]) == ["3"]
    assert "3" not in ids(status["others"])


rows = st.builds(
    instance,
    st.text("0123456789", min_size=1, max_size=3),
    st.sampled_from([None, "train-1", "train-2"]),
    st.sampled_from([None, "vision", "other"]),
    status=st.sampled_from(["active", "booting", "unhealthy", "terminating", "terminated"]),
)


@given(st.lists(rows, unique_by=lambda row: row["id"]), st.data())
def test_nothing_is_surplus_that_is_desired_or_another_fleets(account: list[dict[str, t.Any]], data: t.Any) -> None:
    desired = data.draw(st.lists(st.sampled_from(account), unique_by=id)) if account else []
    for row in fleet_status(account, "vision", desired=desired, names=["train-[1:2]"])["surplus"]:
        assert row["tags"] == [{"key": TAG, "value": "vision"}]
        assert row["status"] not in ("terminating", "terminated")
        assert row["id"] not in ids(desired)


@pytest.mark.parametrize("account", [None, "text", {"id": "1"}, [1], [{"name": "without an id"}]])
def test_what_is_no_list_of_instances_is_refused(account: t.Any) -> None:
    for use in (hourly_cost, instance_labels, lambda rows: fleet_status(rows, "vision")):
        with pytest.raises(AnsibleFilterError, match="a list of instances"):
            use(account)


def test_costs_are_sums_or_unknown() -> None:
    assert hourly_cost([]) == 0
    assert hourly_cost([priced("1", 75), priced("2", 129)]) == 204
    assert hourly_cost([priced("1", 75), priced("2", None)]) is None
    assert hourly_cost([{"id": "1", "instance_type": None}]) is None


def test_a_change_counts_what_was_terminated_as_well() -> None:
    costs = {"before": 75, "after": 75}
    assert cost_change(costs) == {"before": 75, "after": 75, "saved": 0}
    assert cost_change(costs, [priced("1", 75), priced("2", 129)]) == {"before": 279, "after": 75, "saved": 204}
    assert cost_change(costs, [priced("1", None)]) == {"before": None, "after": 75, "saved": None}
    assert cost_change({"before": None, "after": 75}) == {"before": None, "after": 75, "saved": None}
    assert cost_change({"before": 75, "after": None}) == {"before": 75, "after": None, "saved": None}
    with pytest.raises(AnsibleFilterError, match="hourly_cost_cents"):
        cost_change({"after": 75})


@pytest.mark.parametrize(
    ("cents", "text"), [(0, "0.00"), (5, "0.05"), (129, "1.29"), ("129", "1.29"), (123456, "1234.56"), (-75, "-0.75")]
)
def test_cents_are_dollars(cents: t.Any, text: str) -> None:
    assert dollars(cents) == text


def test_an_unknown_amount_is_a_word() -> None:
    assert dollars(None) == "unknown"
    assert dollars(None, "an unknown number of") == "an unknown number of"
    with pytest.raises(AnsibleFilterError, match="number of US cents"):
        dollars("much")


def test_labels() -> None:
    assert instance_labels([priced("7f", 75), {"id": "8", "name": None}]) == ["7f (id 7f)", "unnamed (id 8)"]
    assert instance_labels([priced("7", 75), priced("8", None)], prices=True) == [
        "7 (id 7, 0.75)",
        "8 (id 8, price unknown)",
    ]


def test_reserved_instances_are_named_beside_a_cost() -> None:
    rows = [{**priced("a", 129), "is_reserved": True}, priced("b", 75), {**priced("c", None), "is_reserved": False}]
    assert reserved_note(rows) == "Reserved, and paid for whether it runs or not: a (id a, 1.29, reserved)."
    assert reserved_note(rows[1:]) == ""
    assert instance_labels(rows) == ["a (id a, reserved)", "b (id b)", "c (id c)"]


def test_what_else_bills_is_said() -> None:
    account = [instance("1", "train", "vision"), {**instance("2", "old"), **priced("2", 129)}, instance("3", "gone")]
    account[2]["status"] = "terminated"
    status = fleet_status(account, "vision", desired=account[:1])
    assert ids(status["others"]) == ["2"]
    assert fleet_notes(status, True, 1) == [
        "Beside these, 1 instance of the account bills 1.29 US dollars per hour: 2 (id 2, 1.29)."
    ]
    many = {"others": [priced(str(number), 100) for number in range(12)]}
    (note,) = fleet_notes(many, True)
    assert note.startswith("Beside these, 12 instances of the account bill 12.00 US dollars per hour: 0 (id 0, 1.00), ")
    assert note.endswith("9 (id 9, 1.00), and 2 more.")
    assert "an unknown number of US dollars" in fleet_notes({"others": [priced("1", None)]}, True)[0]


def test_instances_of_the_fleet_that_nobody_desires_are_said_unless_they_end() -> None:
    rows = [{**instance(number, name, "vision"), **priced(number, 75)} for number, name in (("1", "a"), ("2", "b"))]
    rows.append({**instance("3", "c"), **priced("3", 10)})
    status = fleet_status(rows, "vision", desired=[rows[2]])
    adopted, surplus = fleet_notes(status, True, 1, fleet="vision")
    assert adopted.startswith(
        "3 (id 3) existed before without the tag lambdal-cloud-fleet of vision. Such an instance is used as it is"
    )
    assert surplus == (
        "2 instances of this fleet are beyond the desired set and stay, at 1.50 US dollars per hour: 1 (id 1, 0.75), 2 (id 2, 0.75). "
        "Set fleet_prune to terminate them."
    )
    assert fleet_notes(status, True, 1, fleet="vision", prune=True) == [adopted]


@pytest.mark.parametrize(
    ("named", "count", "others", "said"),
    [
        (True, 1, 0, False),
        (False, 1, 0, True),
        (False, 0, 0, False),
        (False, 0, 1, True),
        (True, 0, 1, False),
    ],
)
def test_what_a_fleet_without_a_name_means_is_said(named: bool, count: int, others: int, said: bool) -> None:
    notes = fleet_notes({"others": [priced("1", 1)] * others}, named, count)
    assert any("fleet_name is not set" in note for note in notes) == said


def test_what_is_asked_for_and_not_there_is_missing() -> None:
    found = {"instances": [{"id": "1", "name": "a"}], "ambiguous": [{"id": "2", "name": "t"}, {"id": "3", "name": "t"}]}
    by_id = {"instances": [{"id": "2", "name": "t"}, {"id": "1", "name": "a"}]}
    wanted = [{"name": ["a", "b-[1:2]"]}, {"name": "t"}]
    ending = fleet_ending(found, by_id, machines=wanted, ids=["2", "gone"])
    assert [row["id"] for row in ending["instances"]] == ["1", "2"]
    assert [row["id"] for row in ending["ambiguous"]] == ["3"]
    assert ending["missing"] == ["b-1", "b-2", "gone"]


def test_a_workflow_is_told_of_a_launch_that_failed() -> None:
    result = {"launched": [{"id": "1", "name": "a"}], "instances": [{"id": "1", "name": "a", "ip": None, "tags": []}]}
    assert fleet_stats(result) == {
        "lambda_launched_ids": ["1"],
        "lambda_terminated_ids": [],
        "lambda_instances": [{"name": "a", "id": "1", "ip": None}],
        "lambda_hourly_cost_cents": None,
    }
    assert fleet_stats({"failed": True})["lambda_launched_ids"] == []
