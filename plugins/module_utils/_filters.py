# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter rows by names, values and tags, in the same way for every module and plugin. Pure functions."""

from __future__ import annotations

import fnmatch
import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import RowT, tags_of
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.lambdal.cloud.plugins.module_utils._names import expand_names


def by_name(rows: t.Iterable[RowT], patterns: t.Sequence[str] | None) -> list[RowT]:
    """Return the rows whose name matches one of the patterns. None selects all rows, an empty list none.

    A pattern is a name, a host range, or a glob with `*` or `?`. Square brackets are always a range, never part of a glob.

    Raises:
        InvalidInput: a range is invalid.
    """
    if patterns is None:
        return list(rows)
    globs = [pattern.replace("[", "[[]") for pattern in patterns if "*" in pattern or "?" in pattern]
    names = frozenset(expand_names(pattern for pattern in patterns if not ("*" in pattern or "?" in pattern)))
    return [
        row
        for row in rows
        if (name := row.get("name")) is not None
        and (name in names or any(fnmatch.fnmatchcase(name, glob) for glob in globs))
    ]


def by_value(
    rows: t.Iterable[RowT], wanted: t.Sequence[str] | None, value: t.Callable[[RowT], str | None]
) -> list[RowT]:
    """Return the rows whose value is one of those wanted. None selects all rows, an empty list none."""
    return [row for row in rows if wanted is None or value(row) in wanted]


def by_tags(rows: t.Iterable[RowT], wanted: t.Mapping[str, t.Any] | None) -> list[RowT]:
    """Return the rows that have all of the tags. The value `*` matches any value. None selects all rows.

    Raises:
        InvalidInput: there are no tags, which every row has, and nobody can tell whether everything is meant.
    """
    if wanted is None:
        return list(rows)
    if not wanted:
        raise InvalidInput("tags is empty. Name the tags that have to match, or leave it out to select all instances.")

    def has_tags(row: RowT) -> bool:
        tags = tags_of(row)
        return all(key in tags and str(value) in ("*", tags[key]) for key, value in wanted.items())

    return [row for row in rows if has_tags(row)]
