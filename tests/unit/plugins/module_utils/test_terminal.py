# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text for people, of strings that others chose."""

from __future__ import annotations

import pytest
from ansible_collections.lambdal.cloud.plugins.module_utils._terminal import printable, printable_values
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("train-1 (Zürich, 東京)", "train-1 (Zürich, 東京)"),
        ("\x1b[31mred\x07", r"\x1b[31mred\x07"),
        ("\x9b31m", r"\x9b31m"),
        ("a\u202eb\u2066c\u200d", r"a\u202eb\u2066c\u200d"),
        ("one\r\ntwo\u2028three", r"one\r\ntwo\u2028three"),
        ("\ud800", r"\ud800"),
        ("", ""),
    ],
)
def test_what_a_terminal_would_obey_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_what_is_kept() -> None:
    assert printable("a\n\tb\x07", keep="\n\t") == "a\n\tb\\x07"


@given(st.text())
def test_twice_is_once(text: str) -> None:
    assert printable(text).isprintable()
    assert printable(printable(text)) == printable(text)


def test_a_diff_is_for_people() -> None:
    assert printable_values({"a\x07": ["b\x07", {"c": ("\x07", 1, None)}]}) == {
        r"a\x07": [r"b\x07", {"c": [r"\x07", 1, None]}]
    }
