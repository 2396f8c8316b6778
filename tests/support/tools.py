# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests that need programs which README does not name, so that a newcomer's machine leaves them out."""

from __future__ import annotations

import shutil
import typing as t

import pytest

Test = t.TypeVar("Test", bound=t.Callable[..., t.Any])


def tools(*programs: str) -> list[pytest.MarkDecorator]:
    """Return the marks of a test that needs programs, and is left out where one of them is missing."""
    missing = [program for program in programs if not shutil.which(program)]
    return [
        pytest.mark.tools,
        pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}"),
    ]


def needs_tools(*programs: str) -> t.Callable[[Test], Test]:
    """Return a decorator that gives a test these marks."""

    def marked(test: Test) -> Test:
        for mark in tools(*programs):
            test = mark(test)
        return test

    return marked
