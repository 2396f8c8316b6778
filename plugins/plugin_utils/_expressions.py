# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Expressions over the variables of many hosts, each evaluated once for the same values of the variables that it names.

Ansible compiles an expression anew whenever it evaluates it, which is most of what an inventory with groups takes.
"""

from __future__ import annotations

import typing as t

import jinja2
import jinja2.nodes

# What comes out anew each time, or depends on more than the variables that an expression names.
_IMPURE_NAMES = frozenset({"lookup", "query", "q", "now", "vars", "hostvars", "groups", "group_names", "undef"})
_IMPURE_FILTERS = frozenset({"random", "shuffle", "password_hash"})


class Expressions:
    """Remembers what expressions came to."""

    def __init__(self) -> None:
        self._names: dict[str, tuple[str, ...] | None] = {}
        self._values: dict[t.Any, t.Any] = {}

    def evaluate(
        self, kind: str, expression: t.Any, variables: t.Mapping[str, t.Any], evaluate: t.Callable[[], t.Any]
    ) -> t.Any:
        """What `evaluate` returns, called only where it could return something new.

        Args:
            kind: tells apart ways of evaluating the same expression.
        """
        names = self._named(expression) if isinstance(expression, str) else None
        if names is None:
            return evaluate()
        # Equal values of different types, such as 1 and true, differ here as well.
        key = (kind, expression, *(repr(variables[name]) if name in variables else None for name in names))
        if key not in self._values:
            self._values[key] = evaluate()
        return self._values[key]

    def _named(self, expression: str) -> tuple[str, ...] | None:
        """The variables that an expression names; None where they do not decide on its value alone."""
        if expression not in self._names:
            self._names[expression] = _variables_of(expression)
        return self._names[expression]


def _variables_of(expression: str) -> tuple[str, ...] | None:
    try:
        tree = jinja2.Environment(autoescape=False).parse("{{ (" + expression + ") }}")
    except jinja2.TemplateError:
        return None
    # Those that the expression binds itself do no harm: they have no value here.
    names = {node.name for node in tree.find_all(jinja2.nodes.Name)}
    filters = {node.name for node in tree.find_all(jinja2.nodes.Filter)}
    if names & _IMPURE_NAMES or filters & _IMPURE_FILTERS:
        return None
    return tuple(sorted(names))
