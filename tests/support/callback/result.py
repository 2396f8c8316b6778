# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A callback that prints the results of tasks as JSON and nothing else, so that a play of one task is like a module."""

from __future__ import annotations

import json
import sys
import typing as t

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: result
type: stdout
short_description: Prints results for the tests
description: Prints what came of each task as JSON.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "result"

    def _print(self, result: dict[str, t.Any]) -> None:
        # Warnings and tracebacks are objects of Ansible's own.
        sys.stdout.write(json.dumps(result, default=repr))

    def v2_runner_on_ok(self, result: t.Any) -> None:
        self._print(dict(result.result))

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        # Callbacks are told this by their name alone.
        self._print({**result.result, "failed": True})
