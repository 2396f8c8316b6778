# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.lambdal.cloud.plugins.module_utils._module.masking import find_secrets

LINE = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ"
KEY = f"-----BEGIN OPENSSH PRIVATE KEY-----\n{LINE}\n-----END OPENSSH PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    ("options", "secret"),
    [
        ({"public_key": KEY}, KEY),
        ({"public_key": KEY}, LINE),
        ({"name": ["a", f"  {KEY}"]}, LINE),
        ({"machines": [{"name": "secret_laptop_0a1b.2c3d"}]}, "secret_laptop_0a1b.2c3d"),
        ({"api_url": "https://me:pass-word@cloud.example/api/v1"}, "pass-word"),
        ({"name": "https://box.example/lab?token=0f1e2d"}, "0f1e2d"),
    ],
)
def test_what_looks_like_a_secret_is_found_in_any_option(options: dict[str, t.Any], secret: str) -> None:
    assert secret in list(find_secrets(options))


@pytest.mark.parametrize(
    "value",
    [
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAaTM9 me",
        "train-1",
        "https://cloud.example/api/v1",
        "https://[",
        None,
        3,
        True,
    ],
)
def test_what_is_none_is_left_alone(value: t.Any) -> None:
    assert list(find_secrets({"option": value})) == []
