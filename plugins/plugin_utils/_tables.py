# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables for people to read. Pure functions."""

from __future__ import annotations

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import (
    instance_type_name,
    region_name,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.lambdal.cloud.plugins.module_utils._expiry import expires_at
from ansible_collections.lambdal.cloud.plugins.module_utils._terminal import printable
from ansible_collections.lambdal.cloud.plugins.plugin_utils._fleet import dollars, price_cell

_INSTANCE_HEADINGS = ["NAME", "ID", "TYPE", "REGION", "ADDRESS", "STATUS", "USD/HOUR"]


def instance_rows(instances: t.Iterable[t.Mapping[str, t.Any]]) -> list[list[t.Any]]:
    """Return a row of headings, and one for each instance. There is a column for when they expire if any does."""
    instances = list(instances)
    rows = [
        _INSTANCE_HEADINGS,
        *(
            [
                row.get("name"),
                row["id"],
                instance_type_name(row),
                region_name(row),
                row.get("ip"),
                # Check mode predicts instances that have no id yet.
                row.get("status") if row["id"] else "planned",
                price_cell(row),
            ]
            for row in instances
        ),
    ]
    return with_expiry(rows, instances)


def with_expiry(rows: list[list[t.Any]], instances: t.Sequence[t.Mapping[str, t.Any]]) -> list[list[t.Any]]:
    """Return rows of a table of instances with a column more for when each expires, if any does."""
    times = [expires_at(row) for row in instances]
    if not any(times):
        return rows
    return [[*row, cell] for row, cell in zip(rows, ["EXPIRES", *times], strict=True)]


def match_rows(matches: t.Iterable[t.Mapping[str, t.Any]]) -> list[list[t.Any]]:
    """Return a row of headings, and one for each type that has what instances need, with where it has capacity."""
    return [
        ["INSTANCES", "TYPE", "USD/HOUR", "CAPACITY NOW"],
        *(
            [
                ", ".join(match["instances"]),
                row["name"],
                dollars(row["price_cents_per_hour"]),
                ", ".join(row["regions_with_capacity_available"]) or "none",
            ]
            for match in matches
            for row in match["types"]
        ),
    ]


def table_lines(rows: t.Any) -> list[str]:
    """Align the cells of rows in columns; an empty cell is a dash, and what a terminal would obey is escaped.

    Raises:
        InvalidInput: they are not rows of the same length.
    """
    if not isinstance(rows, (list, tuple)) or not all(isinstance(row, (list, tuple)) for row in rows):
        raise InvalidInput("A table must be a list of rows, each of which is a list of cells.")
    if len({len(row) for row in rows}) > 1:
        raise InvalidInput("The rows of a table must all have the same number of cells.")
    cells = [["-" if cell is None or cell == "" else printable(str(cell)) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
