# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.lambdal.cloud.plugins.module_utils._errors import InvalidInput
from ansible_collections.lambdal.cloud.plugins.module_utils._resources.generation_mark import GenerationMark


def test_a_mark_tells_what_was_there_before_and_for_how_long_it_counts(tmp_path: Path) -> None:
    now = 1000.0
    mark = GenerationMark(str(tmp_path / "ci"), "ci", lambda: now)
    assert mark.read() is None
    mark.begin(["b", "a"])
    now += 20
    assert mark.read() == (frozenset({"a", "b"}), 20.0)
    assert GenerationMark(str(tmp_path / "ci"), "other", lambda: now).read() is None
    now += 86400
    assert mark.read() is None
    # The clock was set back.
    now = 0.0
    assert mark.read() is None


def test_a_mark_is_private_and_goes_without_a_trace(tmp_path: Path) -> None:
    mark = GenerationMark(str(tmp_path / "ci"), "ci")
    mark.begin([])
    assert [os.stat(path).st_mode & 0o777 for path in tmp_path.iterdir()] == [0o600]
    mark.clear()
    mark.clear()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"name": "ci", "before": 1, "at": 0}'])
def test_a_spoilt_mark_is_none(tmp_path: Path, content: str) -> None:
    mark = GenerationMark(str(tmp_path / "ci"), "ci")
    Path(mark.path).write_text(content)
    assert mark.read() is None


def test_without_a_mark_nothing_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be written"):
        GenerationMark(str(tmp_path / "no" / "ci"), "ci").begin([])
