# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recognition of strings that Ansible could run. What the API returns must never become a template or an expression.

Trusting a string makes it a template, and also an expression where a condition consists of a variable, as in
`when: "{{ lambda_name }}"`. An expression needs no braces: a name such as `lookup('pipe', 'id')` would run a program. Only
strings that can be neither are trusted, and all others are left as data.
"""

from __future__ import annotations

import itertools
import re

# Signs that no expression has outside of quotes
_NEVER_IN_EXPRESSIONS = "#&?;$^"
# No braces, quotes, brackets, pipes or escapes, and nothing that computes for long
_ALLOWED = r"\w.:/@ ,()+=<>!" + re.escape(_NEVER_IN_EXPRESSIONS + "-")
_TOKENS = re.compile(r"\w+|[^\w ]")
_OPERATORS = frozenset({"is", "in", "not", "and", "or", "if", "else"})


def is_harmless(text: str) -> bool:
    """Return whether a string cannot call anything, whether Ansible takes it for a template or for an expression.

    It consists of words, numbers and signs without which no template begins. Besides, it either has nothing that can call a
    function, a filter or a test, as in `train-1`, or is certainly no expression, as in `1x A10 (24 GB PCIe)`. A single quote
    that no other follows is an apostrophe.
    """
    # Ansible takes what begins with `#jinja2:` for a template.
    if not re.fullmatch(f"['{_ALLOWED}]*", text) or text.count("'") > 1 or text.lstrip().startswith("#"):
        return False
    tokens = _TOKENS.findall(text)
    return not ({"(", ")"}.intersection(tokens) or _applies_a_test(tokens)) or _is_no_expression(tokens)


def harmless_part(text: str) -> str | None:
    """Return a string with what is not allowed replaced by `_`, or None if it could run all the same."""
    if is_harmless(text):
        return text
    text = re.sub(f"[^{_ALLOWED}]", "_", text)
    return text if is_harmless(text) else None


def _applies_a_test(tokens: list[str]) -> bool:
    """Return whether `is` stands behind a value, as in `x is exists`, and not in a name such as `vm-is-too-old`."""
    return any(word == "is" and _is_name(before) for before, word in itertools.pairwise(tokens))


def _is_no_expression(tokens: list[str]) -> bool:
    """Return whether no expression has such a sign, or two words beside each other, between which there is an operator."""
    return not {*_NEVER_IN_EXPRESSIONS, "'"}.isdisjoint(tokens) or any(
        _is_operand(word) and _is_operand(after) and not _names_a_test(tokens, place)
        for place, (word, after) in enumerate(itertools.pairwise(tokens))
    )


def _is_operand(token: str) -> bool:
    return token not in _OPERATORS and _is_name(token)


def _is_name(token: str) -> bool:
    return token[0].isalnum() or token[0] == "_"


def _names_a_test(tokens: list[str], place: int) -> bool:
    """Return whether a word is the name of a test, which takes an argument without any sign, as in `x is divisibleby 3`."""
    while place >= 2 and tokens[place - 1] == ".":
        place -= 2
    if place and tokens[place - 1] == "not":
        place -= 1
    return bool(place) and tokens[place - 1] == "is"
