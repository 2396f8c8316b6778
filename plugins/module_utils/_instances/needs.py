# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Needs: instance types chosen by what they have, not by their names. Pure functions."""

from __future__ import annotations

import math
import re
import typing as t
from dataclasses import dataclass

from ansible_collections.lambdal.cloud.plugins.module_utils._client.models import Row, architecture
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.lambdal.cloud.plugins.module_utils._results import price_or_infinity

ARCHITECTURES = ("x86_64", "arm64")


@dataclass(frozen=True)
class Range:
    """Numbers from a minimum to a maximum, both included; None is no bound."""

    minimum: float | None = None
    maximum: float | None = None

    def allows(self, value: float) -> bool:
        """Return whether a number is in the range."""
        return (self.minimum is None or value >= self.minimum) and (self.maximum is None or value <= self.maximum)

    def __str__(self) -> str:
        parts = [
            f"{word} {bound:g}"
            for word, bound in (("at least", self.minimum), ("at most", self.maximum))
            if bound is not None
        ]
        return " and ".join(parts)


@dataclass(frozen=True)
class Needs:
    """What an instance type has to have.

    `ranges` are pairs of a field of `NUMBERS` and the numbers that it may be; `gpu` are patterns of which the GPU's
    description matches at least one.
    """

    ranges: tuple[tuple[str, Range], ...] = ()
    gpu: tuple[str, ...] = ()
    architecture: str | None = None

    def mismatches(self, instance_type: Row) -> list[tuple[str, t.Any, str]]:
        """Return each field that an instance type lacks: its name, what the type has (None if unknown), what is needed."""
        found: list[tuple[str, t.Any, str]] = []
        for field, wanted in self.ranges:
            has = NUMBERS[field](instance_type)
            if has is None or not wanted.allows(has):
                found.append((field, has, str(wanted)))
        description = instance_type.get("gpu_description")
        if self.gpu and not any(has_word(str(description), pattern) for pattern in self.gpu):
            found.append(("gpu", description, " or ".join(self.gpu)))
        own = architecture(instance_type)
        if self.architecture and own != self.architecture:
            found.append(("architecture", own, self.architecture))
        return found

    def __str__(self) -> str:
        parts = [f"{field} {wanted}" for field, wanted in self.ranges]
        parts += [f"gpu {' or '.join(self.gpu)}"] if self.gpu else []
        parts += [f"architecture {self.architecture}"] if self.architecture else []
        return ", ".join(parts)


def _spec(field: str) -> t.Callable[[Row], float | None]:
    def read(instance_type: Row) -> float | None:
        specs = instance_type.get("specs")
        value = specs.get(field) if isinstance(specs, dict) else None
        return value if isinstance(value, (int, float)) else None

    return read


def gpu_memory(instance_type: Row) -> int | None:
    """Return the memory of one GPU, which only a description such as `A100 (40 GB SXM4)` gives; None if it does not."""
    found = re.search(r"(\d+)\s*Gi?B", str(instance_type.get("gpu_description")))
    if found and _spec("gpus")(instance_type):
        return int(found[1])
    return None


# The fields that are numbers, and how to read each from an instance type
NUMBERS: dict[str, t.Callable[[Row], float | None]] = {
    "gpus": _spec("gpus"),
    "gpu_memory_gib": gpu_memory,
    "vcpus": _spec("vcpus"),
    "memory_gib": _spec("memory_gib"),
    "storage_gib": _spec("storage_gib"),
}


def has_word(text: str, pattern: str) -> bool:
    """Return whether a text has a word of a pattern, where `*` and `?` stand for letters and digits. Case does not matter."""
    # As a whole word: A10 must not match A100.
    word = re.escape(pattern.lower()).replace(r"\*", "[0-9a-z]*").replace(r"\?", "[0-9a-z]")
    return re.search(rf"(?<![0-9a-z]){word}(?![0-9a-z])", text.lower()) is not None


def needs_option() -> dict[str, t.Any]:
    """Return the specification of the option of modules that takes needs."""
    return {
        "type": "dict",
        "options": {
            **{field: {"type": "raw"} for field in NUMBERS},
            "gpu": {"type": "list", "elements": "str"},
            "architecture": {"type": "str", "choices": list(ARCHITECTURES)},
        },
    }


def read_needs(given: t.Mapping[str, t.Any] | None) -> Needs | None:
    """Return needs as a user gives them: each number a minimum, or a mapping with `min` and `max`. None is None.

    Raises:
        InvalidInput: a field does not exist, a value cannot be meant, or nothing is asked for.
    """
    if given is None:
        return None
    if not isinstance(given, t.Mapping):
        raise InvalidInput(f"needs must be a dictionary, not {given!r}.")
    asked = {field: value for field, value in given.items() if value is not None}
    unknown = sorted(map(str, asked.keys() - {*NUMBERS, "gpu", "architecture"}))
    if unknown:
        raise InvalidInput(f"needs has no {', '.join(unknown)}. There are: {', '.join(NUMBERS)}, gpu, architecture.")
    patterns = asked.get("gpu", [])
    gpu = tuple(str(each).strip() for each in ([patterns] if isinstance(patterns, str) else patterns))
    wanted = asked.get("architecture")
    if wanted is not None and wanted not in ARCHITECTURES:
        raise InvalidInput(f"needs.architecture must be {' or '.join(ARCHITECTURES)}, not {wanted!r}.")
    needs = Needs(tuple((field, _range(field, asked[field])) for field in NUMBERS if field in asked), gpu, wanted)
    if not needs.ranges and not any(gpu) and not wanted:
        raise InvalidInput("needs is empty, so that the cheapest type of all would do. Say at least how many gpus.")
    return needs


def _range(field: str, value: t.Any) -> Range:
    bounds = value if isinstance(value, t.Mapping) else {"min": value}
    unknown = sorted(map(str, bounds.keys() - {"min", "max"}))
    if unknown:
        raise InvalidInput(f"needs.{field} takes a number, or min and max, not {', '.join(unknown)}.")
    wanted = Range(_number(field, bounds.get("min")), _number(field, bounds.get("max")))
    if wanted == Range():
        raise InvalidInput(f"needs.{field} takes a number, or min and max, of which there is none.")
    if wanted.minimum is not None and wanted.maximum is not None and wanted.minimum > wanted.maximum:
        raise InvalidInput(f"needs.{field} has a min of {wanted.minimum:g} above its max of {wanted.maximum:g}.")
    return wanted


def _number(field: str, value: t.Any) -> float | None:
    if value is None:
        return None
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not (math.isfinite(number) and number >= 0):
        raise InvalidInput(f"needs.{field} must be a number from 0 on, not {value!r}.")
    return number


def matching(types: t.Iterable[Row], needs: Needs) -> list[t.Any]:
    """Return the instance types that have what is needed, cheapest first. One without a price comes last."""
    found = (row for row in types if not needs.mismatches(row))
    return sorted(found, key=lambda row: (price_or_infinity(row), str(row.get("name"))))
