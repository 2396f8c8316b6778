# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cached value of an expression is the one that an evaluation gives, and what can change is never cached."""

from __future__ import annotations

import functools
import itertools
import typing as t
from pathlib import Path

import jinja2.filters
import jinja2.tests
import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import filter_loader, init_plugin_loader, test_loader
from ansible.template import Templar, trust_as_template
from ansible_collections.lambdal.cloud.plugins.plugin_utils._expressions import Expressions

# Only once in a process, and not where collections are imported without it: see test_alone.py.
init_plugin_loader([])

FILTERS = sorted({plugin.ansible_name for plugin in filter_loader.all()} | set(jinja2.filters.FILTERS))
TESTS = sorted({plugin.ansible_name for plugin in test_loader.all()} | set(jinja2.tests.TESTS))

VALUES: list[t.Any] = ["a b", 3, ["b", "a"], {"a": 1}, [{"key": "k", "value": "v"}]]
ARGUMENTS = ["", "('a')", "(2)", "(attribute='key')"]

# What depends on more than its arguments: chance, time, files, the folder, the environment, secrets.
CHANGING = {
    "random",
    "shuffle",
    "password_hash",
    "vault",
    "unvault",
    "strftime",
    "fileglob",
    "realpath",
    "relpath",
    "expanduser",
    "expandvars",
}
CHANGING_TESTS = {
    "exists",
    "file",
    "directory",
    "link",
    "mount",
    "same_file",
    "is_file",
    "is_dir",
    "is_link",
    "is_mount",
}


class Evaluation:
    """Evaluates expressions as the inventory plugin does."""

    def __init__(self) -> None:
        self._templar = Templar(loader=DataLoader())

    def value(self, expression: str, variables: dict[str, t.Any]) -> str:
        """Return the value with its type, or the error."""
        self._templar.available_variables = variables
        try:
            return repr(self._templar.evaluate_expression(trust_as_template(expression)))
        except Exception as error:
            return f"{type(error).__name__} {error}"


def check_both_ways(form: str) -> None:
    """Assert that a form of expression has the same values in both ways."""
    evaluation, cache = Evaluation(), Expressions()
    for arguments, value in itertools.product(ARGUMENTS, VALUES):
        expression, variables = form.replace("(...)", arguments), {"value": value}
        direct = evaluation.value(expression, variables)
        # The address of a function or a generator says nothing.
        if "0x" not in direct:
            evaluate = functools.partial(evaluation.value, expression, variables)
            cached = [cache.evaluate("", expression, variables, evaluate) for _again in range(2)]
            assert cached == [direct, direct], (expression, value)


def short(name: str) -> str:
    return name.removeprefix("ansible.builtin.")


@pytest.mark.parametrize("name", [name for name in FILTERS if short(name) not in CHANGING])
def test_each_filter_gives_the_same_in_both_ways(name: str) -> None:
    check_both_ways(f"value | {name}(...)")


@pytest.mark.parametrize("name", TESTS)
def test_each_test_gives_the_same_in_both_ways(name: str) -> None:
    check_both_ways(f"value is {name}(...)")


@pytest.mark.parametrize("name", [name for name in FILTERS if short(name) in CHANGING])
@pytest.mark.parametrize("form", ["value | {}", "[value] | map('{}') | list", "value | default(1 | {})"])
def test_a_filter_that_may_change_is_evaluated_each_time(name: str, form: str) -> None:
    assert is_evaluated_each_time(form.format(name))


def is_evaluated_each_time(expression: str, cache: Expressions | None = None) -> bool:
    cache, calls = cache or Expressions(), []
    for _again in range(3):
        cache.evaluate("", expression, {"value": "a", "other": "b"}, lambda: calls.append(1))
    return len(calls) == 3


@pytest.mark.parametrize(
    "expression",
    [
        *(f"value is {name}" for name in sorted(CHANGING_TESTS)),
        "[value] | select('exists') | list",
        "[value] | selectattr('a', 'ansible.builtin.file') | list",
        "[value] | map('map', 'random') | list",
        "[value] | map(value) | list",
        "value | ansible.builtin.random",
        "value | ansible.legacy.lower",
        "value | community.general.random_mac",
        "value | lambdal.cloud.dollars",
        "value is community.general.a_module",
        "lookup('pipe', 'date') ~ value",
        "query('pipe', 'date')",
        "now() ~ value",
        "lipsum()",
        "cycler(1, 2)",
        "missing | default(value)",
        "value | map(*value)",
    ],
)
def test_what_is_not_known_to_be_pure_is_evaluated_each_time(expression: str) -> None:
    assert is_evaluated_each_time(expression)


@pytest.mark.parametrize(
    "expression",
    [
        "value",
        "value | lower",
        "value | ansible.builtin.basename if value is string else value",
        "value.startswith('a') and value is match('a')",
        "[value] | map('upper') | select('match', 'A') | list | first",
        "value | regex_replace('a', 'b') | default(other)",
        "dict([[value, range(3) | list]])",
    ],
)
def test_what_is_known_to_be_pure_is_evaluated_once(expression: str) -> None:
    assert not is_evaluated_each_time(expression)


def test_a_variable_that_may_be_a_template_is_evaluated_each_time() -> None:
    assert is_evaluated_each_time("value", Expressions({"value": "{{ now() }}"}))
    assert not is_evaluated_each_time("other", Expressions({"value": "{{ now() }}"}))


def test_anothers_filter_of_a_known_name_is_evaluated_each_time(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "class FilterModule:\n    def filters(self):\n        return {'lower': id, 'basename': id}\n"
    )
    filter_loader.add_directory(str(tmp_path))
    try:
        assert is_evaluated_each_time("value | lower")
        assert is_evaluated_each_time("value | basename")
    finally:
        filter_loader._extra_dirs.remove(str(tmp_path))
        filter_loader._clear_caches()
        filter_loader._cached_non_collection_wrappers.clear()
