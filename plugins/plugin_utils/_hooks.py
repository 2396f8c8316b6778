# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of ansible-core's inner parts runs a module in this process, and whether this core has it as it is known.

None of it is promised by ansible-core. Where something is missing or other than expected, modules run in processes of their
own, as every other module does.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib
import inspect
import typing as t

from ansible.module_utils import basic
from ansible.plugins.action import ActionBase


def _find(module: str, name: str | None = None, default: t.Any = None) -> t.Any:
    try:
        found = importlib.import_module(module)
    except ImportError:
        return default
    return found if name is None else getattr(found, name, default)


BuiltModule = _find("ansible.executor.module_common", "_BuiltModule")
TaskTimeout: type[BaseException] = _find("ansible._internal._errors._task_timeout", "TaskTimeoutError", TimeoutError)
loader = _find("ansible.module_utils._internal._ansiballz._loader")
json_forms = _find("ansible.module_utils.common.json")

# The parameters that are passed, for each function that is called or replaced.
_METHODS = {
    "_is_pipelining_enabled": ("self", "module_style", "wrap_async"),
    "_configure_module": ("self", "module_name", "module_args", "task_vars"),
    "_low_level_execute_command": ("self", "cmd"),
    "_compute_environment_string": ("self", "raw_environment_out"),
}
_PAYLOAD = {"b_module_data", "module_style", "shebang", "serialization_profile"}
# The variables by which Ansible's wrapper hands a module its arguments.
ARGUMENTS = ("_ANSIBLE_ARGS", "_ANSIBLE_PROFILE")


@functools.cache
def hook_problem() -> str | None:
    """Return what of this ansible-core is not as known, or None where modules can run in this process."""
    for name, parameters in _METHODS.items():
        if not _takes(getattr(ActionBase, name, None), parameters):
            return f"ActionBase.{name}"
    if not (
        dataclasses.is_dataclass(BuiltModule)
        and _fields_without_default(BuiltModule) <= _PAYLOAD <= _fields(BuiltModule)
    ):
        return "the form of a module's payload"
    if not all(hasattr(basic, name) for name in ARGUMENTS):
        return "the place of a module's arguments"
    if not _takes(getattr(loader, "_handle_exception", None), ("exception", "profile"), by_name=False):
        return "the handling of a module's crash"
    if not (hasattr(json_forms, "get_module_encoder") and hasattr(json_forms, "Direction")):
        return "the encoding of a module's arguments"
    return None


def _takes(function: t.Any, parameters: tuple[str, ...], by_name: bool = True) -> bool:
    """Return whether a function takes these parameters first, and needs no other."""
    if not callable(function):
        return False
    found = list(inspect.signature(function).parameters.values())
    named = [each.name for each in found[: len(parameters)]]
    needed = [
        each for each in found[len(parameters) :] if each.default is each.empty and each.kind is not each.VAR_KEYWORD
    ]
    return len(named) == len(parameters) and not needed and (not by_name or named == list(parameters))


def _fields(cls: t.Any) -> set[str]:
    return {field.name for field in dataclasses.fields(cls)}


def _fields_without_default(cls: t.Any) -> set[str]:
    missing = dataclasses.MISSING
    return {
        field.name for field in dataclasses.fields(cls) if field.default is missing and field.default_factory is missing
    }
