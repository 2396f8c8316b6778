# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A templar that compiles each expression and each template once.

Ansible compiles them again at every evaluation, which takes most of the time of an inventory with groups. What is kept here is
what Ansible's own environment compiled, and nothing else: whether a text may be evaluated at all, with which variables, and what
becomes of the value or the error is left to Ansible at every evaluation.
"""

from __future__ import annotations

import functools
import inspect
import typing as t

from ansible.template import Templar

# Far more than a configuration has. Templates in variables of other sources may be as many as these have hosts.
_MOST_KEPT = 500

# The methods of Ansible's engine that compile, by the type of what they return unless the text has a fault.
_COMPILERS = {"_compile_expression": "AnsibleTemplateExpression", "_compile_template": "AnsibleTemplate"}


class _Kept(dict[t.Any, t.Any]):
    """What was compiled, which belongs to one engine: a copy of it begins with nothing."""

    def __deepcopy__(self, _memo: t.Any) -> _Kept:
        return _Kept()


def compiling_once(templar: Templar) -> Templar:
    """Return a templar with the same variables that compiles once, or the given one if this core does not let it."""
    try:
        other = templar.copy_with_new_env()
        engine: t.Any = other._engine
        base: t.Any = type(engine)
        other._engine = _engine_class(base)(loader=engine._loader, variables=engine._variables)
        return other if _compiles_once(other) else templar
    except Exception:
        return templar


@functools.cache
def _engine_class(base: t.Any) -> t.Any:
    """Return a subclass of Ansible's engine whose compilers remember."""

    class Engine(base):  # type: ignore[misc]
        def __init__(self, *arguments: t.Any, **options: t.Any) -> None:
            super().__init__(*arguments, **options)
            self.kept = _Kept()

        def copy(self) -> t.Any:
            new = super().copy()
            # It gets an environment of its own.
            new.kept = _Kept()
            return new

    for name, compiled in _COMPILERS.items():
        setattr(Engine, name, _remembering(getattr(base, name), compiled))
    return Engine


def _remembering(compiler: t.Callable[..., t.Any], compiled: str) -> t.Callable[..., t.Any]:
    if [*inspect.signature(compiler).parameters][2:] != ["options"]:
        raise NotImplementedError(f"{compiler} is not known.")

    def compile_once(engine: t.Any, text: str, options: t.Any) -> t.Any:
        key = (compiled, text, options)
        result = engine.kept.get(key)
        if result is None:
            result = compiler(engine, text, options)
            # An error belongs to the one evaluation.
            if type(result).__name__ == compiled:
                if len(engine.kept) >= _MOST_KEPT:
                    engine.kept.clear()
                engine.kept[key] = result
        return result

    return compile_once


def _compiles_once(templar: Templar) -> bool:
    """Return whether an expression that is evaluated twice was compiled once, and gives what it should."""
    # Older cores, of which the inventory plugin tells, have no such function.
    from ansible.template import trust_as_template

    variables, values = templar.available_variables, []
    for value in (1, 2):
        templar.available_variables = {"value": value}
        values.append(templar.evaluate_expression(trust_as_template("value + 1")))
    templar.available_variables = variables
    return values == [2, 3] and len(templar._engine.kept) == 1
