# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.lambdal.cloud.plugins.module_utils._client.account_file import AccountFile


def test_every_session_of_a_user_has_the_same_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    # A login shell has this, a cron job has not.
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/1000")
    path = AccountFile("pace", "key", "https://api/v1").path
    assert path.startswith("/home/me/.cache/lambdal.cloud/pace-")
    assert AccountFile("pace", "key", "https://api/v1/").path == path
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    assert AccountFile("pace", "key", "https://api/v1").path.startswith("/cache/lambdal.cloud/pace-")
