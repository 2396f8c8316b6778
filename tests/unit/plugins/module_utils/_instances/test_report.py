# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._instances.report import InstanceReport, hourly_cost_cents
from ansible_collections.lambdal.cloud.tests.support.samples import instance_row


def rows(*statuses: str) -> list[t.Any]:
    return [{**instance_row(str(number), status), "name": "twin"} for number, status in enumerate(statuses)]


def test_the_diff_tells_instances_of_one_name_apart() -> None:
    report = InstanceReport(lambda text: None)
    twins = rows("active", "active")
    report.begin(twins)
    report.terminated(twins[:1])
    states = t.cast("dict[str, dict[str, t.Any]]", report.diff())
    assert list(states["before"]) == ["twin (id 0)", "twin (id 1)"]
    assert list(states["after"]) == ["twin"]


def test_what_was_terminated_stays_so_however_old_its_newest_row_is() -> None:
    report = InstanceReport(lambda text: None)
    twins = rows("unhealthy", "active")
    report.begin(twins)
    report.terminated(twins[:1])
    report.update({row["id"]: row for row in twins})
    assert [row["status"] for row in report.rows()] == ["terminating", "active"]
    assert report.result(show_jupyter=False)["hourly_cost_cents"] == {"before": 150, "after": 75}


def test_what_is_going_or_gone_costs_nothing() -> None:
    assert hourly_cost_cents(rows("active", "terminating", "terminated", "unhealthy")) == 150
