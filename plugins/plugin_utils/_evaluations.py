# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of each expression of an inventory's configuration, so that one that fails for every host is told."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

import jinja2
import jinja2.nodes

_MOST_HOSTS_SHOWN = 3


@dataclass
class _Attempts:
    failed: list[str] = field(default_factory=list)
    succeeded: bool = False
    error: str = ""
    hint: str = ""


class Evaluations:
    """A record of the hosts that each expression could be evaluated for.

    Args:
        style: the prefix and the suffix of host variables.
    """

    def __init__(self, style: tuple[str, str]) -> None:
        self._prefix, self._suffix = style
        self._attempts: dict[tuple[str, str], _Attempts] = {}

    def succeeded(self, option: str, expression: str) -> None:
        """Record that an option's expression has a value for a host."""
        self._of(option, expression).succeeded = True

    def failed(
        self, option: str, expression: str, host: str, error: Exception, variables: t.Mapping[str, t.Any]
    ) -> None:
        """Record that an option's expression could not be evaluated for a host with these variables."""
        attempts = self._of(option, expression)
        attempts.failed.append(host)
        if not attempts.error:
            attempts.error, attempts.hint = str(error), self.hint(expression, variables)

    def hint(self, expression: str, variables: t.Mapping[str, t.Any]) -> str:
        """Return a sentence with the names of host variables that an expression may have meant, or nothing."""
        meant = [
            f"{self._prefix}{name}{self._suffix}"
            for name in _names(expression)
            if name not in variables and f"{self._prefix}{name}{self._suffix}" in variables
        ]
        return f" Did you mean {', '.join(meant)}?" if meant else ""

    def warnings(self) -> t.Iterator[str]:
        """Yield a sentence for each expression that failed for every host that it was evaluated for."""
        for (option, expression), attempts in self._attempts.items():
            if attempts.failed and not attempts.succeeded and option != "include":
                yield (f"{option}: '{expression}' could not be evaluated for any host: {attempts.error}{attempts.hint}")

    def left_out(self) -> t.Iterator[str]:
        """Yield a sentence for each filter that left hosts out because it could not be evaluated for them."""
        for (option, expression), attempts in self._attempts.items():
            if attempts.failed and option == "include":
                shown = ", ".join(attempts.failed[:_MOST_HOSTS_SHOWN])
                more = len(attempts.failed) - _MOST_HOSTS_SHOWN
                yield (
                    f"filters: include '{expression}' could not be evaluated for {shown}"
                    f"{f' and {more} more' if more > 0 else ''}, so that these are left out: {attempts.error}{attempts.hint}"
                )

    def _of(self, option: str, expression: str) -> _Attempts:
        return self._attempts.setdefault((option, str(expression)), _Attempts())


def _names(expression: str) -> list[str]:
    """Return the names in an expression, in order."""
    try:
        tree = jinja2.Environment(autoescape=False).parse("{{ (" + expression + ") }}")
    except jinja2.TemplateError:
        return []
    return sorted({node.name for node in tree.find_all(jinja2.nodes.Name)})
