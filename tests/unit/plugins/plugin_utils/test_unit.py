# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a look at a unit says, and the lines of its log."""

from __future__ import annotations

import base64

import pytest
from ansible_collections.lambdal.cloud.plugins.plugin_utils import _unit


@pytest.mark.parametrize(
    ("state", "ended"),
    [("running", False), ("start", False), ("auto-restart", False), ("exited", True), ("failed", True), ("dead", True)],
)
def test_a_unit_has_ended(state: str, ended: bool) -> None:
    look = _unit.parse(f"ActiveState=x\r\nSubState={state}\r\nOther=1\r\n")
    assert look == _unit.Look({"ActiveState": "x", "SubState": state}, None)
    assert look.ended is ended


def test_nothing_seen_is_no_end() -> None:
    assert not _unit.parse("").ended


def test_a_log_comes_as_it_is() -> None:
    piece = b"one\r\ntwo \xff\nSubState=dead\n"
    look = _unit.parse(f"SubState=running\nlog={base64.b64encode(piece).decode()}\n")
    assert (look.properties, look.log) == ({"SubState": "running"}, piece)
    assert _unit.parse("SubState=running\nlog=").log == b""


def test_lines_are_whole_and_harmless() -> None:
    lines = _unit.Lines()
    assert lines.add(b"one\ntw") == ["one"]
    assert lines.add(b"o\n 10%\r 20%\r100%\n\x1b[31mred\n") == ["two", "100%", "\\x1b[31mred"]
    assert lines.add("ü".encode()[:1]) == []
    assert lines.add("ü".encode()[1:]) == []
    assert lines.end() == ["ü"]
    assert lines.end() == []


def test_commands_quote_what_they_are_given() -> None:
    properties = "ActiveState,SubState,Result,ExecMainStatus,NRestarts"
    assert _unit.show("a b") == f"systemctl --no-pager show --property={properties} 'a b'"
    assert "runuser --user eve -- tail --bytes=+8 -- '/a b/$c'" in _unit.show_and_read("x", "/a b/$c", "eve", 7)
