# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

import pytest
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput, StateError
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.lookup import live_by_id, live_by_name, select
from hypothesis import given
from hypothesis import strategies as st

STATUSES = ["booting", "active", "unhealthy", "terminating", "terminated", "preempted"]

rows_strategy = st.lists(
    st.builds(
        lambda name, status: {"name": name, "status": status},
        st.none() | st.sampled_from(["a", "b", "c", "ab", ""]),
        st.sampled_from(STATUSES),
    ),
    max_size=12,
).map(lambda rows: [{**row, "id": f"id{number}"} for number, row in enumerate(rows)])

names_strategy = st.lists(st.sampled_from(["a", "b", "c", "d"]), unique=True)


@given(rows_strategy, names_strategy)
def test_names_find_exactly_the_live_instances_that_bear_them(rows: list[t.Any], names: list[str]) -> None:
    live = [row["name"] for row in rows if row["status"] not in ("terminating", "terminated")]
    if any(live.count(name) > 1 for name in names):
        with pytest.raises(StateError):
            live_by_name(rows, names)
        return
    found = live_by_name(rows, names)
    assert list(found) == [name for name in names if name in live]
    assert all(row["name"] == name for name, row in found.items())


@given(rows_strategy, st.lists(st.sampled_from([f"id{number}" for number in range(14)])))
def test_ids_find_each_live_instance_once(rows: list[t.Any], ids: list[str]) -> None:
    found = [row["id"] for row in live_by_id(rows, ids)]
    assert len(found) == len(set(found))
    assert set(found) == set(ids) & {row["id"] for row in rows if row["status"] not in ("terminating", "terminated")}


def test_two_live_instances_of_one_name_are_both_named() -> None:
    rows: list[t.Any] = [
        {"id": "one", "name": "a", "status": "active"},
        {"id": "two", "name": "a", "status": "booting"},
        {"id": "old", "name": "a", "status": "terminating"},
    ]
    with pytest.raises(StateError) as caught:
        live_by_name(rows, ["a"])
    assert "one" in str(caught.value)
    assert "two" in str(caught.value)
    assert "old" not in str(caught.value)


TWINS: list[t.Any] = [
    {"id": "one", "name": "a", "status": "active"},
    {"id": "two", "name": "a", "status": "booting"},
    {"id": "other", "name": "b", "status": "active"},
]


def test_an_id_tells_two_of_one_name_apart() -> None:
    assert [row["id"] for row in select(TWINS, ["a"], ["two"])] == ["two"]
    assert [row["id"] for row in select(TWINS, [], ["other", "gone", "one"])] == ["other", "one"]
    with pytest.raises(StateError, match="2 live instances are named 'a'"):
        select(TWINS, ["a"], [])


@pytest.mark.parametrize(
    ("names", "ids", "message"),
    [
        (["a"], ["other"], r"it is b \(id other, active\), not a"),
        (["a", "b"], ["one"], r"'b' and the id disagree: it belongs to b \(id other, active\)"),
    ],
)
def test_a_name_and_an_id_that_disagree_are_refused(names: list[str], ids: list[str], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        select(TWINS, names, ids)


def test_an_id_that_is_gone_does_not_let_others_through() -> None:
    with pytest.raises(InvalidInput, match=r"it is b \(id other, active\), not a or x"):
        select(TWINS, ["a", "x"], ["gone", "other"])


def test_an_id_that_is_gone_agrees_with_any_name() -> None:
    assert select(TWINS, ["c"], ["gone"]) == []
    # As after a run that terminated one of two, which the same task finds again.
    assert select(TWINS, ["a"], ["gone"]) == []
    assert [row["id"] for row in select(TWINS, ["a"], ["gone", "one"])] == ["one"]
