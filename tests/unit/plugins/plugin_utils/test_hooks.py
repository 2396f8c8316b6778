# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A core whose inner parts are not as known is noticed by what it offers, whatever its version."""

from __future__ import annotations

import dataclasses
import types
import typing as t

import pytest
from ansible.module_utils import basic
from ansible.plugins.action import ActionBase
from ansible_collections.lambdal.cloud.plugins.plugin_utils import _hooks


@dataclasses.dataclass
class PayloadThatNeedsMore:
    b_module_data: bytes
    module_style: str
    shebang: str
    serialization_profile: str
    signature: str


@dataclasses.dataclass
class PayloadOfOtherNames:
    data: bytes
    module_style: str
    shebang: str
    serialization_profile: str


ENVIRONMENT = "ActionBase._compute_environment_string"
PAYLOAD = "the form of a module's payload"
CRASH = "the handling of a module's crash"
ENCODING = "the encoding of a module's arguments"

OTHERS: dict[str, tuple[t.Any, str, t.Any, str]] = {
    "a method of another name": (ActionBase, "_compute_environment_string", None, ENVIRONMENT),
    "a parameter of another name": (
        ActionBase,
        "_compute_environment_string",
        lambda self, environment: None,
        ENVIRONMENT,
    ),
    "one parameter more": (
        ActionBase,
        "_compute_environment_string",
        lambda self, raw_environment_out, task: None,
        ENVIRONMENT,
    ),
    "no payload": (_hooks, "BuiltModule", None, PAYLOAD),
    "a payload that needs more": (_hooks, "BuiltModule", PayloadThatNeedsMore, PAYLOAD),
    "a payload of other names": (_hooks, "BuiltModule", PayloadOfOtherNames, PAYLOAD),
    "no loader": (_hooks, "loader", None, CRASH),
    "a loader that needs more": (
        _hooks,
        "loader",
        types.SimpleNamespace(_handle_exception=lambda error, profile, secrets: None),
        CRASH,
    ),
    "no encoder": (_hooks, "json_forms", types.SimpleNamespace(Direction=None), ENCODING),
}


@pytest.fixture(autouse=True)
def _probed_anew() -> t.Iterator[None]:
    _hooks.hook_problem.cache_clear()
    yield
    _hooks.hook_problem.cache_clear()


def test_the_cores_that_this_is_tested_with_are_as_known() -> None:
    assert _hooks.hook_problem() is None


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_other_than_known_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    owner, attribute, value, named = OTHERS[name]
    monkeypatch.setattr(owner, attribute, value)
    assert _hooks.hook_problem() == named


def test_a_missing_place_of_arguments_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(basic, "_ANSIBLE_PROFILE")
    assert _hooks.hook_problem() == "the place of a module's arguments"


def test_what_may_be_left_out_is_no_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        ActionBase, "_compute_environment_string", lambda self, raw_environment_out=None, more=None, **rest: None
    )
    assert _hooks.hook_problem() is None
