# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cache for expressions over host variables: each is evaluated once for the same values of the variables that it names.

Ansible compiles an expression again at every evaluation, which takes most of the time of an inventory with groups.
"""

from __future__ import annotations

import typing as t

import jinja2
import jinja2.filters
import jinja2.nodes
import jinja2.tests
from ansible.plugins.loader import filter_loader, test_loader

# Functions that give the same result for the same arguments, whenever and wherever they are called.
_PURE_NAMES = frozenset({"dict", "range"})
_NAMES_OF_FILTERS = """
abs attr b64decode b64encode basename batch bool capitalize center checksum combinations combine comment commonpath
count d default dict2items dictsort difference dirname e escape extract filesizeformat first flatten float
forceescape format from_json from_yaml groupby hash human_readable human_to_bytes indent int intersect items
items2dict join last length list log lower mandatory map max md5 min normpath path_join permutations pow product
quote regex_escape regex_findall regex_replace regex_search reject rejectattr rekey_on_member replace reverse root
round select selectattr sha1 slice sort split splitext string striptags subelements sum symmetric_difference
ternary title to_datetime to_json to_nice_json to_nice_yaml to_uuid to_yaml tojson trim truncate union unique upper
urldecode urlencode urlsplit win_basename win_dirname win_splitdrive wordcount wordwrap zip zip_longest
"""
_PURE_FILTERS = frozenset(_NAMES_OF_FILTERS.split())
_NAMES_OF_TESTS = """
abs all any boolean contains defined divisibleby eq equalto even false falsy float ge greaterthan gt in integer
is_abs isnan issubset issuperset iterable le lessthan lower lt mapping match nan ne none number odd regex search
sequence string subset superset true truthy undefined upper uri url urn version version_compare
"""
_PURE_TESTS = frozenset(_NAMES_OF_TESTS.split())
_BEGINS_OF_TEMPLATES = ("{{", "{%", "{#", "#jinja2:")
# Filters that are given the name of a filter or a test, with the position of that argument.
_OF_FILTERS = {"map": 0}
_OF_TESTS = {"select": 0, "reject": 0, "selectattr": 1, "rejectattr": 1}


class Expressions:
    """A cache of the values of expressions.

    An expression is cached only if all that it names is known to depend on nothing but the host's variables.

    Args:
        opaque: names of variables that may be templates, and so may have another value each time.
    """

    def __init__(self, opaque: t.Collection[str] = ()) -> None:
        self._opaque = frozenset(opaque)
        self._names: dict[str, tuple[str, ...] | None] = {}
        self._values: dict[t.Any, t.Any] = {}

    def evaluate(
        self, kind: str, expression: t.Any, variables: t.Mapping[str, t.Any], evaluate: t.Callable[[], t.Any]
    ) -> t.Any:
        """Return an expression's cached value, or call `evaluate` for it.

        Args:
            kind: distinguishes the ways in which the same expression can be evaluated.
            expression: the expression; anything but a string is not cached.
            variables: the host's variables.
            evaluate: evaluates the expression.
        """
        names = self._named(expression) if isinstance(expression, str) else None
        # What is no variable of the host is somebody else's, such as a function of Ansible.
        if names is None or not all(name in variables for name in names):
            return evaluate()
        # By repr, so that equal values of different types, such as 1 and true, differ.
        values = [repr(variables[name]) for name in names]
        # Another source may have given hosts templates, which read other variables than the expression names.
        if any(begin in value for value in values for begin in _BEGINS_OF_TEMPLATES):
            return evaluate()
        key = (kind, expression, *values)
        if key not in self._values:
            self._values[key] = evaluate()
        return self._values[key]

    def _named(self, expression: str) -> tuple[str, ...] | None:
        """Return the variables that an expression names, or None if its value depends on more than these."""
        if expression not in self._names:
            names = _variables_of(expression)
            self._names[expression] = None if names is None or self._opaque & set(names) else names
        return self._names[expression]


def _variables_of(expression: str) -> tuple[str, ...] | None:
    try:
        tree = jinja2.Environment(autoescape=False).parse("{{ (" + expression + ") }}")
    except jinja2.TemplateError:
        return None
    if not all(_is_pure_filter(node) for node in tree.find_all(jinja2.nodes.Filter)):
        return None
    if not all(_is_pure_test(node.name) for node in tree.find_all(jinja2.nodes.Test)):
        return None
    # Names that the expression itself binds do no harm: no host variable has them.
    return tuple(sorted({node.name for node in tree.find_all(jinja2.nodes.Name)} - _PURE_NAMES))


def _is_pure_filter(node: jinja2.nodes.Filter) -> bool:
    name = _known(node.name, filter_loader, _PURE_FILTERS, jinja2.filters.FILTERS)
    if name is None or node.dyn_args is not None or node.dyn_kwargs is not None:
        return False
    for positions, is_pure in ((_OF_FILTERS, _is_pure_filter_name), (_OF_TESTS, _is_pure_test)):
        if name in positions and len(node.args) > positions[name]:
            argument = node.args[positions[name]]
            return isinstance(argument, jinja2.nodes.Const) and is_pure(str(argument.value))
    return True


def _is_pure_filter_name(name: str) -> bool:
    """Return whether a filter that is given to another is pure; one that is given further names is not known to be."""
    known = _known(name, filter_loader, _PURE_FILTERS, jinja2.filters.FILTERS)
    return known is not None and known not in _OF_FILTERS and known not in _OF_TESTS


def _is_pure_test(name: str) -> bool:
    return _known(name, test_loader, _PURE_TESTS, jinja2.tests.TESTS) is not None


def _known(name: str, loader: t.Any, pure: frozenset[str], of_jinja: t.Mapping[str, t.Any]) -> str | None:
    """Return the short name of a pure filter or test of Ansible or Jinja, or None if it is another, or another's of that name."""
    short = name.removeprefix("ansible.builtin.")
    if short not in pure:
        return None
    try:
        plugin = loader.get(name)
    except Exception:
        return None
    if plugin is None:
        return short if name in of_jinja else None
    return short if plugin.ansible_name == f"ansible.builtin.{short}" else None
