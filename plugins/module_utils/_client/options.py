# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection options, in one table for modules, inventory plugin and event source, and how values are read."""

from __future__ import annotations

import json
import math
import os
import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput

DEFAULT_API_URL = "https://cloud.lambda.ai/api/v1"

Options = t.Mapping[str, t.Any]


class ConnectionOption(t.NamedTuple):
    """An option's type in Ansible's words, its default, and the environment variable read when it is not set."""

    type: str
    default: t.Any = None
    environment: str | None = None


CONNECTION_OPTIONS: dict[str, ConnectionOption] = {
    "api_key": ConnectionOption("str", environment="LAMBDA_API_KEY"),
    "api_url": ConnectionOption("str", DEFAULT_API_URL, "LAMBDA_API_URL"),
    "validate_certs": ConnectionOption("bool", True),
    "ca_path": ConnectionOption("path"),
    "request_timeout": ConnectionOption("float", 60.0),
    "retry_timeout": ConnectionOption("float", 60.0),
    "request_interval": ConnectionOption("float", 1.0, "LAMBDA_REQUEST_INTERVAL"),
    "launch_interval": ConnectionOption("float", 12.0, "LAMBDA_LAUNCH_INTERVAL"),
}

# What never launches waits for no launch slot.
READ_ONLY_OPTIONS = {name: option for name, option in CONNECTION_OPTIONS.items() if name != "launch_interval"}

# Zero would make these fail at once, or divide by it.
_ABOVE_ZERO = frozenset({"request_timeout"})
# Three years in seconds: above that the system's own timers overflow.
_LARGEST_NUMBER = 1e8


def check_number(name: str, value: float) -> None:
    """Refuse a number that no option can mean.

    Raises:
        InvalidInput: it is negative, infinite, too large or not a number.
    """
    low = "above 0" if name in _ABOVE_ZERO else "0 or above"
    if not math.isfinite(value) or value < 0 or (value == 0 and name in _ABOVE_ZERO) or value > _LARGEST_NUMBER:
        raise InvalidInput(f"{name} must be a number {low} and at most {_LARGEST_NUMBER:.0f}, not {value}.")


class OptionRule(t.NamedTuple):
    """What an option's value must be, in the words of Ansible's documentation."""

    type: str = "str"
    elements: str = "str"
    choices: t.Sequence[str] | None = None


def from_environment(variable: str | None) -> str | None:
    """Return an environment variable's value; one that is empty, as CI systems leave them, counts as not set."""
    return (os.environ.get(variable) or None) if variable else None


def read_value(name: str, value: t.Any, rule: OptionRule) -> t.Any:
    """Convert an option's value to the documented type.

    Lists may be text with commas between the items, or JSON; numbers and booleans may be text. Nothing else is guessed.

    Raises:
        InvalidInput: the value is of another type, or no choice; the sentence names the option.
    """
    converted = _CONVERTERS.get(rule.type, _keep)(name, value)
    if rule.type == "list" and rule.elements in _CONVERTERS:
        item = OptionRule(rule.elements)
        converted = [read_value(f"{name}[{number}]", each, item) for number, each in enumerate(converted)]
    chosen = converted if isinstance(converted, list) else [converted]
    if rule.choices and (wrong := [each for each in chosen if each not in rule.choices]):
        raise InvalidInput(f"{name} must be among {', '.join(rule.choices)}, not {_shown(name, wrong[0])}.")
    return converted


def _keep(_name: str, value: t.Any) -> t.Any:
    return value


def _to_text(name: str, value: t.Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise InvalidInput(f"{name} must be text, not {_shown(name, value)}.")
    return value if isinstance(value, str) else str(value)


def _to_boolean(name: str, value: t.Any) -> bool:
    if isinstance(value, (bool, int, str)):
        text = str(value).strip().lower()
        if text in _TRUE or text in _FALSE:
            return text in _TRUE
    raise InvalidInput(f"{name} must be true or false, not {_shown(name, value)}.")


def _to_float(name: str, value: t.Any) -> float:
    try:
        if isinstance(value, bool):
            raise TypeError
        return float(value)
    except (TypeError, ValueError):
        raise InvalidInput(f"{name} must be a number, not {_shown(name, value)}.") from None


def _to_int(name: str, value: t.Any) -> int:
    number = _to_float(name, value)
    if not number.is_integer():
        raise InvalidInput(f"{name} must be a whole number, not {_shown(name, value)}.")
    return int(number)


def _to_list(name: str, value: t.Any) -> list[t.Any]:
    if isinstance(value, str):
        text = value.strip()
        if text.startswith("["):
            value = _from_json(text)
        if value is None or isinstance(value, str):
            # A host range is no JSON.
            parts = (part.strip() for part in text.split(","))
            return [part for part in parts if part]
    if not isinstance(value, (list, tuple)):
        raise InvalidInput(f"{name} must be a list, or text with commas between its items, not {_shown(name, value)}.")
    return list(value)


def _to_mapping(name: str, value: t.Any) -> dict[str, t.Any]:
    if isinstance(value, str):
        value = _from_json(value)
    if not isinstance(value, t.Mapping):
        raise InvalidInput(f"{name} must be a dictionary, as in {{key: value}}.")
    return dict(value)


def _from_json(text: str) -> t.Any:
    """Return what a JSON text holds, or None if it is none."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def _shown(name: str, value: t.Any) -> str:
    """Describe a wrong value; a key is never shown."""
    return "this" if "key" in name else f"{value!r}" if isinstance(value, (str, int, float, bool)) else _kind(value)


def _kind(value: t.Any) -> str:
    kinds = {t.Mapping: "a dictionary", list: "a list", tuple: "a list"}
    return next((kind for each, kind in kinds.items() if isinstance(value, each)), "null" if value is None else "that")


_TRUE = frozenset({"true", "yes", "on", "y", "t", "1"})
_FALSE = frozenset({"false", "no", "off", "n", "f", "0"})

_CONVERTERS: dict[str, t.Callable[[str, t.Any], t.Any]] = {
    "str": _to_text,
    "path": _to_text,
    "bool": _to_boolean,
    "boolean": _to_boolean,
    "int": _to_int,
    "float": _to_float,
    "list": _to_list,
    "dict": _to_mapping,
}


def read_tags(name: str, value: t.Any) -> dict[str, str]:
    """Return tags as text by text.

    Raises:
        InvalidInput: it is no dictionary, or a value is neither text nor a number, which no tag can equal.
    """
    tags = read_value(name, value, OptionRule("dict"))
    return {str(key): _to_text(f"{name}: the value of '{key}'", each) for key, each in tags.items()}
