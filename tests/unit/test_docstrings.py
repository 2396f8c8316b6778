# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Docstrings of functions begin with a verb. Ruff's D401 finds other forms of verbs; this finds what is no verb at all."""

from __future__ import annotations

import ast
import typing as t
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Files that the rule holds for, as patterns.
CHECKED = (
    "demo/*.py",
    "docs/*.py",
    "extensions/eda/plugins/event_source/*.py",
    "plugins/action/*.py",
    "plugins/doc_fragments/*.py",
    "plugins/filter/*.py",
    "plugins/inventory/*.py",
    "plugins/module_utils/*.py",
    "plugins/module_utils/_client/*.py",
    "plugins/module_utils/_events/*.py",
    "plugins/module_utils/_instances/*.py",
    "plugins/module_utils/_module/*.py",
    "plugins/module_utils/_resources/*.py",
    "plugins/modules/*.py",
    "plugins/plugin_utils/*.py",
    "tests/support/*.py",
    "tests/support/callback/*.py",
    "tools/*.py",
)

# Articles, pronouns, question words, conjunctions and prepositions with which such a sentence could begin.
WORDS = """
a an the
all any anything both each either every everybody everything he her his i it its my neither nobody none nothing one our
several she some somebody something such that their these they this those we your
how what when where whether which who whoever whom whose why
after although and as at because before beside between by during for from if in instead into like not of on only or out
over per since than then there through to under unless until up upon while with within without
"""
NO_VERBS = frozenset(WORDS.split())


def docstrings(tree: ast.AST) -> t.Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and (text := ast.get_docstring(node)):
            yield node.name, text


def first_word(text: str) -> str:
    return text.split()[0].strip("`'\".,:;()").lower()


# The simulator is in a checkout, and not in the tree of the collection that ansible-test takes.
NO_SIMULATOR = pytest.mark.skipif(not (ROOT / "simulator").is_dir(), reason="The simulator is not in this tree.")


@pytest.mark.parametrize("pattern", [*CHECKED, pytest.param("simulator/**/*.py", marks=NO_SIMULATOR)])
def test_functions_docstrings_begin_with_a_verb(pattern: str) -> None:
    paths = sorted(ROOT.glob(pattern))
    assert paths, "No file matches any more."
    wrong = [
        f"{path.relative_to(ROOT)}: {name}: {text.splitlines()[0]}"
        for path in paths
        for name, text in docstrings(ast.parse(path.read_text()))
        if first_word(text) in NO_VERBS
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("The rows.", True),
        ("Whether it exists.", True),
        ("`What` it is.", True),
        ("At most so many.", True),
        ("Return the rows.", False),
        ("Theorize.", False),
    ],
)
def test_the_rule_knows_what_is_no_verb(text: str, is_found: bool) -> None:
    assert (first_word(text) in NO_VERBS) == is_found
