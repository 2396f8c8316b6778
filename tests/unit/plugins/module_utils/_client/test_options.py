# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection options are documented in a fragment and in the event source, and both say what the one table says."""

from __future__ import annotations

import ast
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.lambdal.cloud.plugins.doc_fragments.connection import ModuleDocFragment
from ansible_collections.lambdal.cloud.plugins.module_utils._client.options import (
    CONNECTION_OPTIONS,
    READ_ONLY_OPTIONS,
    ConnectionOption,
    OptionRule,
    from_environment,
    read_tags,
    read_value,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput

ROOT = Path(__file__).resolve().parents[5]


def documentation_of(path: str) -> dict[str, t.Any]:
    """Return the options that a plugin's DOCUMENTATION describes."""
    for node in ast.parse((ROOT / path).read_text()).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "DOCUMENTATION":
            return t.cast("dict[str, t.Any]", yaml.safe_load(ast.literal_eval(node.value))["options"])
    raise AssertionError(f"{path} has no DOCUMENTATION")


FRAGMENT = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]
INVENTORY = yaml.safe_load(vars(ModuleDocFragment)["PLUGIN"])["options"]
EVENT_SOURCE = documentation_of("extensions/eda/plugins/event_source/lambda_cloud.py")


def test_the_fragments_document_every_connection_option_and_no_other() -> None:
    assert set(FRAGMENT) == set(CONNECTION_OPTIONS)
    assert set(INVENTORY) == set(READ_ONLY_OPTIONS)


def test_plugins_name_their_environment_variables_in_a_field() -> None:
    named = {name: [each["name"] for each in option.get("env", [])] for name, option in INVENTORY.items()}
    assert named == {
        name: [option.environment] if option.environment else [] for name, option in READ_ONLY_OPTIONS.items()
    }
    assert not any("env" in option for option in FRAGMENT.values())


@pytest.mark.parametrize(
    ("options", "table", "other_defaults"),
    [
        (FRAGMENT, CONNECTION_OPTIONS, {}),
        (INVENTORY, READ_ONLY_OPTIONS, {}),
        (EVENT_SOURCE, READ_ONLY_OPTIONS, {"retry_timeout": 0}),
    ],
    ids=["modules", "inventory", "event source"],
)
def test_documentation_agrees_with_the_table(
    options: dict[str, t.Any], table: dict[str, ConnectionOption], other_defaults: dict[str, t.Any]
) -> None:
    for name, option in table.items():
        documented = options[name]
        assert documented["type"] == option.type, name
        assert documented.get("default") == other_defaults.get(name, option.default), name
        if option.environment:
            in_text = f"E({option.environment})" in str(documented["description"])
            in_field = {"name": option.environment} in documented.get("env", [])
            assert in_text or in_field, name


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("bool", "Yes", True),
        ("bool", 0, False),
        ("float", "1.5", 1.5),
        ("int", "7", 7),
        ("str", 7, "7"),
        ("list", "a, b,", ["a", "b"]),
        ("list", '["a,b", "c"]', ["a,b", "c"]),
        ("list", "[01:03],x", ["[01:03]", "x"]),
        ("list", [], []),
        ("list", "", []),
        ("dict", '{"a": 1}', {"a": 1}),
    ],
)
def test_values_are_read_by_their_type(kind: str, value: t.Any, expected: t.Any) -> None:
    read = read_value("x", value, OptionRule(kind))
    assert read == expected
    assert type(read) is type(expected)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("bool", ["yess", "", "2", 2, 1.0, None, [True], "{{ true }}"]),
        ("float", ["soon", None, True, [], "1,5"]),
        ("int", [1.5, "x", True, "inf"]),
        ("str", [True, None, ["a"], {}]),
        ("list", [1, True, None, {"a": 1}, [None], ["a", ["b"]]]),
        ("dict", ["a", 1, [], "[1]", None]),
    ],
)
def test_nothing_is_guessed(kind: str, values: list[t.Any]) -> None:
    for value in values:
        with pytest.raises(InvalidInput, match=r"^x"):
            read_value("x", value, OptionRule(kind))


def test_a_wrong_key_is_not_shown() -> None:
    with pytest.raises(InvalidInput) as raised:
        read_value("api_key", ["abc"], OptionRule("str"))
    assert "abc" not in str(raised.value)


def test_what_no_tag_equals_is_no_tag() -> None:
    assert read_tags("tags", {"a": 1, "b": "*"}) == {"a": "1", "b": "*"}
    for value in (None, True, ["x"]):
        with pytest.raises(InvalidInput, match="the value of 'a' must be text"):
            read_tags("tags", {"a": value})


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", "")
    assert from_environment("X") is None
    monkeypatch.setenv("X", "0")
    assert from_environment("X") == "0"
    assert from_environment(None) is None
