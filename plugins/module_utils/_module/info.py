# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Base of the info modules: each describes what it lists, how its options filter rows, and how it shows them."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.lambdal.cloud.plugins.module_utils._client.api import Api
from ansible_collections.lambdal.cloud.plugins.module_utils._client.options import Options
from ansible_collections.lambdal.cloud.plugins.module_utils._filters import by_name, by_value
from ansible_collections.lambdal.cloud.plugins.module_utils._module.task import Task, run_module

_STRINGS: dict[str, t.Any] = {"type": "list", "elements": "str"}

# Options that several info modules share, documented in the fragment `filters`.
NAME: dict[str, t.Any] = {"name": _STRINGS}
ID: dict[str, t.Any] = {"id": _STRINGS}
REGION: dict[str, t.Any] = {"region": _STRINGS}


@dataclass(frozen=True)
class Listing:
    """The description of an info module.

    Args:
        returns: name of the return value that holds the rows.
        fetch: requests all rows from the API.
        options: the module's own options, filters included.
        values: for each filter option, the function that gives the value of a row to compare with.
        choose: filters and orders the remaining rows where comparing values is not enough.
        show: turns a row into the form in which it is returned.
        more: return values beside the rows.
    """

    returns: str
    fetch: t.Callable[[Api], t.Sequence[t.Any]]
    options: t.Mapping[str, t.Any] = field(default_factory=dict)
    values: t.Mapping[str, t.Callable[[t.Any], str | None]] = field(default_factory=dict)
    choose: t.Callable[[list[t.Any], Options], list[t.Any]] = lambda rows, options: rows
    show: t.Callable[[t.Any, Options], t.Any] = lambda row, options: row
    more: t.Callable[[list[t.Any]], dict[str, t.Any]] = lambda rows: {}

    def select(self, rows: t.Sequence[t.Any], options: Options) -> list[t.Any]:
        """Return the rows that match the options.

        Raises:
            InvalidInput: a range in a name is invalid.
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
