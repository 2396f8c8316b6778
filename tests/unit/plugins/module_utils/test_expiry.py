# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

import pytest
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.lambdal.cloud.plugins.module_utils._expiry import (
    EXPIRY_TAG,
    duration_seconds,
    expires_at,
    time_seconds,
    time_text,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._host_vars import host_variables
from ansible_collections.lambdal.cloud.plugins.module_utils._instances.spec import InstanceSpec, validate


@pytest.mark.parametrize(
    ("text", "seconds"), [("8h", 28800), (" 90m", 5400), ("1d12h", 129600), ("30s", 30), ("2d1s", 172801)]
)
def test_a_duration_has_its_units(text: str, seconds: int) -> None:
    assert duration_seconds(text, "expires_after") == seconds


@pytest.mark.parametrize("text", ["", "8", 8, "0h", "-1h", "h", "1h2d", "8 hours", "1.5h", "٣h8", None])
def test_what_is_no_duration_is_refused(text: t.Any) -> None:
    with pytest.raises(InvalidInput, match="expires_after must be a duration such as 8h"):
        duration_seconds(text, "expires_after")


def test_a_time_is_read_as_it_was_written() -> None:
    assert time_text(1_800_000_000) == "2027-01-15T08:00:00Z"
    assert time_seconds("2027-01-15T08:00:00Z") == 1_800_000_000


@pytest.mark.parametrize(
    "value", [None, "", "tomorrow", "2027-13-45T08:00:00Z", "{{ x }}", 5, "2027-01-15T08:00:00Z\n"]
)
def test_a_tag_that_is_no_time_is_no_expiry(value: t.Any) -> None:
    row = {"id": "1", "tags": [{"key": EXPIRY_TAG, "value": value}]}
    assert expires_at(row) is None
    assert "lambda_expires_at" not in host_variables(row)


def test_a_host_knows_when_it_expires() -> None:
    row = {"id": "1", "tags": [{"key": "a", "value": "b"}, {"key": EXPIRY_TAG, "value": "2027-01-15T08:00:00Z"}]}
    assert host_variables(row)["lambda_expires_at"] == "2027-01-15T08:00:00Z"
    assert "lambda_expires_at" not in host_variables({"id": "1", "tags": None})


def test_the_tag_takes_times_only() -> None:
    validate([InstanceSpec("a", tags={EXPIRY_TAG: "2027-01-15T08:00:00Z"})])
    with pytest.raises(InvalidInput, match="which is no time"):
        validate([InstanceSpec("a", tags={EXPIRY_TAG: "8h"})])
