# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Python interpreter of hosts."""

from __future__ import annotations

import pytest
from ansible import constants
from ansible_collections.lambdal.cloud.plugins.filter.quiet_interpreter import quiet_interpreter


@pytest.mark.parametrize(
    ("own", "configured", "chosen"),
    [
        ("", "auto", "auto_silent"),
        (None, "auto", "auto_silent"),
        ("", "/usr/bin/python3", "/usr/bin/python3"),
        ("/opt/python", "auto", "/opt/python"),
        ("auto", "/usr/bin/python3", "auto_silent"),
    ],
)
def test_what_the_user_set_stays(
    monkeypatch: pytest.MonkeyPatch, own: str | None, configured: str, chosen: str
) -> None:
    monkeypatch.setattr(constants.config, "get_config_value", lambda name: configured)
    assert quiet_interpreter(own) == chosen
