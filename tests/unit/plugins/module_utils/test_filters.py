# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Not given, empty and a list are three things, whatever the rows and the list are."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.lambdal.cloud.plugins.module_utils._filters import by_name, by_tags, by_value
from hypothesis import given
from hypothesis import strategies as st

# Any text is a name in the service; patterns are what users write.
any_name = st.none() | st.text(max_size=6) | st.sampled_from(["train-1", "train-2", "web", "*", "train-*", "[1:2]"])
any_rows = st.lists(
    st.fixed_dictionaries(
        {
            "name": any_name,
            "kind": st.sampled_from(["a", "b", None]),
            "tags": st.none()
            | st.dictionaries(st.sampled_from(["owner", "project"]), st.text(max_size=3)).map(
                lambda tags: [{"key": key, "value": value} for key, value in tags.items()]
            ),
        }
    ),
    max_size=8,
)
plain_names = st.lists(st.text("abc-.", min_size=1, max_size=4), max_size=4)
wanted_tags = st.dictionaries(st.sampled_from(["owner", "project", "x"]), st.text(max_size=3), min_size=1)


@given(any_rows)
def test_not_given_selects_everything_and_empty_nothing(rows: list[t.Any]) -> None:
    assert by_name(rows, None) == by_value(rows, None, lambda row: row["kind"]) == by_tags(rows, None) == rows
    assert by_name(rows, []) == by_value(rows, [], lambda row: row["kind"]) == []
    with pytest.raises(InvalidInput):
        by_tags(rows, {})


@given(any_rows, plain_names)
def test_a_plain_name_selects_only_itself(rows: list[t.Any], names: list[str]) -> None:
    assert by_name(rows, names) == [row for row in rows if row["name"] in names]


@given(any_rows, plain_names, plain_names)
def test_more_patterns_select_no_fewer(rows: list[t.Any], some: list[str], more: list[str]) -> None:
    fewer = by_name(rows, [*some, "train-*"])
    assert [row for row in by_name(rows, [*some, "train-*", *more]) if row in fewer] == fewer


@given(any_rows, wanted_tags)
def test_tags_select_what_has_all_of_them(rows: list[t.Any], wanted: dict[str, str]) -> None:
    for row in rows:
        has = {tag["key"]: tag["value"] for tag in row["tags"] or []}
        selected = all(key in has and value in ("*", has[key]) for key, value in wanted.items())
        assert bool(by_tags([row], wanted)) == selected
