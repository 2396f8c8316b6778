# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text for people: what the API or a host chose must not write on their terminal."""

from __future__ import annotations

import typing as t


def printable(text: str, keep: str = "") -> str:
    """Return a text with nothing in it that a terminal would obey, but for the characters to keep.

    What has been through this once stays as it is, so that text may be made of other text for people.
    """
    # Most text has nothing to escape.
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or char in keep else char.encode("unicode_escape").decode() for char in text
    )


def printable_values(value: t.Any) -> t.Any:
    """Return what is shown as data, such as a diff, with each text in it as `printable` returns it."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {printable_values(key): printable_values(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [printable_values(each) for each in value]
    return value
