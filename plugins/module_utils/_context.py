# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The context that every task which changes an account shares."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.lambdal.cloud.plugins.module_utils._client.api import Api
from ansible_collections.lambdal.cloud.plugins.module_utils._timing import WaitSettings

# Runs a program; returns its exit code, output and errors.
RunCommand = t.Callable[[list[str]], tuple[int, str, str]]


@dataclass(frozen=True)
class Context:
    """The client, wait settings and check mode of a task. In check mode nothing is written.

    `effects` has a phrase for each write that is known to have taken effect, so that a failure loses none.
    """

    api: Api
    waits: WaitSettings
    check_mode: bool
    run_command: RunCommand
    effects: list[str] = field(default_factory=list, init=False)
