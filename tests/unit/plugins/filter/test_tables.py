# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters for tables."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.lambdal.cloud.plugins.filter.instance_rows import instance_rows
from ansible_collections.lambdal.cloud.plugins.filter.table_lines import table_lines
from hypothesis import given
from hypothesis import strategies as st


def test_a_row_for_each_instance() -> None:
    known = {
        "id": "7f",
        "name": "train-1",
        "status": "active",
        "ip": "192.0.2.1",
        "region": {"name": "us-east-1"},
        "instance_type": {"name": "gpu_1x_a10", "price_cents_per_hour": 75},
    }
    # Check mode predicts instances of which little is known.
    predicted = {"id": None, "name": "train-2", "status": "active", "region": None, "instance_type": None}
    assert instance_rows([known, predicted]) == [
        ["NAME", "ID", "TYPE", "REGION", "ADDRESS", "STATUS", "USD/HOUR"],
        ["train-1", "7f", "gpu_1x_a10", "us-east-1", "192.0.2.1", "active", "0.75"],
        ["train-2", None, None, None, None, "planned", "unknown"],
    ]


def test_a_reserved_instance_is_named() -> None:
    row = {"id": "7f", "instance_type": {"price_cents_per_hour": 75}, "is_reserved": True}
    assert instance_rows([row])[1][-1] == "0.75 (reserved)"
    assert instance_rows([{**row, "is_reserved": False}])[1][-1] == "0.75"


def test_cells_are_aligned() -> None:
    assert table_lines([["NAME", "ID"], ["train-1", None], ["", 42]]) == ["NAME     ID", "train-1  -", "-        42"]
    assert table_lines([]) == []
    assert table_lines([[], []]) == ["", ""]


@given(
    st.integers(1, 4).flatmap(
        lambda width: st.lists(st.lists(st.text("abc", max_size=5), min_size=width, max_size=width))
    )
)
def test_columns_begin_at_the_same_place(rows: list[list[str]]) -> None:
    lines = table_lines(rows)
    assert len(lines) == len(rows)
    for row, line in zip(rows, lines, strict=True):
        assert line.split() == [cell or "-" for cell in row]
        assert line == line.rstrip()


@pytest.mark.parametrize("rows", [None, "text", [1], [["a"], ["a", "b"]], {"a": 1}])
def test_what_is_no_table_is_refused(rows: t.Any) -> None:
    with pytest.raises(AnsibleFilterError, match="table"):
        table_lines(rows)
