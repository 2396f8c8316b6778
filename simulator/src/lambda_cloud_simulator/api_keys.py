# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API keys that the simulator accepts."""

from __future__ import annotations

import os
import secrets
import typing as t

DEFAULT_KEY = "simulator"
# Every user of the system sees command lines, and nobody else the environment.
KEY_VARIABLE = "LAMBDA_CLOUD_SIMULATOR_KEY"


def api_keys(given: t.Sequence[str] | None, *, with_hosts: bool) -> list[str]:
    """Return the keys to accept: those given and that of the environment, or the default.

    Behind a known key, hosts would give a shell to every user of this system. Without a key of one's own there is a random
    one then, which is printed.
    """
    chosen = [*(given or ()), *(key for key in [os.environ.get(KEY_VARIABLE)] if key)]
    if chosen or not with_hosts:
        return chosen or [DEFAULT_KEY]
    key = secrets.token_hex(16)
    print(f"API key: {key}", flush=True)
    return [key]
