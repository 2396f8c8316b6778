# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Choosing rows by names, ids and plain fields, alike for every info module. Pure functions."""

from __future__ import annotations

import fnmatch
import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._names import expand_names
from ansible_collections.lambdal.cloud.plugins.module_utils._view import tags_of

Row = t.TypeVar("Row", bound=t.Mapping[str, t.Any])


def by_name(rows: t.Iterable[Row], patterns: t.Sequence[str] | None) -> list[Row]:
    """Rows whose name one of the patterns matches; all of them without patterns.

    A pattern is a name, a host range, or a glob with `*` or `?`. Square brackets are a range, never a glob's.

    Raises:
        InvalidInput: a range is broken.
    """
    if not patterns:
        return list(rows)
    globs = [pattern.replace("[", "[[]") for pattern in patterns if "*" in pattern or "?" in pattern]
    names = frozenset(expand_names(pattern for pattern in patterns if not ("*" in pattern or "?" in pattern)))
    return [
        row
        for row in rows
        if (name := row.get("name")) is not None
        and (name in names or any(fnmatch.fnmatchcase(name, glob) for glob in globs))
    ]


def by_value(rows: t.Iterable[Row], wanted: t.Sequence[str] | None, value: t.Callable[[Row], str | None]) -> list[Row]:
    """Rows whose value is among those wanted; all of them when none is wanted."""
    return [row for row in rows if not wanted or value(row) in wanted]


def by_tags(rows: t.Iterable[Row], wanted: t.Mapping[str, t.Any] | None) -> list[Row]:
    """Rows that bear all of the tags; a value of `*` takes any."""

    def bears(row: Row) -> bool:
        tags = tags_of(row)
        return all(key in tags and str(value) in ("*", tags[key]) for key, value in (wanted or {}).items())

    return [row for row in rows if bears(row)]
