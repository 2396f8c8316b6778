# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of an account."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.lambdal.cloud.plugins.filter.account_status import account_status
from ansible_collections.lambdal.cloud.plugins.plugin_utils import _status

NOW = 1_700_000_000
TAGS = {"owner": "me", "lambdal-cloud-born": str(NOW - 100_000), "lambdal-cloud-fleet": "vision"}
KNOWN: dict[str, t.Any] = {
    "id": "7f",
    "name": "train",
    "status": "active",
    "ip": "192.0.2.1",
    "region": {"name": "us-east-1"},
    "instance_type": {"name": "gpu_1x_a10", "price_cents_per_hour": 75},
    "tags": [
        *({"key": key, "value": value} for key, value in TAGS.items()),
        {"key": "lambdal-cloud-expires", "value": "2026-11-26T18:00:00Z"},
    ],
}
BARE: dict[str, t.Any] = {
    "id": "80",
    "status": "booting",
    "is_reserved": True,
    "instance_type": {"price_cents_per_hour": 129},
}
ENDING: dict[str, t.Any] = {**BARE, "id": "81", "name": "zoe", "status": "terminating", "is_reserved": False}


def status(*rows: dict[str, t.Any], form: str = "table") -> t.Any:
    return _status.account_status(rows, form, "owner", "lambdal-cloud-born", NOW)


def test_one_table_has_everything_and_the_sum_of_what_bills() -> None:
    assert status(ENDING, KNOWN, BARE) == [
        "NAME         TYPE        REGION     ADDRESS    STATUS       OWNER  AGE   USD/HOUR         EXPIRES",
        "80           -           -          -          booting      -      -     1.29 (reserved)  -",
        "train        gpu_1x_a10  us-east-1  192.0.2.1  active       me     1d3h  0.75             2026-11-26T18:00:00Z",
        "zoe          -           -          -          terminating  -      -     1.29             -",
        "3 instances  =           =          =          =            =      =     2.04             =",
    ]


def test_the_same_is_there_as_data() -> None:
    found = status(KNOWN, form="json")
    assert found == {
        "hourly_cost_cents": 75,
        "instances": [
            {
                "id": "7f",
                "name": "train",
                "instance_type": "gpu_1x_a10",
                "region": "us-east-1",
                "ip": "192.0.2.1",
                "status": "active",
                "owner": "me",
                "fleet": "vision",
                "age_seconds": 100_000,
                "price_cents_per_hour": 75,
                "reserved": False,
                "expires_at": "2026-11-26T18:00:00Z",
            }
        ],
    }


def test_what_is_not_known_is_not_made_up() -> None:
    unpriced = {
        **KNOWN,
        "instance_type": {"name": "gpu_1x_new"},
        "tags": [{"key": "lambdal-cloud-born", "value": "soon"}],
    }
    assert status(unpriced, form="json")["hourly_cost_cents"] is None
    lines = status(unpriced)
    assert lines[1].split()[5:] == ["-", "-", "unknown", "-"]
    assert lines[2].split() == ["1", "instance", *"=" * 6, "unknown", "="]
    assert status()[1].split()[:2] == ["0", "instances"]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0m"), (3599, "59m"), (3660, "1h1m"), (86399, "23h59m"), (90000, "1d1h")]
)
def test_an_age_has_its_two_largest_units(seconds: int, text: str) -> None:
    assert _status.age_text(seconds) == text


def test_another_format_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="The format is table or json, not 'yaml'"):
        account_status([], "yaml")
