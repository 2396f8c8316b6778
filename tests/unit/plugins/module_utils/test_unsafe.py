# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import jinja2
import pytest
from ansible_collections.lambdal.cloud.plugins.module_utils._unsafe import harmless_part, is_harmless
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jinja2 import nodes

# What a name, a tag or a description may consist of, and what makes an expression
WORDS = ["a", "n1", "1", "lookup", "pipe", "is", "in", "not", "and", "or", "if", "else", "exists", "ns", "GB", "__x__"]
SIGNS = [
    " ",
    " ",
    ".",
    ":",
    "/",
    "@",
    ",",
    "(",
    ")",
    "+",
    "-",
    "'",
    '"',
    "|",
    "{{",
    "}}",
    "[",
    "]",
    "{%",
    "#",
    "\\",
    "~",
    *"=<>!&?;$^%*",
]
texts = st.lists(st.sampled_from([*WORDS, *SIGNS]), max_size=9).map("".join) | st.text(max_size=12)

# What such an expression consists of reads variables and computes; nothing is called.
QUIET = (
    nodes.Name,
    nodes.Const,
    nodes.Getattr,
    nodes.Getitem,
    nodes.Tuple,
    nodes.Add,
    nodes.Sub,
    nodes.Div,
    nodes.FloorDiv,
    nodes.Pos,
    nodes.Neg,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Compare,
    nodes.CondExpr,
)


def expression(text: str) -> nodes.Expr | None:
    """Return the expression that Jinja makes of a text, or None if it makes none."""
    environment = jinja2.Environment()
    try:
        parser = environment._parse("{{" + text + "}}", None, None)
    except jinja2.TemplateSyntaxError:
        return None
    return parser  # type: ignore[return-value]


def calls(text: str) -> bool:
    found = expression(text)
    return found is not None and any(
        not isinstance(node, (*QUIET, nodes.Template, nodes.Output, nodes.TemplateData)) for node in walk(found)
    )


def walk(node: nodes.Node) -> list[nodes.Node]:
    return [node, *(each for child in node.iter_child_nodes() for each in walk(child))]


@settings(max_examples=2000)
@given(texts)
@example("x is exists y")
@example("x is ns.coll.test y")
@example("x is not exists y")
@example("lookup (pipe)")
@example("a (b c)")
@example("a-is is exists")
@example("is is exists")
@example("x is exists = y")
@example("lookup(x)'")
@example("lookup(x) # y")
@example(" #jinja2:a")
@example("a < lookup(x)")
@example("lookup(a=b)")
def test_what_is_harmless_calls_nothing(text: str) -> None:
    if is_harmless(text):
        assert not calls(text)
        assert list(jinja2.Environment().lex(text)) in ([], [(1, "data", text)]), "it is no template either"


@given(texts)
def test_a_part_is_harmless_or_nothing(text: str) -> None:
    part = harmless_part(text)
    assert part is None or is_harmless(part)
    assert part == text or not is_harmless(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "train-1",
        "vm-is-too-old",
        "a if b else c",
        "us-east-1",
        "198.51.100.2",
        "2001:db8::2",
        "/lambda/nfs/data",
        "ubuntu@host",
        "Virginia, USA",
        "1x A10 (24 GB PCIe)",
        "8x H100 (80 GB SXM5)",
        "A10 (24 GB PCIe)",
        "my box",
        "zug-ü",
        "the connection is not there",
        "train #1",
        "Bob's box",
        "Bob's box (spare)",
        "a=1 & b?",
        "https://host.example/?token=0123456789abcdef",
        "what! is < and > for; $x",
    ],
)
def test_what_people_write_is_harmless(text: str) -> None:
    assert is_harmless(text)


@pytest.mark.parametrize(
    "text",
    [
        "{{ x }}",
        "{% x %}",
        "#jinja2:variable_start_string:'[['",
        "lookup('pipe', 'id')",
        "lookup(x)",
        "query (x)",
        "x|pipe",
        "x is exists",
        "x is exists y",
        "x is ns.coll.exists y",
        "x[0]",
        "x['a']",
        "'lookup'(x)",
        "9**9**9",
        "a % b",
        "# a",
        " #jinja2:a",
        "a == lookup(x)",
        "a\nb",
        "\x1b[31m",
        "\u202ea",
    ],
)
def test_what_could_run_is_not(text: str) -> None:
    assert not is_harmless(text)


def test_a_message_keeps_its_words() -> None:
    assert harmless_part("Could not list the instances: 'x' (a/b).") == "Could not list the instances: _x_ (a/b)."
    assert harmless_part("lookup('pipe', 'id')") is None
