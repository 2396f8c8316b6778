# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter for text for people, of strings that others chose."""

from __future__ import annotations

from ansible_collections.lambdal.cloud.plugins.filter.printable import printable


def test_what_a_terminal_would_obey_is_escaped_but_for_lines() -> None:
    assert printable("a\n\x1b[31mb") == r"a\n\x1b[31mb"
    assert printable("a\n\tb\x07", lines=True) == "a\n\tb\\x07"


def test_it_takes_lists_and_nothing() -> None:
    assert printable(["a\x07", None, 3]) == [r"a\x07", "", "3"]
    assert printable(None) == ""
