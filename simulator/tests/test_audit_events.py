# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit log."""

from __future__ import annotations

import typing as t
from datetime import datetime, timedelta

import pytest
from simulator_support import Api


def pages(api: Api, query: str = "") -> list[list[dict[str, t.Any]]]:
    """Return all pages, as a client reads them."""
    found, token = [], ""
    while True:
        body = api.ask("GET", f"/audit-events?{query}{token}").json()
        found.append(body["data"])
        if body["page_token"] is None:
            return found
        token = f"&page_token={body['page_token']}"


def test_what_is_done_is_noted(api: Api) -> None:
    key = api.key()
    instance_id = api.launch()
    api.post("/instance-operations/terminate", instance_ids=[instance_id])
    api.delete(f"/ssh-keys/{key['id']}")
    ((*events,),) = pages(api)
    assert [(event["resource_name"], event["action"]) for event in events] == [
        ("ssh_key", "created"),
        ("instance", "created"),
        ("instance", "terminated"),
        ("ssh_key", "deleted"),
    ]
    assert events[1]["resource_lrns"] == [f"lrn:cloud:instance:{instance_id}"]
    assert events[1]["additional_details"] == {"instance_type": "gpu_1x_a10", "region": "us-east-1"}


def test_pages(api: Api) -> None:
    api.set_quirks(audit_page_size=4)
    for number in range(6):
        api.post("/filesystems", name=f"a{number}", region="us-east-1")
        api.key(f"a{number}")
    found = pages(api)
    assert [len(page) for page in found] == [4, 4, 4]
    assert len({event["event_id"] for page in found for event in page}) == 12
    assert [len(page) for page in pages(api, "resource_type=cloud.ssh_key")] == [4, 2]


def test_a_span_of_time(api: Api) -> None:
    api.key("a")
    ((event,),) = pages(api)
    time = event["event_time"]
    assert datetime.fromisoformat(time).tzinfo
    second = timedelta(seconds=1)

    def found(name: str, at: datetime) -> int:
        return len(api.get(f"/audit-events?{name}={at.strftime('%Y-%m-%dT%H:%M:%S.%fZ')}"))

    at = datetime.fromisoformat(time)
    assert [found("start", at - second), found("start", at), found("start", at + second)] == [1, 1, 0]
    assert [found("end", at - second), found("end", at), found("end", at + second)] == [0, 1, 1]


@pytest.mark.parametrize(
    "query", ["start=yesterday", "end=2025-01-01", "page_token=x", "page_token=", "page_token=YTox"]
)
def test_bad_queries(api: Api, query: str) -> None:
    assert api.refused("GET", f"/audit-events?{query}") == (400, "global/invalid-parameters")
