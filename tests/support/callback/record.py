# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A callback that writes down every result of a playbook as it stands, one JSON object a line."""

from __future__ import annotations

import json
import os
import typing as t

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: record
type: aggregate
short_description: Writes results down for the tests
description: Appends what came of each task to the file that E(RECORD_FILE) names.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "record"

    def _record(self, kind: str, result: t.Any) -> None:
        line = {"kind": kind, "host": result.host.name, "task": result.task.name, "result": result.result}
        with open(os.environ["RECORD_FILE"], "a", encoding="utf-8") as file:
            # Warnings and tracebacks are objects of Ansible's own.
            file.write(json.dumps(line, default=repr) + "\n")

    def v2_runner_on_ok(self, result: t.Any) -> None:
        self._record("ok", result)

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        self._record("failed", result)

    def v2_runner_on_skipped(self, result: t.Any) -> None:
        self._record("skipped", result)

    def v2_runner_retry(self, result: t.Any) -> None:
        self._record("retry", result)

    def v2_runner_item_on_ok(self, result: t.Any) -> None:
        self._record("item ok", result)

    def v2_runner_item_on_failed(self, result: t.Any) -> None:
        self._record("item failed", result)
