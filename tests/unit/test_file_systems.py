# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import typing as t

import pytest
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import StateError
from ansible_collections.lambdal.cloud.plugins.module_utils._file_systems import FILE_SYSTEM, WantedFileSystem

ROW: t.Any = {"id": "f1", "name": "data", "region": {"name": "us-east-1"}, "is_in_use": False, "bytes_used": 0}


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"bytes_used": 7}, "holds 7 bytes"),
        ({"bytes_used": None}, "may hold data: the service does not tell"),
        ({"is_in_use": True}, "what was written lately is not known yet"),
    ],
)
def test_what_may_hold_data_is_not_deleted_by_mistake(other: dict[str, t.Any], told: str) -> None:
    # Nothing is asked for it.
    nothing: t.Any = None
    with pytest.raises(StateError, match=f"{told}.*needs force_destroy"):
        FILE_SYSTEM.release(nothing, {**ROW, **other}, WantedFileSystem("data", None))
