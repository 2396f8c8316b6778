# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading values that come from playbooks, where a number may be text. Pure functions."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput


def whole_number(value: t.Any, name: str) -> int:
    """Return an option's value as a whole number.

    Raises:
        InvalidInput: it is not one.
    """
    try:
        return int(value)
    except (TypeError, ValueError):
        raise InvalidInput(f"{name} must be a whole number, not {value!r}.") from None


def name_list(value: t.Any) -> list[str]:
    """Return names given as a list, or as text with commas or line breaks between them; empty ones are dropped."""
    if value is None:
        return []
    parts = re.split(r"[,\r\n]", value) if isinstance(value, str) else value
    if isinstance(parts, t.Mapping) or not isinstance(parts, t.Iterable):
        raise InvalidInput(f"Names must be a list, or text with commas between them, not {value!r}.")
    names = (str(part).strip() for part in parts if part is not None)
    return [name for name in names if name]


def sequence(value: t.Any, what: str) -> list[t.Any]:
    """Return a list.

    Raises:
        InvalidInput: it is not one.
    """
    if isinstance(value, (list, tuple)):
        return list(value)
    raise InvalidInput(f"The input must be {what}, not {_kind(value)}.")


def mappings(value: t.Any, what: str, field: str | None = None) -> list[t.Mapping[str, t.Any]]:
    """Return a list of mappings, each with a field if one is named.

    Raises:
        InvalidInput: it is not such a list.
    """
    rows = sequence(value, what)
    for row in rows:
        mapping(row, f"{what}: each item is to be a dictionary", field)
    return rows


def mapping(value: t.Any, what: str, field: str | None = None) -> t.Mapping[str, t.Any]:
    """Return a mapping, with a field if one is named.

    Raises:
        InvalidInput: it is not such a mapping.
    """
    if not isinstance(value, t.Mapping):
        raise InvalidInput(f"The input must be {what}, not {_kind(value)}.")
    if field is not None and field not in value:
        raise InvalidInput(f"The input must be {what}, but it has no {field}.")
    return value


def _kind(value: t.Any) -> str:
    """Describe a value that may be a secret."""
    kinds = {
        str: "text",
        bool: "a boolean",
        int: "a number",
        float: "a number",
        t.Mapping: "a dictionary",
        list: "a list",
    }
    return next((kind for each, kind in kinds.items() if isinstance(value, each)), "null" if value is None else "that")
