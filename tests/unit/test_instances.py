# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

import pytest
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput, StateError
from ansible_collections.lambdal.cloud.plugins.module_utils._instances import (
    Wanted,
    live_by_id,
    live_by_name,
    plan_present,
)
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


def wanted(name: str) -> Wanted:
    return Wanted(name=name, instance_types=("gpu_1x_a10",), ssh_key="key", regions=("us-east-1",))


@given(rows_strategy, names_strategy)
def test_a_plan_launches_what_no_live_machine_bears(rows: list[t.Any], names: list[str]) -> None:
    live = [row["name"] for row in rows if row["status"] not in ("terminating", "terminated")]
    if any(live.count(name) > 1 for name in names):
        with pytest.raises(StateError):
            plan_present(rows, [wanted(name) for name in names])
        return
    plan = plan_present(rows, [wanted(name) for name in names])
    assert [each.name for each in plan.missing] == [name for name in names if name not in live]
    assert list(plan.existing) == [name for name in names if name in live]
    # Launching what is missing makes the next plan empty.
    launched = [{"id": f"new-{each.name}", "name": each.name, "status": "booting"} for each in plan.missing]
    assert not plan_present([*rows, *launched], [wanted(name) for name in names]).missing


@given(rows_strategy, st.lists(st.sampled_from([f"id{number}" for number in range(14)])))
def test_ids_find_each_live_machine_once(rows: list[t.Any], ids: list[str]) -> None:
    found = [row["id"] for row in live_by_id(rows, ids)]
    assert len(found) == len(set(found))
    assert set(found) == set(ids) & {row["id"] for row in rows if row["status"] not in ("terminating", "terminated")}


def test_two_live_machines_of_one_name_are_both_named() -> None:
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


@pytest.mark.parametrize("lacking", ["instance_type", "ssh_key"])
def test_a_launch_needs_type_and_key(lacking: str) -> None:
    machine = Wanted("a", () if lacking == "instance_type" else ("t",), None if lacking == "ssh_key" else "k")
    with pytest.raises(InvalidInput, match=lacking):
        plan_present([], [machine])
    # What exists needs neither.
    assert not plan_present([{"id": "1", "name": "a", "status": "active"}], [machine]).missing


def test_differences_of_a_running_machine_are_told() -> None:
    row: t.Any = {
        "id": "1",
        "name": "a",
        "status": "active",
        "instance_type": {"name": "gpu_1x_a100"},
        "region": {"name": "us-west-1"},
        "ssh_key_names": ["other"],
        "file_system_names": ["one"],
    }
    machine = Wanted("a", ("gpu_1x_a10",), "key", ("us-east-1",), ("one", "two"))
    remarks = " ".join(plan_present([row], [machine]).remarks)
    for told in (
        "gpu_1x_a100, not gpu_1x_a10",
        "us-west-1, not in us-east-1",
        "other, not key",
        "lacks the file systems two",
    ):
        assert told in remarks


def test_what_the_api_leaves_out_is_no_difference() -> None:
    row: t.Any = {"id": "1", "name": "a", "status": "active", "region": None, "instance_type": None}
    assert not plan_present([row], [Wanted("a", ("t",), "k", ("r",))]).remarks
