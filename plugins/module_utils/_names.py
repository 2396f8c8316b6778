# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Instance names as users write them: single names, and Ansible's host ranges such as `train-[01:08]`."""

from __future__ import annotations

import re
import string
import typing as t
from collections import Counter

from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput

LONGEST_NAME = 64
_MOST_NAMES = 10_000

# Globs, and ranges as shells write them
_OTHER_PATTERN = re.compile(r"[*?]|\{[^{}]*\.\.[^{}]*\}")
_RANGE = re.compile(r"\[([^\[\]]*)\]")


def expand_names(patterns: t.Iterable[str]) -> list[str]:
    """Expand host ranges to names, in order.

    Raises:
        InvalidInput: a range is invalid, a name is empty or too long, or there are too many names.
    """
    names: list[str] = []
    for pattern in patterns:
        for name in _expand(pattern, pattern):
            if not name or len(name) > LONGEST_NAME:
                raise InvalidInput(
                    f"The name '{name}' has {len(name)} characters; an instance name must have 1 to {LONGEST_NAME}."
                )
            names.append(name)
            if len(names) > _MOST_NAMES:
                raise InvalidInput(f"'{pattern}' expands to more than {_MOST_NAMES} names in all.")
    return names


def check_names(names: t.Iterable[str]) -> None:
    """Refuse a name that is given twice, or that is a pattern of another kind than a host range.

    Raises:
        InvalidInput: a name is given more than once.
    """
    for name, count in Counter(names).items():
        if _OTHER_PATTERN.search(name):
            raise InvalidInput(
                f"'{name}' is a pattern, which only info modules and the inventory take. Write names or a host "
                "range, as in train-[01:08]; for what a glob finds give the ids that lambda_instance_info returns."
            )
        if count > 1:
            raise InvalidInput(f"The name '{name}' is given {count} times; instances are identified by name.")


def _expand(rest: str, pattern: str) -> t.Iterator[str]:
    match = _RANGE.search(rest)
    if not match:
        if "[" in rest or "]" in rest:
            raise InvalidInput(f"'{pattern}' has an unmatched bracket; write a range as in train-[01:08].")
        yield rest
        return
    head, tail = rest[: match.start()], rest[match.end() :]
    if "[" in head or "]" in head:
        raise InvalidInput(f"'{pattern}' has an unmatched bracket; write a range as in train-[01:08].")
    for middle in _range_values(match[1], pattern):
        for end in _expand(tail, pattern):
            yield head + middle + end


def _range_values(text: str, pattern: str) -> t.Iterable[str]:
    """Return the values of `begin:end` or `begin:end:step`. Numbers keep the width of a zero-padded begin."""
    invalid = InvalidInput(
        f"The range [{text}] in '{pattern}' is invalid; write [begin:end] or [begin:end:step], as in train-[01:08]."
    )
    parts = text.split(":")
    if len(parts) not in (2, 3):
        raise invalid
    begin, end = parts[0] or "0", parts[1]
    step = parts[2] if len(parts) == 3 else "1"
    if not (step.isascii() and step.isdigit()) or int(step) == 0:
        raise invalid
    if len(begin) == len(end) == 1 and begin in string.ascii_letters and end in string.ascii_letters:
        letters = string.ascii_letters
        first, last = letters.index(begin), letters.index(end)
        if first > last:
            raise invalid
        return letters[first : last + 1 : int(step)]
    if not all(part.isascii() and part.isdigit() and len(part) <= 9 for part in (begin, end)) or int(begin) > int(end):
        raise invalid
    width = len(begin) if len(begin) > 1 and begin.startswith("0") else 0
    if width and width != len(end):
        raise invalid
    return (str(number).zfill(width) for number in range(int(begin), int(end) + 1, int(step)))
