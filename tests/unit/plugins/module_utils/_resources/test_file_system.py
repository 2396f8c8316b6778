# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t
from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import StateError
from ansible_collections.lambdal.cloud.plugins.module_utils._resources.file_system import (
    FileSystemSpec,
    FileSystemType,
    _begin_of_doubt,
)

ROW: t.Any = {"id": "f1", "name": "data", "region": {"name": "us-east-1"}, "is_in_use": False, "bytes_used": 0}


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"bytes_used": 7}, "holds 7 bytes"),
        ({"bytes_used": None}, "may hold data: the service does not tell"),
        ({"is_in_use": True}, "what was written lately is not known yet"),
    ],
)
def test_what_may_hold_data_is_not_deleted_by_mistake(other: dict[str, t.Any], message: str) -> None:
    # Nothing is asked for it.
    nothing: t.Any = None
    with pytest.raises(StateError, match=f"{message}.*needs force_destroy"):
        FileSystemType(nothing).require_deletable([{**ROW, **other}], FileSystemSpec("data", None))


@pytest.mark.parametrize("created", [None, "soon", "2020-01-01T00:00:00+00:00", "2020-01-01T00:00:00"])
def test_a_size_is_in_doubt_for_a_day(created: str | None) -> None:
    since = datetime.now(UTC) - _begin_of_doubt({**ROW, "created": created})
    assert timedelta(hours=23.9) < since < timedelta(hours=24.1)


@pytest.mark.parametrize("zone", ["", "Z", "+00:00"])
def test_a_size_is_in_doubt_since_the_file_system_was_created(zone: str) -> None:
    created = (datetime.now(UTC) - timedelta(hours=1)).replace(microsecond=0)
    row = {**ROW, "created": f"{created.replace(tzinfo=None).isoformat()}{zone}"}
    assert _begin_of_doubt(row) == created
