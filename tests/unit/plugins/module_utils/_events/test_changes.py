# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

import pytest
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput, TransportError
from ansible_collections.lambdal.cloud.plugins.module_utils._events.changes import (
    Selection,
    capacity_events,
    capacity_snapshot,
    cost_events,
    cost_snapshot,
    instance_events,
    instance_snapshot,
)
from ansible_collections.lambdal.cloud.tests.support.samples import instance_row, offer_row
from hypothesis import given
from hypothesis import strategies as st


def test_the_least_that_the_api_tells_is_enough() -> None:
    snapshot = instance_snapshot([{"id": "1", "status": "active"}], None)
    (event,) = instance_events(None, snapshot, Selection())
    assert event["name"] is None
    assert event["tags"] == {}
    assert cost_snapshot(snapshot, None)["instances_without_price"] == 1


@pytest.mark.parametrize("offer", [None, [], {}, {"regions_with_capacity_available": None}, {"instance_type": {}}])
def test_capacity_that_cannot_be_read_has_not_gone(offer: t.Any) -> None:
    with pytest.raises(TransportError):
        capacity_snapshot({"gpu_1x_a10": offer})


def test_a_broken_range_is_refused() -> None:
    with pytest.raises(InvalidInput):
        Selection(names=["train-[1"]).of_instances([])


@given(st.lists(st.integers(0, 5), max_size=8), st.integers(0, 400) | st.none())
def test_above_and_within_take_turns(counts: list[int], threshold: int | None) -> None:
    before, above = None, False
    for count in counts:
        snapshot = cost_snapshot(instance_snapshot([instance_row(str(each)) for each in range(count)], None), threshold)
        for event in cost_events(before, snapshot):
            if event["event"] == "cost_changed":
                assert event["previous_hourly_cost_cents"] != event["hourly_cost_cents"]
            else:
                above = not above
                assert event["event"] == ("cost_above_threshold" if above else "cost_within_threshold")
        assert above == (threshold is not None and count * 75 > threshold)
        before = snapshot


def test_a_price_may_be_a_text() -> None:
    snapshot = capacity_snapshot({"gpu_1x_a10": offer_row("gpu_1x_a10", "75", "us-east-1")})
    assert capacity_events(None, snapshot, Selection())[0]["price_cents_per_hour"] == 75
