# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that modules share, documented in the fragments `connection` and `wait`."""

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import AnsibleFallbackNotFound
from ansible_collections.lambdal.cloud.plugins.module_utils._client.options import (
    CONNECTION_OPTIONS,
    check_number,
    from_environment,
)


def env_unless_empty(*names: str) -> str:
    """Return the value of the first variable that is set and not empty, as CI systems leave variables.

    Raises:
        AnsibleFallbackNotFound: there is none.
    """
    for name in names:
        if value := from_environment(name):
            return value
    raise AnsibleFallbackNotFound


def _connection_spec() -> dict[str, t.Any]:
    spec: dict[str, t.Any] = {}
    for name, option in CONNECTION_OPTIONS.items():
        spec[name] = {"type": option.type}
        if option.default is not None:
            spec[name]["default"] = option.default
        if option.environment:
            spec[name]["fallback"] = (env_unless_empty, [option.environment])
    spec["api_key"]["no_log"] = True
    return spec


CONNECTION_SPEC = _connection_spec()

WAIT_SPEC: dict[str, t.Any] = {
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "float", "default": 1800.0},
    "wait_interval": {"type": "float", "default": 10.0},
    "outcome_timeout": {"type": "float", "default": 30.0},
}

# Of modules that ensure one named resource
RESOURCE_SPEC: dict[str, t.Any] = {
    "name": {"type": "str", "required": True},
    "region": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "outcome_timeout": WAIT_SPEC["outcome_timeout"],
}

# Of what instances use, and what cannot be deleted meanwhile
USERS_SPEC: dict[str, t.Any] = {"assume_terminated": {"type": "list", "elements": "str", "default": []}}


def check_numbers(options: t.Mapping[str, t.Any], argument_spec: t.Mapping[str, t.Any]) -> None:
    """Refuse numbers that no option can mean, before anything is requested.

    Raises:
        InvalidInput: one is negative, infinite, too large or not a number.
    """
    for name, rules in argument_spec.items():
        value = options.get(name)
        if rules["type"] in ("int", "float") and value is not None:
            check_number(name, value)
        elif rules.get("options") and value:
            for each in value if isinstance(value, list) else [value]:
                check_numbers(each, rules["options"])
