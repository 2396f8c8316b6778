# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Info modules as tables: what is listed, which option filters by what, and how a row is shown."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.lambdal.cloud.plugins.module_utils._api import Api
from ansible_collections.lambdal.cloud.plugins.module_utils._filters import by_name, by_value
from ansible_collections.lambdal.cloud.plugins.module_utils._module import Task, run_module

Row = t.Mapping[str, t.Any]
Options = t.Mapping[str, t.Any]

_STRINGS: dict[str, t.Any] = {"type": "list", "elements": "str"}

# Options that several info modules have, each documented in the fragment `filters`.
NAME: dict[str, t.Any] = {"name": _STRINGS}
ID: dict[str, t.Any] = {"id": _STRINGS}
REGION: dict[str, t.Any] = {"region": _STRINGS}


@dataclass(frozen=True)
class Listing:
    """What an info module lists.

    Args:
        returns: under which name the rows are returned.
        fetch: asks the API for all rows.
        options: the module's own options beside those of the filters.
        values: what of a row the values of an option are compared with, by option.
        choose: chooses and orders what the filters left, where that takes more than comparing.
        show: a row as it is returned.
        more: what is returned beside the rows.
    """

    returns: str
    fetch: t.Callable[[Api], t.Sequence[t.Any]]
    options: t.Mapping[str, t.Any] = field(default_factory=dict)
    values: t.Mapping[str, t.Callable[[t.Any], str | None]] = field(default_factory=dict)
    choose: t.Callable[[list[t.Any], Options], list[t.Any]] = lambda rows, options: rows
    show: t.Callable[[t.Any, Options], t.Any] = lambda row, options: row
    more: t.Callable[[list[t.Any]], dict[str, t.Any]] = lambda rows: {}

    def select(self, rows: t.Sequence[t.Any], options: Options) -> list[t.Any]:
        """The rows that the options ask for.

        Raises:
            InvalidInput: a range in a name is broken.
        """
        found = by_name(rows, options.get("name"))
        for option, value in {"id": lambda row: row["id"], **self.values}.items():
            found = by_value(found, options.get(option), value)
        return self.choose(found, options)


def run_info(listing: Listing) -> None:
    """Run an info module."""

    def execute(task: Task) -> None:
        found = listing.select(listing.fetch(task.open_api()), task.options)
        shown = [listing.show(row, task.options) for row in found]
        task.result = lambda: {"changed": False, listing.returns: shown, **listing.more(found)}

    run_module(execute, dict(listing.options))
