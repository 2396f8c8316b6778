# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import importlib
import math
import typing as t

import pytest
from ansible.module_utils.basic import AnsibleFallbackNotFound
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.lambdal.cloud.plugins.module_utils._module.argspec import (
    CONNECTION_SPEC,
    WAIT_SPEC,
    check_numbers,
    env_unless_empty,
)
from hypothesis import given
from hypothesis import strategies as st

MODULE = "ansible_collections.lambdal.cloud.plugins.modules.lambda_instance"
SPEC = {**CONNECTION_SPEC, **WAIT_SPEC, **importlib.import_module(MODULE).ARGUMENT_SPEC}
NUMBERS = sorted(name for name, rules in SPEC.items() if rules["type"] in ("int", "float"))


def test_every_timeout_and_interval_is_a_number_that_is_checked() -> None:
    assert {"wait_timeout", "wait_interval", "outcome_timeout", "capacity_timeout", "request_timeout"} <= set(NUMBERS)


@given(st.sampled_from(NUMBERS), st.floats(max_value=-1e-9) | st.just(math.nan) | st.floats(min_value=1e8 + 1))
def test_a_number_that_cannot_be_meant_is_refused(name: str, value: float) -> None:
    with pytest.raises(InvalidInput, match=f"^{name} must be a number"):
        check_numbers({name: value}, SPEC)


@given(st.sampled_from(NUMBERS), st.floats(min_value=1e-9, max_value=1e8))
def test_any_other_number_is_taken(name: str, value: float) -> None:
    check_numbers({name: value}, SPEC)


def test_zero_turns_off_what_can_be_turned_off() -> None:
    check_numbers(dict.fromkeys((name for name in NUMBERS if name != "request_timeout"), 0), SPEC)
    with pytest.raises(InvalidInput, match="request_timeout must be a number above 0"):
        check_numbers({"request_timeout": 0}, SPEC)


def test_numbers_within_a_list_of_dictionaries_are_checked() -> None:
    options: dict[str, t.Any] = {"machines": [{"max_price_cents_per_hour": 1}, {"max_price_cents_per_hour": -1}]}
    with pytest.raises(InvalidInput, match="max_price_cents_per_hour"):
        check_numbers(options, SPEC)


def test_an_empty_environment_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMBDA_REQUEST_INTERVAL", "")
    with pytest.raises(AnsibleFallbackNotFound):
        env_unless_empty("LAMBDA_REQUEST_INTERVAL")
    monkeypatch.setenv("LAMBDA_REQUEST_INTERVAL", "0.5")
    assert env_unless_empty("LAMBDA_REQUEST_INTERVAL") == "0.5"
