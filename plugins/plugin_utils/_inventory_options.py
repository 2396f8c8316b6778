# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the options of an inventory's configuration are read: templates first, then strictly by the documented type."""

from __future__ import annotations

import typing as t

from ansible_collections.lambdal.cloud.plugins.module_utils._client.options import (
    CONNECTION_OPTIONS,
    OptionRule,
    from_environment,
    read_tags,
    read_value,
)
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput

# Their texts are expressions over the variables of each host. Only a text in place of the whole option is a template.
_OF_EXPRESSIONS = frozenset({"filters", "hostnames", "compose", "groups", "keyed_groups"})

_VERDICTS = ("include", "exclude")

Definition = t.Mapping[str, t.Any]


class WrongOption(InvalidInput):
    """An option that is unknown, or whose value cannot be used.

    Attributes:
        option: its name as the configuration has it.
    """

    def __init__(self, message: str, option: str) -> None:
        super().__init__(message)
        self.option = option


class Filter(t.NamedTuple):
    """An entry of `filters`.

    Args:
        verdict: `include` or `exclude`.
        condition: an expression, or a boolean.
        default: what counts for a host for which the expression cannot be evaluated, or None.
    """

    verdict: str
    condition: str | bool
    default: bool | None


def read_filters(entries: t.Sequence[t.Any]) -> list[Filter]:
    """Return the entries of `filters`.

    Raises:
        InvalidInput: an entry is not one.
    """
    return [_read_filter(entry) for entry in entries]


def _read_filter(entry: t.Any) -> Filter:
    verdicts = [key for key in entry if key in _VERDICTS] if isinstance(entry, t.Mapping) else []
    if len(verdicts) != 1 or set(entry) - {*_VERDICTS, "default"}:
        raise InvalidInput("A filter must have exactly one key, include or exclude, and may have default.")
    condition, default = entry[verdicts[0]], entry.get("default")
    if not isinstance(condition, (str, bool)):
        raise InvalidInput(f"filters: {verdicts[0]} must be an expression, true or false.")
    if default is not None:
        default = read_value("filters: default", default, OptionRule("bool"))
    return Filter(verdicts[0], condition, default)


def read_options(
    given: t.Mapping[str, t.Any],
    definitions: t.Mapping[str, Definition],
    template: t.Callable[[t.Any], t.Any],
    variables: t.Mapping[str, t.Any],
) -> dict[str, t.Any]:
    """Return the options that are set, with their templates evaluated and their documented types.

    An option that is null counts as not set. Options of the connection come from variables where they are not set, and then from
    the environment.

    Args:
        given: the configuration.
        definitions: the documentation of each option.
        template: evaluates a template.
        variables: extra variables, of which the documentation says which options have one.

    Raises:
        WrongOption: an option is unknown, or its value cannot be evaluated or is of another type.
    """
    options: dict[str, t.Any] = {}
    of_variables = {
        name: variables[each["name"]]
        for name, definition in definitions.items()
        for each in definition.get("vars") or ()
        if given.get(name) is None and each["name"] in variables
    }
    for name, value in {**given, **of_variables}.items():
        if name not in definitions:
            # A misspelled filter would select other instances without a word.
            raise WrongOption(f"lambdal.cloud.lambda_cloud has no option '{name}'.", name)
        try:
            if value is not None:
                options[name] = _read(name, value, definitions[name], template)
        except InvalidInput as error:
            raise WrongOption(str(error), name) from None
    for name, option in CONNECTION_OPTIONS.items():
        if name in definitions and name not in options:
            value = from_environment(option.environment)
            try:
                options[name] = option.default if value is None else read_value(name, value, OptionRule(option.type))
            except InvalidInput as error:
                raise WrongOption(f"{error} It comes from {option.environment}.", name) from None
    return options


def _read(name: str, value: t.Any, definition: Definition, template: t.Callable[[t.Any], t.Any]) -> t.Any:
    if isinstance(value, str) or name not in _OF_EXPRESSIONS:
        value = _evaluate(name, value, template)
    if name == "tags":
        return read_tags(name, value)
    kind = definition.get("type") or "str"
    if kind == "list" and name in _OF_EXPRESSIONS and isinstance(value, str):
        # An expression may have commas.
        value = [value]
    return read_value(name, value, OptionRule(kind, definition.get("elements") or "raw", definition.get("choices")))


def _evaluate(name: str, value: t.Any, template: t.Callable[[t.Any], t.Any]) -> t.Any:
    try:
        value = template(value)
    except Exception as error:
        raise InvalidInput(f"{name}: the template cannot be evaluated: {error}") from None
    if value is None:
        raise InvalidInput(f"{name}: the template yields nothing; leave the option out to not set it.")
    return value
