# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Absolute paths on the controller."""

from __future__ import annotations

import pytest
from ansible_collections.lambdal.cloud.plugins.filter.controller_path import controller_path


@pytest.mark.parametrize(
    ("path", "absolute"),
    [
        ("key", "/project/key"),
        ("./keys/../key", "/project/key"),
        ("~/.ssh/key", "/home/me/.ssh/key"),
        ("/etc/key", "/etc/key"),
        ("", ""),
        (None, ""),
        ("%d/.ssh/known_hosts", "%d/.ssh/known_hosts"),
        ("${HOME}/known_hosts", "${HOME}/known_hosts"),
    ],
)
def test_a_path_starts_from_the_working_folder(monkeypatch: pytest.MonkeyPatch, path: str, absolute: str) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setattr("os.getcwd", lambda: "/project")
    assert controller_path(path) == absolute
